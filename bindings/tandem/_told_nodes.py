# SPDX-License-Identifier: MIT
"""Nodes of a World."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeVar, overload

import pandas

from ._tandem import BadInput
from ._told_verbs import Verbs

if TYPE_CHECKING:
    from ._told_events import Event

F = TypeVar("F", bound="Callable[[Event], Any]")


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

        It may look, and tell nodes what to do. What it raises ends the run, which raises it with the
        virtual time in a note. Raises BadInput for an event there is not.

        >>> w = World("message", seed=1); server = w.node(listen=True, max_connections=2); peers = w.nodes(3)
        >>> @server.on("inbound_refused")
        ... def give_way(event):
        ...     server.configure(max_connections=event.limit + 1)
        >>> peers.dial(server, arrivals={"every": 1.0}); w.run(until="5s"); server.refusals
        {'LimitReached': 1}
        """
        hooked: F | Callable[[F], F] = self._world._on(self._first, self._count, event, function)
        return hooked

    @property
    def metrics(self) -> dict[str, int]:
        """The manager's numbers now, by their icn_p2p_* names or those of `manager_counters`; of several nodes the sum.

        >>> w = World("message"); w.node(listen=True, max_connections=8).metrics["icn_p2p_connection_limit"]
        8
        """
        self._world._look()
        return dict(self._world._native.metrics(self._first, self._count))

    @property
    def refusals(self) -> dict[str, int]:
        """What these nodes refused, by name. See on() for an example."""
        self._world._look()
        return dict(self._world._native.refusals(self._first, self._count))

    @property
    def numbers(self) -> dict[str, int]:
        """Every number that expectations know (scenarios/reference/numbers.md), of the whole group now.

        >>> w = World("message"); server = w.node(listen=True); peers = w.nodes(3)
        >>> peers.dial(server); w.run(until="1s"); peers.numbers["dials_succeeded"]
        3
        """
        self._world._look()
        return dict(self._world._native.numbers(self._group))

    def connections(self) -> pandas.DataFrame:
        """DataFrame of the established connections now, a row for each: node, connection (its id), peer,
        direction, stage, since (s), streams (open), srtt (s; 0: no sample), address, idle_at (s; NaN: never).

        >>> w = World("message"); server = w.node(listen=True); w.nodes(2).dial(server); w.run(until="1s")
        >>> server.connections()[["peer", "direction"]].to_dict("list")
        {'peer': ['nodes[0]', 'nodes[1]'], 'direction': ['inbound', 'inbound']}
        """
        self._world._look()
        columns = ["node", "connection", "peer", "direction", "stage", "since", "streams", "srtt", "address", "idle_at"]
        rows = []
        for index in range(self._first, self._first + self._count):
            for conn, peer, *rest in self._world._native.connections(index):
                other = self._world._node_at(peer)
                rows.append((self._world._name_at(index), conn, other._text if other else None, *rest))
        return pandas.DataFrame(rows, columns=columns).astype({"idle_at": float})


class ToldNode(_Members):
    """One node of a World: World.node(), or an element of World.nodes().

    >>> w = World("message"); server = w.node(listen=True); peer = w.node(); peer.dial(server); w.run(until="1s")
    >>> server.metrics["icn_p2p_active_connections"]
    1
    """

    __doc__ = f"{__doc__}\n\n{_Members.__doc__}"

    def explain(self, peer: ToldNode) -> dict[str, Any]:
        """Why `peer` is or is not connected: a dict of numbers (times in s of the node's clock) and a "sentence".

        Raises BadInput when this node is dead, or `peer` is of another world.

        >>> w = World("message"); server = w.node(listen=True); peer = w.node(); peer.dial(server); w.run(until="1s")
        >>> server.explain(peer)["connections"]
        1
        """
        self._world._look()
        self._world._own(peer)
        said: dict[str, Any] = json.loads(self._world._native.explain(self._first, peer._first))
        return said

    @property
    def alive(self) -> bool:
        """Whether its process runs.

        >>> w = World("message"); node = w.node(); node.kill(); node.alive
        False
        """
        self._world._look()
        return bool(self._world._native.lives(self._first))


class ToldNodes(_Members, Sequence[ToldNode]):
    """Nodes of a World that are alike: World.nodes(), or a slice of it. A sequence of ToldNode.

    >>> w = World("message"); peers = w.nodes(5)
    >>> len(peers), len(peers[1:3])
    (5, 2)
    """

    __doc__ = f"{__doc__}\n\n{_Members.__doc__}"

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
        found = self._world._node_at(self._first + index % self._count)
        assert found is not None
        return found

    def __iter__(self) -> Iterator[ToldNode]:
        return (self[index] for index in range(self._count))
