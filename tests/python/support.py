# SPDX-License-Identifier: MIT
"""What the tests of the package share. PYTHONPATH names build/PRESET/python, TANDEM_SCENARIOS the files."""

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
