# SPDX-License-Identifier: MIT
"""World: a scenario that is told step by step, and runs between the steps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from . import _arguments, _tandem
from ._arguments import Duration
from ._result import Result
from ._tandem import BadInput
from ._telling import Telling
from ._told_nodes import Event, F, Fault, ToldNode, ToldNodes
from ._told_verbs import Verbs

class World(Telling):
    """A world of simulated nodes in virtual time, told step by step.

    level:        "message", "stream" or "packet". seed: of every random number.
    links:        as `links.default` of a scenario file (a name such as "dsl", or {"latency": "20ms", ...}), or
                  {"default": ..., "between": [...]} of groups by name.
    network, tcp: as in a file: regions, and the TCP profile.
    sample_every: between two rows of result().samples.
    events_max:   rows of result().events kept.

    Add nodes, tell them and faults what to do, run() on, look, as often as one likes. The same scenario in a file has
    the same trace; so a node that is added later was there from the start, and the world runs again up to now
    (callbacks are not called a second time). One thread at a time; run() releases the GIL, and callbacks are called
    with it. `packet` runs on ns-3, one world in a
    process at a time: close() or result() gives it back.

    >>> w = World("stream", seed=1, links={"latency": "20ms"})
    >>> server = w.node(listen=True, max_connections=256)
    >>> peers = w.nodes(400)
    >>> for number, peer in enumerate(peers):
    ...     w.at(number * 0.005, peer.dial, server)
    >>> cut = w.partition(peers[0:2], server, at="5s"); slow = w.link(peers[3], latency="300ms", loss="2%", at="6s")
    >>> w.at("8s", cut.end); w.at(2.5, lambda: print(w.now)); w.run(until="30s")
    2.5
    >>> server.metrics["icn_p2p_active_connections"], server.refusals, w.now
    (256, {'LimitReached': 144}, 30.0)
    """

    def __init__(self, level: str = "message", *, seed: int = 1, links: str | dict[str, Any] | None = None,
                 network: dict[str, Any] | None = None, tcp: str | dict[str, Any] | None = None,
                 sample_every: Duration = "1s", events_max: int = 1_000_000) -> None:
        self.level = level
        self.seed = _arguments.whole("seed", seed, 2**64 - 1)
        if isinstance(links, str) or (isinstance(links, dict) and not links.keys() <= {"default", "between"}):
            links = {"default": links}
        self._links = dict(links or {})
        self._head = {"scenario": "world", "levels": [level], "seed": self.seed, "duration": 1.0, "sample_every": sample_every,
                      "network": network, "tcp": tcp}
        default = {"default": self._links["default"]} if "default" in self._links else None
        head = _tandem.says({**self._head, "levels": None, "links": default, "groups": {"none": {}}})
        most = _arguments.whole("events_max", events_max, 2**63 - 1)
        super().__init__(lambda: _tandem.World(head, level, most))
        self._ended: tuple[float, str] | None = None
        self._unsaid: list[str] = []

    def __repr__(self) -> str:
        return f"<tandem.World {self.level}, seed {self.seed}: {len(self._nodes)} nodes, at {self.now:g} s>"

    def node(self, *, name: str | None = None, **says: Any) -> ToldNode:
        """Add a node.

        name: of letters, digits, _ and -; "node", "node2", ... when not given.
        says: listen, link, region, behaviour, addresses, ... as in scenarios/reference/groups.md, and options of its
              connection manager: max_connections, connection_timeout, ... (tandem.options())."""
        return self._add("node", name, 1, says)[0]

    def nodes(self, count: int, *, name: str | None = None, **says: Any) -> ToldNodes:
        """Add `count` nodes that are alike; see node()."""
        return self._add("nodes", name, _arguments.whole("count", count, 10_000_000), says)

    def at(self, when: Duration, what: Callable[..., Any], *given: Any, **named: Any) -> None:
        """Plan a verb of nodes, or any function, for a time that is not past."""
        of = getattr(what, "__self__", None)
        if isinstance(of, Fault) or (isinstance(of, Verbs) and "at" in (getattr(what, "__kwdefaults__", None) or ())):
            if of._world is not self:
                raise BadInput(f"{of!r} is of another world")
            what(*given, at=when, **named)
            return
        if not callable(what) or when is None:
            raise TypeError("at() plans a function for a time: at(\"1s\", function)")
        number, time = self._number(), self._time(when)
        self._native.plan(time, number)
        self._plans[number] = lambda: what(*given, **named), time
        self._unsaid.append(f"{getattr(what, '__name__', what)} at {_tandem.duration_text(time)}")

    def on(self, event: str, function: F | None = None) -> F | Callable[[F], F]:
        """As on() of nodes, of all there are."""
        return self._on(0, 2**32 - 1, event, function)

    def off(self, function: Callable[..., Any]) -> None:
        """on() does not call this function any more."""
        for number in [n for n, (f, _) in self._callbacks.items() if f == function]:
            self._native.unhook(number)
            del self._callbacks[number]

    def run(self, until: Duration | None = None, *, for_: Duration | None = None) -> None:
        """Run on until a time of the world, or for so long. Raises BadInput for a time that is past, and what a
        callback raised, with the virtual time in a note. Ctrl-C raises KeyboardInterrupt; the world stands where it
        is, and can run on."""
        if (until is None) == (for_ is None):
            raise TypeError('run() needs `until` a time of the world, or `for_` how long: run(until="30s")')
        end = _arguments.nanoseconds(until, "until") if until is not None else 0
        if for_ is not None:
            end = self._native.now_ns + _arguments.nanoseconds(for_, "for_")
        self._go_on(end, self._call)

    @property
    def now(self) -> float:
        """Seconds of virtual time since the world began."""
        return self._ended[0] if self._ended else self._native.now_ns / 1e9

    @property
    def trace_hash(self) -> str:
        """Sixteen hexadecimal digits over all that its managers heard and decided: those of the same in a file."""
        return self._ended[1] if self._ended else self._now().trace_hash()

    def partition(self, from_: Any, to: Any = None, *, at: Duration | None = None, **says: Any) -> Fault:
        """Nothing passes between nodes (or a list of such) and others (default: all others); `one_way=True`: what `to`
        sends does. `for_`, `until`, `every`, ... as in scenarios/reference/faults.md; end() of what is returned heals
        it."""
        return self._fault("partition", {"from": from_, "to": to}, at, says)

    def link(self, nodes: Any, other: Any = None, *, at: Duration | None = None, **says: Any) -> Fault:
        """Change the links of nodes, or those between them and others: latency, jitter, bandwidth, loss, ..."""
        who = {"nodes": nodes} if other is None else {"between": [nodes, other]}
        return self._fault("link", who, at, says)

    def result(self) -> Result:
        """End the world: what it found, as run() of a file gives it; built-in invariants are judged."""
        trace = self.trace_hash
        raw = self._native.finish()
        self._ended = self.now, trace
        self._native.close()
        raw["reproduce"] = "tandem.run(yaml.safe_load(world.scenario()), " + f"level={self.level!r})"
        return Result(raw)

    def close(self) -> None:
        """End the world, as leaving `with World(...) as w:` does. now, trace_hash and scenario() stay."""
        if not self._ended:
            self._ended = self.now, self.trace_hash if self._native.began else ""
            self._native.close()

    def __enter__(self) -> World:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def scenario(self) -> str:
        """The YAML of what was built and done so far: the same scenario for tandem.run() and the command. Functions cannot be
        said: comments name them, and what they told nodes to do is said with its times.

        >>> w = World("message"); server = w.node(listen=True); w.nodes(2).dial(server, at="1s")
        >>> w.run(until="5s"); w.scenario().splitlines()[-4:]
        ['  node: {listen: true}', '  nodes: {count: 2}', 'workload:', '  - dial: {from: nodes, to: node, at: 1s}']
        """
        lines = [f"# Not said here: {what}; what it told nodes to do is below, at its times" for what in self._unsaid]
        said = {**self._head, "duration": self.now or 1.0, "links": self._links or None}
        lines += [_tandem.says({key: value})[1:-1] for key, value in said.items() if value is not None]
        lines.append("groups:")
        lines += [f"  {group.name}: {group.yaml(group.count != 1)}" for group in self._groups]
        for title, entries in (("workload", [*map(self._entry, self._told)]), ("faults", [*map(str, self._faults)])):
            if entries:
                lines.append(f"{title}:")
            lines += [f"  - {entry[1:-1]}" for entry in entries]
        return "\n".join(lines) + "\n"

    def _on(self, first: int, count: int, event: str, function: F | None) -> F | Callable[[F], F]:
        _arguments.names("event", "event", event, [*_tandem.notices, "message"])
        if function is None:
            return lambda given: self._on(first, count, event, given)  # type: ignore[return-value]
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
            error.add_note(f"in a callback at {self.now:g} s of virtual time" + (f": {raw}" if raw else ""))
            raise

    def _now(self) -> _tandem.World:
        """To be looked at: what is planned for now was done."""
        if self._native.unsettled:
            self._go_on(self._native.now_ns, self._call)
        return self._native

    def _go_on(self, end: int, call: Callable[..., None]) -> None:
        if not self._native.began and "between" in self._links:
            self._native.set_links(_tandem.says(self._links))
        self._running, was = True, self._running
        try:
            self._native.run_until(end, call)
        finally:
            self._running = was
