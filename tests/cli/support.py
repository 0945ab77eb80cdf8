# SPDX-License-Identifier: MIT
"""What the tests of the command share."""

import os
import signal
import subprocess
import threading

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


class Node:
    """A `tandem node` in the background."""

    def __init__(self, *args):
        self.process = subprocess.Popen([TANDEM, "node", "--allow-plaintext", *args],
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

        # Whoever waits for a line that never comes is told so, not hung.
        self.watchdog = threading.Timer(60, self.process.kill)
        self.watchdog.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.watchdog.cancel()
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()

    def line_with(self, part):
        for line in self.process.stdout:
            if part in line:
                return line.strip()
        raise AssertionError(f"no line with {part!r}: {self.process.stderr.read()}")

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        out, err = self.process.communicate(timeout=10)
        return self.process.returncode, out, err
