# SPDX-License-Identifier: MIT
"""report(): what was found, as one page that needs nothing else."""

from __future__ import annotations

import os
import pathlib
from typing import Any

import pandas

from . import _arguments, _campaign, _result
from ._campaign import intervals, split
from ._result import COLOURS, MARKS, Result, Results
from ._tandem import BadInput

_TIMELINES = 40  # connections drawn at most
_GOOD = {"ok", "same", "different", "found"}  # that runs differ is an answer


def _figure(title: str, x: str, y: str, traces: list[Any], **more: Any) -> str:
    from plotly import graph_objects

    layout = {"title": {"text": title}, "xaxis": {"title": {"text": x}}, "yaxis": {"title": {"text": y}}, "height": 380,
              "template": "plotly_white", "colorway": COLOURS, "margin": {"t": 50, "l": 60, "r": 20, "b": 50}, **more}
    config = {"displaylogo": False, "responsive": True}
    return str(graph_objects.Figure(traces, layout).to_html(full_html=False, include_plotlyjs=False, config=config))


def _connections(result: Result) -> str:
    rows = result.samples[result.samples.node == -1]
    most = 3 * rows.icn_p2p_active_connections.max()  # a limit that is far would flatten all else
    traces = [{"type": "scatter", "x": part.time.to_numpy(), "y": part[metric].to_numpy(), "name": f"{group}{suffix}",
               "visible": "legendonly" if suffix and part[metric].max() > most else True,
               "line": {"shape": "hv", "dash": dash, "color": COLOURS[i % 7]}}
              for i, (group, part) in enumerate(rows.groupby("group", observed=True))
              for metric, dash, suffix in (("icn_p2p_active_connections", "solid", ""),
                                           ("icn_p2p_connection_limit", "dot", ": limit"))]
    return _figure("Connections of each group, and the limit of its nodes together", "time (s)", "connections", traces)


def _timelines(result: Result) -> str:
    """Each of the first connections: when it was dialled or arrived, connected, authenticated, and ended."""
    key = ["node", "connection"]
    chosen = result.stages[key].drop_duplicates().head(_TIMELINES)
    if chosen.empty:
        return ""
    part = result.stages.merge(chosen, on=key)
    part["name"] = part.group.astype(str) + "[" + part.node.astype(str) + "] " + part.connection.astype(str)
    end = max(result.stages.time.max(), result.samples.time.max())
    part["lasts"] = part.groupby("name", sort=False).time.shift(-1).fillna(end) - part.time
    traces = []
    for label, stages, colour in (("dialled or arrived", ["dialled", "arrived"], 4), ("connected", ["connected"], 5),
                                  ("authenticated", ["authenticated"], 0)):
        begun = part[part.stage.isin(stages)]
        traces.append({"type": "bar", "y": begun.name.to_numpy(), "x": begun.lasts.to_numpy(), "base": begun.time.to_numpy(),
                       "orientation": "h", "name": label, "marker": {"color": COLOURS[colour]}})
    note = f"The first {len(chosen)} connections and attempts" if len(chosen) == _TIMELINES else "Connections and attempts"
    return _figure(f"{note}: from dial or arrival to their end", "time (s)", "", traces, barmode="overlay",
                   height=140 + 14 * len(chosen), yaxis={"autorange": "reversed", "automargin": True, "dtick": 1})


def _means(table: pandas.DataFrame, name: str) -> tuple[pandas.DataFrame, str]:
    """Of a column of a sweep: the table, and the plot."""
    means = intervals(table, name).reset_index()
    along, *others = [str(axis) for axis in table.index.names if axis != "seed"]
    traces = [{"type": "scatter", "x": part[along].to_numpy(), "y": part["mean"].to_numpy(), "mode": "lines+markers",
               "name": label, "error_y": {"array": (part.high - part["mean"]).to_numpy()}}
              for label, part in split(means, [axis for axis in others if means[axis].nunique() > 1])]
    return means, _figure(f"{name}: mean and 95 % interval", along, name, traces)


def _plain(table: pandas.DataFrame) -> pandas.DataFrame:
    """With its index, without columns of lists."""
    plain = table.reset_index() if table.index.name else table
    return plain[[name for name in plain.columns if not plain[name].map(lambda value: isinstance(value, (list, dict))).any()]]


def _section(one: Any) -> tuple[str, str, str]:
    """What report.html shows it with, its verdict, and what that is of."""
    told = getattr(one, "attrs", {})
    if isinstance(one, Result):
        return "run", "stopped" if one.stopped else one.verdict, f"{one.scenario} on {one.level}, seed {one.seed}"
    if isinstance(one, pandas.DataFrame) and "seed" in one.index.names[1:]:
        worst = next((name for name in ("failed", "untested") if name in set(one["verdict"])), "ok")
        return "sweep", told.get("verdict", worst), f"Sweep of {', '.join(map(str, one.index.names[:-2]))}"
    if isinstance(one, dict) and "same" in one:
        return "difference", "same" if one["same"] else "different", f"{one['a']['name']} and {one['b']['name']}"
    if "exit_code" in told:
        verdict, title = {0: "ok", 3: "untested"}.get(told["exit_code"], "failed"), "Gate"
    elif "such_that" in told:
        verdict = "failed" if told["answer"] is None else "found" if told["certain"] else "untested"
        title = f"{told['wanted']} {told['path']} such that {told['such_that']}: {told['answer']}"
    elif "goals" in told:
        verdict, title = "ok" if one.empty else "failed", f"Swarm of {told['runs']} seeds of {told['scenario']}"
    else:
        raise TypeError(f"report() shows results, sweeps, gates, searches and comparisons, no {type(one).__name__}")
    return "table", "stopped" if told.get("stopped") else verdict, title


def _read(path: pathlib.Path) -> list[Any]:
    if not path.is_dir():
        return [_result.load(path)]
    if (path / "plan.json").exists():
        return [_campaign.load_sweep(path)]
    found = sorted(path.glob("*.sqlite"))
    if not found:
        raise BadInput(f"{path}: no result (.sqlite) and no sweep is in this folder")
    return [_result.load(file) for file in found]


def report(what: Any, path: _arguments.Path = "report.html", number: str | None = None) -> str:
    """Write one HTML page, which needs no network, and return its path: verdicts first, interactive plots, tables that
    sort, for each run the line that runs it again; all by keyboard as well.

    what:   a Result, Results, a DataFrame of sweep(), find(), swarm() or ci(), a dict of diff(), a result file, a
            folder of them or of a sweep, or a list of these.
    number: of a sweep, the column that is drawn; default: the first three.

    Needs plotly and jinja2 (`pip install tandem[report]`). Raises BadInput for a folder without results.

    >>> "all held" in open(tandem.report(tandem.run("global_limit"), "limit.html")).read()
    True
    """
    write(list(what) if isinstance(what, (list, tuple)) and not isinstance(what, Results) else [what], path, number)
    return os.fspath(path)


def write(given: list[Any], path: _arguments.Path, number: str | None) -> list[dict[str, str]]:
    """The page of report(); its verdicts, each with what it is of."""
    items: list[Any] = []
    for one in given:
        if isinstance(one, (str, os.PathLike)):
            items += _read(pathlib.Path(one))
        else:
            items += one if isinstance(one, Results) else [one]
    import jinja2
    from plotly.offline import get_plotlyjs

    sections = [(*_section(one), one) for one in items]
    bad = sum(verdict not in _GOOD for _, verdict, _, _ in sections)
    page = jinja2.Template(pathlib.Path(__file__).with_name("report.html").read_text(encoding="utf-8"), autoescape=True)
    text = page.render(sections=sections, bad=bad, marks=MARKS, plotly=get_plotlyjs(), number=number, means=_means,
                       connections=_connections, timelines=_timelines, frame=pandas.DataFrame, plain=_plain)
    pathlib.Path(path).write_text(text, encoding="utf-8")
    return [{"verdict": verdict, "of": title} for _, verdict, title, _ in sections]
