# SPDX-License-Identifier: MIT
"""What a World says to callbacks, and faults that were told to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import _said
from ._said import Duration
from ._told_nodes import ToldNode

if TYPE_CHECKING:
    from ._world import World


class Event:
    """What a manager notified, as a callback of on() hears it. Times are seconds of virtual time.

    >>> w = World("message"); server = w.node(listen=True); peer = w.node(); seen = []
    >>> hook = server.on("connection_established", seen.append); peer.dial(server); w.run(until=1)
    >>> seen[0].name, seen[0].peer is peer, seen[0].direction
    ('connection_established', True, 'inbound')
    """

    __slots__ = ("_raw", "_world")

    def __init__(self, raw: Any, world: World) -> None:
        self._raw = raw
        self._world = world

    def __repr__(self) -> str:
        return f"<Event {self.name} of {self.node._text} at {self.time:g} s: {self._raw}>"

    @property
    def name(self) -> str:
        """What: "inbound_refused", "connection_established", and so on."""
        return str(self._raw.name)

    @property
    def time(self) -> float:
        """When (s)."""
        return float(self._raw.time_ns / 1e9)

    @property
    def cause(self) -> str:
        """Why: "LimitReached", "IdleTimeout", and so on."""
        return str(self._raw.cause)

    @property
    def direction(self) -> str:
        """Of the connection: "inbound" or "outbound"."""
        return str(self._raw.direction)

    @property
    def node(self) -> ToldNode:
        """Whose manager it is."""
        found = self._world._node_at(self._raw.node)
        assert found is not None
        return found

    @property
    def peer(self) -> ToldNode | None:
        """Who it is about; None when that is not known."""
        return self._world._node_at(self._raw.peer)

    def __getattr__(self, name: str) -> Any:
        """connection, request (ids or None), current, limit (what a refusal compared), failures, ceiling (s),
        until (s or None), address ("10.0.0.2:4001" or None), size (of a message, in bytes; else None)."""
        return getattr(self._raw, name)


class Fault:
    """A fault that was told to a World.

    >>> w = World("message"); server = w.node(listen=True); cut = w.partition(server, at="5s"); cut.end(at="9s")
    """

    def __init__(self, world: World, number: int, word: str, says: dict[str, Any]) -> None:
        self._world = world
        self._number = number
        self._word = word
        self._says = says

    def __repr__(self) -> str:
        return f"<Fault {self._word} {_said.flow(self._says)}>"

    def end(self, at: Duration | None = None) -> None:
        """It is over at this time (default: now), and does not come back."""
        when = self._world._time(at)
        _said.read(self._world._native.end_fault, self._number, when)
        self._says["until"] = _said.duration_text(when)
