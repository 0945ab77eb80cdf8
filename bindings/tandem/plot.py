# SPDX-License-Identifier: MIT
"""Pictures of results with matplotlib: one call each, titled, with units on the axes.

Every function draws on a figure of its own (or on `ax`, where it takes one) and returns the Figure, whose savefig()
writes PDF, SVG or PNG. Colours are those of Okabe and Ito (2008), told apart by colour-blind readers; lines differ in
dash as well, so that they stay apart in print. Nothing touches pyplot's state. Wrong names raise BadInput."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import numpy
import pandas
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from pandas.api.types import is_numeric_dtype

from . import _arguments, _tandem
from ._campaign import intervals, split
from ._result import COLOURS, Result
from ._run import options
from ._tandem import BadInput

__all__ = ["attempts", "connections", "dial_times", "find", "idle_closes", "levels", "sweep"]

_DASHES = ["-", "--", "-.", ":", (0, (5, 1)), (0, (3, 1, 1, 1)), (0, (1, 1))]


def _two(height: float) -> Any:
    """A panel, and a lower one below it over the same time."""
    return Figure(figsize=(6.4, height), layout="constrained").subplots(2, sharex=True, height_ratios=[2, 1])


def _place(ax: Axes | None) -> Axes:
    if ax is None:
        return Figure(figsize=(6.4, 3.6), layout="constrained").subplots()
    if not isinstance(ax, Axes):
        raise TypeError(f"ax is matplotlib Axes, not {_arguments.kind(ax)}")
    return ax


def _style(i: int) -> dict[str, Any]:
    return {"color": COLOURS[i % len(COLOURS)], "linestyle": _DASHES[i % len(_DASHES)], "linewidth": 1.6}


def _finish(ax: Axes, title: str, x: str, y: str, legend: str | None = None, log: bool = False) -> Figure:
    ax.set_title(title, loc="left", fontsize="medium")
    ax.set(xlabel=x, ylabel=y)
    ax.grid(alpha=0.3)
    ax.spines[["top", "right"]].set_visible(False)
    if legend and ax.get_legend_handles_labels()[1]:
        ax.legend(loc=legend, framealpha=0.6)  # type: ignore[call-overload]
    if log:
        ax.set_xscale("log")
    return ax.figure  # type: ignore[return-value]


def _named(result: Result) -> str:
    return f"{result.scenario} ({result.level}, seed {result.seed})"


def _group(result: Result, group: str | None, which: int = 0) -> str:
    known = list(result.groups)
    return known[which] if group is None else _arguments.name("group", "group", group, known)


def _whole(result: Result, group: str) -> pandas.DataFrame:
    """The samples of all of a group."""
    return result.samples[(result.samples.group == group) & (result.samples.node == -1)]


def _lasted(starts: pandas.DataFrame, ends: pandas.DataFrame, key: str) -> Any:
    """Sorted seconds from an event to that of the same node and `key`."""
    both = starts.drop_duplicates(["node", key]).merge(ends, on=["node", key], suffixes=("", "_of_end"))
    return numpy.sort((both.time_of_end - both.time).to_numpy())


def connections(result: Result, group: str | None = None) -> Figure:
    """Connections of a group over time against its limit, and below what it refused each second, by cause.

    group: default: the first of the scenario. The limit is that of all its nodes together.

    >>> figure = tandem.plot.connections(tandem.run("global_limit"), "server")
    >>> [ax.get_ylabel() for ax in figure.axes]
    ['connections', 'refusals / s']
    """
    name = _group(result, group)
    rows, events = _whole(result, name), result.events[result.events.group == name]
    above, below = _two(4.6)
    steps = events.event.map({"connection_established": 1, "connection_closed": -1}).astype(float).fillna(0)
    if result.events_dropped or not steps.any():  # samples are coarser
        at, active = rows.time, rows.icn_p2p_active_connections
    else:
        at = pandas.concat([pandas.Series([0.0]), events.time, rows.time.tail(1)])
        active = pandas.Series(numpy.concatenate([[0], steps.cumsum(), [steps.sum()]]))
    above.step(at, active, where="post", label="active", **_style(0))
    limit = rows.icn_p2p_connection_limit
    above.step(rows.time, limit, where="post", label="limit", **_style(1))
    above.set_ylim(0, 1.15 * max(limit.max(), active.max(), 1))
    _finish(above, f"{_named(result)}: connections of {name}", "", "connections", "lower right")
    refused = events[events.event == "inbound_refused"]
    bins = numpy.arange(0, numpy.ceil(rows.time.max()) + 1)
    parts = [(str(cause), part.time) for cause, part in refused.groupby("cause", observed=True)]
    if parts:
        below.hist([times for _, times in parts], bins, stacked=True, label=[cause for cause, _ in parts],
                   color=[COLOURS[(i + 1) % 7] for i in range(len(parts))])
    else:
        below.text(0.5, 0.5, "none was refused", transform=below.transAxes, ha="center", va="center")
    below.set_ylim(bottom=0)
    below.yaxis.set_major_locator(MaxNLocator(integer=True))
    return _finish(below, "", "time (s)", "refusals / s", "upper right")


def dial_times(results: Result | Iterable[Result], group: str | None = None, ax: Axes | None = None) -> Figure:
    """Distribution of the time from the start of a dial to its success, a line for each Result, as for each level.

    group: whose dials; default: everybody's.

    >>> figure = tandem.plot.dial_times(tandem.run("global_limit", level=["message", "stream"]))
    >>> [line.get_label() for line in figure.axes[0].lines]
    ['message (256 dials)', 'stream (256 dials)']
    """
    ax = _place(ax)
    several = [results] if isinstance(results, Result) else list(results)
    if not several or not all(isinstance(result, Result) for result in several):
        raise TypeError("give a Result, or several")
    longest = 0.0
    for i, result in enumerate(several):
        events = result.events
        if group is not None:
            events = events[events.group == _group(result, group)]
        times = _lasted(events[events.event == "dial_started"], events[events.event == "dial_succeeded"], "request") * 1e3
        if times.size:
            longest = max(longest, times[-1])
            ax.step([0.0, *times], numpy.arange(times.size + 1) / times.size, where="post",
                    label=f"{result.level} ({times.size} dials)", **_style(i))
    if not ax.lines:
        raise BadInput(f"no dial succeeded in {_named(several[0])}: there is no time to draw")
    ax.set(xlim=(0, 1.05 * longest or 1), ylim=(0, 1.02))
    return _finish(ax, f"{several[0].scenario}: time to connect", "time from the start of the dial (ms)", "share of dials",
                   "lower right")


def attempts(result: Result, group: str | None = None) -> Figure:
    """When the nodes of a group dialled (a raster, a row each), and under it the backoff ceiling after each failure.

    group: default: the last of the scenario. Shows whether a dead peer is hammered: with jitter the marks spread.

    >>> figure = tandem.plot.attempts(tandem.run("backoff"))
    >>> [ax.get_ylabel() for ax in figure.axes]
    ['node of clients', 'backoff ceiling (s)']
    """
    name = _group(result, group, -1)
    events = result.events[result.events.group == name]
    above, below = _two(4.8)
    nodes = {node: i for i, node in enumerate(sorted(events.node.unique()))}
    for event, mark, colour, label in (("dial_failed", "|", 1, "dial failed"), ("dial_succeeded", "o", 0, "connected")):
        part = events[events.event == event]
        above.scatter(part.time, part.node.map(nodes), s=24, marker=mark, color=COLOURS[colour], label=label)
    above.yaxis.set_major_locator(MaxNLocator(integer=True))
    above.legend(loc="upper center", bbox_to_anchor=(0.5, -0.03), ncols=2, frameon=False)  # the raster fills its panel
    _finish(above, f"{_named(result)}: dials of {name}", "", f"node of {name}")
    waits = events[events.event == "backoff_started"]
    below.scatter(waits.time, waits.ceiling, s=10, color=COLOURS[2], label="ceiling")
    below.scatter(waits.time, waits.until - waits.time, s=10, marker="x", color=COLOURS[3], label="wait")
    below.set_ylim(bottom=0)
    return _finish(below, "", "time (s)", "backoff ceiling (s)", "upper left")


def idle_closes(result: Result, timeout: Any = None, ax: Axes | None = None) -> Figure:
    """How long connections lived that ended as idle (those that were used longer by that), cumulated, against the timeout.

    timeout: seconds, timedelta or text; default: the manager's own (options()).

    >>> figure = tandem.plot.idle_closes(tandem.run("idle_timeout"))
    >>> figure.axes[0].get_xlabel()
    'time from established to closed (s)'
    """
    bound = _arguments.seconds(options().default["connection_timeout"] if timeout is None else timeout, "timeout")
    events = result.events
    closed = events[(events.event == "connection_closed") & (events.cause == "IdleTimeout")]
    ages = _lasted(events[events.event == "connection_established"], closed, "connection")
    if not ages.size:
        raise BadInput(f"no connection of {_named(result)} ended as idle")
    ax = _place(ax)
    ax.step(ages, numpy.arange(1, ages.size + 1), where="post", label=f"{ages.size} idle closes", **_style(0))
    ax.axvline(bound, label=f"timeout {bound:g} s", **_style(1))
    ax.set_ylim(bottom=0)
    return _finish(ax, f"{_named(result)}: idle closes", "time from established to closed (s)", "connections closed", "upper left")


def sweep(table: pandas.DataFrame, number: str, x: str | None = None, method: str = "t", unit: str = "",
          log: bool = False, ax: Axes | None = None) -> Figure:
    """The mean of a column of sweep() over an axis, with the band of its 95 % interval.

    x: the axis drawn along (a path of `vary`); default: the first. A line for each combination of the others.
    method: as intervals() takes it. unit: of the number. log: the x axis is logarithmic.

    >>> index = pandas.MultiIndex.from_product([[4, 8], ["message"], [1, 2]], names=["limit", "level", "seed"])
    >>> figure = tandem.plot.sweep(pandas.DataFrame({"refused": [3.0, 4.0, 1.0, 1.0]}, index=index), "refused")
    >>> figure.axes[0].get_xlabel()
    'limit'
    """
    means = intervals(table, number, method)
    axes = [str(name) for name in means.index.names]
    along = _arguments.name("x", "axis", axes[0] if x is None else x, axes)
    ax = _place(ax)
    given = {value: i for i, value in enumerate(table.index.get_level_values(along).unique())}  # text has no other order
    many = means.reset_index().sort_values(along, key=lambda of: of if is_numeric_dtype(of) else of.map(given), kind="stable")
    varied = [name for name in axes if name != along and many[name].nunique() > 1]
    for i, (label, part) in enumerate(split(many, varied)):
        ax.plot(part[along], part["mean"], marker="o", markersize=4, label=label or None, **_style(i))
        ax.fill_between(part[along], part.low, part.high, color=COLOURS[i % 7], alpha=0.2, linewidth=0)
    runs = " to ".join(map(str, sorted({many.n.min(), many.n.max()})))
    return _finish(ax, f"mean of {runs} seeds and its 95 % interval", along, number + f" ({unit})" * bool(unit), "best", log)


def find(tried: pandas.DataFrame, unit: str = "", log: bool = False, ax: Axes | None = None) -> Figure:
    """What find() tried: the left side of its line over the values, with 95 % intervals, filled where the line holds;
    the value it is held against, and the answer.

    tried: of find(). unit: of the number. log: the x axis is logarithmic.

    >>> tried = tandem.find("global_limit", smallest="groups.server.manager.max_connections", between="300..500",
    ...                     such_that="server.refusals.LimitReached <= 50", seeds=1)
    >>> tandem.plot.find(tried).axes[0].get_title(loc="left")
    'smallest with which server.refusals.LimitReached <= 50: 350'
    """
    if "such_that" not in tried.attrs:
        raise TypeError("plot.find() draws what find() returns")
    asked = tried.attrs
    ax = _place(ax)
    left, sign, right = re.split(r"\s*([<>=!~]=?|\bin\b|\breaches\b|$)\s*", asked["such_that"], maxsplit=1)
    ax.plot(tried.index, tried["mean"], color="#999999", linewidth=1)
    for holds, marker, label in ((True, "o", "holds"), (False, "X", "does not hold")):
        part = tried[tried.holds == holds]
        if len(part):
            ax.errorbar(part.index, part["mean"], (part.high - part["mean"]).fillna(0), fmt=marker,
                        color=COLOURS[not holds], label=label)
    bound = _tandem.number_of(right)
    if bound is not None:
        ax.axhline(bound, label=f"{sign} {right}", **_style(2))
    told = "none"
    if asked["answer"] is not None:
        ax.axvline(tried.index[tried.holds][0 if asked["wanted"] == "smallest" else -1], label=f"answer {asked['answer']}",
                   **_style(3))
        told = f"{asked['answer']}{'' if asked['certain'] else ', perhaps by chance'}"
    return _finish(ax, f"{asked['wanted']} with which {asked['such_that']}: {told}", str(tried.index.name),
                   left + f" ({unit})" * bool(unit), "best", log)


def levels(a: Result, b: Result, group: str | None = None, metric: str = "icn_p2p_active_connections",
           ax: Axes | None = None) -> Figure:
    """Level against level: a metric of a group over time in two Results, and the distance between them shaded.

    >>> both = tandem.run("global_limit", level=["message", "stream"])
    >>> figure = tandem.plot.levels(*both)
    >>> [line.get_label() for line in figure.axes[0].lines]
    ['message', 'stream']
    """
    name = _group(a, group)
    _arguments.name("metric", "metric", metric, a.samples.columns[3:].tolist())
    ax = _place(ax)
    both = pandas.concat([_whole(result, name).set_index("time")[metric] for result in (a, b)], axis=1, sort=True).ffill()
    both.columns = pandas.Index([a.level, b.level])
    for i in range(2):
        ax.step(both.index, both.iloc[:, i], where="post", label=both.columns[i], **_style(i))
    low, high = both.min(axis=1), both.max(axis=1)
    ax.fill_between(both.index, low, high, step="post", color="#999999", alpha=0.4, linewidth=0)
    ax.set_ylim(bottom=0)
    far = float((high - low).max())
    return _finish(ax, f"{a.scenario}: {name}, at most {far:g} apart", "time (s)", metric, "lower right")
