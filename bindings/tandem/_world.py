# SPDX-License-Identifier: MIT
"""World: a scenario that is told step by step, and runs between the steps."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any, TypeVar

from . import _arguments, _said, _tandem
from ._result import Result
from ._said import Duration
from ._tandem import BadInput
from ._telling import Telling
from ._told_events import Event, Fault
from ._told_nodes import ToldNode, ToldNodes
from ._told_verbs import Verbs

F = TypeVar("F", bound="Callable[[Event], Any]")


@functools.cache
def _takes_a_time(verb: Any) -> bool:
    return "at" in inspect.signature(verb).parameters


class World(Telling):
    """A world of simulated nodes in virtual time, told step by step.

    level:        "message", "stream" or "packet".
    seed:         of every random number.
    links:        as `links.default` of a scenario file (a name such as "dsl", or {"latency": "20ms", ...}), or
                  {"default": ..., "between": [...]} of groups by name.
    network, tcp: as in a file: regions, and the TCP profile.
    sample_every: between two rows of result().samples.
    events_max:   rows of result().events kept.

    Add nodes, tell them and faults what to do, run() on, look, as often as one likes. The same scenario in a file
    has the same trace; so a node that is added later was there from the start, and the world runs again up to now
    (callbacks are not called a second time). Not from within a callback.
    One thread at a time; run() releases the GIL, and callbacks are called with it. `packet` runs on
    ns-3, one world in a process at a time: close() or result() gives it back.

    >>> w = World("stream", seed=1, links={"latency": "20ms"})
    >>> server = w.node(listen=True, max_connections=256)
    >>> peers = w.nodes(400)
    >>> for number, peer in enumerate(peers):
    ...     w.at(number * 0.005, peer.dial, server)
    >>> w.run(until="30s")
    >>> server.metrics["icn_p2p_active_connections"], server.refusals
    (256, {'LimitReached': 144})
    """

    def __init__(self, level: str = "message", *, seed: int = 1, links: str | dict[str, Any] | None = None,
                 network: dict[str, Any] | None = None, tcp: str | dict[str, Any] | None = None,
                 sample_every: Duration = "1s", events_max: int = 1_000_000) -> None:
        self.level = _arguments.level_name(level)
        self.seed = _arguments.whole("seed", seed, 2**64 - 1)
        if isinstance(links, str) or (isinstance(links, dict) and not links.keys() <= {"default", "between"}):
            links = {"default": links}
        self._links = _said.says(links or {})
        self._head = {"scenario": "world", "seed": self.seed,
                      **_said.says({"sample_every": sample_every, "network": network, "tcp": tcp})}
        if "default" in self._links:
            self._head["links"] = {"default": self._links["default"]}
        head = _arguments.as_yaml({**self._head, "duration": "1s", "groups": {"none": {}}})
        most = _arguments.whole("events_max", events_max, 2**63 - 1)
        self._fresh = lambda: _said.read(_tandem.World, head, level, most)
        self._native = self._fresh()
        super().__init__()
        self._ended: tuple[float, str] | None = None
        self._callbacks: dict[int, tuple[Callable[..., Any], tuple[int, int, str]]] = {}
        self._plans: dict[int, tuple[Callable[[], Any], int]] = {}
        self._unsaid: list[str] = []

    def __repr__(self) -> str:
        count = len(self._nodes)
        return f"<tandem.World {self.level}, seed {self.seed}: {count} nodes, at {self.now:g} s>"

    def node(self, *, name: str | None = None, **says: Any) -> ToldNode:
        """Add a node.

        name: of letters, digits, _ and -; "node", "node2", ... when not given.
        says: listen, link, region, behaviour, addresses, ... as in scenarios/reference/groups.md, and options
              of its connection manager: max_connections, connection_timeout, ... (tandem.options()).

        >>> World("message").node(name="hub", listen=True, max_connections=8, link="fibre")
        <ToldNode hub>
        """
        return self._add(name or self._free("node"), 1, says)[0]

    def nodes(self, count: int, *, name: str | None = None, **says: Any) -> ToldNodes:
        """Add `count` nodes that are alike; see node().

        >>> peers = World("message").nodes(400, name="peers"); peers[3], peers[10:20], len(peers)
        (<ToldNode peers[3]>, <ToldNodes peers[10..19]>, 400)
        """
        return self._add(name or self._free("nodes"), _arguments.whole("count", count, 10_000_000), says)

    def at(self, when: Duration, what: Callable[..., Any], *given: Any, **named: Any) -> None:
        """Plan a verb of nodes, or any function, for a time that is not past.

        >>> w = World("message"); server = w.node(listen=True); peers = w.nodes(3)
        >>> w.at("1s", peers[2].dial, server); w.at(2.5, lambda: print(w.now)); w.run(until=3)
        2.5
        """
        of = getattr(what, "__self__", None)
        if isinstance(of, (Verbs, Fault)) and _takes_a_time(what.__func__):  # type: ignore[attr-defined]
            if of._world is not self:
                raise BadInput(f"{of!r} is of another world")
            what(*given, at=when, **named)
            return
        if not callable(what) or when is None:
            raise TypeError("at() plans a function for a time: at(\"1s\", function)")
        number = self._number()
        _said.read(self._native.plan, self._time(when), number)
        self._plans[number] = lambda: what(*given, **named), self._time(when)
        self._unsaid.append(f"{getattr(what, '__name__', what)} at {_said.duration_text(self._time(when))}")

    def on(self, event: str, function: F | None = None) -> F | Callable[[F], F]:
        """As on() of nodes, of all there are.

        >>> w = World("message"); server = w.node(listen=True); w.node().dial(server); seen = []
        >>> hook = w.on("connection_established", seen.append); w.run(until="1s"); len(seen)
        2
        """
        hooked: F | Callable[[F], F] = self._on(0, 2**32 - 1, event, function)
        return hooked

    def off(self, function: Callable[..., Any]) -> None:
        """on() does not call this function any more.

        >>> w = World("message"); hook = w.on("dial_failed", print); w.off(hook)
        """
        for number in [n for n, (f, _) in self._callbacks.items() if f == function]:
            self._native.unhook(number)
            del self._callbacks[number]

    def run(self, until: Duration | None = None, *, for_: Duration | None = None) -> None:
        """Run on until a time of the world, or for so long.

        Raises BadInput for a time that is past, and what a callback raised, with the virtual time in a
        note. Ctrl-C raises KeyboardInterrupt; the world stands where it is, and can run on.

        >>> w = World("message"); node = w.node(); w.run(until="10s"); w.run(for_=5); w.now
        15.0
        """
        if (until is None) == (for_ is None):
            raise TypeError('run() needs `until` a time of the world, or `for_` how long: run(until="30s")')
        end = self._time(until, "until") if for_ is None else self._native.now_ns + _said.nanoseconds(for_, "for_")
        self._run(end)

    @property
    def now(self) -> float:
        """Seconds of virtual time since the world began."""
        return self._ended[0] if self._ended else self._native.now_ns / 1e9

    @property
    def trace_hash(self) -> str:
        """Sixteen hexadecimal digits over all that its managers heard and decided.

        >>> w = World("message"); w.node().dial(w.node(listen=True)); w.run(until="5s")
        >>> import tandem, yaml
        >>> tandem.run(yaml.safe_load(w.scenario())).trace_hash == w.trace_hash
        True
        """
        if self._ended:
            return self._ended[1]
        self._look()
        return self._native.trace_hash()

    def partition(self, from_: Any, to: Any = None, *, at: Duration | None = None, **says: Any) -> Fault:
        """Nothing passes between nodes (or a list of such) and others (default: all others).

        `one_way=True`: what `to` sends passes. `for_`, `until`, `every`, ... as in
        scenarios/reference/faults.md; end() of what is returned heals it.

        >>> w = World("message"); a = w.nodes(3); b = w.node(listen=True)
        >>> cut = w.partition(a[0:2], b, at="5s"); w.at("8s", cut.end)
        """
        return self._fault("partition", {"from": from_, "to": to}, at, says)

    def link(self, nodes: Any, other: Any = None, *, at: Duration | None = None, **says: Any) -> Fault:
        """Change the links of nodes, or those between them and others: latency, jitter, bandwidth, loss, ...

        >>> w = World("message"); server = w.node(listen=True); peers = w.nodes(3)
        >>> slow = w.link(peers, latency="300ms", loss="2%"); far = w.link(peers[0], server, latency=1.0, at=5)
        """
        who = {"nodes": nodes} if other is None else {"between": [nodes, other]}
        return self._fault("link", who, at, says)

    def result(self) -> Result:
        """End the world: what it found, as run() of a file gives it; built-in invariants are judged.

        >>> w = World("message"); w.node().dial(w.node(listen=True)); w.run(until="40s"); r = w.result()
        >>> r.ok, len(r.events[r.events.event == "connection_closed"])
        (True, 2)
        """
        self._look()
        trace = self.trace_hash
        raw = self._native.finish()
        self._ended = self.now, trace
        self._native.close()
        raw["reproduce"] = "tandem.run(yaml.safe_load(world.scenario()), " + f"level={self.level!r})"
        return Result(raw)

    def close(self) -> None:
        """End the world and free what it has; leaving `with World(...) as w:` does it. now, trace_hash and scenario()
        stay.

        >>> with World("message") as w:
        ...     node = w.node(); w.run(until="1s")
        >>> w.now
        1.0
        """
        if not self._ended:
            self._ended = self.now, self.trace_hash if self._native.began else ""
            self._native.close()

    def __enter__(self) -> World:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def scenario(self) -> str:
        """The YAML of what was built and done so far: the same scenario for tandem.run() and the command.

        Functions cannot be said: comments name them, and what they told nodes to do is said with its times.

        >>> w = World("message"); server = w.node(listen=True); w.nodes(2).dial(server, at="1s")
        >>> w.run(until="5s"); print(w.scenario())
        scenario: world
        levels: [message]
        seed: 1
        duration: 5s
        sample_every: 1s
        groups:
          node: {listen: true}
          nodes: {count: 2}
        workload:
          - dial: {from: nodes, to: node, at: 1s}
        <BLANKLINE>
        """
        lines = [f"# Not said here: {what}; what it told nodes to do is below, at its times" for what in self._unsaid]
        head = {"scenario": "world", "levels": [self.level], "seed": self.seed,
                "duration": _said.duration_text(round(self.now * 1e9) or 10**9), **self._head}
        if self._links:
            head["links"] = self._links
        lines += [f"{key}: {_said.flow(value)}" for key, value in head.items()]
        lines.append("groups:")
        for group in self._groups:
            says = {"count": group.count, **group.says} if group.count != 1 else group.says
            lines.append(f"  {group.name}: {_said.flow(says)}")
        told = [self._entry(one) if isinstance(one, tuple) else one for one in self._told]
        for title, entries in (("workload", told), ("faults", [{f._word: f._says} for f in self._faults])):
            if entries:
                lines.append(f"{title}:")
            lines += [f"  - {word}: {_said.flow(says)}" for entry in entries for word, says in entry.items()]
        return "\n".join(lines) + "\n"

    def _on(self, first: int, count: int, event: str, function: Any) -> Any:
        _arguments.names("event", "event", event, [*_tandem.notices, "message"])
        if function is None:
            return lambda given: self._on(first, count, event, given)
        if not callable(function):
            raise TypeError(f"on() calls a function, not {type(function).__name__}")
        number = self._number()
        self._callbacks[number] = function, (first, count, event)
        self._native.hook(first, count, event, number)
        self._unsaid.append(f"{getattr(function, '__name__', function)} on {event}")
        return function

    def _call(self, number: int, raw: Any) -> None:
        try:
            if raw is None:
                self._plans.pop(number)[0]()
            elif number in self._callbacks:
                self._callbacks[number][0](Event(raw, self))
        except BaseException as error:
            if hasattr(error, "add_note"):  # Python 3.11
                error.add_note(f"in a callback at {self.now:g} s of virtual time" + (f": {raw}" if raw else ""))
            raise

    def _look(self) -> None:
        if self._native.unsettled:
            self._run(self._native.now_ns)

    def _run(self, end: int) -> None:
        self._go_on(end, self._call)

    def _go_on(self, end: int, call: Callable[..., None]) -> None:
        if not self._native.began and "between" in self._links:
            _said.read(self._native.set_links, _arguments.as_yaml(self._links))
        self._running, was = True, self._running
        try:
            _said.read(self._native.run_until, end, call)
        finally:
            self._running = was
