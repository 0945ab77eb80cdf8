# SPDX-License-Identifier: MIT
"""Attacks from behind the muxer, in plaintext and over TLS and Noise: frames without end, and what is no frame."""

import contextlib
import functools
import os
import socket

from hostile_peer import ACK, DATA, GO_AWAY, PING, RST, SYN, WINDOW, frame, multistream, uvarint
from strangers import SECURED, Tally, in_plaintext, secured, until_the_end

MESSAGES = multistream("/tandem/message/1.0.0")
LENGTHS = [uvarint(1 << 20), uvarint((1 << 63) + 5), b"\xff" * 11]  # beyond what may be, of a line and a message
TOO_LONG = [frame(DATA, SYN, 1, 0xFFFFFFFF), frame(DATA, SYN, 1, 300_000)]
TOO_LONG += [frame(DATA, SYN, 1, len(MESSAGES) + len(each), MESSAGES + each) for each in LENGTHS]
# Past the record layer: the longest length of a record that is none, and one beyond what may be, or too short for a tag.
RECORDS = {"tls": [b"\x17\x03\x03\x40\x00", b"\x17\x03\x03\xff\xff"], "noise": [b"\xff\xff", b"\0\x0f"]}


def odd(number):
    return 2 * (number % (1 << 30)) + 1


def unfinished_message(number):
    """A stream that promises a mebibyte and says a hundred bytes of it."""
    said = MESSAGES + uvarint(1 << 20) + bytes(100)
    return frame(DATA, SYN, odd(number), len(said), said)


def frames_of(make, stranger, port, count):
    """Connections that send such frames for ever, in portions of a hundred."""
    sent, tally = 0, Tally()
    while sent < count:
        peer = stranger(port, tally.connections)
        tally.add(reached=True, established=True)
        peer.socket.settimeout(2)
        with contextlib.suppress(OSError):
            for _ in range(50):
                peer.socket.sendall(b"".join(make(sent + k) for k in range(100)))
                sent += 100
        peer.socket.close()
    return tally


def too_long(security, port, count):
    """Frames, messages and lines beyond what may be, behind the record layer, and records that are none."""
    tally = Tally()
    sayings = [(False, each) for each in TOO_LONG] + [(True, each) for each in RECORDS[security]]
    for number in range(count):
        raw, said = sayings[number % len(sayings)]
        peer = secured(security, port, number)
        tally.add(reached=True, established=True)
        with contextlib.suppress(OSError):
            if raw:
                with socket.socket(fileno=os.dup(peer.socket.fileno())) as below:
                    below.settimeout(60)
                    below.sendall(said + bytes(70_000))
            else:
                peer.socket.sendall(said + bytes(20_000))
        until_the_end(peer.socket)
        peer.socket.close()
    return tally


FRAMES = {
    "streams": lambda n: frame(DATA, SYN, odd(n), 0),
    "streams_opened_and_reset": lambda n: frame(DATA, SYN, odd(n), 0) + frame(DATA, RST, odd(n), 0),
    "half_negotiated_streams": lambda n: frame(DATA, SYN, odd(n), 21, multistream() + b"\x09"),
    "windows": lambda n: frame(WINDOW, SYN if n % 100 == 0 else 0, 1, 0xFFFFFFFF),
    "windows_of_nobody": lambda n: frame(WINDOW, 0, odd(n), 1),
    "pings": lambda n: frame(PING, SYN, 0, n % (1 << 32)),
    "ping_answers": lambda n: frame(PING, ACK, 0, n % (1 << 32)),
    "go_aways": lambda n: frame(GO_AWAY, 0, 0, n % 3),
    "unfinished_messages": unfinished_message,
}
FLOODS = {name: functools.partial(frames_of, make, in_plaintext) for name, make in FRAMES.items()}
SECURED_FLOODS = {
    f"{name}_over_{security}": functools.partial(frames_of, FRAMES[name], functools.partial(secured, security))
    for security in SECURED
    for name in ("streams", "windows", "unfinished_messages")
} | {f"too_long_over_{security}": functools.partial(too_long, security) for security in SECURED}
