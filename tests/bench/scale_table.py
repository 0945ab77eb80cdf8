# SPDX-License-Identifier: MIT
"""Prints how far the simulated levels scale: what was measured, beside what was so when these benchmarks were
first held against each other (commit 0b66781, ANCHORS) and what is to be reached, with a verdict a row.

    tests/bench/scale_table.py build/release [--base ../old/build/release] [--large] [--runs 3]

Processor time is of a connection's life, both its ends, from its dial to its idle end; memory is what a connection
adds at the most. Both builds run as they are, in one environment: the simulation asks for huge pages by itself, the
base never did, and no GLIBC_TUNABLES is passed on to either. Times of two machines say little about each other. With
--base, the benchmarks of another build run in turns with these, and a row is judged by the ratio of the least of
either; without, by the anchors as they stand. --large runs a million and four million connections too, and packet
(1 to 10 GiB, minutes).
"""

import argparse
import os
import pathlib
import re
import subprocess
import typing

MESSAGE = r"\| ([\d.]+) us CPU/connection life .* \| (\d+) B/connection"
STREAM = r"([\d.]+) us of CPU and (\d+) bytes per connection"
GIB = 1 << 30


class Row(typing.NamedTuple):
    """A row of the table: times in microseconds and bytes are of a connection, its life and both its ends."""

    name: str
    program: str
    arguments: tuple[str, ...]
    pattern: str
    anchor: tuple[float, float]
    reach: tuple[float, float]
    connections: int
    large: bool = False


# The anchors are of one quiet machine; what is to be reached follows from them.
ROWS = (
    Row("message, 10 000 nodes, 100 000 connections", "sim/message_scale", ("10000", "10"), MESSAGE,
        (40, 2700), (40 / 3, 1200), 100_000),
    Row("message, 100 000 nodes, 1 000 000 connections", "sim/message_scale", ("100000", "10"), MESSAGE,
        (78, 3100), (30, 1.5 * GIB / 1e6), 1_000_000, True),
    Row("message, 100 000 nodes, 4 000 000 connections", "sim/message_scale", ("100000", "40"), MESSAGE,
        (0, 0), (0, 0), 4_000_000, True),
    Row("stream, 1 000 nodes, 10 000 connections", "scenarios/stream_scale", ("1000", "10"), STREAM,
        (92, 9800), (55, 6000), 10_000),
)  # fmt: skip


def measured(bench: pathlib.Path, row: Row) -> tuple[float, float]:
    """Runs a benchmark once: microseconds and bytes for each connection."""
    environment = {name: value for name, value in os.environ.items() if name != "GLIBC_TUNABLES"}
    out = subprocess.run(
        [bench / row.program, *row.arguments], env=environment, capture_output=True, text=True, check=True
    ).stdout
    found = re.search(row.pattern, out)
    assert found, out
    return float(found[1]), float(found[2])


def least(of: list[tuple[float, float]]) -> tuple[float, float]:
    """The least time and the least memory."""
    return min(time for time, _ in of), min(size for _, size in of)


def verdict(here: tuple[float, float], there: tuple[float, float], row: Row) -> str:
    """One line: how far, and whether that is what was to be reached. `there`: what the anchor is now."""
    if not row.reach[0]:
        return "runs"
    times = there[0] / here[0]
    wanted = row.anchor[0] / row.reach[0]
    time = f"{times:.2f} x less time of {wanted:.2f} x"
    size = f"{here[1] / 1000:.2f} KB of {row.reach[1] / 1000:.2f} KB"
    missed = [name for name, ok in (("time", times >= wanted), ("memory", here[1] <= row.reach[1])) if not ok]
    return f"{time}, {size}: " + ("reached" if not missed else "missed in " + " and ".join(missed))


def show(row: Row, bench: pathlib.Path, base: pathlib.Path | None, runs: int) -> None:
    """Measures a row and prints it."""
    if row.large:
        runs = 1
    here, there = [], []
    for _ in range(runs):
        if base and row.reach[0]:
            there.append(measured(base, row))
        here.append(measured(bench, row))
    anchor = least(there) if there else row.anchor
    print(row.name)
    if row.anchor[0]:
        print(f"  0b66781, when measured first   {row.anchor[0]:6.1f} us {row.anchor[1]:8.0f} B")
        print(f"  to be reached                  {row.reach[0]:6.1f} us {row.reach[1]:8.0f} B")
    if there:
        print(f"  the other build, now           {anchor[0]:6.1f} us {anchor[1]:8.0f} B")
    print(f"  this build, now                {least(here)[0]:6.1f} us {least(here)[1]:8.0f} B")
    print(f"  verdict: {verdict(least(here), anchor, row)}", flush=True)


def show_packet(bench: pathlib.Path) -> None:
    """Nodes at packet beside bare sockets of ns-3, as packet_scale compares them."""
    out = subprocess.run(
        [bench / "packet/packet_scale", "10000", "10", "1"], capture_output=True, text=True, check=True
    ).stdout
    found = re.search(r"over bare sockets: ([\d.]+) x CPU, ([\d.]+) x memory", out)
    assert found, out
    time, memory = float(found[1]), float(found[2])
    print("packet, 10 000 nodes, 100 000 connections, beside bare sockets of ns-3")
    print("  0b66781, when measured first     1.66 x time  1.41 x memory")
    print("  to be reached                    1.30 x time  1.20 x memory")
    print(f"  this build, now                  {time:.2f} x time  {memory:.2f} x memory")
    print("  verdict: " + ("reached" if time <= 1.3 and memory <= 1.2 else "missed"), flush=True)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--base", type=pathlib.Path)
    parser.add_argument("--large", action="store_true")
    parser.add_argument("--runs", type=int, default=3)
    asked = parser.parse_args()
    bench = asked.build.resolve() / "tests/bench"
    base = asked.base.resolve() / "tests/bench" if asked.base else None
    for row in ROWS:
        if asked.large or not row.large:
            show(row, bench, base, asked.runs)
    if asked.large and (bench / "packet/packet_scale").exists():
        show_packet(bench)


if __name__ == "__main__":
    main()
