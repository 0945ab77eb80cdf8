#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""How much of the cores a sweep of 1 000 message cells uses: its processor time, start and end included, over wall time
times cores. What other programs took meanwhile is said beside it.

  tests/bench/scenarios/sweep_cores.py [TANDEM]
"""

import os
import pathlib
import resource
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[3]
CORES = os.cpu_count()
SWEEPS = {"13 ms": ["global_limit", "--vary", "groups.server.manager.max_connections=64,128,192,256", "--seeds", "250"],
          "1 ms": ["per_peer_limit", "--seeds", "1000"]}


def busy():
    """Seconds of all cores so far, whoever used them."""
    fields = [int(field) for field in pathlib.Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
    return (sum(fields) - fields[3] - fields[4]) / os.sysconf("SC_CLK_TCK")


def own():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def measure(tandem, sweep):
    with tempfile.TemporaryDirectory() as folder:
        began, all_before, own_before = time.monotonic(), busy(), own()
        subprocess.run([tandem, "sweep", *sweep, "--level", "message", "--jobs", str(CORES), "--out", folder],
                       cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wall = time.monotonic() - began
    used = own() - own_before
    others = max(0, busy() - all_before - used)
    return wall, 100 * used / wall / CORES, 100 * others / wall / CORES


def main():
    tandem = sys.argv[1] if len(sys.argv) > 1 else ROOT / "build/release/tandem"
    print(f"{'1 000 cells of':16}{'wall':>8}{'of ' + str(CORES) + ' cores':>14}{'others':>10}")
    for cell, sweep in SWEEPS.items():
        wall, used, others = measure(tandem, sweep)
        print(f"{cell:16}{wall:6.1f} s{used:12.1f} %{others:8.1f} %", flush=True)


if __name__ == "__main__":
    main()
