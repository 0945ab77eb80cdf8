#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Prints how far the simulated levels scale: what was measured, beside what was so when these benchmarks were
first held against each other (commit 0b66781, the anchors) and what is to be reached, with a verdict a row.

    tests/bench/scale_table.py build/release [--base ../old/build/release] [--large] [--runs 3]

Processor time is of a connection's life, both its ends, from its dial to its idle end; memory is what a connection
adds at the most. Both builds run as they are, in one environment: the simulation asks for huge pages by itself, the
base never did, and no GLIBC_TUNABLES is passed on to either. Times of two machines say little about each other. With
--base, the benchmarks of another build run in turns with these, and a row is judged by the ratio of the least of
either; without, by the anchors as they stand. --large runs a million connections on two threads, four million, and ten
times as many at packet (1 to 11 GiB, minutes). Packet is judged beside bare sockets of ns-3 in the same program, with
and without --base. A row whose benchmark fails says so, the others go on, and the exit code is 1.
"""

import argparse
import functools
import os
import pathlib
import re
import subprocess
import sys
import typing

LIFE = r"\| ([\d.]+) us CPU/connection life.* \| (\d+) B/connection"
STREAM = r"([\d.]+) us of CPU and (\d+) bytes per connection"
MILLIONS = r"connections=(\d+) .* left=0 .*peak (\d+) MB, (\d+) threads, ([\d.]+) x real time"
PACKET = r"over bare sockets: ([\d.]+) x CPU, ([\d.]+) x memory"


class Bench(typing.NamedTuple):
    """The benchmarks of a build; `few`: with few nodes, to see that they still say what is read here."""

    folder: pathlib.Path
    few: bool


class Row(typing.NamedTuple):
    """A row of the table: times in microseconds and bytes are of a connection, its life and both its ends."""

    name: str
    program: str
    arguments: tuple[str, ...]
    pattern: str
    anchor: tuple[float, float]
    reach: tuple[float, float]


# The anchors are of one quiet machine; what is to be reached follows from them. The network of stream is to stay as it
# was, within the tenth by which runs differ.
ROWS = (
    Row("message, 10 000 nodes, 100 000 connections", "sim/message_scale", ("10000", "10"), LIFE,
        (40, 2700), (40 / 3, 1200)),
    Row("stream, 1 000 nodes, 10 000 connections", "scenarios/stream_scale", ("1000", "10"), STREAM,
        (92, 9800), (55, 6000)),
    Row("stream, the network alone, 1 000 nodes, 10 000 connections; libp2p's libsimulator takes 29 to 41 us",
        "sim/stream_bare", ("1000", "10"), LIFE, (7.7, 1580), (8.5, 1740)),
)  # fmt: skip


class Failed(Exception):
    """A benchmark that failed, or did not say what is read here."""


def said(bench: Bench, program: str, arguments: tuple[str, ...], pattern: str) -> list[float]:
    """Runs a benchmark once: the numbers that the pattern finds in what it says."""
    if bench.few:
        arguments = ("100", "5", *arguments[2:])
    environment = {name: value for name, value in os.environ.items() if name != "GLIBC_TUNABLES"}
    try:
        ran = subprocess.run([bench.folder / program, *arguments], env=environment, capture_output=True, text=True)
    except OSError as why:
        raise Failed(f"{program}: {why.strerror}") from why
    last = ((ran.stderr.strip() or ran.stdout.strip()).splitlines() or ["said nothing"])[-1]
    if ran.returncode != 0:
        raise Failed(f"{program} ended with {ran.returncode}: {last}")
    found = re.search(pattern, ran.stdout)
    if not found:
        raise Failed(f"{program} does not say what is read here: {last}")
    return [float(number) for number in found.groups()]


def measured(bench: Bench, row: Row) -> tuple[float, float]:
    """Microseconds and bytes for each connection of a row, once."""
    time, size = said(bench, row.program, row.arguments, row.pattern)
    return time, size


def least(of: list[tuple[float, float]]) -> tuple[float, float]:
    """The least time and the least memory."""
    return min(time for time, _ in of), min(size for _, size in of)


def judged(**missed: bool) -> str:
    """What a row's verdict ends with; each argument: whether that was missed."""
    names = [name for name, is_missed in missed.items() if is_missed]
    return "missed in " + " and ".join(names) if names else "reached"


def verdict(here: tuple[float, float], there: tuple[float, float], row: Row) -> str:
    """One line: how far, and whether that is what was to be reached. `there`: what the anchor is now."""
    times = there[0] / here[0]
    wanted = row.anchor[0] / row.reach[0]
    time = f"{times:.2f} x less time of {wanted:.2f} x"
    size = f"{here[1] / 1000:.2f} KB of {row.reach[1] / 1000:.2f} KB"
    return f"{time}, {size}: " + judged(time=times < wanted, memory=here[1] > row.reach[1])


def show(row: Row, bench: Bench, base: Bench | None, runs: int) -> None:
    """Measures a row and prints it."""
    print(row.name, flush=True)
    here, there = [], []
    for _ in range(runs):
        if base:
            there.append(measured(base, row))
        here.append(measured(bench, row))
    anchor = least(there) if there else row.anchor
    print(f"  0b66781, when measured first   {row.anchor[0]:6.1f} us {row.anchor[1]:8.0f} B")
    print(f"  to be reached                  {row.reach[0]:6.1f} us {row.reach[1]:8.0f} B")
    if there:
        print(f"  the other build, now           {anchor[0]:6.1f} us {anchor[1]:8.0f} B")
    print(f"  this build, now                {least(here)[0]:6.1f} us {least(here)[1]:8.0f} B")
    print(f"  verdict: {verdict(least(here), anchor, row)}", flush=True)


def show_million(bench: Bench | None, base: Bench | None) -> None:
    """A million connections on two threads; None: not run."""
    print("message, 100 000 nodes, 1 000 000 connections")
    print("  0b66781, when measured first   0.80 x real time on 1 thread, 3.10 GB")
    print("  to be reached                  4.00 x real time on 2 threads, 1.61 GB (1.5 GiB)")
    if not bench:
        print("  verdict: not run; --large runs it", flush=True)
        return
    if base:  # which has one thread, and says what a connection takes
        time, size = said(base, "sim/message_scale", ("100000", "10"), LIFE)
        print(f"  the other build, now           {60 / time:.2f} x real time on 1 thread, {size / 1000:.2f} KB each")
    _, peak, threads, speed = said(bench, "sim/message_scale", ("100000", "10", "2"), MILLIONS)
    print(f"  this build, now                {speed:.2f} x real time on {threads:.0f} threads, {peak / 1000:.2f} GB")
    print("  verdict: " + judged(time=speed < 4, memory=peak * 1e6 > 1.5 * 2**30), flush=True)


def show_four_million(bench: Bench | None) -> None:
    """Four million connections, each of which is to live and end; None: not run."""
    print("message, 100 000 nodes, 4 000 000 connections")
    print("  to be reached                  all of them live and end")
    if not bench:
        print("  verdict: not run; --large runs it", flush=True)
        return
    lived, peak, _, speed = said(bench, "sim/message_scale", ("100000", "40"), MILLIONS)
    print(f"  this build, now                {lived:.0f}, {speed:.2f} x real time on 1 thread, {peak / 1000:.2f} GB")
    print("  verdict: " + judged(number=lived < 4e6), flush=True)


def show_packet(bench: Bench, nodes: int, runs: int) -> None:
    """Nodes at packet beside bare sockets of ns-3, as packet_scale compares them."""
    print(f"packet, {nodes} nodes, {nodes * 10} connections, beside bare sockets of ns-3")
    print("  0b66781, when measured first     1.66 x time  1.41 x memory")
    print("  to be reached                    1.30 x time  1.20 x memory")
    if not (bench.folder / "packet/packet_scale").exists():
        print("  verdict: not run; this build has no ns-3", flush=True)
        return
    time, memory = said(bench, "packet/packet_scale", (str(nodes), "10", str(runs)), PACKET)
    print(f"  this build, now                  {time:.2f} x time  {memory:.2f} x memory")
    print("  verdict: " + judged(time=time > 1.3, memory=memory > 1.2), flush=True)


def table(bench: Bench, base: Bench | None, large: bool, runs: int) -> bool:
    """Prints all rows; whether none failed."""
    rows: list[typing.Callable[[], None]] = [functools.partial(show, row, bench, base, runs) for row in ROWS]
    rows += [
        lambda: show_million(bench if large else None, base),
        lambda: show_four_million(bench if large else None),
        lambda: show_packet(bench, 10_000 if large else 1000, runs),
    ]
    failed = 0
    for row in rows:
        try:
            row()
        except Failed as why:
            failed += 1
            print(f"  verdict: failed; {why}", flush=True)
    return failed == 0


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--base", type=pathlib.Path)
    parser.add_argument("--large", action="store_true")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--few", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    bench = Bench(asked.build.resolve() / "tests/bench", asked.few)
    base = Bench(asked.base.resolve() / "tests/bench", asked.few) if asked.base else None
    sys.exit(0 if table(bench, base, asked.large, asked.runs) else 1)


if __name__ == "__main__":
    main()
