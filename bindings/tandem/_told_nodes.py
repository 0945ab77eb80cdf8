# SPDX-License-Identifier: MIT
"""Nodes of a World, faults told to it, and what it says to callbacks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar, overload

import pandas

from . import _tandem
from ._arguments import Duration
from ._tandem import BadInput
from ._told_verbs import Verbs

if TYPE_CHECKING:
    from ._world import World

F = TypeVar("F", bound="Callable[[Event], Any]")
_COLUMNS = ["node", "connection", "peer", "direction", "stage", "since", "streams", "srtt", "address", "idle_at"]


class Event:
    """What a manager notified, as a callback of on() hears it. Times are seconds of virtual time.

    name ("inbound_refused", "connection_established", ...), time (s), cause ("LimitReached", ...), direction
    ("inbound" or "outbound"), node (whose manager it is), peer (who it is about, or None), connection, request (ids or
    None), current, limit (what a refusal compared), failures, ceiling (s), until (s or None), address ("10.0.0.2:4001"
    or None), size (of a message, in bytes; else None).

    >>> w = World("message"); server = w.node(listen=True); peer = w.node(); seen = []
    >>> hook = server.on("connection_established", seen.append); peer.dial(server); w.run(until=1)
    >>> seen[0].name, seen[0].peer is peer, seen[0].direction
    ('connection_established', True, 'inbound')
    """

    __slots__ = ("_raw", "_world")
    name: str
    time: float
    cause: str
    direction: str

    def __init__(self, raw: _tandem.Heard, world: World) -> None:
        self._raw, self._world = raw, world

    def __repr__(self) -> str:
        return f"<Event {self.name} of {self.node._text} at {self.time:g} s: {self._raw}>"

    @property
    def node(self) -> ToldNode:
        return self._world._node_at(self._raw.node)

    @property
    def peer(self) -> ToldNode | None:
        return self._world._node_at(self._raw.peer) if self._raw.peer >= 0 else None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._raw, name)


class Fault:
    """A fault that was told to a World.

    >>> w = World("message"); server = w.node(listen=True); cut = w.partition(server, at="5s"); cut.end(at="9s")
    """

    def __init__(self, world: World, number: int, word: str, says: dict[str, Any]) -> None:
        self._world, self._number, self._word, self._says = world, number, word, says

    def __str__(self) -> str:
        """As a file has it."""
        return _tandem.says({self._word: self._says})

    def __repr__(self) -> str:
        return f"<Fault {self}>"

    def end(self, at: Duration | None = None) -> None:
        """It is over at this time (default: now), and does not come back."""
        when = self._world._time(at)
        self._world._native.end_fault(self._number, when)
        self._says["until"] = _tandem.duration_text(when)


class _Members(Verbs):
    __doc__ = Verbs.__doc__

    @overload
    def on(self, event: str) -> Callable[[F], F]: ...
    @overload
    def on(self, event: str, function: F) -> F: ...
    def on(self, event: str, function: F | None = None) -> F | Callable[[F], F]:
        """Call a function with each such Event of these nodes, in virtual time; a decorator without one.

        event: what a manager notifies: "inbound_refused", "connection_established", ...; or "message": one arrived,
               with its `size` and the `peer` who sent it (answers of request() and pieces of streams as well).

        It may look, and tell nodes what to do. What it raises ends the run, which raises it with the virtual time in a
        note. Raises BadInput for an event there is not.

        >>> w = World("message", seed=1); server = w.node(listen=True, max_connections=2); peers = w.nodes(3)
        >>> @server.on("inbound_refused")
        ... def give_way(event):
        ...     server.configure(max_connections=event.limit + 1)
        >>> peers.dial(server, arrivals={"every": 1.0}); w.run(until="5s"); server.refusals
        {'LimitReached': 1}
        """
        return self._world._on(self._first, self._count, event, function)

    @property
    def metrics(self) -> dict[str, int]:
        """The manager's numbers now, by their icn_p2p_* names or those of `manager_counters`; of several nodes the sum."""
        return self._world._now().metrics(self._first, self._count)

    @property
    def refusals(self) -> dict[str, int]:
        """What these nodes refused, by name."""
        return self._world._now().refusals(self._first, self._count)

    @property
    def numbers(self) -> dict[str, int]:
        """Every number that expectations know (scenarios/reference/numbers.md), of the whole group now."""
        return self._world._now().numbers(self._group)

    def connections(self) -> pandas.DataFrame:
        """DataFrame of the established connections now, a row for each: node, connection (its id), peer, direction,
        stage, since (s), streams (open), srtt (s; 0: no sample), address, idle_at (s; NaN: never).

        >>> w = World("message"); server = w.node(listen=True); w.nodes(2).dial(server); w.run(until="1s")
        >>> server.connections()[["peer", "direction"]].to_dict("list")
        {'peer': ['nodes[0]', 'nodes[1]'], 'direction': ['inbound', 'inbound']}
        """
        native, name = self._world._now(), self._world._name_at
        rows = [(name(index), conn, name(peer) if peer >= 0 else None, *rest)
                for index in range(self._first, self._first + self._count)
                for conn, peer, *rest in native.connections(index)]
        return pandas.DataFrame(rows, columns=_COLUMNS).astype({"idle_at": float})


class ToldNode(_Members):
    """One node of a World: World.node(), or an element of World.nodes().

    >>> w = World("message"); server = w.node(listen=True); peer = w.node(); peer.dial(server); w.run(until="1s")
    >>> server.metrics["icn_p2p_active_connections"], peer.numbers["dials_succeeded"], server.explain(peer)["connections"]
    (1, 1, 1)
    """

    __doc__ = f"{__doc__}\n\n    {_Members.__doc__}"

    def explain(self, peer: ToldNode) -> dict[str, Any]:
        """Why `peer` is or is not connected: a dict of numbers (times in s of the node's clock) and a "sentence".
        Raises BadInput when this node is dead, or `peer` is of another world."""
        self._world._own(peer)
        return self._world._now().explain(self._first, peer._first)

    @property
    def alive(self) -> bool:
        """Whether its process runs."""
        return self._world._now().lives(self._first)


class ToldNodes(_Members, Sequence[ToldNode]):
    """Nodes of a World that are alike: World.nodes(), or a slice of it. A sequence of ToldNode.

    >>> w = World("message"); peers = w.nodes(5)
    >>> len(peers), len(peers[1:3])
    (5, 2)
    """

    __doc__ = f"{__doc__}\n\n    {_Members.__doc__}"

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, index: int) -> ToldNode: ...
    @overload
    def __getitem__(self, index: slice) -> ToldNodes: ...
    def __getitem__(self, index: int | slice) -> ToldNode | ToldNodes:
        if isinstance(index, slice):
            first, last, step = index.indices(self._count)
            if step != 1 or last <= first:
                raise BadInput("a slice of nodes has at least one, each beside the next")
            low = self._first - self._world._groups[self._group].first + first
            text = f"{self._name}[{low}..{low + last - first - 1}]"
            return ToldNodes(self._world, self._group, self._name, self._first + first, last - first, text)
        if not -self._count <= index < self._count:
            raise IndexError(f"there are {self._count} of {self._text}, numbered from 0: no {index}")
        return self._world._node_at(self._first + index % self._count)
