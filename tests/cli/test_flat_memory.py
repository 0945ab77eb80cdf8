# SPDX-License-Identifier: MIT
"""What a run of many connections leaves behind, and a worker of many cells."""

import json
import os
import pathlib
import re
import subprocess

import pytest

from support import TANDEM, skip_under_a_sanitizer
from test_memory import memory

SCENARIO = pathlib.Path(__file__).parents[2] / "scenarios" / "connect_and_drop.yaml"
MIB = 1 << 20


def peak_memory(rounds, tmp_path):
    """The most that the command had in memory at once, in bytes; everything must hold."""
    out = tmp_path / "out"
    with out.open("w") as to:
        process = subprocess.Popen(
            [TANDEM, "run", str(SCENARIO), "--level", "stream", "--no-events", "--set",
             f"parameters.rounds={rounds}"], stdout=to, stderr=subprocess.STDOUT)  # fmt: skip
        _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, out.read_text()
    assert re.search(rf"server.arrivals == {40 * rounds} .* ok ", out.read_text())
    return usage.ru_maxrss * 1024


def test_100_000_dropped_connections_leave_no_counter_and_no_memory_behind(tmp_path):
    skip_under_a_sanitizer()
    few = peak_memory(250, tmp_path)
    assert peak_memory(2500, tmp_path) < few + 2 * MIB


# What a packet cell can leave behind: routers with queues and cross traffic, packets on their way, connections that
# nobody ends, dials that never will, and what waits for a timer of TCP.
PACKETS = """\
scenario: packets
levels: [packet]
duration: 3s
network:
  topology: dumbbell
  bottleneck: {bandwidth: 4Mbit/s, latency: 5ms, queue: {red: 100ms}}
  cross_traffic:
    - bulk: {from: left, to: right, at: 2s}
groups:
  server: {listen: true, router: left, manager: {max_connections: 4}}
  gone: {listen: true, router: left, behaviour: {silent: true}}
  callers: {count: 6, router: right, link: {loss: 2%}}
workload:
  - dial: {from: callers, to: server}
  - kill: {group: gone, at: 500ms}
  - dial: {from: callers, to: gone, at: 1s}
  - send: {from: callers, to: server, at: 1s, every: 300ms, bytes: 3000}
"""


def test_a_worker_of_packets_is_as_large_after_many_cells_as_after_a_few(tmp_path):
    skip_under_a_sanitizer()
    file = tmp_path / "packets.yaml"
    file.write_text(PACKETS)
    resident = []
    with subprocess.Popen([TANDEM, "cell-worker"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as worker:
        for seed in range(1, 121):
            cell = {"file": str(file), "sets": [], "level": "packet", "seed": seed, "also": [], "key": ""}
            print(json.dumps(cell), file=worker.stdin, flush=True)
            told = json.loads(worker.stdout.readline().partition(" ")[2])
            if "no ns-3" in told["broke"]:
                pytest.skip("this build has no ns-3")
            assert told["broke"] == "" and told["verdict"] != "failed", told
            resident.append(memory(worker, "VmRSS"))
        worker.stdin.close()
    # Peaks differ by some pages; a KiB that each cell left would be 100.
    assert max(resident[-20:]) < max(resident[:20]) + 60 * 1024
