# SPDX-License-Identifier: MIT
"""Manager: the connection manager alone."""

from __future__ import annotations

from typing import Any

from . import _arguments, _tandem, actions, events
from ._arguments import Duration


class Managed:
    """What has a connection manager, and what that says of itself."""

    def _manager(self) -> _tandem.Manager | _tandem.Node:
        raise NotImplementedError

    @property
    def metrics(self) -> dict[str, int]:
        """Its numbers now, by their icn_p2p_* names or those of `manager_counters`."""
        return self._manager().metrics

    @property
    def refusals(self) -> dict[str, int]:
        """What it refused, by name."""
        return self._manager().refusals

    def explain(self, peer: str) -> dict[str, Any]:
        """Why a peer is or is not connected: a dict of numbers (times in s since it began) and a "sentence"."""
        return self._manager().explain(peer)


class Manager(Managed):
    """The connection manager alone, as a pure state machine: no clock, no socket, no thread of its own.

    options: of the manager, by their names (tandem.options()), as a dict, keywords or both; durations are "30s", a
             timedelta or seconds. seed: of its only generator. name: who it is: a peer id or a label.

    Whoever drives it tells it what happens (tandem.events) with its time, carries its answers (tandem.actions) out,
    and calls advance() at next_deadline. Time begins at 0 s and does not go back. For each id that arrived or
    connected exactly one Closed must come in the end, for each attempt before that exactly one AttemptFailed. The same
    events give the same actions. Raises BadInput for options and values that cannot be used, TypeError for what is no
    event.

    >>> from tandem import Manager, events
    >>> m = Manager({"max_connections": 2}, seed=1)
    >>> m.handle(events.Arrived(2, "192.0.2.1:4001"), at=0.0)
    [Admit(conn=2, stage='handshake')]
    >>> m.handle(events.Authenticated(2, "alice"), at=0.1)
    [Admit(conn=2, stage='established')]
    >>> [type(a).__name__ for a in m.handle(events.Ready(2), at=0.2)]
    ['Notify']
    >>> m.handle(events.DialWanted(1, "bob", ["192.0.2.2:4001"]), at="1s")[0]
    StartAttempt(attempt=1, peer='bob', address='192.0.2.2:4001', timeout=15.0)
    >>> m.metrics["icn_p2p_active_connections"], m.refusals, m.explain("alice")["connections"], m.next_deadline
    (1, {}, 1, 4.0)
    """

    def __init__(self, options: dict[str, Any] | None = None, *, seed: int = 0, name: str = "self",
                 **more: Any) -> None:
        self._native = _tandem.Manager({**(options or {}), **more}, name, _arguments.whole("seed", seed, 2**64 - 1))

    def _manager(self) -> _tandem.Manager:
        return self._native

    def handle(self, event: events.Event, at: Duration | None = None) -> list[actions.Action]:
        """Tell it that something happened at a time (default: the last one); returns what to do, in order."""
        if not isinstance(event, events.Event):
            raise TypeError(f"handle() takes an event of tandem.events, not {type(event).__name__}")
        when = self.now if at is None else _arguments.seconds(at, "at")
        return [_made(*one) for one in self._native.handle(type(event).__name__, event, when)]

    def advance(self, to: Duration) -> list[actions.Action]:
        """Time passed, and nothing happened; returns what to do. To be called at next_deadline."""
        return [_made(*one) for one in self._native.advance(_arguments.seconds(to, "at"))]

    @property
    def next_deadline(self) -> float | None:
        """When advance() has something to do (s); None: never."""
        return self._native.next_deadline

    @property
    def now(self) -> float:
        """The last time it was told (s)."""
        return self._native.now


def _made(name: str, fields: dict[str, Any]) -> actions.Action:
    if name == "Notify":
        return actions.Notify(actions.Notification(**fields["what"]))
    made: actions.Action = getattr(actions, name)(**fields)
    return made
