# SPDX-License-Identifier: MIT
"""What a notebook shows of a Result: verdict, table, a small plot."""

from __future__ import annotations

import html
import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ._result import Result, Results

# Okabe and Ito's blue, vermillion and orange: told apart by colour-blind readers, and in print.
_COLOURS = {"ok": "#0072b2", "failed": "#d55e00", "untested": "#b97a00"}
_MARKS = {"ok": "\u2713", "failed": "\u2717", "untested": "?"}


def _verdict(name: str) -> str:
    return f'<span style="color:{_COLOURS[name]}"><b>{_MARKS[name]} {name}</b></span>'


def _lines(result: Result) -> list[tuple[str, str, str, str]]:
    rows = [(row["text"], row["verdict"], row["measured"], row["why"]) for row in result.json["expectations"]]
    return rows + [(f"fault: {row['text']}", row["verdict"], str(row["times"]), row["why"])
                   for row in result.json["faults"]]


def _plot(result: Result) -> str:
    from matplotlib.figure import Figure

    if result.samples.empty:
        return ""
    figure = Figure(figsize=(6, 2), layout="constrained")
    result.plot(ax=figure.subplots())
    out = io.StringIO()
    figure.savefig(out, format="svg")
    return out.getvalue()[out.getvalue().index("<svg"):]


def of_result(result: Result) -> str:
    told = "stopped" if result.stopped else _verdict(result.verdict)
    rows = "".join(
        f'<tr><td style="text-align:left"><code>{html.escape(text)}</code></td><td>{_verdict(verdict)}</td>'
        f'<td>{html.escape(measured)}</td><td style="text-align:left">{html.escape(why)}</td></tr>'
        for text, verdict, measured, why in _lines(result))
    head = "<tr><th>expectation</th><th>verdict</th><th>measured</th><th>why</th></tr>"
    return (f"<p><b>{html.escape(result.scenario)}</b> on {result.level}, seed {result.seed}: {told}</p>"
            f"<table>{head if rows else ''}{rows}</table>{_plot(result)}"
            f"<p><code>{html.escape(result.reproduce)}</code></p>")


def of_results(results: Results) -> str:
    texts = list(dict.fromkeys(line[0] for result in results for line in _lines(result)))
    found = [{line[0]: line for line in _lines(result)} for result in results]
    head = "".join(f"<th>{result.level}</th>" for result in results)
    rows = "".join(
        f'<tr><td style="text-align:left"><code>{html.escape(text)}</code></td>' + "".join(
            f"<td>{_verdict(lines[text][1])} {html.escape(lines[text][2])}</td>" if text in lines else "<td></td>"
            for lines in found) + "</tr>" for text in texts)
    total = "".join(f"<td>{'stopped' if result.stopped else _verdict(result.verdict)}</td>" for result in results)
    return f"<table><tr><th>{html.escape(results[0].scenario) if results else ''}</th>{head}</tr>{rows}<tr><td></td>{total}</tr></table>"
