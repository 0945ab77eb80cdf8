# SPDX-License-Identifier: MIT
"""Node: a real node, in asyncio, and what it says."""

from __future__ import annotations

import asyncio
import collections
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any, TypeAlias

from . import _tandem, actions, events
from ._arguments import Duration, kind, seconds
from ._manager import Managed
from ._tandem import BadInput

Serving: TypeAlias = Callable[[asyncio.StreamReader, asyncio.StreamWriter, str], Awaitable[None]]


class Node(Managed):
    """A real node on this machine's TCP, for asyncio. Connections are encrypted and prove who is at the other end.

    listen:     an address or several ("127.0.0.1:0": any port; "[::]:4001"); none: it only dials.
    identity:   32 secret bytes; none: a new identity.
    events_max: events kept for events(); the oldest go first, and `events_lost` counts them.
    options:    of its connection manager: max_connections, connection_timeout, ... (tandem.options()).

    `async with` starts it and shuts it down. Threads: the node's own loop (Boost.Asio) runs in a thread that the Node
    starts and joins; nothing is called from it. Everything here belongs to the thread of the asyncio loop it was
    entered in, which watches a file for what the node has to say; Python that keeps that loop busy delays events,
    never the node.

    Raises BadInput for options that cannot be used, OSError when it cannot listen, NodeError for what failed.

    >>> import asyncio
    >>> async def main():
    ...     async with Node(listen="127.0.0.1:0") as server, Node() as client:
    ...         async def serve():
    ...             async for event in server.events():
    ...                 if event.name == "message" and event.wants_reply:
    ...                     await event.reply(event.data.upper())
    ...                 elif event.name == "connection_established":
    ...                     assert event.way == "inbound" and event.peer == client.id
    ...         serving = asyncio.create_task(serve())
    ...         await client.dial(server.address)
    ...         answer = await client.request(server.id, b"hello")
    ...         serving.cancel()
    ...         try:
    ...             await client.dial("/ip4/127.0.0.1/tcp/1/p2p/" + server.id, additional=True)
    ...         except tandem.NodeError as error:
    ...             return answer, client.metrics["icn_p2p_active_connections"], str(error)[:34]
    >>> asyncio.run(main())
    (b'HELLO', 1, 'the dial failed: ConnectionRefused')
    """

    def __init__(self, listen: str | Sequence[str] | None = None, *, identity: bytes | None = None,
                 events_max: int = 65536, **options: Any) -> None:
        self._given = [listen] if isinstance(listen, str) else list(listen or []), options, identity
        self._native: _tandem.Node | None = None
        self._loop: asyncio.AbstractEventLoop
        self._waiting: dict[tuple[str, int], asyncio.Future[Any]] = {}
        self._events: collections.deque[NodeEvent | Message] = collections.deque(maxlen=events_max)
        self._came = asyncio.Event()
        self._functions: dict[str, Serving | None] = {}
        self._streams: dict[int, asyncio.StreamReader] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._over = False
        self.events_lost = 0

    async def __aenter__(self) -> Node:
        if self._native is not None or self._over:
            raise RuntimeError("a Node is entered once; make a new one")
        self._loop = asyncio.get_running_loop()
        self._native = _tandem.Node(*self._given)
        self._loop.add_reader(self._native.file, self._take, self._native)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.shutdown()

    def __repr__(self) -> str:
        return f"<tandem.Node {self._native.id if self._native else 'that does not run'}>"

    @property
    def id(self) -> str:
        """Its peer id: 12D3KooW..."""
        return self._manager().id

    @property
    def listening(self) -> list[str]:
        """Where it listens, as others dial it: "/ip4/127.0.0.1/tcp/4001/p2p/12D3KooW..."."""
        return [f"{at}/p2p/{self.id}" for at in self._manager().listening]

    @property
    def address(self) -> str:
        """The first of `listening`. Raises BadInput when it does not listen."""
        if not self.listening:
            raise BadInput('this node does not listen; give it listen="127.0.0.1:0"')
        return self.listening[0]

    async def dial(self, to: str | Node, addresses: Sequence[str] = (), *, additional: bool = False,
                   timeout: Duration | None = None) -> int:
        """Connect, and return the connection's id once it is ready.

        to:         an address that names its peer ("/ip4/.../tcp/4001/p2p/ID", "/dns4/..."), another Node here, or a peer
                    id with `addresses` or known ones.
        additional: one more connection, whatever there is. timeout: of the dial.

        Raises NodeError with the cause: "LimitReached", "ConnectionRefused", "BackingOff until ..."."""
        peer, more = self._peer(to)
        limit = None if timeout is None else seconds(timeout, "timeout")
        return int(await self._answer("dial", self._manager().dial(peer, [*more, *addresses], additional, limit)))

    async def send(self, to: str | Node, data: bytes) -> None:
        """Send a message of at most 1 MiB over the oldest connection with a peer. Returns when it is queued. Raises
        NodeError when the queue is full or there is no connection."""
        if not isinstance(data, (bytes, bytearray, memoryview)):
            raise TypeError(f"data is bytes, not {kind(data)}")
        peer, _ = self._peer(to)
        became = await self._answer("send", self._manager().send(peer, bytes(data)))
        if became != b"accepted":
            why = "there is no connection with it" if became == b"gone" else "too much waits, or it is too long"
            raise NodeError(f"the message was not sent to {peer}: {why}")

    async def request(self, to: str | Node, data: bytes, *, protocol: str = "/tandem/request/1",
                      timeout: Duration = "30s") -> bytes:
        """Ask a peer something on a stream of its own (`protocol`: one that it handles), and return the answer, of
        Message.reply() where it is a Node. Raises NodeError when there is no connection, when it ends or the peer
        refuses, TimeoutError."""
        number = self._manager().request(self._peer(to)[0], protocol, bytes(data), seconds(timeout, "timeout"))
        return bytes(await self._answer("request", number))

    async def ping(self, to: str | Node, *, timeout: Duration = "30s") -> float:
        """Seconds until 32 bytes are back from a peer (libp2p's ping). Raises NodeError without a connection, TimeoutError."""
        return int(await self._answer("ping", self._manager().ping(self._peer(to)[0], seconds(timeout, "timeout")))) / 1e9

    async def identify(self, to: str | Node, *, timeout: Duration = "30s") -> dict[str, Any]:
        """Ask a peer who it is (libp2p's identify): its `agent`, `protocol_version`, `protocols`, the `addresses` where
        it listens, and `observed`, where it sees this Node, or None. Raises as ping() does."""
        number = self._manager().identify(self._peer(to)[0], seconds(timeout, "timeout"))
        return dict(json.loads((await self._answer("identify", number)).decode(errors="replace")))

    def handle(self, protocol: str, function: Serving | None = None) -> None:
        """From now on function(reader, writer, peer) runs as a task with each stream of this protocol that a peer opens,
        which is closed when it returns and reset when it raises. Without one, requests of the protocol are Messages
        among the events. Raises BadInput for a name no application may have."""
        self._manager().handle(protocol, function is not None)
        self._functions[protocol] = function

    async def open(self, to: str | Node, protocol: str, *,
                   timeout: Duration = "30s") -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Open a stream to a peer, as asyncio's streams: (reader, writer). drain() waits while the peer does not read;
        reading raises NodeError when the stream broke. Raises NodeError without a connection, or when the peer does
        not speak the protocol; TimeoutError."""
        asked = self._manager().open_stream(self._peer(to)[0], protocol, seconds(timeout, "timeout"))
        joining = self._loop.create_task(self._join(asked, self._asked("stream", asked)))
        try:
            return await asyncio.shield(joining)
        except asyncio.CancelledError:
            joining.add_done_callback(_unwanted)
            raise

    def disconnect(self, peer: str | Node) -> None:
        """End every connection with a peer."""
        self._manager().disconnect(self._peer(peer)[0])

    def network_changed(self) -> None:
        """The host has another network, or slept: failures are forgiven, and a peer that answers no probe now is lost."""
        self._manager().network_changed()

    def configure(self, **options: Any) -> None:
        """Options of its connection manager from now on; those not named stay."""
        self._manager().configure(options)

    def mark(self, peer: str | Node, what: str, *, on: bool = True, weight: int = 0) -> None:
        """What its operator thinks of a peer: "protect", "keep_alive", "tag", "allow", "deny"."""
        name, addresses = self._peer(peer)
        if addresses:
            self._manager().add_addresses(name, addresses)
        self._manager().mark(events.PeerMarked(name, what, on, None, weight))

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
        native = self._native
        if native is None:
            return
        native.shutdown(None if within is None else seconds(within, "within"))
        try:
            await self._answer("shutdown", 0)
        finally:
            if self._native is native:
                self._close(native)

    def _close(self, native: _tandem.Node) -> None:
        self._native, self._over = None, True
        self._loop.remove_reader(native.file)
        self._take(native)
        native.close()
        for reader in self._streams.values():
            reader.set_exception(NodeError("the node was shut down"))
        for task in self._tasks:
            task.cancel()
        for future in self._waiting.values():
            _fail(future, NodeError("the node was shut down"))
        self._came.set()

    def _peer(self, to: str | Node) -> tuple[str, list[str]]:
        if isinstance(to, Node):
            return to.id, list(to._manager().listening)
        if not isinstance(to, str):
            raise TypeError(f"a peer is text or a Node, not {kind(to)}")
        if "/" not in to:
            return to, []
        address, peer = _tandem.read_address(to)
        if not peer:
            raise BadInput(f"`{to}` does not say whose it is; end it with /p2p/ID")
        return peer, [address]

    def _manager(self) -> _tandem.Node:
        if self._native is None:
            raise RuntimeError("this Node does not run: use it within `async with`")
        return self._native

    def _asked(self, of: str, number: int) -> asyncio.Future[Any]:
        return self._waiting.setdefault((of, number), self._loop.create_future())

    async def _answer(self, of: str, number: int) -> Any:
        return await asyncio.shield(self._asked(of, number))

    async def _join(self, number: int, file: Awaitable[Any]) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_unix_connection(sock=socket.socket(fileno=int(await file)), limit=2**15)
        self._streams[number] = reader
        self._manager().start_stream(number)
        return reader, writer

    async def _serve(self, number: int, protocol: str, peer: str, file: Awaitable[Any]) -> None:
        reader, writer = await self._join(number, file)
        try:
            if function := self._functions.get(protocol):
                await function(reader, writer, peer)
        except NodeError:
            pass  # the peer or the connection went
        except BaseException:
            if self._native:
                self._native.forget_stream(number)
            raise
        finally:
            writer.close()

    def _take(self, native: _tandem.Node) -> None:
        answers, happened, lost = native.take()
        self.events_lost += lost
        for of, number, what, why in answers:
            if of == "came":
                task = self._loop.create_task(self._serve(number, what.decode(), why, self._asked("stream", number)))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
                continue
            if of == "over":
                native.forget_stream(number)
                if (reader := self._streams.pop(number, None)) and why:
                    reader.set_exception(NodeError(f"the stream broke: {why}"))
                continue
            future = self._waiting.pop((of, number), None)
            if future is not None and why:
                _fail(future, TimeoutError(why) if why == "timed out" else NodeError(f"the {of} failed: {why}"))
            elif future is not None and not future.done():
                future.set_result(what)
        self.events_lost += max(0, len(self._events) + len(happened) - (self._events.maxlen or 0))
        self._events.extend(Message(self, *event) if isinstance(event, tuple) else
                            NodeEvent(actions.Notification(**event)) for event in happened)
        if self._events:
            self._came.set()


class NodeError(ConnectionError):
    """What a Node was asked to do failed: the message has the cause and its numbers. See Node() for an example."""


class Message:
    """A message that a Node received: peer (its id), connection, data (bytes). See Node() for an example.

    protocol: of a request(), which reply() answers: `wants_reply`; "": it came by send()."""

    name = "message"

    def __init__(self, node: Node, connection: int, peer: str, data: bytes, question: int = 0, protocol: str = "") -> None:
        self.connection, self.peer, self.data, self.protocol = connection, peer, data, protocol
        self._node, self._question = node, question
        self.wants_reply = question > 0

    def __repr__(self) -> str:
        return f"<Message of {len(self.data)} bytes from {self.peer}>"

    async def reply(self, data: bytes) -> None:
        """Answer a request(), once; an answer that comes too late is dropped. Raises BadInput when nobody asked."""
        if not self.wants_reply:
            raise BadInput("nobody waits for a reply to this message: it came by send(), not by request()")
        self._node._manager().reply(self._question, bytes(data))

    def __del__(self) -> None:  # nobody will answer: the peer need not wait
        if self.wants_reply and self._node._native:
            self._node._native.reply(self._question, None)


class NodeEvent:
    """What a Node's manager notified: `name` ("connection_established", ...) and the fields of
    tandem.actions.Notification: why, way, conn, peer, current, limit, ... See Node() for an example."""

    def __init__(self, what: actions.Notification) -> None:
        self.name = what.kind
        self.what = what

    def __repr__(self) -> str:
        return f"<NodeEvent {self.name} {self.what.why}>"

    def __getattr__(self, name: str) -> Any:
        return getattr(self.what, name)


def _unwanted(joined: asyncio.Task[tuple[asyncio.StreamReader, asyncio.StreamWriter]]) -> None:
    if not joined.cancelled() and not joined.exception():
        joined.result()[1].close()


def _fail(future: asyncio.Future[Any], why: Exception) -> None:
    if not future.done():
        future.set_exception(why)
        future.exception()  # whoever stopped waiting need not hear of it
