# SPDX-License-Identifier: MIT
"""What a Node says."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

from . import actions
from ._tandem import BadInput

if TYPE_CHECKING:
    from ._node import Node

# A message that asks, and one that answers, begin so, then with the number of the question.
ASK, ANSWER = b"\0tandem?", b"\0tandem!"
NUMBER = struct.Struct("<Q")


class NodeError(ConnectionError):
    """What a Node was asked to do failed: the message has the cause and its numbers.

    >>> import asyncio
    >>> async def main():
    ...     async with Node(listen="127.0.0.1:0") as gone:
    ...         address = gone.address
    ...     async with Node() as client:
    ...         await client.dial(address)
    >>> asyncio.run(main())
    Traceback (most recent call last):
    tandem._node_events.NodeError: the dial failed: ConnectionRefused...
    """


class Message:
    """A message that a Node received: peer (its id), connection, data (bytes). reply() answers it: see Node.

    >>> import asyncio
    >>> async def main():
    ...     async with Node(listen="127.0.0.1:0") as server, Node() as client:
    ...         await client.dial(server.address)
    ...         await client.send(server.id, b"hello")
    ...         async for event in server.events():
    ...             if event.name == "message":
    ...                 return event.data, event.peer == client.id, event.wants_reply
    >>> asyncio.run(main())
    (b'hello', True, False)
    """

    name = "message"

    def __init__(self, node: Node, peer: str, connection: int, data: bytes, question: int | None) -> None:
        self.peer = peer
        self.connection = connection
        self.data = data
        self._node = node
        self._question = question

    def __repr__(self) -> str:
        return f"<Message of {len(self.data)} bytes from {self.peer}>"

    @property
    def wants_reply(self) -> bool:
        """Whether it came by request(), and reply() answers it."""
        return self._question is not None

    async def reply(self, data: bytes) -> None:
        """Answer a request(). Raises NodeError when the peer is gone, BadInput when nobody asked."""
        if self._question is None:
            raise BadInput("nobody waits for a reply to this message: it came by send(), not by request()")
        await self._node.send(self.peer, ANSWER + NUMBER.pack(self._question) + data)


class NodeEvent:
    """What a Node's manager notified: `name` ("connection_established", ...) and the fields of
    tandem.actions.Notification: why, way, conn, peer, current, limit, ...

    >>> import asyncio
    >>> async def main():
    ...     async with Node(listen="127.0.0.1:0") as server, Node() as client:
    ...         await client.dial(server.address)
    ...         async for event in server.events():
    ...             if event.name == "connection_established":
    ...                 return event.way, event.peer == client.id
    >>> asyncio.run(main())
    ('inbound', True)
    """

    def __init__(self, what: actions.Notification) -> None:
        self.name = what.kind
        self.what = what

    def __repr__(self) -> str:
        return f"<NodeEvent {self.name} {self.what.why}>"

    def __getattr__(self, name: str) -> Any:
        return getattr(self.what, name)
