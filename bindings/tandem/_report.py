# SPDX-License-Identifier: MIT
"""report(): what was found, as one page that needs nothing else."""

from __future__ import annotations

import html
import os
import pathlib
from collections.abc import Iterable
from typing import Any

import pandas

from . import _arguments, _campaign, _result
from ._campaign import intervals, split
from ._result import Result, Results
from ._tandem import BadInput

_COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#000000"]
_STYLE = """
body{font:16px/1.5 system-ui,sans-serif;max-width:72rem;margin:auto;padding:1rem;color:#1a1a1a;background:#fff}
table{border-collapse:collapse;margin:.5rem 0;font-size:.9rem}td,th{border-bottom:1px solid #ccc;padding:.2rem .6rem;
text-align:left;vertical-align:top}td.n{text-align:right;font-variant-numeric:tabular-nums}
th button{font:inherit;font-weight:bold;border:0;background:none;cursor:pointer;padding:0}
th button:focus-visible,a:focus-visible{outline:3px solid #0072b2}.ok{color:#005a8c}.failed,.broken,.flaky{color:#b34700}
.untested,.stopped,.changed,.missing{color:#805500}code,pre{background:#f4f4f4;padding:.1rem .3rem;overflow-wrap:anywhere}
.scroll{overflow-x:auto}@media print{.modebar{display:none!important}section{break-inside:avoid}body{max-width:none}}
"""
# Sorts by the column of the button, as numbers where both are; again: the other way.
_SCRIPT = """
document.querySelectorAll("th button").forEach(b => b.addEventListener("click", () => {
  const th = b.parentElement, i = th.cellIndex, body = th.closest("table").tBodies[0];
  const up = th.getAttribute("aria-sort") !== "ascending";
  for (const other of th.parentElement.children) other.removeAttribute("aria-sort");
  th.setAttribute("aria-sort", up ? "ascending" : "descending");
  const of = row => row.cells[i].textContent, less = (a, b) => isNaN(a - b) || a === "" || b === ""
    ? a.localeCompare(b) : a - b;
  [...body.rows].sort((a, b) => (up ? 1 : -1) * less(of(a), of(b))).forEach(row => body.append(row));
}));
"""
_MARKS = {"ok": "\u2713 ok", "failed": "\u2717 failed", "untested": "? untested"}
_TIMELINES = 40  # connections drawn at most


def _text(value: Any) -> str:
    return html.escape(f"{value:.6g}" if isinstance(value, float) else str(value))


def _verdict(name: str) -> str:
    return f'<b class="{html.escape(name)}">{_MARKS.get(name, html.escape(name))}</b>'


def _table(frame: pandas.DataFrame, caption: str) -> str:
    head = "".join(f'<th scope="col"><button type="button">{_text(name)}</button></th>' for name in frame.columns)

    def cell(name: Any, value: Any) -> str:
        if name in ("verdict", "status"):
            return f"<td>{_verdict(str(value))}</td>"
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        return f"<td{' class=n' * number}>{'' if value is None or value != value else _text(value)}</td>"

    rows = "".join("<tr>" + "".join(map(cell, frame.columns, row)) + "</tr>" for row in frame.itertuples(index=False))
    return (f'<div class="scroll" tabindex="0" role="region" aria-label="{_text(caption)}"><table><caption hidden>'
            f"{_text(caption)}</caption><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>")


def _figure(title: str, x: str, y: str, traces: list[Any], **more: Any) -> str:
    from plotly import graph_objects

    layout = {"title": {"text": title}, "xaxis": {"title": {"text": x}}, "yaxis": {"title": {"text": y}}, "height": 380,
              "template": "plotly_white", "colorway": _COLOURS, "margin": {"t": 50, "l": 60, "r": 20, "b": 50}, **more}
    figure = graph_objects.Figure(traces, layout)
    return str(figure.to_html(full_html=False, include_plotlyjs=False, config={"displaylogo": False, "responsive": True}))


def _connections(result: Result) -> str:
    from plotly import graph_objects

    rows = result.samples[result.samples.node == -1]
    traces = []
    for i, (group, part) in enumerate(rows.groupby("group", observed=True)):
        for metric, dash in (("icn_p2p_active_connections", "solid"), ("icn_p2p_connection_limit", "dot")):
            far = dash == "dot" and part[metric].max() > 3 * rows.icn_p2p_active_connections.max()
            traces.append(graph_objects.Scatter(
                x=part.time.to_numpy(), y=part[metric].to_numpy(), name=f"{group}{': limit' * (dash == 'dot')}",
                visible="legendonly" if far else True,  # a limit that is far would flatten all else
                line={"shape": "hv", "dash": dash, "color": _COLOURS[i % 7]}))
    return _figure("Connections of each group, and the limit of its nodes together", "time (s)", "connections", traces)


def _timelines(result: Result) -> str:
    """Each of the first connections: when it was dialled or arrived, connected, authenticated, and ended."""
    from plotly import graph_objects

    stages = result.stages
    key = ["node", "connection"]
    chosen = stages[key].drop_duplicates().head(_TIMELINES)
    if chosen.empty:
        return ""
    part = stages.merge(chosen, on=key)
    part["name"] = part.group.astype(str) + "[" + part.node.astype(str) + "] " + part.connection.astype(str)
    end = max(stages.time.max(), result.samples.time.max())
    traces = []
    phases = [("dialled or arrived", ("dialled", "arrived")), ("connected", ("connected",)),
              ("authenticated", ("authenticated",))]
    for i, (label, begins) in enumerate(phases):
        begun = part[part.stage.isin(begins)]
        following = part.groupby("name", sort=False).time.apply(list)
        until = [min((t for t in following[name] if t > at), default=end) for name, at in zip(begun.name, begun.time)]
        traces.append(graph_objects.Bar(
            y=begun.name.to_numpy(), x=[to - at for at, to in zip(begun.time, until)], base=begun.time.to_numpy(),
            orientation="h", name=label, marker={"color": _COLOURS[(4, 5, 0)[i]]}))
    note = f"The first {len(chosen)} connections and attempts" if len(chosen) == _TIMELINES else "Connections and attempts"
    return _figure(f"{note}: from dial or arrival to their end", "time (s)", "", traces, barmode="overlay",
                   height=140 + 14 * len(chosen), yaxis={"autorange": "reversed", "automargin": True, "dtick": 1})


def _of_run(result: Result) -> str:
    told = "stopped" if result.stopped else result.verdict
    expectations = result.expectations[["text", "verdict", "measured", "why"]]
    parts = [f"<h2>{_text(result.scenario)} on {result.level}: {_verdict(told)}</h2>",
             _table(expectations, "Expectations") if len(expectations) else "<p>It expects nothing.</p>"]
    if len(result.faults):
        parts.append("<h3>Faults</h3>" + _table(result.faults.drop(columns="ok"), "Faults"))
    summary = [{"group": group, "metric": metric, **found}
               for group, metrics in result.groups.items() for metric, found in metrics.items()]
    parts += [f"<p>Again: <code>{_text(result.reproduce)}</code></p>", _connections(result), _timelines(result),
              "<h3>Groups</h3>", _table(pandas.DataFrame(summary), "Metrics of each group")]
    return f"<section>{''.join(parts)}</section>"


def _of_sweep(table: pandas.DataFrame, number: str | None) -> str:
    from plotly import graph_objects

    parts = [f"<h2>Sweep: {_verdict(table.attrs.get('verdict', 'ok'))}</h2>",
             f"<pre class=scroll tabindex=0>{_text(table.attrs.get('table', ''))}</pre>"]
    plain = ("verdict", "broke", "trace_hash", "steps")
    columns = [number] if number else [name for name in table.columns if name not in plain][:3]
    for name in columns:
        means = intervals(table, name).reset_index()
        along, *others = [str(n) for n in table.index.names if n != "seed"]
        traces = []
        varied = [n for n in others if means[n].nunique() > 1]
        for label, part in split(means, varied):
            traces.append(graph_objects.Scatter(
                x=part[along].to_numpy(), y=part["mean"].to_numpy(), mode="lines+markers",
                name=label,
                error_y={"array": (part.high - part["mean"]).to_numpy()}))
        parts += [_figure(f"{name}: mean and 95 % interval", str(along), "", traces), _table(means, f"Means of {name}")]
    return f"<section>{''.join(parts)}</section>"


def _of_gate(table: pandas.DataFrame) -> str:
    simple = table[[name for name in table.columns if not table[name].map(lambda v: isinstance(v, (list, dict))).any()]]
    return (f"<section><h2>Gate: exit code {table.attrs.get('exit_code', '?')}</h2>{_table(simple, 'Scenarios and levels')}"
            f"<pre class=scroll tabindex=0>{_text(table.attrs.get('table', ''))}</pre></section>")


def _of_difference(found: dict[str, Any]) -> str:
    parts = [f"<h2>Comparison: {'the same' if found['same'] else 'different'}</h2>"]
    for name, value in found.items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            parts.append(f"<h3>{_text(name)}</h3>" + _table(pandas.DataFrame(value), name))
        elif name != "same":
            parts.append(f"<p>{_text(name)}: <code>{_text(value)}</code></p>")
    return f"<section>{''.join(parts)}</section>"


def _folder(path: pathlib.Path) -> list[Any]:
    if (path / "plan.json").exists():
        return [_campaign.load_sweep(path)]
    found = sorted(path.glob("*.sqlite"))
    if not found:
        raise BadInput(f"{path}: no result (.sqlite) and no sweep is in this folder")
    return [_result.load(file) for file in found]


def report(what: Any, path: _arguments.Path = "report.html", number: str | None = None) -> str:
    """Write one HTML page, which needs no network, and return its path.

    what:   a Result, Results, a DataFrame of sweep() or ci(), a dict of diff(), a folder of result files or of a
            sweep, or a list of these.
    number: of a sweep, the column that is drawn; default: the first three.

    Verdicts come first; plots are interactive, tables sort, and each run has the line that runs it again.
    Needs plotly (`pip install tandem[report]`). Raises BadInput for a folder without results, TypeError for others.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     page = open(tandem.report(tandem.run("global_limit"), folder + "/report.html")).read()
    >>> "all held" in page
    True
    """
    from plotly.offline import get_plotlyjs

    given = list(what) if isinstance(what, (list, tuple)) and not isinstance(what, Results) else [what]
    items: list[Any] = []
    for one in given:
        if isinstance(one, (str, os.PathLike)):
            items += _folder(pathlib.Path(one))
        else:
            items += one if isinstance(one, Results) else [one]
    parts = []
    for one in items:
        if isinstance(one, Result):
            parts.append(_of_run(one))
        elif isinstance(one, pandas.DataFrame) and "seed" in one.index.names:
            parts.append(_of_sweep(one, number))
        elif isinstance(one, pandas.DataFrame) and "exit_code" in one.attrs:
            parts.append(_of_gate(one))
        elif isinstance(one, dict) and "same" in one:
            parts.append(_of_difference(one))
        else:
            raise TypeError(f"report() shows results, sweeps, gates and comparisons, no {type(one).__name__}")
    verdicts = [one.verdict if not one.stopped else "stopped" for one in items if isinstance(one, Result)]
    bad = [name for name in verdicts if name != "ok"]
    first = f"<p>{len(bad)} of {len(verdicts)} runs did not hold.</p>" if bad else "<p>all held</p>" if verdicts else ""
    pathlib.Path(path).write_text(
        f"<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>"
        f"<title>Tandem: report</title><style>{_STYLE}</style><script>{get_plotlyjs()}</script>"
        f"<body><main><h1>Tandem: report</h1>{first}{''.join(parts)}</main><script>{_SCRIPT}</script></body></html>",
        encoding="utf-8")
    return os.fspath(path)


def results_in(paths: Iterable[str]) -> list[Any]:
    """What report() shows of folders and files, as `python3 -m tandem report` names them."""
    found: list[Any] = []
    for path in paths:
        found += _folder(pathlib.Path(path)) if os.path.isdir(path) else [_result.load(path)]
    return found
