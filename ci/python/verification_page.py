# SPDX-License-Identifier: MIT
"""The page of ci/verify, as Markdown and as HTML that needs no network."""

import html
import pathlib
import platform
import re

STYLE = """
body{font:16px/1.5 system-ui,sans-serif;color:#1c1c1c;max-width:60rem;margin:2rem auto;padding:0 1rem}
table{border-collapse:collapse;width:100%}
td,th{border-bottom:1px solid #ccc;padding:.3rem .5rem;text-align:left;vertical-align:top}
td:last-child,th:last-child{text-align:right;white-space:nowrap}
h2{font-size:1.1rem;margin:2rem 0 .3rem}
pre{white-space:pre-wrap;overflow-wrap:anywhere;background:#f5f5f5;padding:.6rem;margin:.3rem 0}
.holds{color:#1b6e3c;font-weight:600}.fails{color:#b3261e;font-weight:600}.not-measured{color:#6b5900;font-weight:600}
section{break-inside:avoid}
"""


def machine():
    """What measured: processor, cores, memory."""
    cpu = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text())
    memory = re.search(r"MemTotal: +(\d+)", pathlib.Path("/proc/meminfo").read_text())
    cores = len(re.findall(r"^processor", pathlib.Path("/proc/cpuinfo").read_text(), re.M))
    return f"{cpu[1] if cpu else platform.machine()}, {cores} cores, {int(memory[1]) // 2**20} GiB"


def counted(rows):
    """`12 hold, 1 fails, 1 not measured`."""
    words = {"holds": ("holds", "hold"), "FAILS": ("FAILS", "FAIL"), "not measured": ("not measured", "not measured")}
    counts = {verdict: sum(each["verdict"] == verdict for each in rows) for verdict in words}
    return ", ".join(f"{count} {words[verdict][count != 1]}" for verdict, count in counts.items() if count)


def taken(row, text):
    return "" if row["verdict"] == "not measured" else text.format(row["seconds"])


def as_markdown(rows, facts):
    text = ["# Verification report", ""] + [f"- {name}: {value}" for name, value in facts]
    text += [f"- rows: {counted(rows)}", "", "| row | verdict |", "|---|---|"]
    text += [f"| {each['title']} | {each['verdict']} |" for each in rows]
    for each in rows:
        text += ["", f"## {each['title']}", "", f"**{each['verdict']}**{taken(each, ' ({} s)')}. Again:", "",
                 f"    {each['command']}", "", "```", each["figures"], "```"]
    return "\n".join(text) + "\n"


def as_html(rows, facts):
    safe = html.escape

    def verdict(of):
        return f"<span class='{of['verdict'].lower().replace(' ', '-')}'>{of['verdict']}</span>"

    table = "".join(f"<tr><td><a href='#{each['row']}'>{safe(each['title'])}</a></td><td>{verdict(each)}</td></tr>"
                    for each in rows)
    sections = "".join(
        f"<section id='{each['row']}'><h2>{safe(each['title'])}</h2>{verdict(each)}{taken(each, ', measured in {} s')}"
        f"<pre>{safe(each['figures'])}</pre>Again:<pre>{safe(each['command'])}</pre></section>" for each in rows)
    said = "".join(f"<li>{safe(name)}: {safe(value)}</li>" for name, value in [*facts, ("rows", counted(rows))])
    return (f"<!doctype html><html lang='en'><meta charset='utf-8'><title>Verification report</title><style>{STYLE}"
            f"</style><h1>Verification report</h1><ul>{said}</ul><table><tr><th>Row</th><th>Verdict</th></tr>{table}"
            f"</table>{sections}</html>\n")
