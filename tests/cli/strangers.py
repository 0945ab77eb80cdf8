# SPDX-License-Identifier: MIT
"""Connections to a node, each of somebody whom it has not seen, and how many of them came as far as they should.

Strangers come from 127.0.0.2 to 127.0.0.251, so that the ports of one address suffice.
"""

import contextlib
import dataclasses
import socket

from hostile_peer import HostilePeer, multistream
from identified import identified
from noise import NoiseSocket

YAMUX = multistream("/yamux/1.0.0")
SECURED = {"tls": ("/tls/1.0.0", lambda raw: identified().wrap_socket(raw)), "noise": ("/noise", NoiseSocket)}


@dataclasses.dataclass
class Tally:
    """How many connections there were, how many came as far as they should, how many of these the node must count."""

    connections: int = 0
    reached: int = 0
    established: int = 0

    def add(self, reached, established=False):
        self.connections += 1
        self.reached += reached
        self.established += reached and established


def source(number):
    return f"127.0.0.{2 + number % 250}"


def connected(port, number=0):
    return socket.create_connection(("127.0.0.1", port), timeout=60, source_address=(source(number), 0))


def reset_at_close(peer):
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")


def answered(peer, size):
    """Whether so many bytes came."""
    with contextlib.suppress(OSError):
        while size > 0:
            more = peer.recv(65536)
            if not more:
                return False
            size -= len(more)
        return True
    return False


def until_the_end(peer):
    with contextlib.suppress(OSError):
        while peer.recv(65536):
            pass


def in_plaintext(port, number):
    return HostilePeer(port, source=source(number))


def secured(security, port, number, said=YAMUX, before=lambda raw: None):
    """Behind the handshake of `security`, and as far as `said` leads, which was answered. `before` has the socket."""
    name, secure = SECURED[security]

    def wrapped(raw):
        before(raw)
        return secure(raw)

    return HostilePeer(port, name, wrapped, said, source(number))
