# SPDX-License-Identifier: MIT
"""What the tests of the command share."""

import os
import subprocess

TANDEM = os.environ["TANDEM_COMMAND"]

SMALL = """\
scenario: small
duration: 1s
levels: [message, stream, loopback]
groups:
  server: {count: 1, listen: true, manager: {max_connections: 1, max_connections_per_peer: 1}}
  dialers: {count: 2}
workload:
  - dial: {from: dialers, to: server, at: 100ms, arrivals: {every: 200ms}}
expectations:
  - server.icn_p2p_active_connections == 1
  - server.refusals.LimitReached == 1
"""


def tandem(*args, cwd=None):
    return subprocess.run([TANDEM, *args], capture_output=True, text=True, timeout=120, cwd=cwd)


def assert_one_clear_line(result, *parts):
    assert result.returncode == 2, result
    assert result.stdout == ""
    lines = result.stderr.splitlines()
    assert len(lines) == 1, result.stderr
    assert lines[0].startswith("tandem: ")
    for part in parts:
        assert part in lines[0]
