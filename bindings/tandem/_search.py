# SPDX-License-Identifier: MIT
"""Runs that look for something: find(), swarm() and shrink(). The engine is that of the command."""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import tempfile
from collections.abc import Iterator, Mapping
from typing import Any

import pandas

from . import _arguments, _said, _tandem
from ._campaign import file_of, numbers_of, processes, worker
from ._long_call import LongCall, Progress
from ._said import Duration
from ._tandem import BadInput


@contextlib.contextmanager
def _asked(out: str, overwrite: bool, jobs: int | None, progress: Progress) -> Iterator[tuple[_tandem.WhereTo, Any]]:
    with LongCall(progress) as call:
        yield _tandem.WhereTo(out, overwrite, worker(), processes(jobs)), call.report


def _place(scenario: _arguments.Scenario, out: _arguments.Path | None, verb: str) -> tuple[str, str]:
    """(file, folder) of a campaign; a dict becomes a file of that folder. "": the native side names it."""
    if out is None and isinstance(scenario, dict):
        out = f"{scenario.get('scenario', 'scenario')}-{verb}"
    return file_of(scenario, pathlib.Path(out or "")), "" if out is None else os.fspath(out)


def _budget(budget: Duration) -> str:
    return _said.duration_text(_said.nanoseconds(budget, "budget"))


def _seed(name: str, seed: int | None) -> int | None:
    return None if seed is None else _arguments.whole(name, seed, 2**64 - 1)


def find(scenario: _arguments.Scenario, *, such_that: str, smallest: str | None = None, largest: str | None = None,
         between: str = "", seeds: int | str = "5..100", level: str = "", set: Mapping[str, Any] | None = None,
         out: _arguments.Path | None = None, overwrite: bool = False, jobs: int | None = None,
         progress: Progress = None) -> pandas.DataFrame:
    """Find the smallest or largest value of a place with which a line holds; return a DataFrame of those tried.

    scenario:  as run() takes it.
    such_that: a line as expectations have it: "server.blocking <= 1%".
    smallest, largest: one of them, a path as `set` takes it.
    between:   where to look: "1..1024", "10ms..2s", "10ms..2s/log/40", "64,128,256"; default: from a 64th of what the
               file says to 64 times it.
    seeds:     runs of each value: as many as tell it from chance, "LEAST..MOST", or a number.
    level:     default: the first that the scenario names.
    set, out, overwrite, jobs, progress: as of sweep(); the folder is SCENARIO-find by default.

    The index is the value (durations in seconds); columns: holds, significant (chance is less likely than 5 %),
    seeds, failed and untested (of these), mean, low, high (of the line's left side and its 95 % interval), least,
    most, why. attrs: answer (as `set` takes it; None: no value does it), certain, table (as the command prints it),
    folder, and the rest of `tandem find --json`. tandem.plot.find() draws it.

    Ctrl-C returns what was tried, with attrs["stopped"] true. Raises BadInput before anything runs.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     tried = tandem.find("global_limit", smallest="groups.server.manager.max_connections", between="300..500",
    ...                         such_that="server.refusals.LimitReached == 0", seeds=1, out=folder)
    >>> tried.attrs["answer"], tried.loc[[399, 400], "holds"].tolist()
    (400, [False, True])
    """
    if (smallest is None) == (largest is None):
        raise TypeError('find() needs `smallest` or `largest`, a path such as "groups.server.manager.max_connections"')
    path = str(largest if smallest is None else smallest)
    file, folder = _place(scenario, out, "find")
    count = seeds if isinstance(seeds, str) else str(_arguments.whole("seeds", seeds, 10**6, 1))
    with _asked(folder, overwrite, jobs, progress) as (where, report):
        text, table, folder = _tandem.find(file, _arguments.sets(set), path, smallest is not None, such_that, between,
                                           count, level, where, report)
    told = json.loads(text)
    rows = [{**one, **one["number"]} for one in told.pop("tried")]
    frame = pandas.DataFrame(rows, columns=["value", "holds", "significant", "seeds", "failed", "untested", "mean", "low",
                                            "high", "min", "max", "why"])
    half = pandas.Series([row["half_width"] for row in rows], dtype=float)
    frame = frame.assign(low=frame["mean"] - half, high=frame["mean"] + half).rename(columns={"min": "least", "max": "most"})
    frame.index = pandas.Index(numbers_of(frame.pop("value")), name=path)
    if told["answer"] is not None and told["answer"].isdecimal():
        told["answer"] = int(told["answer"])
    frame.attrs = {**told, "table": table, "folder": folder}
    return frame


def swarm(scenario: _arguments.Scenario, *, runs: int | None = None, budget: Duration = "10m", seed: int | None = None,
          level: str = "", set: Mapping[str, Any] | None = None, out: _arguments.Path | None = None,
          jobs: int | None = None, progress: Progress = None) -> pandas.DataFrame:
    """Look for a seed of random options and faults that breaks something; return a DataFrame of those that did.

    scenario: as run() takes it; its `swarm:` says what may vary.
    runs:     so many seeds; default: as many as the budget allows, or until every `sometimes` held.
    budget:   how long to look. seed: the first; default: the scenario's.
    level, set, jobs, progress: as of find(). out: folder of the seeds that failed (default SCENARIO-swarm).

    The index is the seed; columns: line (what failed), why, file (a scenario that fails alone; shrink() makes it
    small), reproduce. attrs: runs, healed, goals, notes, stopped, table (as the command prints it) and the rest of
    `tandem swarm --json`. Ctrl-C returns what was found, with attrs["stopped"] true. Raises BadInput before anything
    runs.

    >>> import tempfile
    >>> pair = {"scenario": "pair", "levels": ["message"], "duration": "20s",
    ...         "groups": {"hub": {"listen": True}, "peers": {"count": 2}},
    ...         "workload": [{"keep_alive": {"from": "peers", "to": "hub"}},
    ...                      {"keep_connected": {"from": "peers", "to": "hub"}}],
    ...         "expectations": ["always hub.active <= 1"]}
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     broken = tandem.swarm(pair, runs=3, out=folder)
    >>> broken.line.tolist()
    ['always hub.active <= 1', 'always hub.active <= 1', 'always hub.active <= 1']
    """
    file, folder = _place(scenario, out, "swarm")
    most = None if runs is None else _arguments.whole("runs", runs, 10**9, 1)
    with _asked(folder, False, jobs, progress) as (where, report):
        text, table, folder = _tandem.swarm(file, _arguments.sets(set), level, _seed("seed", seed), most,
                                            _budget(budget), where, report)
    told = json.loads(text)
    frame = pandas.DataFrame(told.pop("failures"), columns=["seed", "line", "why", "file", "reproduce"]).set_index("seed")
    frame.attrs = {**told, "table": table, "folder": folder}
    return frame


def shrink(scenario: _arguments.Scenario, *, seed: int | None = None, budget: Duration = "10m", level: str = "",
           set: Mapping[str, Any] | None = None, out: _arguments.Path | None = None, overwrite: bool = False,
           jobs: int | None = None, progress: Progress = None) -> dict[str, Any]:
    """Make a scenario that fails as small as it gets; return what `tandem shrink --json` says, a dict.

    scenario: as run() takes it. seed: one that fails; default: the scenario's. budget: how long to try.
    out:      the file to write; default: NAME-shrunk.yaml beside the scenario's file, for a dict none.
    level, set, overwrite, jobs, progress: as of find().

    Keys: text (the smaller scenario), file (where it was written), line (what fails), why, before and after (nodes,
    entries, lines, duration_s), runs, stopped, out_of_time. Ctrl-C returns the smallest so far, with stopped true.
    Raises BadInput when nothing fails.

    >>> crowd = {"scenario": "crowd", "duration": "9s", "groups": {"hub": {"listen": True}, "peers": {"count": 20}},
    ...          "workload": [{"dial": {"from": "peers", "to": "hub"}}], "expectations": ["hub.active.max <= 1"]}
    >>> small = tandem.shrink(crowd)
    >>> small["line"], small["before"]["nodes"], small["after"]["nodes"]
    ('hub.active.max <= 1', 21, 3)
    """
    with tempfile.TemporaryDirectory() as folder:
        file = file_of(scenario, pathlib.Path(folder))
        path = pathlib.Path(file)
        target = str(path.with_name(f"{path.stem}-shrunk.yaml")) if out is None else os.fspath(out)
        with _asked(target, overwrite, jobs, progress) as (where, report):
            text = _tandem.shrink(file, _arguments.sets(set), level, _seed("seed", seed), _budget(budget), where, report)
    told: dict[str, Any] = json.loads(text)
    if out is None and isinstance(scenario, dict):
        told["file"] = None
    return told
