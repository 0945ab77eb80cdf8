# SPDX-License-Identifier: MIT
"""run(), and its relatives; replay() and learn(): what a node recorded, again, and as a scenario."""

from __future__ import annotations

import functools
import os
import pathlib
from collections.abc import Iterable
from typing import Any, Literal, overload

import pandas

from . import _arguments, _tandem
from ._arguments import LongCall, Progress
from ._result import Result, Results


@overload
def run(scenario: _arguments.Scenario, level: Literal["all"] | list[str] | tuple[str, ...],  # type: ignore[overload-overlap]
        seed: int | None = ..., set: _arguments.Sets = ..., progress: Progress = ..., events_max: int = ...,
        threads: int = ...) -> Results: ...
@overload
def run(scenario: _arguments.Scenario, level: str = ..., seed: int | None = ..., set: _arguments.Sets = ...,
        progress: Progress = ..., events_max: int = ..., threads: int = ...) -> Result: ...
def run(scenario: _arguments.Scenario, level: str | Iterable[str] = "message", seed: int | None = None,
        set: _arguments.Sets = None, progress: Progress = None, events_max: int = 1_000_000, threads: int = 1) -> Any:
    """Run one scenario on one level and return its Result; on several, its Results.

    scenario:   path of a YAML file, a name as `tandem list` shows it, or a dict of the same shape.
    level:      one of levels(); "all" (those that the scenario names or can honour) or a list gives Results.
    seed:       instead of the scenario's.
    set:        dict of path -> value, changed before the scenario is read: {"duration": "10s"}. A str is YAML, as on
                the command line; a timedelta is a duration, here and in a dict.
    progress:   True shows a tqdm bar; a callable is called about four times a second as progress(now_s, length_s,
                events), in this thread; what it raises ends the run.
    events_max: rows of Result.events kept; Result.events_dropped counts the rest.
    threads:    that run the nodes at message, 1 to 32, with the same result; Result.warnings say why it had one.

    The GIL is released meanwhile. Ctrl-C keeps what ran: the Result comes back with `stopped` true and `ok` false; in
    the first quarter of a second it is a KeyboardInterrupt. `packet` (ns-3) runs once at a time in a process. Raises
    BadInput for what cannot be used, TypeError for an argument of a wrong type.

    >>> tandem.run("global_limit", set={"groups.server.manager.max_connections": 100}).refusals["server"]
    {'LimitReached': 300}
    """
    several = level == "all" or not isinstance(level, str)
    chosen = [level] if not several else check(scenario, set)[1] if level == "all" else _arguments.names(
        "level", "level", level, levels())
    given = None if seed is None else _arguments.whole("seed", seed, 2**64 - 1)
    most, side = _arguments.whole("events_max", events_max, 2**63 - 1), _arguments.whole("threads", threads, 32, 1)
    sets, (text, name, is_path) = _arguments.sets(set), _arguments.source(scenario)
    results = Results()
    for one in chosen:
        with LongCall(progress, bar_format="{l_bar}{bar}| {n:.1f}/{total:.1f} s [{elapsed}<{remaining}]") as call:
            raw = _tandem.run(text, name, is_path, str(one), given, sets, call.report, most, side)
            call.finish(raw["reached_s"], raw["length_s"], None)
            results.append(Result(raw))
        if call.interrupted and not call.reported:
            raise KeyboardInterrupt  # nothing worth keeping ran, and a loop over short runs must end
        results[-1].stopped |= call.interrupted
        if not is_path:
            results[-1].reproduce = f"tandem.run(scenario, level={one!r}, seed={results[-1].seed}, set={set!r})"
        if results[-1].stopped:
            break
    return results if several else results[0]


def check(scenario: _arguments.Scenario, set: _arguments.Sets = None) -> tuple[str, list[str]]:
    """Read a scenario without running it; return (name, levels it runs on). Raises BadInput.

    >>> tandem.check("global_limit")
    ('global_limit', ['message', 'stream', 'packet', 'loopback'])
    """
    return _tandem.check(*_arguments.source(scenario), _arguments.sets(set))


def levels() -> list[str]:
    """The levels of this build; "packet" is there when it was built with ns-3.

    >>> "message" in tandem.levels()
    True
    """
    return _tandem.levels()


def options() -> pandas.DataFrame:
    """The connection manager's options: DataFrame indexed by name with default, least, most (counts, s or ratios), doc.

    >>> tandem.options().default["max_connections"]
    256
    """
    return pandas.DataFrame(_tandem.options(), columns=["name", "default", "least", "most", "doc"]).set_index("name")


class Replay:
    """What replaying one recorded run found. In a condition it means `same`. See replay() for an example.

    same          nothing differs: from the recorded actions, or with `set` between the two runs
    identical     this build took every recorded decision again, and the record is whole
    truncated     the record lacks its tail, as after a crash; `error` says where
    inputs, actions, begin_s, end_s      of the record
    counters      dict NAME -> value at the end of the recorded run; "refused" is a dict by cause
    open_counters the same with `set`, or None
    skipped       dict EVENT -> recorded events without a cause in the changed run
    totals        DataFrame: recorded, open, count; most first
    divergences   DataFrame, a row per connection or request whose decisions differ: about, connection,
                  open_connection, request, peer, address, and the first that differs: recorded and open, each with
                  _time (s) and _cause
    explained     what the manager says at the end of the peer asked for, in the recorded run and in that with `set`
    json          all of it, as `tandem replay --json` prints it"""

    same: bool
    identical: bool
    truncated: bool
    error: str
    inputs: int
    actions: int
    begin_s: float
    end_s: float
    mismatch: Any
    counters: dict[str, Any]
    open_counters: dict[str, Any] | None = None

    def __init__(self, runs: list[dict[str, Any]]) -> None:
        self.json = runs[0]
        vars(self).update((name, self.json[name]) for name in Replay.__annotations__ if name in self.json)
        self.skipped: dict[str, int] = self.json.get("skipped", {})
        self.explained = (self.json.get("explained"), self.json.get("open_explained"))
        self.totals = pandas.DataFrame(self.json.get("totals", []), columns=["recorded", "open", "count"])

    @functools.cached_property
    def divergences(self) -> pandas.DataFrame:
        whole = ["connection", "open_connection", "request"]
        names = ["about", *whole, "peer", "address"]
        sides = {f"{side}{suffix}": (side, key) for side in ("recorded", "open")
                 for suffix, key in (("_time", "time_s"), ("", "what"), ("_cause", "cause"))}
        rows = [{**row, **{name: (row[side] or {}).get(key) for name, (side, key) in sides.items()}}
                for row in self.json.get("divergences", [])]
        table = pandas.DataFrame(rows, columns=[*names, *sides])
        return table.astype({**dict.fromkeys(whole, "Int64"), "recorded_time": float, "open_time": float})

    def __bool__(self) -> bool:
        return self.same

    def __repr__(self) -> str:
        what = "the same" if self.same else f"{len(self.divergences) or 'actions'} differ"
        return f"<tandem.Replay {self.inputs} inputs: {what}>"


def replay(path: _arguments.Path | Iterable[_arguments.Path], set: _arguments.Sets = None,
           progress: Progress = None, divergences_max: int = 100_000) -> Replay:
    """Replay what `tandem node --record` wrote and return a Replay.

    path:            a recorded file, the PATH given to --record, or a list of files of one run.
    set:             dict of options of the manager (options()) to change: then the Replay says what would be decided
                     otherwise (the other side does not react); without it every action is compared with the recorded
                     one.
    progress:        as of run(): progress(fraction_read, inputs).
    divergences_max: rows of Replay.divergences kept.

    Ctrl-C ends it with KeyboardInterrupt. Raises BadInput for what cannot be read or used, TypeError for a wrong type.

    >>> import subprocess
    >>> told = subprocess.run("tandem run per_peer_limit --level message --record kept".split(), capture_output=True)
    >>> again = tandem.replay("kept/message/server.0.000001.trace")
    >>> again.identical, again.counters["refused"]
    (True, {'PerPeerLimitReached': 5})
    """
    paths, sets = _arguments.paths(path), _arguments.sets(set)
    most = _arguments.whole("divergences_max", divergences_max, 2**63 - 1)
    bar_format = "{l_bar}{bar}| [{elapsed}<{remaining}]"
    with LongCall(progress, lambda read, inputs: (read, 1), bar_format) as call:
        runs = _tandem.replay(paths, sets, call.report, most)
        call.finish(1, None)
    if call.interrupted:
        raise KeyboardInterrupt
    return Replay(runs)


class Learned:
    """A scenario that is like a recording. See learn() for an example.

    yaml, node  its text; whose recording it was
    fits        DataFrame: what, text, values, distance (Kolmogorov and Smirnov, 0 to 1), why
    failures    dict CAUSE -> times"""

    def __init__(self, raw: dict[str, Any]) -> None:
        self.yaml: str = raw["yaml"]
        self.node: str = raw["node"]
        self.fits = pandas.DataFrame(raw["fits"], columns=["what", "text", "values", "distance", "why"])
        self.failures: dict[str, int] = dict(raw["failures"])

    def save(self, path: _arguments.Path) -> str:
        """Write the scenario to a file; return its path."""
        pathlib.Path(path).write_text(self.yaml)
        return os.fspath(path)


def learn(path: _arguments.Path | Iterable[_arguments.Path], name: str = "learned") -> Learned:
    """Make a scenario that is like what a node recorded, as `tandem learn` does.

    path: a PATH of `node --record`, a folder of `run --record`, or files. name: of the scenario.
    Raises BadInput when too little was recorded, or when a recording is damaged.

    >>> import subprocess
    >>> run = "tandem run erlang_b --level message --record kept --record-nodes server"
    >>> told = subprocess.run(run.split(), capture_output=True)
    >>> tandem.check(tandem.learn("kept/message/server.0.000001.trace").save("like_mine.yaml"))[0]
    'learned'
    """
    return Learned(_tandem.learn(_arguments.paths(path), name))
