# SPDX-License-Identifier: MIT
"""Node: a real node, in asyncio."""

from __future__ import annotations

import asyncio
import collections
import json
from collections.abc import AsyncIterator, Sequence
from types import TracebackType
from typing import Any

from . import _said, _tandem, actions, events
from ._node_events import ANSWER, ASK, NUMBER, Message, NodeError, NodeEvent
from ._said import Duration
from ._tandem import BadInput


class Node:
    """A real node on this machine's TCP, for asyncio.

    listen:     an address or several ("127.0.0.1:0": any port; "[::]:4001"); none: it only dials.
    identity:   32 secret bytes; none: a new identity.
    events_max: events kept for events(); the oldest go first, and `events_lost` counts them.
    options:    of its connection manager: max_connections, connection_timeout, ... (tandem.options()).

    `async with` starts it and shuts it down. Connections are encrypted and prove who is at the other end (TLS or Noise).

    Threads: the node's own loop (Boost.Asio) runs in a thread of its own, started and joined by the
    Node. Everything here belongs to the thread of the asyncio loop it was entered in; what the node
    has to say is handed over by a file that loop watches, in order. Nothing is called from the node's
    thread. Python that keeps its loop busy delays events, never the node.

    Raises BadInput for options that cannot be used, OSError when it cannot listen, NodeError for what
    failed.

    >>> import asyncio
    >>> async def main():
    ...     async with Node(listen="127.0.0.1:0") as server, Node() as client:
    ...         async def serve():
    ...             async for event in server.events():
    ...                 if event.name == "message" and event.wants_reply:
    ...                     await event.reply(event.data.upper())
    ...         serving = asyncio.create_task(serve())
    ...         await client.dial(server.address)
    ...         answer = await client.request(server.id, b"hello")
    ...         serving.cancel()
    ...         return answer, client.metrics["icn_p2p_active_connections"]
    >>> asyncio.run(main())
    (b'HELLO', 1)
    """

    def __init__(self, listen: str | Sequence[str] | None = None, *, identity: bytes | None = None,
                 events_max: int = 65536, **options: Any) -> None:
        self._listen = [listen] if isinstance(listen, str) else list(listen or [])
        self._identity = identity
        self._options = options
        self._native: _tandem.Node | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._waiting: dict[tuple[str, int], asyncio.Future[Any]] = {}
        self._asked: dict[int, tuple[str, asyncio.Future[bytes]]] = {}
        self._questions = 0
        self._connections: dict[str, list[int]] = {}
        self._events: collections.deque[NodeEvent | Message] = collections.deque(maxlen=events_max)
        self._came: asyncio.Event = asyncio.Event()
        self._over = False
        self.events_lost = 0

    async def __aenter__(self) -> Node:
        if self._native is not None or self._over:
            raise RuntimeError("a Node is entered once; make a new one")
        self._loop = asyncio.get_running_loop()
        self._native = _tandem.Node(self._listen, self._options, self._identity)
        self._loop.add_reader(self._native.file, self._look)
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None,
                        trace: TracebackType | None) -> None:
        await self.shutdown()

    def __repr__(self) -> str:
        return f"<tandem.Node {self._native.id if self._native else 'that does not run'}>"

    @property
    def id(self) -> str:
        """Its peer id: 12D3KooW..."""
        return self._open().id

    @property
    def listening(self) -> list[str]:
        """Where it listens, as others dial it: "/ip4/127.0.0.1/tcp/4001/p2p/12D3KooW..."."""
        return [f"{at}/p2p/{self.id}" for at in self._open().listening]

    @property
    def address(self) -> str:
        """The first of `listening`. Raises BadInput when it does not listen."""
        if not self.listening:
            raise BadInput('this node does not listen; give it listen="127.0.0.1:0"')
        return self.listening[0]

    @property
    def metrics(self) -> dict[str, int]:
        """Its numbers now, by their icn_p2p_* names or those of `manager_counters`."""
        return self._open().metrics

    @property
    def refusals(self) -> dict[str, int]:
        """What it refused, by name."""
        return self._open().refusals

    def explain(self, peer: str) -> dict[str, Any]:
        """Why a peer is or is not connected: a dict of numbers (times in s since it began) and a "sentence"."""
        said: dict[str, Any] = json.loads(self._open().explain(peer))
        return said

    async def dial(self, to: str | Node, addresses: Sequence[str] = (), *, additional: bool = False,
                   timeout: Duration | None = None) -> int:
        """Connect, and return the connection's id once it is ready.

        to:         an address that names its peer ("/ip4/.../tcp/4001/p2p/ID"), another Node here, or a peer id
                    with `addresses` or known ones.
        additional: one more connection, whatever there is.
        timeout:    of the dial.

        Raises NodeError with the cause: "LimitReached", "ConnectionRefused", "BackingOff until ...".
        """
        peer, more = self._peer(to)
        limit = None if timeout is None else _said.nanoseconds(timeout, "timeout") / 1e9
        request = self._open().dial(peer, [*more, *addresses], additional, limit)
        return int(await self._answer("dial", request))

    async def send(self, to: str | Node, data: bytes) -> None:
        """Send a message of at most 1 MiB over the oldest connection with a peer.

        Returns when it is queued. Raises NodeError when the queue is full or there is no connection.
        """
        if not isinstance(data, (bytes, bytearray, memoryview)):
            raise TypeError(f"data is bytes, not {type(data).__name__}")
        number = self._open().send(self._peer(to)[0], bytes(data))
        became = await self._answer("send", number)
        if became != "accepted":
            why = "there is no connection with it" if became == "gone" else "too much waits, or it is too long"
            raise NodeError(f"the message was not sent to {self._peer(to)[0]}: {why}")

    async def request(self, to: str | Node, data: bytes, *, timeout: Duration = "30s") -> bytes:
        """Send a message, and return what Message.reply() at the other end, a Node as well, answers.

        While it waits the connection is in use at both ends. Raises NodeError as send() does and when the
        connection ends, TimeoutError.
        """
        peer = self._peer(to)[0]
        self._questions += 1
        question, future = self._questions, self._open_loop().create_future()
        self._asked[question] = peer, future
        held = next(iter(self._connections.get(peer, [])), 0)
        try:
            if held:
                self._open().hold(held, True)
            await self.send(peer, ASK + NUMBER.pack(question) + bytes(data))
            return bytes(await asyncio.wait_for(future, _said.nanoseconds(timeout, "timeout") / 1e9))
        finally:
            self._asked.pop(question, None)
            if held and self._native:
                self._native.hold(held, False)

    def disconnect(self, peer: str | Node) -> None:
        """End every connection with a peer."""
        self._open().disconnect(self._peer(peer)[0])

    def configure(self, **options: Any) -> None:
        """Options of its connection manager from now on; those not named stay."""
        self._open().configure(options)

    def mark(self, peer: str | Node, what: str, *, on: bool = True, weight: int = 0) -> None:
        """What its operator thinks of a peer: "protect", "keep_alive", "tag", "allow", "deny"."""
        name, addresses = self._peer(peer)
        if addresses:
            self._open().add_addresses(name, addresses)
        self._open().mark(events.PeerMarked(name, what, on, None, weight))

    async def events(self) -> AsyncIterator[NodeEvent | Message]:
        """What happens, from now on and what waited: each event goes to one iterator. Ends with the node."""
        while True:
            while self._events:
                yield self._events.popleft()
            if self._over:
                return
            self._came.clear()
            await self._came.wait()

    async def shutdown(self, within: Duration | None = None) -> None:
        """End gracefully: peers are told, for at most `within` (default: shutdown_timeout, 2 s). Twice is once."""
        if self._native is None:
            return
        native = self._native
        native.shutdown(None if within is None else _said.nanoseconds(within, "within") / 1e9)
        try:
            await self._answer("shutdown", 0)
        finally:
            if self._native is native:
                self._close()

    def _close(self) -> None:
        native, self._native, self._over = self._open(), None, True
        self._open_loop().remove_reader(native.file)
        self._take(native)
        native.close()
        for future in [*self._waiting.values(), *(one for _, one in self._asked.values())]:
            if not future.done():
                future.set_exception(NodeError("the node was shut down"))
                future.exception()  # whoever stopped waiting need not hear of it
        self._came.set()

    def _peer(self, to: str | Node) -> tuple[str, list[str]]:
        if isinstance(to, Node):
            return to.id, list(to._open().listening)
        if not isinstance(to, str):
            raise TypeError(f"a peer is text or a Node, not {type(to).__name__}")
        if "/" not in to:
            return to, []
        address, peer = _tandem.read_address(to)
        if not peer:
            raise BadInput(f"`{to}` does not say whose it is; end it with /p2p/ID")
        return peer, [address]

    def _open(self) -> _tandem.Node:
        if self._native is None:
            raise RuntimeError("this Node does not run: use it within `async with`")
        return self._native

    def _open_loop(self) -> asyncio.AbstractEventLoop:
        assert self._loop is not None
        return self._loop

    async def _answer(self, of: str, number: int) -> Any:
        key = (of, number)
        if key not in self._waiting:
            self._waiting[key] = self._open_loop().create_future()
        return await asyncio.shield(self._waiting[key])

    def _look(self) -> None:
        if self._native is not None:
            self._take(self._native)

    def _take(self, native: _tandem.Node) -> None:
        answers, events, lost = native.take()
        self.events_lost += lost
        for of, number, what, why in answers:
            future = self._waiting.pop((of, number), None)
            if future is None or future.done():
                continue
            if why:
                future.set_exception(NodeError(f"the dial failed: {why}"))
                future.exception()  # whoever stopped waiting need not hear of it
            else:
                future.set_result(what)
        for event in events:
            made = self._message(*event) if isinstance(event, tuple) else self._event(event)
            if made is None:
                continue
            self.events_lost += len(self._events) == self._events.maxlen
            self._events.append(made)
        if self._events:
            self._came.set()

    def _message(self, conn: int, peer: str, data: bytes) -> Message | None:
        start = len(ASK) + NUMBER.size
        mark, number = data[:len(ASK)], data[len(ASK):start]
        if mark not in (ASK, ANSWER) or len(number) < NUMBER.size:
            return Message(self, peer, conn, data, None)
        question, = NUMBER.unpack(number)
        if mark == ASK:
            return Message(self, peer, conn, data[start:], question)
        asked, future = self._asked.get(question, ("", None))
        if future is not None and not future.done() and asked == peer:
            future.set_result(data[start:])
        return None

    def _event(self, fields: dict[str, Any]) -> NodeEvent:
        what = actions.Notification(**fields)
        known = self._connections.setdefault(what.peer, []) if what.conn else []
        if what.kind == "connection_established":
            known.append(what.conn)
        elif what.kind == "connection_closed" and what.conn in known:
            known.remove(what.conn)
            if not known:
                del self._connections[what.peer]
                for peer, future in self._asked.values():
                    if not future.done() and peer == what.peer:
                        future.set_exception(NodeError(f"the connection ended: {what.why}"))
        elif not known and what.conn:
            del self._connections[what.peer]
        return NodeEvent(what)
