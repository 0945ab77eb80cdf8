# SPDX-License-Identifier: MIT
"""Attacks on a node, each from a process of its own: `python3 attacks.py PORT NAME COUNT`.

An attack is a function of the node's port and a count. Whatever the node answers is right, a reset as well: what the
tests look at is the node. Attackers come from 127.0.0.2 to 127.0.0.251, so that the ports of one address suffice.
"""

import contextlib
import functools
import os
import random
import selectors
import socket
import ssl
import subprocess
import sys
import tempfile
import time

from hostile_peer import ACK, DATA, GO_AWAY, PING, RST, SYN, WINDOW, HostilePeer, exchange, frame, multistream, uvarint

EXCHANGE = exchange()
PLAINTEXT = multistream("/plaintext/2.0.0")
HEADER = multistream()


def connected(port, number=0):
    source = f"127.0.0.{2 + number % 250}"
    return socket.create_connection(("127.0.0.1", port), timeout=60, source_address=(source, 0))


def read(peer, size):
    """Whether so many bytes came."""
    while size > 0:
        more = peer.recv(65536)
        if not more:
            return False
        size -= len(more)
    return True


@functools.cache
def client_hello():
    """What a TLS 1.3 client of libp2p says first."""
    context = tls_context()
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    with contextlib.suppress(ssl.SSLWantReadError):
        context.wrap_bio(incoming, outgoing).do_handshake()
    return outgoing.read()


def tls_context():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.set_alpn_protocols(["libp2p"])
    return context


# How far a connection comes before it is dropped: what it says, and how many bytes of an answer show that it was heard.
STAGES = {
    "accepted": lambda: (b"", 0),
    "header": lambda: (HEADER, len(HEADER)),
    "plaintext_chosen": lambda: (PLAINTEXT, len(PLAINTEXT)),
    "half_an_exchange": lambda: (PLAINTEXT + EXCHANGE[:20], len(PLAINTEXT)),
    "authenticated": lambda: (PLAINTEXT + EXCHANGE, len(PLAINTEXT + EXCHANGE)),
    "ready": lambda: (PLAINTEXT + EXCHANGE + multistream("/yamux/1.0.0"),
                      len(PLAINTEXT + EXCHANGE + multistream("/yamux/1.0.0"))),
    "stream_open": lambda: (PLAINTEXT + EXCHANGE + multistream("/yamux/1.0.0") +
                            frame(DATA, SYN, 1, len(HEADER), HEADER),
                            len(PLAINTEXT + EXCHANGE + multistream("/yamux/1.0.0"))),
    "noise_answered": lambda: (multistream("/noise") + b"\0\x20" + bytes(range(32)), len(multistream("/noise")) + 98),
    "tls_answered": lambda: (multistream("/tls/1.0.0") + client_hello(), len(multistream("/tls/1.0.0")) + 200),
}


def dropped_at(stage, port, count):
    said, answer = STAGES[stage]()
    for number in range(count):
        with connected(port, number) as peer, contextlib.suppress(OSError):
            if number % 2 == 0:  # every other one resets
                peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            peer.sendall(said)
            read(peer, answer)


def drip(port, count):
    """Connections that say a byte of their header now and then, until the node has had enough of them."""
    said = PLAINTEXT + EXCHANGE
    waiting = selectors.DefaultSelector()
    for number in range(count):
        waiting.register(connected(port, number), selectors.EVENT_READ, iter(said))
    while waiting.get_map():
        for key in list(waiting.get_map().values()):
            try:
                key.fileobj.sendall(bytes([next(key.data)]))
            except (OSError, StopIteration):
                waiting.unregister(key.fileobj)
                key.fileobj.close()
        time.sleep(0.1)


def random_bytes(port, count):
    """Noise where a protocol is due, after each prefix that the node takes."""
    draw = random.Random(1)
    yamux = PLAINTEXT + EXCHANGE + multistream("/yamux/1.0.0")
    prefixes = [b"", HEADER, PLAINTEXT, PLAINTEXT + EXCHANGE, yamux, multistream("/noise"), multistream("/tls/1.0.0")]
    for number in range(count):
        with connected(port, number) as peer, contextlib.suppress(OSError):
            peer.sendall(prefixes[number % len(prefixes)] + draw.randbytes(draw.randrange(1, 2000)))
            peer.shutdown(socket.SHUT_WR)
            while peer.recv(65536):
                pass


def too_long(port, count):
    """Lengths beyond what may be: of a line, a key exchange, a frame, a message, a record."""
    yamux = PLAINTEXT + EXCHANGE + multistream("/yamux/1.0.0")
    lengths = [uvarint(1 << 20), uvarint((1 << 63) + 5), b"\xff" * 11]
    sayings = [HEADER + each for each in lengths] + [PLAINTEXT + each for each in lengths]
    sayings += [yamux + frame(DATA, SYN, 1, 0xFFFFFFFF), yamux + frame(DATA, SYN, 1, 300_000)]
    opening = multistream("/tandem/message/1.0.0")
    sayings += [yamux + frame(DATA, SYN, 1, len(opening) + len(each), opening + each) for each in lengths]
    sayings += [multistream("/noise") + b"\xff\xff", multistream("/tls/1.0.0") + b"\x16\x03\x01\xff\xff"]
    for number in range(count):
        with connected(port, number) as peer, contextlib.suppress(OSError):
            peer.sendall(sayings[number % len(sayings)] + bytes(20_000))
            peer.shutdown(socket.SHUT_WR)
            while peer.recv(65536):
                pass


def frames_of(make):
    """An attack of ready connections that send such frames for ever, in portions of a hundred."""

    def attack(port, count):
        sent = 0
        while sent < count:
            with contextlib.suppress(OSError):
                peer = HostilePeer(port)
                peer.socket.settimeout(2)
                for _ in range(50):
                    peer.socket.sendall(b"".join(make(sent + k) for k in range(100)))
                    sent += 100
            with contextlib.suppress(OSError):
                peer.socket.close()

    return attack


def odd(number):
    return 2 * (number % (1 << 30)) + 1


def with_certificates(port, count):
    """TLS clients whose certificates are not libp2p's, each another way."""
    with tempfile.TemporaryDirectory() as folder:
        contexts = [tls_context()]  # none at all
        for name, more in CERTIFICATES.items():
            at = f"{folder}/{name}"
            subprocess.run(["openssl", "req", "-x509", "-nodes", "-subj", "/CN=x", "-keyout", f"{at}.key", "-out",
                            f"{at}.crt", *more], check=True, capture_output=True)
            contexts.append(tls_context())
            contexts[-1].load_cert_chain(f"{at}.crt", f"{at}.key")
        for number in range(count):
            with connected(port, number) as peer, contextlib.suppress(OSError):
                peer.sendall(multistream("/tls/1.0.0"))
                said = len(multistream("/tls/1.0.0"))
                while said:
                    said -= len(peer.recv(said))
                with contexts[number % len(contexts)].wrap_socket(peer) as secured:
                    while secured.recv(65536):
                        pass


ELLIPTIC = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
OID = "1.3.6.1.4.1.53594.1.1"
CERTIFICATES = {
    "without_the_extension": [*ELLIPTIC, "-days", "9"],
    "of_another_signature": [*ELLIPTIC, "-days", "9", "-addext", f"{OID}=DER:30:05:04:01:00:04:00"],
    "of_no_structure": [*ELLIPTIC, "-days", "9", "-addext", f"{OID}=DER:ff:ff:ff:ff"],
    "empty": [*ELLIPTIC, "-days", "9", "-addext", f"{OID}=DER:30:00"],
    "with_a_critical_stranger": [*ELLIPTIC, "-days", "9", "-addext", "1.2.3.4=critical,DER:05:00"],
    "of_a_long_key": ["-newkey", "rsa:4096", "-days", "9"],
}

ATTACKS = {f"dropped_{stage}": functools.partial(dropped_at, stage) for stage in STAGES} | {
    "drip": drip,
    "random_bytes": random_bytes,
    "too_long": too_long,
    "streams": frames_of(lambda n: frame(DATA, SYN, odd(n), 0)),
    "streams_opened_and_reset": frames_of(lambda n: frame(DATA, SYN, odd(n), 0) + frame(DATA, RST, odd(n), 0)),
    "half_negotiated_streams": frames_of(lambda n: frame(DATA, SYN, odd(n), 21, HEADER + b"\x09")),
    "windows": frames_of(lambda n: frame(WINDOW, SYN if n % 100 == 0 else 0, 1, 0xFFFFFFFF)),
    "windows_of_nobody": frames_of(lambda n: frame(WINDOW, 0, odd(n), 1)),
    "pings": frames_of(lambda n: frame(PING, SYN, 0, n % (1 << 32))),
    "ping_answers": frames_of(lambda n: frame(PING, ACK, 0, n % (1 << 32))),
    "go_aways": frames_of(lambda n: frame(GO_AWAY, 0, 0, n % 3)),
    "unfinished_messages": frames_of(lambda n: unfinished_message(n)),
    "certificates": with_certificates,
}


def unfinished_message(number):
    """A stream that promises a mebibyte and says a hundred bytes of it."""
    said = multistream("/tandem/message/1.0.0") + uvarint(1 << 20) + bytes(100)
    return frame(DATA, SYN, odd(number), len(said), said)


if __name__ == "__main__":
    ATTACKS[sys.argv[2]](int(sys.argv[1]), int(sys.argv[3]))
    sys.stdout.flush()
    os._exit(0)
