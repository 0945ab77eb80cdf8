# SPDX-License-Identifier: MIT
"""Pictures of results with matplotlib: one call each, titled, with units on the axes.

Every function draws on a figure of its own (or on `ax`, where it takes one) and returns the Figure, whose
savefig() writes PDF, SVG or PNG. Colours are those of Okabe and Ito (2008), told apart by colour-blind readers;
lines differ in dash as well, so that they stay apart in print. Nothing touches pyplot's state. Wrong names raise
BadInput.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import numpy
import pandas
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from . import _arguments, _tandem
from ._campaign import intervals, split
from ._result import Result
from ._tandem import BadInput

__all__ = ["attempts", "connections", "dial_times", "find", "idle_closes", "levels", "sweep"]

COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#000000"]
_DASHES = ["-", "--", "-.", ":", (0, (5, 1)), (0, (3, 1, 1, 1)), (0, (1, 1))]


def _figure(rows: int = 1, height: float = 3.6, **more: Any) -> tuple[Figure, Any]:
    figure = Figure(figsize=(6.4, height), layout="constrained")
    return figure, figure.subplots(rows, **more)


def _place(ax: Axes | None) -> tuple[Figure, Axes]:
    if ax is None:
        figure, ax = _figure()
        return figure, ax
    if not isinstance(ax, Axes):
        raise TypeError(f"ax is matplotlib Axes, not {type(ax).__name__}")
    return ax.figure, ax  # type: ignore[return-value]


def _style(i: int) -> dict[str, Any]:
    return {"color": COLOURS[i % len(COLOURS)], "linestyle": _DASHES[i % len(_DASHES)], "linewidth": 1.6}


def _finish(ax: Axes, title: str, x: str, y: str) -> None:
    ax.set_title(title, loc="left", fontsize="medium")
    ax.set_xlabel(x)
    ax.set_ylabel(y)
    ax.grid(alpha=0.3)
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)


def _named(result: Result) -> str:
    return f"{result.scenario} ({result.level}, seed {result.seed})"


def _results(given: Result | Iterable[Result]) -> list[Result]:
    results = [given] if isinstance(given, Result) else list(given)
    if not results or not all(isinstance(result, Result) for result in results):
        raise TypeError("give a Result, or several")
    return results


def _group(result: Result, group: str | None, first: bool = True) -> str:
    known = list(result.groups)
    return known[0 if first else -1] if group is None else _arguments.names("group", "group", group, known)[0]


def connections(result: Result, group: str | None = None) -> Figure:
    """Connections of a group over time against its limit, and below what it refused each second, by cause.

    group: default: the first of the scenario. The limit is that of all its nodes together.

    >>> figure = tandem.plot.connections(tandem.run("global_limit"), "server")
    >>> [ax.get_ylabel() for ax in figure.axes]
    ['connections', 'refusals / s']
    """
    name = _group(result, group)
    rows = result.samples[(result.samples.group == name) & (result.samples.node == -1)]
    figure, (above, below) = _figure(2, 4.6, sharex=True, height_ratios=[2, 1])
    changes = result.events[result.events.group == name]
    changes = changes[changes.event.isin(["connection_established", "connection_closed"])]
    if result.events_dropped or not len(changes):  # samples are coarser
        at, active = rows.time, rows.icn_p2p_active_connections
    else:
        at = pandas.concat([pandas.Series([0.0]), changes.time, rows.time.tail(1)])
        steps = numpy.where(changes.event == "connection_established", 1, -1)
        active = pandas.Series(numpy.concatenate([[0], numpy.cumsum(steps), [steps.sum()]]))
    above.step(at, active, where="post", label="active", **_style(0))
    limit = rows.icn_p2p_connection_limit.to_numpy()
    above.step(rows.time, limit, where="post", label="limit", **_style(1))
    above.set_ylim(0, 1.15 * max(limit.max(initial=1), active.max()))
    above.legend(loc="lower right")
    _finish(above, f"{_named(result)}: connections of {name}", "", "connections")
    refused = result.events[(result.events.group == name) & (result.events.event == "inbound_refused")]
    bins = numpy.arange(0, numpy.ceil(rows.time.max()) + 1)
    bottom = numpy.zeros(len(bins) - 1)
    for i, (cause, part) in enumerate(refused.groupby("cause", observed=True)):
        counts = numpy.histogram(part.time, bins)[0]
        below.bar(bins[:-1], counts, 1.0, bottom, align="edge", label=str(cause), color=COLOURS[(i + 1) % 7])
        bottom += counts
    if len(refused):
        below.legend(loc="upper right")
    else:
        below.text(0.5, 0.5, "none was refused", transform=below.transAxes, ha="center", va="center")
    below.set_ylim(bottom=0)
    below.yaxis.set_major_locator(MaxNLocator(integer=True))
    _finish(below, "", "time (s)", "refusals / s")
    return figure


def dial_times(results: Result | Iterable[Result], group: str | None = None, ax: Axes | None = None) -> Figure:
    """Distribution of the time from the start of a dial to its success, a line for each Result, as for each level.

    group: whose dials; default: everybody's.

    >>> figure = tandem.plot.dial_times(tandem.run("global_limit", level=["message", "stream"]))
    >>> [line.get_label() for line in figure.axes[0].lines]
    ['message (256 dials)', 'stream (256 dials)']
    """
    figure, ax = _place(ax)
    several = _results(results)
    longest = 0.0
    for i, result in enumerate(several):
        events = result.events
        if group is not None:
            events = events[events.group == _group(result, group)]
        began = events[events.event == "dial_started"].set_index(["node", "request"]).time
        ended = events[events.event == "dial_succeeded"].set_index(["node", "request"]).time
        times = numpy.sort((ended - began[~began.index.duplicated()]).dropna().to_numpy()) * 1e3
        if times.size:
            longest = max(longest, times[-1])
            share = numpy.arange(times.size + 1) / times.size
            ax.step(numpy.concatenate([[0.0], times]), share, where="post",
                    label=f"{result.level} ({times.size} dials)", **_style(i))
    if not ax.lines:
        raise BadInput(f"no dial succeeded in {_named(several[0])}: there is no time to draw")
    ax.set_xlim(0, 1.05 * longest or 1)
    ax.set_ylim(0, 1.02)
    ax.legend(loc="lower right")
    _finish(ax, f"{several[0].scenario}: time to connect", "time from the start of the dial (ms)", "share of dials")
    return figure


def attempts(result: Result, group: str | None = None, ax: Axes | None = None) -> Figure:
    """When the nodes of a group dialled (a raster, a row each), and under it the backoff ceiling after each failure.

    group: default: the last of the scenario. Shows whether a dead peer is hammered: with jitter the marks spread.

    >>> figure = tandem.plot.attempts(tandem.run("backoff"))
    >>> [ax.get_ylabel() for ax in figure.axes]
    ['node of clients', 'backoff ceiling (s)']
    """
    name = _group(result, group, first=False)
    events = result.events[result.events.group == name]
    figure, (above, below) = _figure(2, 4.8, sharex=True, height_ratios=[2, 1])
    marks = {"dial_failed": ("|", 1, "dial failed"), "dial_succeeded": ("o", 0, "connected")}
    nodes = {node: i for i, node in enumerate(sorted(events.node.unique()))}
    for event, (mark, colour, label) in marks.items():
        part = events[events.event == event]
        above.scatter(part.time, part.node.map(nodes), s=24, marker=mark, color=COLOURS[colour], label=label)
    above.yaxis.set_major_locator(MaxNLocator(integer=True))
    above.legend(loc="upper center", bbox_to_anchor=(0.5, -0.03), ncols=2, frameon=False)  # the raster fills its panel
    _finish(above, f"{_named(result)}: dials of {name}", "", f"node of {name}")
    waits = events[events.event == "backoff_started"]
    below.scatter(waits.time, waits.ceiling, s=10, color=COLOURS[2], label="ceiling")
    below.scatter(waits.time, waits.until - waits.time, s=10, marker="x", color=COLOURS[3], label="wait")
    if len(waits):
        below.legend(loc="upper left", framealpha=0.6)
    below.set_ylim(bottom=0)
    _finish(below, "", "time (s)", "backoff ceiling (s)")
    return figure


def idle_closes(result: Result, timeout: Any = None, ax: Axes | None = None) -> Figure:
    """How long connections lived that ended as idle, cumulated, against the timeout.

    timeout: seconds, timedelta or text; default: the manager's own (options()). A connection that was used lives
    longer by that use.

    >>> figure = tandem.plot.idle_closes(tandem.run("idle_timeout"))
    >>> figure.axes[0].get_xlabel()
    'time from established to closed (s)'
    """
    from ._run import options
    from .theory import _seconds

    bound = _seconds("timeout", options().default["connection_timeout"] if timeout is None else timeout)
    events = result.events
    key = ["node", "connection"]
    began = events[events.event == "connection_established"].set_index(key).time
    closed = events[(events.event == "connection_closed") & (events.cause == "IdleTimeout")].set_index(key).time
    ages = numpy.sort((closed - began).dropna().to_numpy())
    if not ages.size:
        raise BadInput(f"no connection of {_named(result)} ended as idle")
    figure, ax = _place(ax)
    ax.step(ages, numpy.arange(1, ages.size + 1), where="post", label=f"{ages.size} idle closes", **_style(0))
    ax.axvline(bound, label=f"timeout {bound:g} s", **_style(1))
    ax.set_ylim(bottom=0)
    ax.legend(loc="upper left")
    _finish(ax, f"{_named(result)}: idle closes", "time from established to closed (s)", "connections closed")
    return figure


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
    along = axes[0] if x is None else _arguments.names("x", "axis", x, axes)[0]
    others = [name for name in axes if name != along]
    figure, ax = _place(ax)
    many = means.reset_index()
    varied = [name for name in others if many[name].nunique() > 1]
    for i, (label, part) in enumerate(split(many, varied)):
        part = part.sort_values(along)
        ax.plot(part[along], part["mean"], marker="o", markersize=4, label=label or None, **_style(i))
        ax.fill_between(part[along], part.low, part.high, color=COLOURS[i % 7], alpha=0.2, linewidth=0)
    if varied:
        ax.legend()
    if log:
        ax.set_xscale("log")
    runs = f"{many.n.min()}" if many.n.min() == many.n.max() else f"{many.n.min()} to {many.n.max()}"
    _finish(ax, f"mean of {runs} seeds and its 95 % interval", along, f"{number}{f' ({unit})' if unit else ''}")
    return figure


def find(tried: pandas.DataFrame, unit: str = "", log: bool = False, ax: Axes | None = None) -> Figure:
    """What find() tried: the left side of its line over the values, with 95 % intervals, filled where the line
    holds; the value it is held against, and the answer.

    tried: of find(). unit: of the number. log: the x axis is logarithmic.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     tried = tandem.find("global_limit", smallest="groups.server.manager.max_connections", between="300..500",
    ...                         such_that="server.refusals.LimitReached <= 50", seeds=1, out=folder)
    >>> tandem.plot.find(tried).axes[0].get_title(loc="left")
    'smallest with which server.refusals.LimitReached <= 50: 350'
    """
    if "such_that" not in tried.attrs:
        raise TypeError("plot.find() draws what find() returns")
    asked = tried.attrs
    figure, ax = _place(ax)
    left, sign, right = re.split(r"\s*([<>=!~]=?|\bin\b|\breaches\b)\s*", f"{asked['such_that']} = ", maxsplit=1)
    ax.plot(tried.index, tried["mean"], color="#999999", linewidth=1)
    for holds, marker, label in ((True, "o", "holds"), (False, "X", "does not hold")):
        part = tried[tried.holds == holds]
        if len(part):
            ax.errorbar(part.index, part["mean"], (part.high - part["mean"]).fillna(0), fmt=marker,
                        color=COLOURS[not holds], label=label)
    bound = _tandem.number_of(right.removesuffix(" = "))
    if bound is not None:
        ax.axhline(bound, label=f"{sign} {right.removesuffix(' = ')}", **_style(2))
    answer = tried.index[tried.holds][0 if asked["wanted"] == "smallest" else -1] if asked["answer"] is not None else None
    if answer is not None:
        ax.axvline(answer, label=f"answer {asked['answer']}", **_style(3))
    if log:
        ax.set_xscale("log")
    ax.legend()
    told = "none" if answer is None else f"{asked['answer']}{'' if asked['certain'] else ', perhaps by chance'}"
    _finish(ax, f"{asked['wanted']} with which {asked['such_that']}: {told}", str(tried.index.name),
            f"{left}{f' ({unit})' if unit else ''}")
    return figure


def levels(a: Result, b: Result, group: str | None = None, metric: str = "icn_p2p_active_connections",
           ax: Axes | None = None) -> Figure:
    """Level against level: a metric of a group over time in two Results, and the distance between them shaded.

    >>> both = tandem.run("global_limit", level=["message", "stream"])
    >>> figure = tandem.plot.levels(*both)
    >>> [line.get_label() for line in figure.axes[0].lines]
    ['message', 'stream']
    """
    name = _group(a, group)
    figure, ax = _place(ax)
    lines = []
    for i, result in enumerate((a, b)):
        _arguments.names("metric", "metric", metric, [column for column in result.samples.columns[3:]])
        rows = result.samples[(result.samples.group == name) & (result.samples.node == -1)].set_index("time")[metric]
        ax.step(rows.index, rows, where="post", label=result.level, **_style(i))
        lines.append(rows)
    both = pandas.concat(lines, axis=1, sort=True).ffill()
    low, high = both.min(axis=1), both.max(axis=1)
    ax.fill_between(both.index, low, high, step="post", color="#999999", alpha=0.4, linewidth=0)
    ax.set_ylim(bottom=0)
    ax.legend(loc="lower right")
    far = float((high - low).max())
    _finish(ax, f"{a.scenario}: {name}, at most {far:g} apart", "time (s)", metric)
    return figure
