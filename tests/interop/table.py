# SPDX-License-Identifier: MIT
"""What was seen with each peer, as the table in README.md."""
import os
import pathlib

from programs import PEERS as TRIED

README = pathlib.Path(__file__).with_name("README.md")
BEGIN, END = "<!-- made by ci/interop --table -->\n", "<!-- end -->\n"
PEERS = ["rust", "go", "js"]
SECURITIES = ["tls", "noise", "plaintext"]
places = {}  # {case: where it stands among the tests}
seen = {}  # {case: {(peer, security): whether all its tests passed}}


def note(place, case, peer, security, passed):
    places[case] = min(place, places.get(case, place))
    of = seen.setdefault(case, {})
    of[peer, security] = of.get((peer, security), True) and passed


def cell(results, peer):
    """`yes`, or with which securities, or `no`."""
    tried = {s: good for (p, s), good in results.items() if p == peer}
    if not tried:
        return "not tried"
    if all(tried.values()):
        return "yes"
    return ", ".join(s for s in SECURITIES if tried.get(s)) or "no"


def text():
    lines = ["| | rust | go | js |", "|---|---|---|---|"]
    for case in sorted(seen, key=places.get):
        lines.append("| " + " | ".join([case, *(cell(seen[case], peer) for peer in PEERS)]) + " |")
    return "\n".join(lines) + "\n"


def check_or_write():
    """Whether README.md says what was seen; it is not looked at when a peer was not there."""
    if set(TRIED) != set(PEERS):
        return True
    before = README.read_text()
    first, rest = before.split(BEGIN)
    _, last = rest.split(END)
    now = first + BEGIN + text() + END + last
    if os.environ.get("TABLE") == "write":
        README.write_text(now)
    elif before != now:
        print("\nthe table of README.md is not what was seen; ci/interop --table writes it")
        return False
    return True
