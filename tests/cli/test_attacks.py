# SPDX-License-Identifier: MIT
"""A real node under each attack that attacks.py knows, beside an honest peer that pings it.

After each: it came as far as it should, nobody keeps a permit, resident memory is where it was before, the honest peer
was served all along. How many there were, memory and what the honest one's pings took are printed (`pytest -s`) and are
a row each of attacks.md in the folder TANDEM_REPORTS. TANDEM_ATTACKS=100000 makes so many connections a stage; CI makes
fewer.
"""

import collections
import contextlib
import functools
import json
import os
import pathlib
import re
import resource
import subprocess
import sys
import threading
import time

import pytest
from attacks import ATTACKS, DROPPED, DROPPED_SECURED
from floods import FLOODS, SECURED_FLOODS
from hostile_peer import DATA, SYN, HostilePeer, frame, multistream
from strangers import connected
from support import PATIENCE, Node, free_port, full_pipe, scraped, skip_under_a_sanitizer, wait_until
from test_memory import MAX_MEMORY, MIB, memory

COUNT = int(os.environ.get("TANDEM_ATTACKS", "4000"))
# Beside what max_memory bounds: fragments of the heap, records of peers, of subnets and of bans.
BASE = 6 * MIB
# Each secured stranger costs the attacker a handshake as well: CI makes a tenth of them, and 100 000 are that many.
SECURED = COUNT if COUNT >= 100_000 else COUNT // 10
COUNTS = dict.fromkeys(DROPPED, COUNT) | dict.fromkeys(DROPPED_SECURED, SECURED)
COUNTS |= dict.fromkeys(FLOODS, 50 * COUNT) | dict.fromkeys(SECURED_FLOODS, 10 * COUNT)  # frames
# Whom the node leaves alone is counted for its metrics, of 4096 at most: half of dropped_authenticated fills that.
COUNTS |= {"dropped_authenticated": max(COUNT, 14_000), "drip": 300, "random_bytes": COUNT // 2,
           "too_long": COUNT // 2, "too_long_over_tls": COUNT // 20, "too_long_over_noise": COUNT // 20,
           "certificates": max(COUNT // 20, 60)}


class HonestPeer:
    """Pings the node from a thread of its own, up to 200 times a second."""

    def __init__(self, port):
        self.peer = HostilePeer(port)
        hello = multistream("/ipfs/ping/1.0.0")
        self.peer.send(frame(DATA, SYN, 1, len(hello), hello))
        self.answered(len(hello))
        self.took, self.fault, self.over = [], None, threading.Event()
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def answered(self, size):
        while size > 0:
            kind, length = (header := self.peer.read(12))[1], int.from_bytes(header[8:], "big")
            if kind == DATA:
                size -= len(self.peer.read(length))

    def run(self):
        try:
            while not self.over.wait(0.005):
                began = time.monotonic()
                self.peer.socket.sendall(frame(DATA, 0, 1, 32, os.urandom(32)))
                self.answered(32)
                self.took.append(time.monotonic() - began)
                if len(self.took) % 100 == 0:  # its window is opened again
                    self.peer.socket.sendall(frame(1, 0, 1, 3200))
        except OSError as error:
            self.fault = error

    def p99(self):
        """In seconds; it goes then."""
        wait_until(lambda: len(self.took) > 10 or self.fault)
        self.over.set()
        self.thread.join()
        self.peer.socket.close()
        assert self.fault is None, f"the honest peer was cut off: {self.fault}"
        return sorted(self.took)[len(self.took) * 99 // 100]


@pytest.fixture(scope="module")
def row():
    """Prints what was measured, and writes it where reports go."""
    folder, rows = os.environ.get("TANDEM_REPORTS"), []

    def add(name, count, connections, resident, honest):
        memories = " | ".join(str(each >> 10) for each in resident)
        slowest = honest.p99()
        rows.append(f"| {name} | {count} | {connections} | {memories} | {len(honest.took)} | {slowest * 1e3:.1f} |")
        print(rows[-1])
        if folder:
            pathlib.Path(folder, "attacks.md").write_text("\n".join([HEAD, *rows]) + "\n")

    return add


HEAD = """\
| attack | count | connections | resident before, KiB | after half | after all | at most | honest pings | p99, ms |
|---|---|---|---|---|---|---|---|---|"""


@contextlib.contextmanager
def attackable(*options, **popen):
    """A node, its port and that of its metrics. So few peers are remembered that CI's few fill the table."""
    skip_under_a_sanitizer()
    port, metrics = free_port(), free_port()
    # Pings are no use: the honest peer would be idle after 30 s of an attack.
    with Node("--listen", f"127.0.0.1:{port}", "--metrics-port", str(metrics), "--connection-timeout", "1h",
              *options, patience=7200, **popen) as node:
        node.port, node.metrics = port, metrics
        wait_until(lambda: scraped(metrics))
        yield node


BOUNDED = ["--max-memory", str(MAX_MEMORY), "--handshake-timeout", "3s", "--max-remembered-peers", "512"]


@pytest.fixture
def node():
    with attackable(*BOUNDED, stdout=subprocess.DEVNULL) as node:
        yield node


def attacked(port, name, count):
    """What the attack did, from processes of its own, ended by then: several where each stranger costs them much."""
    script = str(pathlib.Path(__file__).with_name("attacks.py"))
    many = 3 if name in DROPPED_SECURED and count >= 30_000 else 1
    attackers = [subprocess.Popen([sys.executable, script, str(port), name, str(count // many + (each < count % many))],
                                  stdout=subprocess.PIPE) for each in range(many)]
    told = [attacker.communicate(timeout=3600)[0] for attacker in attackers]
    assert not any(attacker.returncode for attacker in attackers), f"{name} did not get where it should: {told}"
    return sum(map(collections.Counter, map(json.loads, told)), collections.Counter())


def nobody_but(active, metrics):
    """The samples, once all that came went again and gave their permits back."""
    sample = scraped(metrics) or {}
    idle = sample.get("icn_p2p_active_connections") == active and sample["icn_p2p_pending_inbound"] == 0
    return sample if idle and sample["icn_p2p_permits_live"] == active else None


def assert_it_withstands(node, name, count, row, called=None):
    """The attack twice: what the second half adds to memory, and what the honest peer noticed."""
    honest = HonestPeer(node.port)
    before = memory(node.process, "VmRSS")
    tally = attacked(node.port, name, count // 2)
    wait_until(lambda: nobody_but(1, node.metrics))
    warm = memory(node.process, "VmRSS")
    tally += attacked(node.port, name, count - count // 2)
    sample = wait_until(lambda: nobody_but(1, node.metrics))
    after, most = memory(node.process, "VmRSS"), memory(node.process, "VmHWM")
    row(called or name, count, tally["connections"], (before, warm, after, most), honest)
    assert sample['icn_p2p_refusals_total{reason="BackingOff"}'] == 0
    assert sample["icn_p2p_connections_established_total"] == 1 + tally["established"]
    assert after - warm < MIB // 4  # with 4000 connections, 131 bytes of one would be seen
    assert most - before < MAX_MEMORY + BASE
    wait_until(lambda: nobody_but(0, node.metrics))


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_leaves_nothing_behind_and_keeps_no_honest_peer_out(node, name, row):
    assert_it_withstands(node, name, COUNTS[name], row)
    node.process.terminate()
    assert node.process.wait(timeout=PATIENCE) == 0


def test_an_attack_on_a_node_whose_output_nobody_reads_leaves_nothing_behind_either(row):
    """What is said of each connection goes where there is room, and is counted where there is none."""
    with full_pipe() as writer, attackable(*BOUNDED, stdout=writer) as node:
        assert_it_withstands(node, "dropped_ready", COUNT, row, "dropped_ready, output unread")
        left_out = scraped(node.metrics)["icn_p2p_log_lines_left_out_total"]
        code, _, errors = node.end()
        assert code == 0
        lost = int(re.fullmatch(r"tandem: (\d+) lines of output lost: nobody read them in time\n", errors)[1])
        assert left_out > 0 and lost > 0
        assert left_out + lost >= 2 * COUNT  # that it was established, that it was closed


def test_silent_clients_of_the_metrics_leave_nothing_behind(node, row):
    """More than are served, each with half a request or none, and then gone."""
    honest = HonestPeer(node.port)

    def crowd():
        silent = [connected(node.metrics, number) for number in range(200)]
        for number, each in enumerate(silent):
            each.sendall(b"GET /peers HTTP/1.1\r\nHo" if number % 2 else b"")
        assert scraped(node.metrics)["icn_p2p_active_connections"] == 1
        for each in silent:
            each.close()

    before = memory(node.process, "VmRSS")
    crowd()
    warm = memory(node.process, "VmRSS")
    for _ in range(COUNT // 200):
        crowd()
    wait_until(lambda: scraped(node.metrics)["process_open_fds"] < 50)
    after, most = memory(node.process, "VmRSS"), memory(node.process, "VmHWM")
    row("silent clients of the metrics", 200 + COUNT, 200 + COUNT, (before, warm, after, most), honest)
    assert after - warm < MIB // 4
    assert most - before < BASE
    wait_until(lambda: nobody_but(0, node.metrics))


def test_silent_peers_that_take_all_descriptors_keep_no_honest_one_out(row):
    few = 96
    limit = functools.partial(resource.setrlimit, resource.RLIMIT_NOFILE, (few, few))
    with attackable(stdout=subprocess.DEVNULL, preexec_fn=limit) as node:
        honest = HonestPeer(node.port)

        def crowd():
            """They, and one who comes then and is served."""
            silent = [connected(node.port, number) for number in range(3 * few)]
            newcomer = HostilePeer(node.port)
            sample = scraped(node.metrics)
            assert sample["icn_p2p_active_connections"] == 2
            assert sample["process_open_fds"] > few * 3 // 4
            for each in silent:
                each.close()
            newcomer.socket.close()
            wait_until(lambda: nobody_but(1, node.metrics))

        before = memory(node.process, "VmRSS")
        crowd()
        warm = memory(node.process, "VmRSS")
        for _ in range(COUNT // 400):
            crowd()
        assert scraped(node.metrics)['icn_p2p_refusals_total{reason="PendingLimitReached"}'] > 0
        after, most = memory(node.process, "VmRSS"), memory(node.process, "VmHWM")
        count = 3 * few * (1 + COUNT // 400)
        row("descriptors out", count, count, (before, warm, after, most), honest)
        assert after - warm < MIB // 4
        assert most - before < BASE
        wait_until(lambda: nobody_but(0, node.metrics))
        assert node.end()[0] == 0
