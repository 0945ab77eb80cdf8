# SPDX-License-Identifier: MIT
"""What can be said to nodes of a World, and of them: the verbs and faults of the scenario language."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from ._arguments import Duration

if TYPE_CHECKING:
    from ._told_nodes import Fault
    from ._world import World

Time: TypeAlias = Duration | None
Size: TypeAlias = int | str | dict[str, Any]


class Verbs:
    """Some nodes of a group of a World, in a row. The verbs are those of the scenario language, with its arguments
    (scenarios/reference/workload.md): `at` (default: now; in a callback 7 ns later, when all of that moment is over),
    `when`, `until`, `for_`, `arrivals`, `count`, `pick` and what stands with each verb; so are faults
    (scenarios/reference/faults.md), which are returned, to be ended. Others are nodes of the same world, or
    "neighbours". Durations are "30s", a timedelta or seconds. A verb is planned and returns at once; run() does it.
    What cannot be used raises BadInput, which names the closest thing known; a wrong type is a TypeError.

    >>> w = World("stream"); server = w.node(listen=True); peers = w.nodes(9); laptop = w.node()
    >>> peers.dial(server, arrivals={"every": "5ms"}, hold={"exponential": 10.0}); laptop.keep_connected(server)
    >>> peers[0].dial(server, at="1s", mode="additional"); server.disconnect(peers[0], at="10s")
    >>> peers[1].send(server, "1KiB", at="2s", every="1s", until="10s")
    >>> peers[1].request(server, 200, {"size": "1KiB", "think": 0.2}, at=1.0)
    >>> peers[1].stream(server, at=1.0, size="2MB"); server.tag(peers[1], 10)
    >>> server.deny("10.0.0.0/24", until=60); server.ban(peers[2], until="1h"); peers[1].protect(server)
    >>> peers[3].kill(at="3s"); peers[3].restart(at=5.0, down="10s"); peers[4:].shutdown(at="5s", arrivals={"every": 1.0})
    >>> server.configure(max_connections=10, connection_timeout=5.0, at="10s"); server.pressure(memory=True, at="5s")
    >>> nap = laptop.suspend(at="5s"); laptop.resume(at="9s"); power_cut = peers[5].die(at="5s", for_="20s")
    >>> jump = laptop.clock_jump("1h", at="20s"); out = server.descriptors(at="5s", for_="20s"); w.run(until="30s")
    """

    def __init__(self, world: World, group: int, name: str, first: int, count: int, text: str) -> None:
        self._world, self._text = world, text
        self._group, self._name, self._first, self._count = group, name, first, count

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._text}>"

    def dial(self, to: Verbs, *, at: Time = None, **says: Any) -> None:
        """Dial `to`, which listens; with `mode`, `hold` (a duration or distribution), `deadline`."""
        self._world._tell("dial", self, to, at, says)

    def keep_connected(self, to: Verbs, *, at: Time = None, **says: Any) -> None:
        """Dial `to`, and dial again whenever that failed or the connection closed."""
        self._world._tell("keep_connected", self, to, at, says)

    def send(self, to: Verbs | str, size: Size, *, at: Time = None, **says: Any) -> None:
        """Send a message of `size` bytes (8 at least, or a distribution) to `to` or "neighbours"."""
        self._world._tell("send", self, to, at, {"size": size, **says})

    def request(self, to: Verbs | str, size: Size, reply: dict[str, Any], *, at: Time = None, **says: Any) -> None:
        """Send a message and wait for an answer: `reply` is {"size": ..., "think": ...}."""
        self._world._tell("request", self, to, at, {"size": size, "reply": reply, **says})

    def stream(self, to: Verbs | str, *, at: Time = None, **says: Any) -> None:
        """Open a stream: `hold` and `rate` ("16kbit/s"), or `size`."""
        self._world._tell("stream", self, to, at, says)

    def disconnect(self, to: Verbs | str, *, at: Time = None, **says: Any) -> None:
        """End every connection with `to`."""
        self._world._tell("disconnect", self, to, at, says)

    def protect(self, to: Verbs | str, *, at: Time = None, **says: Any) -> None:
        """Never evict `to`, and dial it again for ever; `until` a time, `on=False` takes it back."""
        self._world._tell("protect", self, to, at, says)

    def tag(self, to: Verbs | str, weight: int, *, at: Time = None, **says: Any) -> None:
        """Give `to` a weight (0 to 1 000 000) that counts when somebody must be evicted."""
        self._world._tell("tag", self, to, at, {"weight": weight, **says})

    def keep_alive(self, to: Verbs | str, *, at: Time = None, **says: Any) -> None:
        """Connections with `to` are never idle."""
        self._world._tell("keep_alive", self, to, at, says)

    def allow(self, to: Verbs | str, *, at: Time = None, **says: Any) -> None:
        """Allow nodes, or a network as in "10.0.0.0/24", whatever is denied."""
        self._world._tell("allow", self, to, at, says)

    def deny(self, to: Verbs | str, *, at: Time = None, **says: Any) -> None:
        """Refuse nodes, or a network, from now on; connections that are there stay."""
        self._world._tell("deny", self, to, at, says)

    def ban(self, to: Verbs | str, *, at: Time = None, **says: Any) -> None:
        """deny(), and the end of the connections with these nodes that are there."""
        self.deny(to, at=at, **says)
        if isinstance(to, Verbs):
            self.disconnect(to, at=at)

    def override_backoff(self, to: Verbs | str, *, at: Time = None, **says: Any) -> None:
        """The next dial of `to` need not wait."""
        self._world._tell("override_backoff", self, to, at, says)

    def shutdown(self, *, at: Time = None, **says: Any) -> None:
        """End gracefully: peers are told."""
        self._world._tell("shutdown", self, None, at, says)

    def kill(self, *, at: Time = None, **says: Any) -> None:
        """Die suddenly: connections are reset."""
        self._world._tell("kill", self, None, at, says)

    def restart(self, *, at: Time = None, **says: Any) -> None:
        """Begin anew, after `down` (a duration or distribution); `identity="new"`, `address="new"`."""
        self._world._tell("restart", self, None, at, says)

    def configure(self, *, at: Time = None, **options: Any) -> None:
        """Options of the connection manager from now on; those not named are as the nodes began."""
        self._world._tell("configure", self, None, at, {"manager": options})

    def network_changed(self, *, at: Time = None, **says: Any) -> None:
        """They have another network, or slept: nobody is blamed for before; who answers no probe is lost."""
        self._world._tell("network_changed", self, None, at, says)

    def pressure(self, *, memory: bool = False, descriptors: bool = False, at: Time = None, **says: Any) -> None:
        """What their hosts lack, until the next one."""
        self._world._tell("pressure", self, None, at, {"memory": memory, "descriptors": descriptors, **says})

    def suspend(self, *, at: Time = None, **says: Any) -> Fault:
        """Their processes stand still (the fault `pause`) until resume(), `until` or `for_`."""
        return self._world._suspend(self, at, says)

    def resume(self, *, at: Time = None) -> None:
        """What suspend() of the same nodes began is over."""
        self._world._resume(self, at)

    def die(self, *, at: Time = None, **says: Any) -> Fault:
        """A power cut: nobody is sent a reset, and nothing answers while it lasts. `silent=False` resets."""
        return self._world._fault("die", {"nodes": self}, at, says)

    def clock_jump(self, by: Duration, *, at: Time = None, **says: Any) -> Fault:
        """The clocks of their processes jump ahead `by` so much."""
        return self._world._fault("clock_jump", {"nodes": self, "by": by}, at, says)

    def descriptors(self, *, at: Time = None, **says: Any) -> Fault:
        """No file descriptor is left."""
        return self._world._fault("descriptors", {"nodes": self}, at, says)

    def stall_reading(self, *, at: Time = None, **says: Any) -> Fault:
        """Their processes read no connection and do all else. Not at message."""
        return self._world._fault("stall_reading", {"nodes": self}, at, says)

    def forget_flows(self, *, at: Time = None, **says: Any) -> Fault:
        """The NAT in front of them forgets the connections there are."""
        return self._world._fault("forget_flows", {"nodes": self}, at, says)
