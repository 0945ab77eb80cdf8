# SPDX-License-Identifier: MIT
"""What a run of many connections leaves behind."""

import os
import pathlib
import re
import subprocess

from support import TANDEM, skip_under_a_sanitizer

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
