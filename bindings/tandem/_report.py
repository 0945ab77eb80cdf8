# SPDX-License-Identifier: MIT
"""report(): what was found, as one page that needs nothing else."""

from __future__ import annotations

import html
import os
import pathlib
import string
from typing import Any, TypeAlias

import pandas

from . import _arguments, _campaign, _result
from ._campaign import intervals, split
from ._result import Result, Results
from ._tandem import BadInput

_COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#000000"]
_MARKS = {"ok": "\u2713", "failed": "\u2717", "untested": "?", "same": "=", "different": "\u2260"}
_TIMELINES = 40  # connections drawn at most
_OF_EXIT_CODE = {0: "ok", 3: "untested"}
_GOOD = {"ok", "same", "different", "found"}  # that runs differ is an answer
_Section: TypeAlias = tuple[str, str, str]  # verdict, title, what is below


def _text(value: Any) -> str:
    return html.escape(f"{value:.5g}" if isinstance(value, float) else str(value))


def _verdict(name: str) -> str:
    return f'<b class="{html.escape(name)}">{_MARKS.get(name, "")} {html.escape(name)}</b>'


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
    drawn = figure.to_html(full_html=False, include_plotlyjs=False, config={"displaylogo": False, "responsive": True})
    return f'<figure aria-label="{_text(title)}">{drawn}</figure>'


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


def _of_run(result: Result) -> _Section:
    told = "stopped" if result.stopped else result.verdict
    expectations = result.expectations[["text", "verdict", "measured", "why"]]
    parts = [_table(expectations, "Expectations") if len(expectations) else "<p>It expects nothing.</p>"]
    if len(result.faults):
        parts.append("<h3>Faults</h3>" + _table(result.faults.drop(columns="ok"), "Faults"))
    summary = [{"group": group, "metric": metric, **found}
               for group, metrics in result.groups.items() for metric, found in metrics.items()]
    parts += [f"<p>Again: <code>{_text(result.reproduce)}</code></p>", _connections(result), _timelines(result),
              "<h3>Groups</h3>", _table(pandas.DataFrame(summary), "Metrics of each group")]
    return told, f"{result.scenario} on {result.level}, seed {result.seed}", "".join(parts)


def _of_sweep(table: pandas.DataFrame, number: str | None) -> _Section:
    from plotly import graph_objects

    parts = [_printed(table)]
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
        parts += [_figure(f"{name}: mean and 95 % interval", str(along), name, traces), _table(means, f"Means of {name}")]
    worst = next((name for name in ("failed", "untested") if name in set(table["verdict"])), "ok")
    return table.attrs.get("verdict", worst), f"Sweep of {', '.join(map(str, table.index.names[:-2]))}", "".join(parts)


def _of_table(table: pandas.DataFrame) -> _Section:
    """What ci(), find() and swarm() return."""
    told = table.attrs
    plain = table.reset_index() if table.index.name else table
    simple = plain[[name for name in plain.columns if not plain[name].map(lambda v: isinstance(v, (list, dict))).any()]]
    if "exit_code" in told:
        verdict, title = _OF_EXIT_CODE.get(told["exit_code"], "failed"), "Gate"
    elif "such_that" in told:
        verdict = "failed" if told["answer"] is None else "found" if told["certain"] else "untested"
        title = f"{told['wanted']} {told['path']} such that {told['such_that']}: {told['answer']}"
    else:
        verdict, title = "ok" if table.empty else "failed", f"Swarm of {told['runs']} seeds of {told['scenario']}"
    return "stopped" if told.get("stopped") else verdict, title, _table(simple, title) + _printed(table)


def _printed(table: pandas.DataFrame) -> str:
    """As the command prints it."""
    text = table.attrs.get("table", "")
    return f"<pre class=scroll tabindex=0>{_text(text)}</pre>" if text else ""


def _of_difference(found: dict[str, Any]) -> _Section:
    parts = []
    for name, value in found.items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            parts.append(f"<h3>{_text(name)}</h3>" + _table(pandas.DataFrame(value), name))
        elif name in ("a", "b"):
            parts.append(f"<p>{_text(name)}: <code>{_text(value['name'])}</code></p>")
        elif name == "first" and value:
            parts += [f"<p>First difference, after {value['equal_events']} equal events:</p>",
                      _table(pandas.DataFrame([{"run": run, "event": value[run]} for run in ("a", "b")]), "First difference")]
        elif name == "layers":
            rows = [{"layer": layer, "differs from": "never" if at is None else f"eighth {at + 1}"} for layer, at in value.items()]
            parts.append("<h3>layers</h3>" + _table(pandas.DataFrame(rows), "Layers"))
    return "same" if found["same"] else "different", f"{found['a']['name']} and {found['b']['name']}", "".join(parts)


def _section(one: Any, number: str | None) -> _Section:
    if isinstance(one, Result):
        return _of_run(one)
    if isinstance(one, pandas.DataFrame) and "seed" in one.index.names[1:]:
        return _of_sweep(one, number)
    if isinstance(one, pandas.DataFrame) and one.attrs.keys() & {"exit_code", "such_that", "goals"}:
        return _of_table(one)
    if isinstance(one, dict) and "same" in one:
        return _of_difference(one)
    raise TypeError(f"report() shows results, sweeps, gates, searches and comparisons, no {type(one).__name__}")


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
    """Write one HTML page, which needs no network, and return its path.

    what:   a Result, Results, a DataFrame of sweep(), find(), swarm() or ci(), a dict of diff(), a result file,
            a folder of them or of a sweep, or a list of these.
    number: of a sweep, the column that is drawn; default: the first three.

    Verdicts come first, each a link; plots are interactive, tables sort, all of it by keyboard as well; each run has
    the line that runs it again.
    Needs plotly (`pip install tandem[report]`). Raises BadInput for a folder without results, TypeError for others.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     page = open(tandem.report(tandem.run("global_limit"), folder + "/report.html")).read()
    >>> "all held" in page
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
    from plotly.offline import get_plotlyjs

    sections = [_section(one, number) for one in items]
    bad = sum(verdict not in _GOOD for verdict, _, _ in sections)
    first = f"<p>{bad} of {len(sections)} did not hold.</p>" if bad else "<p>all held</p>"
    links = "".join(f'<li><a href="#s{i}">{_verdict(verdict)} {_text(title)}</a></li>'
                    for i, (verdict, title, _) in enumerate(sections))
    parts = "".join(f'<section id="s{i}" tabindex="-1"><h2>{_text(title)}: {_verdict(verdict)}</h2>{body}</section>'
                    for i, (verdict, title, body) in enumerate(sections))
    page = string.Template(pathlib.Path(__file__).with_name("report.html").read_text(encoding="utf-8"))
    body = f'{first}<nav aria-label="Verdicts"><ol>{links}</ol></nav>{parts}'
    pathlib.Path(path).write_text(page.substitute(plotly=get_plotlyjs(), body=body), encoding="utf-8")
    return [{"verdict": verdict, "of": title} for verdict, title, _ in sections]
