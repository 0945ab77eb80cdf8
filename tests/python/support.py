# SPDX-License-Identifier: MIT
"""What the tests of the package share. PYTHONPATH names build/PRESET/python, TANDEM_SCENARIOS the files."""

import concurrent.futures
import os
import pathlib

SCENARIOS = pathlib.Path(os.environ["TANDEM_SCENARIOS"])
PAIR = {
    "scenario": "pair",
    "levels": ["message", "stream"],
    "duration": "40s",
    "groups": {"server": {"listen": True}, "client": {}},
    "workload": [{"dial": {"from": "client", "to": "server"}}],
    "expectations": ["server.closed.IdleTimeout in [0, 1]", "client.icn_p2p_connections_established_total == 1"],
}
# Connected as soon as it runs: what is interrupted at once has something to keep.
LONG = {**PAIR, "duration": "10000000s", "sample_every": "1h", "expectations": [],
        "groups": {"server": {"listen": True}, "client": {"manager": {"start_spread": "0s"}}},
        "workload": [{"keep_connected": {"from": "client", "to": "server"}}]}


class Immediate:
    """The smallest executor."""

    def submit(self, function, *arguments):
        future = concurrent.futures.Future()
        future.set_result(function(*arguments))
        return future


class Dying(Immediate):
    """Loses every third cell once, as a pool whose worker was killed."""

    def __init__(self):
        self.seen = {}

    def submit(self, function, line):
        self.seen[line] = self.seen.get(line, 0) + 1
        if len(self.seen) % 3 == 0 and self.seen[line] == 1:
            future = concurrent.futures.Future()
            future.set_exception(RuntimeError("worker killed"))
            return future
        return super().submit(function, line)
