# SPDX-License-Identifier: MIT
"""What ci/verify asks of real nodes."""

import pathlib
import re
import signal
import subprocess
import time
import urllib.request

TANDEM = pathlib.Path(__file__).resolve().parents[2] / "build/release/tandem"


class Node:
    """A `tandem node` with metrics on a free port of loopback."""

    def __init__(self, *args):
        self.process = subprocess.Popen(
            [TANDEM, "node", "--allow-plaintext", "--metrics-port", "0", *args], stdout=subprocess.PIPE, text=True)
        self.lines = []
        self.metrics_at = self.line(r"metrics on (\S+)")

    def line(self, pattern):
        for line in iter(self.process.stdout.readline, ""):
            self.lines.append(line)
            if found := re.search(pattern, line):
                return found[1]
        raise RuntimeError("tandem node ended before it said " + pattern)

    def address(self):
        return next(found[1] for line in self.lines if (found := re.match(r"listening on (\S+)", line)))

    def metrics(self):
        page = urllib.request.urlopen(self.metrics_at, timeout=10).read().decode()
        return {name: float(value) for name, value in re.findall(r"^icn_p2p_(\w+) (\S+)$", page, re.M)}

    def wait_for(self, **wanted):
        for _ in range(200):
            now = self.metrics()
            if all(now.get(name) == value for name, value in wanted.items()):
                return now
            time.sleep(0.05)
        return now

    @staticmethod
    def agree_on_bytes(one, other):
        """Whether each has received, once nothing is under way, what the other has sent."""
        def sent_and_received():
            a, b = one.metrics(), other.metrics()
            return (a["bytes_sent_total"], a["bytes_received_total"]), (b["bytes_received_total"], b["bytes_sent_total"])

        for _ in range(200):
            a, b = sent_and_received()
            if a == b and min(a) > 0:
                return True
            time.sleep(0.05)
        return False

    def end(self):
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        self.process.communicate(timeout=30)
        return time.monotonic() - began
