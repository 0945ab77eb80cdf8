# SPDX-License-Identifier: MIT
"""What was seen with each peer, as the table in README.md."""
import os
import pathlib

README = pathlib.Path(__file__).with_name("README.md")
BEGIN, END = "<!-- made by ci/interop --table -->\n", "<!-- end -->\n"
PEERS = ["rust", "go", "js"]
seen = {}  # {case: {(peer, security): whether all its tests passed}}


def note(case, peer, security, passed):
    of = seen.setdefault(case, {})
    of[peer, security] = of.get((peer, security), True) and passed


def cell(results, peer, securities):
    """`yes`, or with which securities, or `no`."""
    tried = {s: good for (p, s), good in results.items() if p == peer}
    if not tried:
        return "not tried"
    if all(tried.values()):
        return "yes"
    return ", ".join(s for s in securities if tried.get(s)) or "no"


def text(securities):
    lines = ["| | rust | go | js |", "|---|---|---|---|"]
    for case, results in seen.items():
        lines.append("| " + " | ".join([case, *(cell(results, peer, securities) for peer in PEERS)]) + " |")
    return "\n".join(lines) + "\n"


def check_or_write(securities):
    before = README.read_text()
    first, rest = before.split(BEGIN)
    _, last = rest.split(END)
    now = first + BEGIN + text(securities) + END + last
    if os.environ.get("TABLE") == "write":
        README.write_text(now)
    else:
        assert before == now, "the table of README.md is stale; ci/interop --table writes it"
