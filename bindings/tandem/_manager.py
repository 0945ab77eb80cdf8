# SPDX-License-Identifier: MIT
"""Manager: the connection manager alone."""

from __future__ import annotations

import json
from typing import Any

from . import _arguments, _said, _tandem, actions, events
from ._said import Duration


class Manager:
    """The connection manager alone, as a pure state machine: no clock, no socket, no thread of its own.

    options: of the manager, by their names (tandem.options()); durations are "30s", a timedelta or
             seconds. A dict, keywords or both.
    seed:    of its only generator.
    name:    who it is: a peer id or a label.

    Whoever drives it tells it what happens (tandem.events) with its time, carries its answers
    (tandem.actions) out, and calls advance() at next_deadline. Time begins at 0 s and does not go
    back. For each id that arrived or connected exactly one Closed must come in the end, for each
    attempt before that exactly one AttemptFailed. The same events give the same actions.

    Raises BadInput for options and values that cannot be used, TypeError for what is no event.

    >>> from tandem import Manager, events
    >>> m = Manager({"max_connections": 2}, seed=1)
    >>> m.handle(events.Arrived(2, "192.0.2.1:4001"), at=0.0)
    [Admit(conn=2, stage='handshake')]
    >>> m.handle(events.Authenticated(2, "alice"), at=0.1)
    [Admit(conn=2, stage='established')]
    >>> [type(a).__name__ for a in m.handle(events.Ready(2), at=0.2)]
    ['Notify']
    >>> m.metrics["icn_p2p_active_connections"], m.next_deadline is None
    (1, False)
    """

    def __init__(self, options: dict[str, Any] | None = None, *, seed: int = 0, name: str = "self",
                 **more: Any) -> None:
        self._native = _tandem.Manager({**(options or {}), **more}, name, _arguments.whole("seed", seed, 2**64 - 1))

    def handle(self, event: events.Event, at: Duration | None = None) -> list[actions.Action]:
        """Tell it that something happened at a time (default: the last one); returns what to do, in order.

        >>> from tandem import Manager, events
        >>> Manager().handle(events.DialWanted(1, "bob", ["192.0.2.2:4001"]), at="1s")[0]
        StartAttempt(attempt=1, peer='bob', address='192.0.2.2:4001', timeout=15.0)
        """
        if not isinstance(event, events.Event):
            raise TypeError(f"handle() takes an event of tandem.events, not {type(event).__name__}")
        return self._made(self._native.handle(type(event).__name__, event, self._time(at)))

    def advance(self, to: Duration) -> list[actions.Action]:
        """Time passed, and nothing happened; returns what to do. To be called at next_deadline.

        >>> from tandem import Manager, events
        >>> m = Manager(handshake_timeout="10s"); admitted = m.handle(events.Arrived(2, "192.0.2.1:4001"))
        >>> m.next_deadline, [type(a).__name__ for a in m.advance(10.0)]
        (10.0, ['Abort'])
        """
        return self._made(self._native.advance(self._time(to)))

    @property
    def next_deadline(self) -> float | None:
        """When advance() has something to do (s); None: never.

        >>> Manager().next_deadline is None
        True
        """
        return self._native.next_deadline

    @property
    def now(self) -> float:
        """The last time it was told (s).

        >>> Manager().now
        0.0
        """
        return self._native.now

    @property
    def metrics(self) -> dict[str, int]:
        """Its numbers, by their icn_p2p_* names or those of `manager_counters`.

        >>> Manager(max_connections=8).metrics["icn_p2p_connection_limit"]
        8
        """
        return self._native.metrics

    @property
    def refusals(self) -> dict[str, int]:
        """What it refused, by name.

        >>> Manager().refusals
        {}
        """
        return self._native.refusals

    def explain(self, peer: str) -> dict[str, Any]:
        """Why a peer is or is not connected: a dict of numbers (times in s) and a "sentence".

        >>> Manager().explain("carol")["connections"]
        0
        """
        said: dict[str, Any] = json.loads(self._native.explain(peer))
        return said

    def _time(self, at: Duration | None) -> float:
        return self._native.now if at is None else _said.nanoseconds(at, "at") / 1e9

    @staticmethod
    def _made(given: list[tuple[str, dict[str, Any]]]) -> list[actions.Action]:
        made: list[actions.Action] = []
        for name, fields in given:
            if name == "Notify":
                fields = {"what": actions.Notification(**fields["what"])}
            made.append(getattr(actions, name)(**fields))
        return made
