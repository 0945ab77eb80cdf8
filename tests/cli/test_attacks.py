# SPDX-License-Identifier: MIT
"""A real node under each attack that attacks.py knows, beside an honest peer that pings it.

After each: nobody keeps a permit, resident memory is where it was before, the honest peer was served all along. What its
pings took is printed (`pytest -s`). TANDEM_ATTACKS=100000 makes so many connections a stage; CI makes fewer.
"""

import os
import pathlib
import resource
import subprocess
import sys
import threading
import time

import pytest
from attacks import ATTACKS, connected
from hostile_peer import DATA, SYN, HostilePeer, frame, multistream
from support import PATIENCE, Node, scraped, skip_under_a_sanitizer, wait_until
from test_memory import MAX_MEMORY, MIB, memory

COUNT = int(os.environ.get("TANDEM_ATTACKS", "4000"))
# Beside what max_memory bounds: fragments of the heap, records of peers, of subnets and of bans.
BASE = 6 * MIB
COUNTS = {"drip": 300, "certificates": max(COUNT // 20, 60), "random_bytes": COUNT // 2, "too_long": COUNT // 2}


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
        self.over.set()
        self.thread.join()
        assert self.fault is None, f"the honest peer was cut off: {self.fault}"
        assert len(self.took) > 10
        return sorted(self.took)[len(self.took) * 99 // 100]


@pytest.fixture
def node():
    skip_under_a_sanitizer()
    # Pings are no use: the honest peer would be idle after 30 s of an attack.
    with Node("--listen", "127.0.0.1:0", "--metrics-port", "0", "--max-memory", str(MAX_MEMORY), "--handshake-timeout",
              "3s", "--connection-timeout", "1h", patience=1000) as node:
        node.port = int(node.line_with("listening on ").split("/")[4])
        node.metrics = int(node.line_with("metrics on ").split(":")[2].split("/")[0])
        # Somebody reads what it prints.
        threading.Thread(target=lambda: [None for _ in node.process.stdout], daemon=True).start()
        yield node


def attacked(port, name, count):
    """The attack from processes of its own, ended by then."""
    script = str(pathlib.Path(__file__).with_name("attacks.py"))
    subprocess.run([sys.executable, script, str(port), name, str(count)], check=True, timeout=800)


def nobody_but(active, metrics):
    """Whether all that came went again."""
    sample = scraped(metrics) or {}
    return sample.get("icn_p2p_active_connections") == active and sample["icn_p2p_pending_inbound"] == 0


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_leaves_nothing_behind_and_keeps_no_honest_peer_out(node, name):
    count = COUNTS.get(name, COUNT if name.startswith("dropped") else 50 * COUNT)
    honest = HonestPeer(node.port)
    attacked(node.port, name, count // 2)
    wait_until(lambda: nobody_but(1, node.metrics))
    warm = memory(node.process, "VmRSS")
    attacked(node.port, name, count - count // 2)
    wait_until(lambda: nobody_but(1, node.metrics))
    after, most = memory(node.process, "VmRSS"), memory(node.process, "VmHWM")
    slowest = honest.p99()
    print(f"{name}: {count}; resident {warm >> 10} KiB, then {after >> 10}, at most {most >> 10}; "
          f"honest p99 {slowest * 1e3:.1f} ms of {len(honest.took)}")
    assert after - warm < MIB // 4  # 131 bytes a connection would be seen
    assert most - min(warm, after) < MAX_MEMORY + BASE
    node.process.terminate()
    assert node.process.wait(timeout=PATIENCE) == 0


def test_silent_clients_of_the_metrics_leave_nothing_behind(node):
    """More than are served, each with half a request or none, and then gone."""
    honest = HonestPeer(node.port)

    def crowd():
        silent = [connected(node.metrics, number) for number in range(200)]
        for number, each in enumerate(silent):
            each.sendall(b"GET /peers HTTP/1.1\r\nHo" if number % 2 else b"")
        assert scraped(node.metrics)["icn_p2p_active_connections"] == 1
        for each in silent:
            each.close()

    crowd()
    warm = memory(node.process, "VmRSS")
    for _ in range(COUNT // 200):
        crowd()
    wait_until(lambda: scraped(node.metrics)["process_open_fds"] < 50)
    assert memory(node.process, "VmRSS") - warm < MIB // 4
    wait_until(lambda: len(honest.took) > 10)
    print(f"silent clients of metrics: honest p99 {honest.p99() * 1e3:.1f} ms")


def test_silent_peers_that_take_all_descriptors_keep_no_honest_one_out():
    skip_under_a_sanitizer()
    few = 96
    with Node("--listen", "127.0.0.1:0", "--metrics-port", "0", "--connection-timeout", "1h",
              preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (few, few))) as node:
        port = int(node.line_with("listening on ").split("/")[4])
        metrics = int(node.line_with("metrics on ").split(":")[2].split("/")[0])
        honest = HonestPeer(port)
        silent = [connected(port, number) for number in range(3 * few)]
        newcomer = HostilePeer(port)
        samples = scraped(metrics)
        assert samples["icn_p2p_active_connections"] == 2
        assert samples["process_open_fds"] > few * 3 // 4 and samples['icn_p2p_refusals_total{reason="PendingLimitReached"}']
        for each in silent:
            each.close()
        wait_until(lambda: nobody_but(2, metrics))
        wait_until(lambda: len(honest.took) > 10)
        print(f"descriptors out: honest p99 {honest.p99() * 1e3:.1f} ms")
        newcomer.socket.close()
        assert node.end()[0] == 0
