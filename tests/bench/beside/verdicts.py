# SPDX-License-Identifier: MIT
"""How many times better Tandem is than each peer in the rows of one run, and whether that is what was asked for.

Connections a second and processor time are to be ahead of all three, over TLS at least 1.3 times as good as rust's and
15 times as good as js's; echo at least as good as rust's. The others are asked nothing of: their ratio is told.
"""

import dataclasses
import textwrap

# Of each figure: its name in a row, what it is called, and whether more is better.
FIGURES = (("connections_per_s", "connections/s", True), ("processor_us", "processor time", False),
           ("echo_1_mib_s", "echo, 1 stream", True), ("echo_100_mib_s", "echo, 100 streams", True),
           ("idle_bytes", "idle memory", False), ("p50_us", "round trip, p50", False),
           ("p99_us", "round trip, p99", False))


def asked(figure, security, peer):
    """The least ratio that is asked for; none: None. Ahead is more than 1, at least as good is 1."""
    if figure in ("connections_per_s", "processor_us"):
        return {"rust": 1.3, "js": 15}.get(peer, 1) if security == "tls" else 1
    return 1 if figure.startswith("echo") and peer == "rust" else None


@dataclasses.dataclass
class Verdict:
    security: str
    figure: str
    peer: str
    ratio: float | None  # how many times better Tandem is; None: the peer, or Tandem, failed
    asked: float | None

    @property
    def reached(self):
        """None when nothing is asked, or nothing can be said."""
        return None if None in (self.asked, self.ratio) else self.ratio >= self.asked

    def __str__(self):
        if self.ratio is None:
            return "fails"
        ratio = f"{self.ratio:.2f}" if self.ratio < 10 else f"{self.ratio:.0f}"
        if self.reached is None:
            return ratio
        if self.reached:
            return f"{ratio}, reached {self.asked:g}"
        return f"{ratio}, missed {self.asked:g} by {100 * (1 - self.ratio / self.asked):.2g} %"


def best(one, other):
    """Of two rows of the same peer and security, from two turns: the better of each figure."""
    both = dict(one)
    for figure, _, more in FIGURES:
        known = [row[figure] for row in (one, other) if row.get(figure) is not None]
        if known:
            both[figure] = max(known) if more else min(known)
    return both


def verdicts(rows):
    """A Verdict for each figure, security and peer but Tandem, in the order of FIGURES."""
    own = {row["security"]: row for row in rows if row["peer"] == "tandem"}
    told = []
    for figure, _, more in FIGURES:
        for row in rows:
            ours = own.get(row["security"], {})
            if row["peer"] == "tandem" or figure not in row or figure not in ours:
                continue
            pair = (ours[figure], row[figure]) if more else (row[figure], ours[figure])
            ratio = pair[0] / pair[1] if all(pair) else None
            told.append(Verdict(row["security"], figure, row["peer"], ratio, asked(figure, row["security"], row["peer"])))
    return told


def table(told):
    """The verdicts in Markdown, a row for each security and figure, and one line of how many are reached."""
    peers = list(dict.fromkeys(each.peer for each in told))
    cells = {(each.security, each.figure, each.peer): str(each) for each in told}
    lines = ["| Tandem is so many times better | " + " | ".join(f"than {peer}" for peer in peers) + " |",
             "|---|" + "---|" * len(peers)]
    for security in dict.fromkeys(each.security for each in told):
        for figure, name, _ in FIGURES:
            of = [cells.get((security, figure, peer), "") for peer in peers]
            if any(of):
                lines.append(f"| {security}: {name} | " + " | ".join(of) + " |")
    judged = [each for each in told if each.reached is not None]
    missed = [each for each in judged if not each.reached]
    last = f"{len(judged) - len(missed)} of {len(judged)} reached"
    if missed:
        last += "; missed: " + ", ".join(f"{each.security} {name_of(each.figure)} beside {each.peer}" for each in missed)
    return "\n".join([*lines, "", textwrap.fill(last + ".", 118)])


def name_of(figure):
    return next(name for key, name, _ in FIGURES if key == figure)
