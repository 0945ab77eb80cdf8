# SPDX-License-Identifier: MIT
"""run() and its relatives."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal, overload

import pandas

from . import _arguments, _tandem
from ._long_call import LongCall, Progress
from ._result import Result, Results


@overload
def run(scenario: _arguments.Scenario, level: Literal["message", "stream", "packet", "loopback"] = ...,
        seed: int | None = ..., set: Mapping[str, Any] | None = ..., progress: Progress = ...,
        events_max: int = ...) -> Result: ...
@overload
def run(scenario: _arguments.Scenario, level: Literal["all"] | list[str] | tuple[str, ...], seed: int | None = ...,
        set: Mapping[str, Any] | None = ..., progress: Progress = ..., events_max: int = ...) -> Results: ...
@overload
def run(scenario: _arguments.Scenario, level: str, seed: int | None = ..., set: Mapping[str, Any] | None = ...,
        progress: Progress = ..., events_max: int = ...) -> Any: ...


def run(scenario: _arguments.Scenario, level: str | Iterable[str] = "message", seed: int | None = None,
        set: Mapping[str, Any] | None = None, progress: Progress = None, events_max: int = 1_000_000) -> Any:
    """Run one scenario on one level and return its Result; on several, its Results.

    scenario:   path of a YAML file, a name as `tandem list` shows it, or a dict of the same shape.
    level:      "message", "stream", "packet" or "loopback"; see levels(). "all": those that the
                scenario names or can honour; a list of names: these. Both give Results.
    seed:       instead of the scenario's.
    set:        dict of path -> value, changed before the scenario is read:
                {"groups.server.manager.max_connections": 128, "duration": "10s"}. A str is YAML, as
                on the command line; a timedelta is a duration, here and in a dict.
    progress:   True shows a tqdm bar; a callable is called about four times a second as
                progress(now_s, length_s, events), in this thread; what it raises ends the run.
    events_max: rows of Result.events kept; 0 records none. Result.events_dropped counts the rest.

    The GIL is released while the scenario runs. Ctrl-C ends it early and keeps what ran: the Result
    comes back with `stopped` true and `ok` false, and a loop over runs looks at `stopped`. In the
    first quarter of a second it is a KeyboardInterrupt as elsewhere. `packet` runs on ns-3, which
    allows one run at a time in a process: a second at the same time raises.
    Raises BadInput for a scenario, level or setting that cannot be used, TypeError for an argument
    of a wrong type.

    >>> tandem.run("global_limit", set={"groups.server.manager.max_connections": 100}).refusals["server"]
    {'LimitReached': 300}
    """
    if isinstance(level, str) and level != "all":
        return _run_one(scenario, level, seed, set, progress, events_max)
    every = check(scenario, set)[1]
    chosen = every if level == "all" else _arguments.names("level", "level", level, levels())
    results = Results()
    for one in chosen:
        results.append(_run_one(scenario, one, seed, set, progress, events_max))
        if results[-1].stopped:
            break
    return results


def _run_one(scenario: _arguments.Scenario, level: str, seed: int | None, set: Mapping[str, Any] | None,
             progress: Progress, events_max: int) -> Result:
    level = _arguments.level_name(level)
    if seed is not None:
        seed = _arguments.whole("seed", seed, 2**64 - 1)
    events_max = _arguments.whole("events_max", events_max, 2**63 - 1)
    sets = _arguments.sets(set)
    text, name, is_path = _arguments.source(scenario)
    bar_format = "{l_bar}{bar}| {n:.1f}/{total:.1f} s [{elapsed}<{remaining}]"
    with LongCall(progress, lambda now, length, events: (now, length), bar_format) as call:
        raw = _tandem.run(text, name, is_path, level, seed, sets, call.report, events_max)
        call.finish(raw["reached_s"], raw["length_s"], None)
        result = Result(raw)
    if call.interrupted:
        if not call.reported:
            raise KeyboardInterrupt  # nothing worth keeping ran, and a loop over short runs must end
        result.stopped = True
    if not is_path:
        result.reproduce = f"tandem.run(scenario, level={level!r}, seed={result.seed}, set={set!r})"
    return result


def check(scenario: _arguments.Scenario, set: Mapping[str, Any] | None = None) -> tuple[str, list[str]]:
    """Read a scenario without running it; return (name, levels it runs on). Raises BadInput.

    >>> tandem.check("global_limit")
    ('global_limit', ['message', 'stream', 'packet', 'loopback'])
    """
    sets = _arguments.sets(set)
    name, levels = _tandem.check(*_arguments.source(scenario), sets)
    return name, list(levels)


def levels() -> list[str]:
    """The levels of this build; "packet" is there when it was built with ns-3.

    >>> "message" in tandem.levels()
    True
    """
    return _tandem.levels()


def options() -> pandas.DataFrame:
    """The connection manager's options: DataFrame indexed by name with default, least, most (counts,
    seconds or ratios) and doc.

    >>> tandem.options().default["max_connections"]
    256
    """
    table = pandas.DataFrame(_tandem.options(), columns=["name", "default", "least", "most", "doc"])
    return table.set_index("name")
