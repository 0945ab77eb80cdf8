# SPDX-License-Identifier: MIT
"""A peer that speaks just enough of libp2p to misbehave: plaintext, or what is given instead, yamux, multistream."""

import contextlib
import os
import socket
import struct

DATA, WINDOW, PING, GO_AWAY = range(4)
SYN, ACK, FIN, RST = 1, 2, 4, 8


def uvarint(value):
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes(out) + bytes([value])


def prefixed(body):
    return uvarint(len(body)) + body


def multistream(*texts):
    return b"".join(prefixed(text.encode() + b"\n") for text in ("/multistream/1.0.0", *texts))


def frame(kind, flags, stream, length, data=b""):
    return struct.pack(">BBHII", 0, kind, flags, stream, length) + data


def exchange():
    """Who we are, as /plaintext/2.0.0 believes: an Ed25519 key that nobody has to own."""
    key = b"\x08\x01\x12\x20" + os.urandom(32)
    identity = b"\x00" + prefixed(key)
    return prefixed(b"\x0a" + prefixed(identity) + b"\x12" + prefixed(key))


class HostilePeer:
    """`secured` makes of a socket what is read and written behind `security`; there `muxer` is said, and answered."""

    def __init__(self, port, security="/plaintext/2.0.0", secured=None, muxer=multistream("/yamux/1.0.0"),
                 source="127.0.0.1"):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=60, source_address=(source, 0))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.received = b""
        if secured is None:
            self.said(multistream(security), exchange())
        else:
            self.said(multistream(security))
            self.socket = secured(self.socket)
        self.said(muxer)

    def said(self, *parts):
        """What the node answers alike, or in as many bytes."""
        self.socket.sendall(b"".join(parts))
        self.read(sum(map(len, parts)))

    def read(self, size):
        while len(self.received) < size:
            more = self.socket.recv(65536)
            if not more:
                raise ConnectionError("ended")
            self.received += more
        taken, self.received = self.received[:size], self.received[size:]
        return taken

    def send(self, data):
        """What the node takes of it; it may reset us in the middle."""
        with contextlib.suppress(OSError):
            self.socket.sendall(data)

    def open(self, stream, data):
        self.send(frame(DATA, SYN, stream, len(data), data))

    def write(self, stream, data, portion=16384):
        for at in range(0, len(data), portion):
            part = data[at : at + portion]
            self.send(frame(DATA, 0, stream, len(part), part))

    def frames(self):
        """The frames the node sends, until it says nothing for a while."""
        self.socket.settimeout(0.5)
        with contextlib.suppress(ConnectionError, TimeoutError):
            while True:
                _, kind, flags, stream, length = struct.unpack(">BBHII", self.read(12))
                yield kind, flags, stream, length, self.read(length) if kind == DATA else b""
