# SPDX-License-Identifier: MIT
"""What a run found, and what a notebook shows of it: verdict, table, a small plot."""

from __future__ import annotations

import functools
import html
import io
import os
from collections.abc import Iterable, Sequence
from typing import Any

import numpy
import pandas

from . import _arguments, _tandem

# Okabe and Ito's (2008): told apart by colour-blind readers, and in print.
COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#000000"]
MARKS = {"ok": "\u2713", "failed": "\u2717", "untested": "?", "same": "=", "different": "\u2260"}
_OF_VERDICT = {"ok": "#0072b2", "failed": "#d55e00", "untested": "#b97a00"}
_NOWHERE = numpy.iinfo(numpy.int64).max


def _column(name: str, values: Any, names: Sequence[str] | None) -> Any:
    """Codes as their names; nanoseconds as seconds, NaN where the time is not known."""
    if names is not None:
        return pandas.Categorical.from_codes(values, pandas.Index(names, dtype=object))
    if name.endswith("_ns"):
        return numpy.where((values < 0) | (values == _NOWHERE), numpy.nan, values / 1e9)
    return values


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
    stopped       Ctrl-C came: `ok` is false, what it found so far is here
    warnings      list of str: what is allowed and probably not meant, and why a run that asked for threads had one

    In a condition it means `ok`, so that `assert result` holds an experiment; its repr names what failed, when, at
    which node and why. str() is the table that the command prints; a notebook shows verdict, table and a plot.

    >>> r = tandem.run("global_limit")
    >>> r, r.groups["server"]["icn_p2p_active_connections"]["max"], r.refusals["server"]
    (<tandem.Result global_limit on message, seed 1: ok>, 256, {'LimitReached': 144})
    """

    ok: bool
    verdict: str
    scenario: str
    level: str
    seed: int
    commit: str
    trace_hash: str | None
    groups: dict[str, dict[str, dict[str, float]]]
    refusals: dict[str, dict[str, int]]
    wall_s: float
    stopped: bool
    warnings: list[str]

    def __init__(self, raw: dict[str, Any]) -> None:
        self._raw = raw
        self.json: dict[str, Any] = raw["json"][0]
        vars(self).update((name, self.json[name]) for name in Result.__annotations__)
        self.steps: int = self.json["events"]
        self.scenario_hash: str = raw["scenario_hash"]
        self.reproduce: str = raw["reproduce"]
        self.events_dropped: int = raw["events_dropped"]
        self.file: str | None = None

    @functools.cached_property
    def expectations(self) -> pandas.DataFrame:
        """DataFrame: text, ok, verdict, measured, why (what broke it, when and where, or what did not happen that it
        needs); a row per expectation, then per invariant that failed."""
        return pandas.DataFrame(self.json["expectations"], columns=["text", "ok", "verdict", "measured", "why"])

    @functools.cached_property
    def faults(self) -> pandas.DataFrame:
        """DataFrame: text, ok, verdict, times (it began), nodes, connections, attempts and packets it touched, why."""
        rows = [{**fault, **fault["touched"]} for fault in self.json["faults"]]
        return pandas.DataFrame(rows, columns=["text", "ok", "verdict", "times", "nodes", "connections", "attempts",
                                               "packets", "why"])

    @functools.cached_property
    def events(self) -> pandas.DataFrame:
        """DataFrame of every notification of every manager, oldest first: time (s), group, node, event, cause,
        direction, connection, request, peer (node index, -1: unknown), current and limit (the numbers a refusal
        compared), failures, ceiling (s), until (s; NaN: not known)."""
        return self._frame("events", event=_tandem.notices, cause=_tandem.causes, direction=["inbound", "outbound"])

    @functools.cached_property
    def samples(self) -> pandas.DataFrame:
        """DataFrame of the metrics every `sample_every`: time (s), group, node (-1: the whole group),
        then one column per metric. Large worlds have group rows only."""
        return self._frame("samples")

    @functools.cached_property
    def stages(self) -> pandas.DataFrame:
        """DataFrame of the life of each attempt and connection: time (s), group, node, connection, stage
        ("dialled", "arrived", "connected", "authenticated", "ended"), oldest first."""
        return self._frame("stages", stage=_tandem.stages)

    @functools.cached_property
    def series(self) -> pandas.DataFrame:
        """DataFrame of all other numbers, each where it changed: time (s), group, node (-1: the whole
        group), metric, value. A row holds until the next of its number; before the first it is 0."""
        return self._frame("series", metric=self._raw["series_names"])

    def _frame(self, table: str, **names: Sequence[str]) -> pandas.DataFrame:
        """A table of the native side as it is told above; `names` are what the codes of a column stand for."""
        raw = dict(self._raw[table])
        firsts = [first for _, first, _ in self._raw["groups"]]
        groups = raw.pop("group", None)
        if groups is None:
            groups = numpy.searchsorted(firsts, raw["node"], side="right") - 1
        names["group"] = [name for name, _, _ in self._raw["groups"]]
        columns = {"time_ns": raw.pop("time_ns"), "group": groups, **raw}
        return pandas.DataFrame({name.removesuffix("_ns"): _column(name, values, names.get(name))
                                 for name, values in columns.items()})

    def save(self, folder: _arguments.Path, overwrite: bool = False) -> str:
        """Write SCENARIO-LEVEL-SEED-HASH.sqlite into `folder`, as `tandem run --out` does; return its path. load() and
        `tandem show` read it. Raises OSError when it is there already, unless `overwrite`.

        >>> again = tandem.load(tandem.run("global_limit").save("kept", overwrite=True))
        >>> again.ok, len(again.events)
        (True, 1744)
        """
        self.file = _tandem.save(self._raw["run"], os.fspath(folder), overwrite)
        return self.file

    def plot(self, metric: str = "icn_p2p_active_connections", groups: str | Iterable[str] | None = None,
             ax: Any = None) -> Any:
        """Draw a column of `samples` over time, for some groups or all, on matplotlib Axes (default: the current
        ones), which it returns. Raises BadInput for a metric or group there is not."""
        import matplotlib.pyplot

        _arguments.name("metric", "metric", metric, self.samples.columns[3:].tolist())
        groups = _arguments.names("groups", "group", list(self.groups) if groups is None else groups, self.groups)
        if ax is None:
            ax = matplotlib.pyplot.gca()
        elif not isinstance(ax, matplotlib.axes.Axes):
            raise TypeError(f"ax is matplotlib Axes, not {_arguments.kind(ax)}")
        rows = self.samples[self.samples.node == -1]
        for name in groups:
            part = rows[rows.group == name]
            ax.plot(part.time, part[metric], drawstyle="steps-post", label=f"{name} ({self.level})")
        ax.set(xlabel="time (s)", ylabel=metric)
        ax.legend()
        return ax

    def __bool__(self) -> bool:
        return self.ok

    def __str__(self) -> str:
        return _tandem.table([self._raw["run"]])

    def __repr__(self) -> str:
        told = "ok" if self.ok else "stopped" if self.stopped else f"{self.verdict.upper()}: {self._failures()}"
        return f"<tandem.Result {self.scenario} on {self.level}, seed {self.seed}: {told}>"

    def _repr_html_(self) -> str:
        return _of_result(self)

    def _failures(self, most: int = 3) -> str:
        failed = [f"{row['text']} (measured {row['measured']}{'; ' * bool(row['why'])}{row['why']})"
                  for row in self.json["expectations"] if not row["ok"]]
        failed += [f"fault: {row['text']} ({row['why']})" for row in self.json["faults"] if not row["ok"]]
        more = [f"{len(failed) - most} more"] if len(failed) > most else []
        return "; ".join(failed[:most] + more)


class Results(list[Result]):
    """The Results of one scenario on several levels, in the order of levels(): a list that is true when all of them held.

    >>> both = tandem.run("global_limit", level=["message", "stream"])
    >>> bool(both), [r.level for r in both], both["stream"].ok
    (True, ['message', 'stream'], True)
    """

    def __getitem__(self, which: Any) -> Any:
        """By place, or by the name of a level."""
        if not isinstance(which, str):
            return super().__getitem__(which)
        found = {result.level: result for result in self}
        return found[_arguments.name("level", "level", which, found)]

    def __bool__(self) -> bool:
        return all(self)

    def __str__(self) -> str:
        return _tandem.table([result._raw["run"] for result in self])

    def __repr__(self) -> str:
        return f"[{', '.join(map(repr, self))}]"

    def _repr_html_(self) -> str:
        return _of_results(self)


def load(path: _arguments.Path) -> Result:
    """The Result in a file that save() or `tandem run --out` wrote, of this version or an older one. Raises BadInput
    when there is none at `path`. See Result() for an example."""
    result = Result(_tandem.load(os.fspath(path)))
    result.file = os.fspath(path)
    return result


def _verdict(name: str) -> str:
    return f'<span style="color:{_OF_VERDICT.get(name, "inherit")}"><b>{MARKS.get(name, "")} {name}</b></span>'


def _lines(result: Result) -> pandas.DataFrame:
    faults = result.faults.assign(text="fault: " + result.faults.text.astype(str), measured=result.faults.times.astype(str))
    found = pandas.concat([result.expectations, faults])[["text", "verdict", "measured", "why"]]
    found = pandas.DataFrame({name: column.astype(str).map(html.escape) for name, column in found.items()})
    return found.assign(text="<code>" + found.text + "</code>", verdict=found.verdict.map(_verdict))


def _table(frame: pandas.DataFrame) -> str:
    return frame.to_html(escape=False, index=False, border=0, na_rep="", justify="left") if len(frame) else ""


def _plot(result: Result) -> str:
    from matplotlib.figure import Figure

    if result.samples.empty:
        return ""
    figure = Figure(figsize=(6, 2), layout="constrained")
    result.plot(ax=figure.subplots())
    out = io.StringIO()
    figure.savefig(out, format="svg")
    return out.getvalue()[out.getvalue().index("<svg"):]


def _told(result: Result) -> str:
    return "stopped" if result.stopped else _verdict(result.verdict)


def _of_result(result: Result) -> str:
    return (f"<p><b>{html.escape(result.scenario)}</b> on {result.level}, seed {result.seed}: {_told(result)}</p>"
            f"{_table(_lines(result).rename(columns={'text': 'expectation'}))}{_plot(result)}"
            f"<p><code>{html.escape(result.reproduce)}</code></p>")


def _of_results(results: Results) -> str:
    columns = {}
    for result in results:
        lines = _lines(result).set_index("text")
        columns[result.level] = pandas.concat([lines.verdict + " " + lines.measured, pandas.Series({"": _told(result)})])
    return _table(pandas.DataFrame(columns).rename_axis(html.escape(results[0].scenario)).reset_index()) if len(results) else ""
