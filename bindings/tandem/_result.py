# SPDX-License-Identifier: MIT
"""What a run found."""

from __future__ import annotations

import functools
import json
import os
from collections.abc import Iterable
from typing import Any

import numpy
import pandas

from . import _arguments, _html, _tandem

_NOWHERE = numpy.iinfo(numpy.int64).max


def _seconds(nanoseconds: Any) -> Any:
    """Seconds as float64; NaN where the time is not known."""
    unknown = (nanoseconds < 0) | (nanoseconds == _NOWHERE)
    return numpy.where(unknown, numpy.nan, nanoseconds / 1e9)


def _named(codes: Any, names: list[str]) -> pandas.Categorical:
    return pandas.Categorical.from_codes(codes, pandas.Index(names, dtype=object))


class Result:
    """One run of one scenario on one level.

    ok            every expectation and built-in invariant held, and every line was put to the test
    verdict       "ok"; "failed": something did not hold; "untested": something held, or a fault passed, only because
                  nothing happened that it could have touched
    scenario, level, seed, commit, scenario_hash, trace_hash (None where time is real)
    reproduce     the line that runs it again: a command, or a call when the scenario is a dict
    file          path of the result file it was saved to or loaded from, or None
    wall_s        seconds it took; `steps`: steps of all managers
    groups        dict GROUP -> METRIC -> {"last", "min", "max"}, METRIC the icn_p2p_* names
    refusals      dict GROUP -> REFUSAL -> count, counted where the refusal was made
    stopped       Ctrl-C came: the run ended early, `ok` is false, what it found so far is here (or it
                  had just come to its end by itself)

    In a condition it means `ok`, so that `assert result` holds an experiment; its repr names what
    failed, when, at which node and why. str() is the table that the command prints; a notebook shows
    verdict, table and a plot.

    >>> r = tandem.run("global_limit")
    >>> r
    <tandem.Result global_limit on message, seed 1: ok>
    >>> r.groups["server"]["icn_p2p_active_connections"]["max"]
    256
    >>> r.refusals["server"]
    {'LimitReached': 144}
    """

    def __init__(self, raw: dict[str, Any]) -> None:
        self._raw = raw
        self.json: dict[str, Any] = json.loads(raw["json"])[0]
        self.ok: bool = self.json["ok"]
        self.verdict: str = self.json["verdict"]
        self.scenario: str = self.json["scenario"]
        self.level: str = self.json["level"]
        self.seed: int = self.json["seed"]
        self.commit: str = self.json["commit"]
        self.trace_hash: str | None = self.json["trace_hash"]
        self.groups: dict[str, dict[str, dict[str, float]]] = self.json["groups"]
        self.refusals: dict[str, dict[str, int]] = self.json["refusals"]
        self.steps: int = self.json["events"]
        self.wall_s: float = self.json["wall_s"]
        self.scenario_hash: str = raw["scenario_hash"]
        self.reproduce: str = raw["reproduce"]
        self.stopped: bool = self.json["stopped"]
        self.events_dropped: int = raw["events_dropped"]
        self.file: str | None = None

    @functools.cached_property
    def expectations(self) -> pandas.DataFrame:
        """DataFrame: text, ok, verdict, measured, why; one row per expectation, then per invariant that failed.

        why: what broke a failed line, when and where; what did not happen that an untested one needs.
        """
        return pandas.DataFrame(self.json["expectations"], columns=["text", "ok", "verdict", "measured", "why"])

    @functools.cached_property
    def faults(self) -> pandas.DataFrame:
        """DataFrame: text, ok, verdict, times (it began), nodes, connections, attempts and packets it touched, why."""
        rows = [{**fault, **fault["touched"]} for fault in self.json["faults"]]
        return pandas.DataFrame(rows, columns=["text", "ok", "verdict", "times", "nodes", "connections", "attempts",
                                               "packets", "why"])

    @functools.cached_property
    def events(self) -> pandas.DataFrame:
        """DataFrame of every notification of every manager, oldest first.

        time (s), group, node, event, cause, direction, connection, request, peer (node index, -1:
        unknown), current and limit (the numbers a refusal compared), failures, ceiling (s), until
        (s; NaN: not known).
        """
        raw = self._raw["events"]
        return pandas.DataFrame({
            "time": _seconds(raw["time_ns"]),
            "group": self._group_of_nodes(raw["node"]),
            "node": raw["node"],
            "event": _named(raw["kind"], _tandem.notices),
            "cause": _named(raw["why"], _tandem.causes),
            "direction": _named(raw["way"], ["inbound", "outbound"]),
            "connection": raw["connection"],
            "request": raw["request"],
            "peer": raw["peer"],
            "current": raw["current"],
            "limit": raw["limit"],
            "failures": raw["failures"],
            "ceiling": raw["ceiling_ns"] / 1e9,
            "until": _seconds(raw["until_ns"]),
        })

    @functools.cached_property
    def samples(self) -> pandas.DataFrame:
        """DataFrame of the metrics every `sample_every`: time (s), group, node (-1: the whole group),
        then one column per metric. Large worlds have group rows only."""
        raw = dict(self._raw["samples"])
        table = {
            "time": _seconds(raw.pop("time_ns")),
            "group": _named(raw.pop("group"), self._names()),
            "node": raw.pop("node"),
        }
        return pandas.DataFrame({**table, **raw})

    @functools.cached_property
    def stages(self) -> pandas.DataFrame:
        """DataFrame of the life of each attempt and connection: time (s), group, node, connection, stage
        ("dialled", "arrived", "connected", "authenticated", "ended"), oldest first."""
        raw = self._raw["stages"]
        return pandas.DataFrame({
            "time": _seconds(raw["time_ns"]),
            "group": self._group_of_nodes(raw["node"]),
            "node": raw["node"],
            "connection": raw["connection"],
            "stage": _named(raw["stage"], _tandem.stages),
        })

    @functools.cached_property
    def series(self) -> pandas.DataFrame:
        """DataFrame of all other numbers, each where it changed: time (s), group, node (-1: the whole
        group), metric, value. A row holds until the next of its number; before the first it is 0."""
        raw = self._raw["series"]
        return pandas.DataFrame({
            "time": _seconds(raw["time_ns"]),
            "group": _named(raw["group"], self._names()),
            "node": raw["node"],
            "metric": _named(raw["metric"], raw["names"]),
            "value": raw["value"],
        })

    def save(self, folder: _arguments.Path, overwrite: bool = False) -> str:
        """Write the result file into `folder`, as `tandem run --out` does; return its path.

        The name is SCENARIO-LEVEL-SEED-HASH.sqlite. load() and `tandem show` read it. A file that is
        there stays, and OSError is raised, unless `overwrite`.

        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     again = tandem.load(tandem.run("global_limit").save(folder))
        >>> again.ok, len(again.events)
        (True, 1744)
        """
        try:
            self.file = _tandem.save(self._raw["run"], os.fspath(folder), overwrite)
        except RuntimeError as error:
            raise OSError(str(error)) from None
        return self.file

    def _names(self) -> list[str]:
        return [name for name, _, _ in self._raw["groups"]]

    def _group_of_nodes(self, nodes: Any) -> pandas.Categorical:
        firsts = [first for _, first, _ in self._raw["groups"]]
        codes = numpy.searchsorted(firsts, nodes, side="right") - 1
        return _named(codes, self._names())

    def plot(self, metric: str = "icn_p2p_active_connections", groups: str | Iterable[str] | None = None,
             ax: Any = None) -> Any:
        """Draw one metric over time; return the matplotlib Axes.

        metric: a column of `samples`.
        groups: the name of a group, or a list of them; all when not given.
        ax:     matplotlib Axes to draw on; the current ones when not given.

        Raises BadInput for a metric or group there is not.
        """
        import matplotlib.pyplot

        if not isinstance(metric, str):
            raise TypeError(f"metric is a name, not {type(metric).__name__}")
        columns = [name for name in self.samples.columns if name not in ("time", "group", "node")]
        _arguments.names("metric", "metric", metric, columns)
        every = list(self.groups)
        groups = every if groups is None else _arguments.names("groups", "group", groups, every)
        if ax is None:
            ax = matplotlib.pyplot.gca()
        elif not isinstance(ax, matplotlib.axes.Axes):
            raise TypeError(f"ax is matplotlib Axes, not {type(ax).__name__}")
        rows = self.samples[self.samples.node == -1]
        for name in groups:
            part = rows[rows.group == name]
            ax.plot(part.time, part[metric], drawstyle="steps-post", label=f"{name} ({self.level})")
        ax.set_xlabel("time (s)")
        ax.set_ylabel(metric)
        ax.legend()
        return ax

    def __bool__(self) -> bool:
        return self.ok

    def __str__(self) -> str:
        return _tandem.table([self._raw["run"]])

    def __repr__(self) -> str:
        return f"<tandem.Result {self.scenario} on {self.level}, seed {self.seed}: {self._told()}>"

    def _repr_html_(self) -> str:
        return _html.of_result(self)

    def _told(self) -> str:
        return "ok" if self.ok else "stopped" if self.stopped else f"{self.verdict.upper()}: {self._failures()}"

    def _failures(self, most: int = 3) -> str:
        failed = [f"{row['text']} (measured {row['measured']}{'; ' * bool(row['why'])}{row['why']})"
                  for row in self.json["expectations"] if not row["ok"]]
        failed += [f"fault: {row['text']} ({row['why']})" for row in self.json["faults"] if not row["ok"]]
        more = [f"{len(failed) - most} more"] if len(failed) > most else []
        return "; ".join(failed[:most] + more)


class Results(list[Result]):
    """The Results of one scenario on several levels, in the order of levels(): a list that is true when
    all of them held.

    >>> both = tandem.run("global_limit", level=["message", "stream"])
    >>> assert both
    >>> [r.level for r in both], both["stream"].ok
    (['message', 'stream'], True)
    """

    def __getitem__(self, which: Any) -> Any:
        """By place, or by the name of a level."""
        if not isinstance(which, str):
            return super().__getitem__(which)
        found = {result.level: result for result in self}
        return found[_arguments.names("level", "level", which, found)[0]]

    def __bool__(self) -> bool:
        return all(self)

    def __str__(self) -> str:
        return _tandem.table([result._raw["run"] for result in self])

    def __repr__(self) -> str:
        return f"[{', '.join(map(repr, self))}]"

    def _repr_html_(self) -> str:
        return _html.of_results(self)


def load(path: _arguments.Path) -> Result:
    """The Result in a file that save() or `tandem run --out` wrote, of this version or an older one.

    Raises BadInput when there is none at `path`.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     kept = tandem.load(tandem.run("per_peer_limit").save(folder))
    >>> kept.ok, kept.scenario
    (True, 'per_peer_limit')
    """
    result = Result(_tandem.load(os.fspath(path)))
    result.file = os.fspath(path)
    return result
