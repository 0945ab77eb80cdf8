# SPDX-License-Identifier: MIT
"""Runs that look for something: find(), swarm() and shrink(). The engine is that of the command."""

from __future__ import annotations

import os
import pathlib
import tempfile
from typing import Any

import pandas

from . import _arguments, _tandem
from ._arguments import Duration, Progress
from ._campaign import asked, numbers_of, place_of


def _start(seed: int | None, budget: Duration) -> tuple[int | None, str]:
    return (None if seed is None else _arguments.whole("seed", seed, 2**64 - 1),
            _tandem.duration_text(_arguments.nanoseconds(budget, "budget")))


def find(scenario: _arguments.Scenario, *, such_that: str, smallest: str | None = None, largest: str | None = None,
         between: str = "", seeds: int | str = "5..100", executor: Any = None, level: str = "", set: _arguments.Sets = None,
         out: _arguments.Path | None = None, overwrite: bool = False, jobs: int | None = None,
         progress: Progress = None) -> pandas.DataFrame:
    """Find the smallest or largest value of a place with which a line holds; return a DataFrame of those tried.

    scenario:  as run() takes it.
    such_that: a line as expectations have it: "server.blocking <= 1%".
    smallest, largest: one of them, a path as `set` takes it.
    between:   where to look: "1..1024", "10ms..2s", "10ms..2s/log/40", "64,128,256"; default: a 64th of what the file
               says to 64 times it.
    seeds:     runs of each value: "LEAST..MOST", as many as tell it from chance, or a number.
    executor, level, set, out, overwrite, jobs, progress: as of sweep(); one level, and the folder is SCENARIO-find.

    The index is the value (durations in seconds); columns: holds, significant (chance is less likely than 5 %), seeds,
    failed and untested (of these), mean, low, high (of the line's left side and its 95 % interval), least, most, why.
    attrs: answer (as `set` takes it; None: no value does it), certain, table (as the command prints it), folder, and the
    rest of `tandem find --json`. Ctrl-C returns what was tried, with attrs["stopped"] true. Raises BadInput before
    anything runs.

    >>> tried = tandem.find("global_limit", smallest="groups.server.manager.max_connections", between="300..500",
    ...                     such_that="server.refusals.LimitReached == 0", seeds=1)
    >>> tried.attrs["answer"], tried.loc[[399, 400], "holds"].tolist()
    (400, [False, True])
    """
    if (smallest is None) == (largest is None):
        raise TypeError('find() needs `smallest` or `largest`, a path such as "groups.server.manager.max_connections"')
    path = str(largest if smallest is None else smallest)
    file, folder = place_of(scenario, out, "find")
    count = seeds if isinstance(seeds, str) else str(_arguments.whole("seeds", seeds, 10**6, 1))
    with asked(folder, overwrite, executor, jobs, progress) as (where, report):
        told, table, folder = _tandem.find(file, _arguments.sets(set), path, smallest is not None, such_that, between,
                                           count, level, where, report)
    tried = pandas.json_normalize(told.pop("tried")).rename(columns=lambda name: name.removeprefix("number."))
    tried = tried.rename(columns={"min": "least", "max": "most"}).reindex(columns=[
        "value", "holds", "significant", "seeds", "failed", "untested", "mean", "half_width", "least", "most", "why"])
    half = tried.pop("half_width").astype(float)
    frame = tried.assign(low=tried["mean"] - half, high=tried["mean"] + half)
    frame.index = pandas.Index(numbers_of(frame.pop("value")), name=path)
    if told["answer"] is not None and told["answer"].isdecimal():
        told["answer"] = int(told["answer"])
    frame.attrs.update(told, table=table, folder=folder)
    return frame


def swarm(scenario: _arguments.Scenario, *, runs: int | None = None, budget: Duration = "10m", seed: int | None = None,
          executor: Any = None, level: str = "", set: _arguments.Sets = None, out: _arguments.Path | None = None,
          jobs: int | None = None, progress: Progress = None) -> pandas.DataFrame:
    """Look for a seed of random options and faults that breaks something; return a DataFrame of those that did.

    scenario: as run() takes it; its `swarm:` says what may vary.
    runs:     so many seeds; default: as many as the budget allows, or until every `sometimes` held.
    budget:   how long to look. seed: the first; default: the scenario's. The rest as of find().

    The index is the seed; columns: line (what failed), why, file (a scenario that fails alone; shrink() makes it
    small), reproduce. attrs: runs, healed, goals, notes, stopped, table and the rest of `tandem swarm --json`. Ctrl-C
    and errors as of find().

    >>> broken = tandem.swarm("global_limit", runs=2)
    >>> broken.empty, broken.attrs["runs"]
    (True, 2)
    """
    file, folder = place_of(scenario, out, "swarm")
    most = None if runs is None else _arguments.whole("runs", runs, 10**9, 1)
    with asked(folder, False, executor, jobs, progress) as (where, report):
        first, time = _start(seed, budget)
        told, table, folder = _tandem.swarm(file, _arguments.sets(set), level, first, most, time, where, report)
    frame = pandas.DataFrame(told.pop("failures"), columns=["seed", "line", "why", "file", "reproduce"]).set_index("seed")
    frame.attrs.update(told, table=table, folder=folder)
    return frame


def shrink(scenario: _arguments.Scenario, *, seed: int | None = None, budget: Duration = "10m", executor: Any = None,
           level: str = "", set: _arguments.Sets = None, out: _arguments.Path | None = None, overwrite: bool = False,
           jobs: int | None = None, progress: Progress = None) -> dict[str, Any]:
    """Make a scenario that fails as small as it gets; return what `tandem shrink --json` says, a dict.

    scenario: as run() takes it. seed: one that fails; default: the scenario's. budget: how long to try.
    out:      the file to write; default: NAME-shrunk.yaml beside the scenario's file, for a dict none.
    executor, level, set, overwrite, jobs, progress: as of find().

    Keys: text (the smaller scenario), file, line (what fails), why, before and after (nodes, entries, lines,
    duration_s), runs, stopped, out_of_time. Ctrl-C returns the smallest so far. Raises BadInput when nothing fails.

    >>> crowd = {"scenario": "crowd", "duration": "9s", "groups": {"hub": {"listen": True}, "peers": {"count": 20}},
    ...          "workload": [{"dial": {"from": "peers", "to": "hub"}}], "expectations": ["hub.active.max <= 1"]}
    >>> small = tandem.shrink(crowd)
    >>> small["line"], small["before"]["nodes"], small["after"]["nodes"]
    ('hub.active.max <= 1', 21, 3)
    """
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(place_of(scenario, folder, "shrink")[0])
        target = str(path.with_name(f"{path.stem}-shrunk.yaml")) if out is None else os.fspath(out)
        with asked(target, overwrite, executor, jobs, progress) as (where, report):
            told = _tandem.shrink(str(path), _arguments.sets(set), level, *_start(seed, budget), where, report)
    if out is None and isinstance(scenario, dict):
        told["file"] = None
    return told
