# SPDX-License-Identifier: MIT
"""What can be said to nodes of a World, and of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._said import Duration

if TYPE_CHECKING:
    from ._told_events import Fault
    from ._world import World


class Verbs:
    """Some nodes of a group of a World, in a row. The verbs are those of the scenario language
    (scenarios/reference/workload.md), with its arguments: `at` (default: now; in a callback 7 ns
    later, when all of that moment is over), `when`, `until`, `for_`, `arrivals`, `count`, `pick` and what
    stands with each verb. Durations are "30s", a timedelta or seconds. A verb is planned and returns at
    once; run() does it. What cannot be used raises BadInput, which names the closest thing known; a wrong
    type is a TypeError."""

    def __init__(self, world: World, group: int, name: str, first: int, count: int, text: str) -> None:
        self._world = world
        self._group = group
        self._name = name
        self._first = first
        self._count = count
        self._text = text

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._text}>"

    # What they do to others.
    def dial(self, to: Verbs, *, at: Duration | None = None, **says: Any) -> None:
        """Dial `to`, which listens; with `mode`, `hold` (a duration or distribution), `deadline`.

        >>> w = World("message"); server = w.node(listen=True); peers = w.nodes(3)
        >>> peers.dial(server, arrivals={"every": "5ms"}, hold={"exponential": 10.0})
        >>> peers[0].dial(server, at="1s", mode="additional")
        """
        self._world._tell("dial", self, to, at, says)

    def keep_connected(self, to: Verbs, *, at: Duration | None = None, **says: Any) -> None:
        """Dial `to`, and dial again whenever that failed or the connection closed.

        >>> w = World("message"); server = w.node(listen=True); w.nodes(3).keep_connected(server)
        """
        self._world._tell("keep_connected", self, to, at, says)

    def send(self, to: Verbs | str, size: int | str | dict[str, Any], *, at: Duration | None = None,
             **says: Any) -> None:
        """Send a message of `size` bytes (8 at least, or a distribution) to `to` or "neighbours".

        >>> w = World("message"); server = w.node(listen=True); peer = w.nodes(3)[0]
        >>> peer.dial(server); peer.send(server, "1KiB", at="2s", every="1s", until="10s")
        """
        self._world._tell("send", self, to, at, {"size": size, **says})

    def request(self, to: Verbs | str, size: int | str | dict[str, Any], reply: dict[str, Any], *,
                at: Duration | None = None, **says: Any) -> None:
        """Send a message and wait for an answer: `reply` is {"size": ..., "think": ...}.

        >>> w = World("message"); server = w.node(listen=True); peer = w.node()
        >>> peer.dial(server); peer.request(server, 200, {"size": "1KiB", "think": 0.2}, at=1.0)
        """
        self._world._tell("request", self, to, at, {"size": size, "reply": reply, **says})

    def stream(self, to: Verbs | str, *, at: Duration | None = None, **says: Any) -> None:
        """Open a stream: `hold` and `rate` ("16kbit/s"), or `size`.

        >>> w = World("message"); server = w.node(listen=True); peer = w.node()
        >>> peer.dial(server); peer.stream(server, at=1.0, size="2MB")
        """
        self._world._tell("stream", self, to, at, says)

    def disconnect(self, to: Verbs | str, *, at: Duration | None = None, **says: Any) -> None:
        """End every connection with `to`.

        >>> w = World("message"); server = w.node(listen=True); peer = w.node()
        >>> peer.dial(server); server.disconnect(peer, at="10s")
        """
        self._world._tell("disconnect", self, to, at, says)

    # What their operators think of others.
    def protect(self, to: Verbs | str, *, at: Duration | None = None, **says: Any) -> None:
        """Never evict `to`, and dial it again for ever; `until` a time, `on=False` takes it back.

        >>> w = World("message"); server = w.node(listen=True); w.node().protect(server)
        """
        self._world._tell("protect", self, to, at, says)

    def tag(self, to: Verbs | str, weight: int, *, at: Duration | None = None, **says: Any) -> None:
        """Give `to` a weight (0 to 1 000 000) that counts when somebody must be evicted.

        >>> w = World("message"); server = w.node(listen=True); server.tag(w.node(), 10)
        """
        self._world._tell("tag", self, to, at, {"weight": weight, **says})

    def keep_alive(self, to: Verbs | str, *, at: Duration | None = None, **says: Any) -> None:
        """Connections with `to` are never idle.

        >>> w = World("message"); server = w.node(listen=True); w.node().keep_alive(server)
        """
        self._world._tell("keep_alive", self, to, at, says)

    def allow(self, to: Verbs | str, *, at: Duration | None = None, **says: Any) -> None:
        """Allow nodes, or a network as in "10.0.0.0/24", whatever is denied.

        >>> w = World("message"); server = w.node(listen=True); server.allow(w.node())
        """
        self._mark("allow", to, at, says)

    def deny(self, to: Verbs | str, *, at: Duration | None = None, **says: Any) -> None:
        """Refuse nodes, or a network, from now on; connections that are there stay.

        >>> w = World("message"); server = w.node(listen=True); server.deny("10.0.0.0/24", until=60)
        """
        self._mark("deny", to, at, says)

    def ban(self, to: Verbs | str, *, at: Duration | None = None, **says: Any) -> None:
        """deny(), and the end of the connections with these nodes that are there.

        >>> w = World("message"); server = w.node(listen=True); server.ban(w.nodes(3)[1], until="1h")
        """
        self.deny(to, at=at, **says)
        if isinstance(to, Verbs):
            self.disconnect(to, at=at)

    def _mark(self, verb: str, to: Verbs | str, at: Duration | None, says: dict[str, Any]) -> None:
        if isinstance(to, str) and to != "neighbours":
            self._world._tell(verb, self, None, at, {"network": to, **says})
        else:
            self._world._tell(verb, self, to, at, says)

    def override_backoff(self, to: Verbs | str, *, at: Duration | None = None, **says: Any) -> None:
        """The next dial of `to` need not wait.

        >>> w = World("message"); server = w.node(listen=True); w.node().override_backoff(server)
        """
        self._world._tell("override_backoff", self, to, at, says)

    # What happens to themselves.
    def shutdown(self, *, at: Duration | None = None, **says: Any) -> None:
        """End gracefully: peers are told.

        >>> w = World("message"); w.nodes(3).shutdown(at="5s", arrivals={"every": 1.0})
        """
        self._world._tell("shutdown", self, None, at, says)

    def kill(self, *, at: Duration | None = None, **says: Any) -> None:
        """Die suddenly: connections are reset.

        >>> w = World("message"); peers = w.nodes(3); peers[0].kill()
        """
        self._world._tell("kill", self, None, at, says)

    def restart(self, *, at: Duration | None = None, **says: Any) -> None:
        """Begin anew, after `down` (a duration or distribution); `identity="new"`, `address="new"`.

        >>> w = World("message"); peers = w.nodes(3); peers[0].restart(at=5.0, down="10s")
        """
        self._world._tell("restart", self, None, at, says)

    def configure(self, *, at: Duration | None = None, **options: Any) -> None:
        """Options of the connection manager from now on; those not named are as the nodes began.

        >>> w = World("message"); server = w.node(listen=True)
        >>> server.configure(max_connections=10, connection_timeout=5.0, at="10s")
        """
        self._world._tell("configure", self, None, at, {"manager": options})

    def network_changed(self, *, at: Duration | None = None, **says: Any) -> None:
        """They have another network: nobody is blamed for the time before.

        >>> w = World("message"); w.node().network_changed(at="5s")
        """
        self._world._tell("network_changed", self, None, at, says)

    def pressure(self, *, memory: bool = False, descriptors: bool = False, at: Duration | None = None,
                 **says: Any) -> None:
        """What their hosts lack, until the next one.

        >>> w = World("message"); w.node(listen=True).pressure(memory=True, at="5s")
        """
        self._world._tell("pressure", self, None, at, {"memory": memory, "descriptors": descriptors, **says})

    # Faults (scenarios/reference/faults.md).
    def suspend(self, *, at: Duration | None = None, **says: Any) -> Fault:
        """Their processes stand still (the fault `pause`) until resume(), `until` or `for_`.

        >>> w = World("message"); laptop = w.node(); nap = laptop.suspend(at="5s"); laptop.resume(at="9s")
        """
        return self._world._suspend(self, at, says)

    def resume(self, *, at: Duration | None = None) -> None:
        """What suspend() of the same nodes began is over.

        >>> w = World("message"); laptop = w.node(); nap = laptop.suspend(); laptop.resume(at=4.0)
        """
        self._world._resume(self, at)

    def die(self, *, at: Duration | None = None, **says: Any) -> Fault:
        """A power cut: nobody is sent a reset, and nothing answers while it lasts. `silent=False` resets.

        >>> w = World("message"); cut = w.node().die(at="5s", for_="20s")
        """
        return self._world._fault("die", {"nodes": self}, at, says)

    def clock_jump(self, by: Duration, *, at: Duration | None = None, **says: Any) -> Fault:
        """The clocks of their processes jump ahead `by` so much.

        >>> w = World("message"); jump = w.node().clock_jump("1h", at="5s")
        """
        return self._world._fault("clock_jump", {"nodes": self, "by": by}, at, says)

    def descriptors(self, *, at: Duration | None = None, **says: Any) -> Fault:
        """No file descriptor is left.

        >>> w = World("message"); out = w.node(listen=True).descriptors(at="5s", for_="20s")
        """
        return self._world._fault("descriptors", {"nodes": self}, at, says)

    def stall_reading(self, *, at: Duration | None = None, **says: Any) -> Fault:
        """Their processes read no connection and do all else. Not at message.

        >>> w = World("stream"); stalled = w.node(listen=True).stall_reading(at="5s", for_="20s")
        """
        return self._world._fault("stall_reading", {"nodes": self}, at, says)

    def forget_flows(self, *, at: Duration | None = None, **says: Any) -> Fault:
        """The NAT in front of them forgets the connections there are.

        >>> w = World("message"); forgot = w.node().forget_flows(at="5s")
        """
        return self._world._fault("forget_flows", {"nodes": self}, at, says)
