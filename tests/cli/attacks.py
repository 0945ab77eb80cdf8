# SPDX-License-Identifier: MIT
"""Attacks on a node, each from a process of its own: `python3 attacks.py PORT NAME COUNT`.

An attack is a function of the node's port and a count; each of its connections is of somebody whom the node has not
seen. Whatever the node answers to the attack itself is right, a reset as well: what the tests look at is the node. But
an attack that does not come as far as it means to is none: each returns a Tally, which is printed as JSON, and fails
when more than one connection in twenty was turned away before.
"""

import contextlib
import dataclasses
import functools
import json
import os
import random
import selectors
import socket
import ssl
import subprocess
import sys
import tempfile
import time

from cryptography.hazmat.primitives.asymmetric import ec
from floods import FLOODS, LENGTHS, SECURED_FLOODS, TOO_LONG
from hostile_peer import DATA, SYN, exchange, frame, multistream
from identified import OID, identified, tls_context
from strangers import SECURED, YAMUX, Tally, answered, connected, reset_at_close, secured, until_the_end

PLAINTEXT = multistream("/plaintext/2.0.0")
NOISE = multistream("/noise")
TLS = multistream("/tls/1.0.0")
HEADER = multistream()


def refused(context, peer):
    """Whether the other end of TLS ends it with an alert, or is gone before it has heard all of a certificate."""
    try:
        # The server's part is over when the client's is; it looks at the certificate then.
        with context.wrap_socket(peer) as secured:
            while secured.recv(65536):
                pass
    except ssl.SSLError as alert:
        return "ALERT" in (alert.reason or "")
    except ConnectionResetError:
        return True
    return False


def authenticated():
    return PLAINTEXT + exchange()


def ready():
    return authenticated() + YAMUX


@functools.cache
def client_hello():
    """What a TLS 1.3 client of libp2p says first."""
    context = tls_context()
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    with contextlib.suppress(ssl.SSLWantReadError):
        context.wrap_bio(incoming, outgoing).do_handshake()
    return outgoing.read()


@dataclasses.dataclass
class Stage:
    """How far a connection comes before it is dropped."""

    said: bytes
    answer: int  # bytes of an answer that show that it was heard
    established: bool = False


def alike(said, more=b"", established=False):
    """Answered with as many bytes; `more` is not answered."""
    return Stage(said + more, len(said), established)


STAGES = {
    "accepted": lambda: Stage(b"", 0),
    "header": lambda: alike(HEADER),
    "plaintext_chosen": lambda: alike(PLAINTEXT),
    "half_an_exchange": lambda: alike(PLAINTEXT, exchange()[:20]),
    "authenticated": lambda: alike(authenticated() + HEADER),
    "ready": lambda: alike(ready(), established=True),
    "stream_open": lambda: alike(ready() + frame(DATA, SYN, 1, len(HEADER), HEADER), established=True),
    "noise_answered": lambda: Stage(NOISE + b"\0\x20" + bytes(range(32)), len(NOISE) + 98),
    "tls_answered": lambda: Stage(TLS + client_hello(), len(TLS) + 200),
}


def dropped_at(stage, port, count):
    tally = Tally()
    for number in range(count):
        at = STAGES[stage]()
        with connected(port, number) as peer:
            if number % 2 == 0:  # every other one resets
                reset_at_close(peer)
            peer.sendall(at.said)
            tally.add(answered(peer, at.answer), at.established)
    return tally


def dropped_secured(security, said, established, port, count):
    """Behind the handshake of a security, once what is said there was answered."""
    tally = Tally()
    for number in range(count):
        before = reset_at_close if number % 2 == 0 else lambda raw: None
        try:
            peer = secured(security, port, number, said, before)
        except OSError:
            tally.add(reached=False)
        else:
            peer.socket.close()
            tally.add(reached=True, established=established)
    return tally


def drip(port, count):
    """Connections that say a byte of their header or key exchange now and then, until the node has had enough."""
    waiting, tally = selectors.DefaultSelector(), Tally()
    for number in range(count):
        peer = connected(port, number)
        said, rest = (PLAINTEXT, exchange()) if number % 2 else (b"", authenticated())
        peer.sendall(said)
        waiting.register(peer, selectors.EVENT_READ, iter(rest))
    while waiting.get_map():
        for key in list(waiting.get_map().values()):
            try:
                key.fileobj.sendall(bytes([next(key.data)]))
            except OSError:
                waiting.unregister(key.fileobj)
                tally.add(answered(key.fileobj, len(HEADER)))
                key.fileobj.close()
        time.sleep(0.1)
    return tally


def behind(port, number, prefix, said):
    """Whether the prefix was answered, and what is said behind it then."""
    with connected(port, number) as peer:
        peer.sendall(prefix)
        if not answered(peer, len(prefix)):
            return False
        with contextlib.suppress(OSError):
            peer.sendall(said)
            peer.shutdown(socket.SHUT_WR)
        until_the_end(peer)
        return True


def random_bytes(port, count):
    """Noise where a protocol is due, after each prefix that the node takes."""
    draw, tally = random.Random(1), Tally()
    prefixes = [bytes, lambda: HEADER, lambda: PLAINTEXT, authenticated, ready, lambda: NOISE, lambda: TLS]
    for number in range(count):
        make = prefixes[number % len(prefixes)]
        tally.add(behind(port, number, make(), draw.randbytes(draw.randrange(1, 2000))), make is ready)
    return tally


def too_long(port, count):
    """Lengths beyond what may be: of a line, a key exchange, a frame, a message, a record."""
    sayings = [(lambda: HEADER, each) for each in LENGTHS] + [(lambda: PLAINTEXT, each) for each in LENGTHS]
    sayings += [(ready, each) for each in TOO_LONG]
    sayings += [(lambda: NOISE, b"\xff\xff"), (lambda: TLS, b"\x16\x03\x01\xff\xff")]
    tally = Tally()
    for number in range(count):
        make, said = sayings[number % len(sayings)]
        tally.add(behind(port, number, make(), said + bytes(20_000)), make is ready)
    return tally


def with_certificates(port, count):
    """TLS clients whose certificates are not libp2p's, or not theirs, each another way: told so by an alert."""
    tally = Tally()
    with tempfile.TemporaryDirectory() as folder:
        contexts = [tls_context()]  # none at all
        for name, more in CERTIFICATES.items():
            at = f"{folder}/{name}"
            subprocess.run(["openssl", "req", "-x509", "-nodes", "-subj", "/CN=x", "-keyout", f"{at}.key", "-out",
                            f"{at}.crt", *more], check=True, capture_output=True)
            contexts.append(tls_context())
            contexts[-1].load_cert_chain(f"{at}.crt", f"{at}.key")
    contexts += [identified(**wrong) for wrong in IDENTIFIED]
    for number in range(count):
        with connected(port, number) as peer:
            peer.sendall(TLS)
            said = len(TLS)
            while said:
                said -= len(peer.recv(said))
            tally.add(reached=refused(contexts[number % len(contexts)], peer))
    return tally


ELLIPTIC = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
CERTIFICATES = {
    "without_the_extension": [*ELLIPTIC, "-days", "9"],
    "of_another_signature": [*ELLIPTIC, "-days", "9", "-addext", f"{OID}=DER:30:05:04:01:00:04:00"],
    "of_no_structure": [*ELLIPTIC, "-days", "9", "-addext", f"{OID}=DER:ff:ff:ff:ff"],
    "empty": [*ELLIPTIC, "-days", "9", "-addext", f"{OID}=DER:30:00"],
    "with_a_critical_stranger": [*ELLIPTIC, "-days", "9", "-addext", "1.2.3.4=critical,DER:05:00"],
    "of_a_long_key": ["-newkey", "rsa:4096", "-days", "9"],
}
# What identified() is told: certificates with everything that is asked of them, and one thing wrong.
IDENTIFIED = [
    {"days": (-9, -1)},
    {"days": (2, 9)},
    {"proven": ec.generate_private_key(ec.SECP256R1())},  # somebody else's proof
    {"more": [("1.2.3.4", b"\x05\x00", True)]},  # critical, and not known
    {"more": [("1.2.3.4", bytes(60_000), False)]},  # too long
]

DROPPED = {f"dropped_{stage}": functools.partial(dropped_at, stage) for stage in STAGES}
DROPPED_SECURED = {
    f"dropped_{security}_{stage}": functools.partial(dropped_secured, security, said, said == YAMUX)
    for security in SECURED
    for stage, said in (("agreed", HEADER), ("ready", YAMUX))
}
ATTACKS = DROPPED | DROPPED_SECURED | {
    "drip": drip,
    "random_bytes": random_bytes,
    "too_long": too_long,
    "certificates": with_certificates,
} | FLOODS | SECURED_FLOODS


if __name__ == "__main__":
    tally = ATTACKS[sys.argv[2]](int(sys.argv[1]), int(sys.argv[3]))
    print(json.dumps(dataclasses.asdict(tally)), flush=True)
    os._exit(0 if tally.reached >= 0.95 * tally.connections > 0 else 1)
