# SPDX-License-Identifier: MIT
"""Tandem's node beside nodes that others wrote: each peer dials it and is dialled, with every security both have.

Run by ci/interop, which builds the peers. PEERS names their programs: `rust=/path go=/path`; TANDEM the command. Each
peer prints one JSON object a line; see tests/interop/rust/src/main.rs.
"""
import json
import os
import queue
import re
import subprocess
import threading
import time

import pytest

TANDEM = os.environ["TANDEM"]
PEERS = dict(part.split("=", 1) for part in os.environ["PEERS"].split())
SECURITIES = ["tls", "noise", "plaintext"]
PATIENCE = 20


class Lines:
    """A program in the background, and what it prints."""

    def __init__(self, *command):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.seen = []
        self.queue = queue.Queue()
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        for line in self.process.stdout:
            self.queue.put(line.rstrip("\n"))
        self.queue.put(None)

    def first(self, wanted):
        """The first line from now on for which `wanted(line)` is true: what it returned."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            try:
                line = self.queue.get(timeout=max(0.01, end - time.monotonic()))
            except queue.Empty:
                break
            if line is None:
                break
            self.seen.append(line)
            if found := wanted(line):
                return found
        self.process.kill()
        raise AssertionError("not among:\n" + "\n".join(self.seen) + "\n" + self.process.stderr.read())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        try:
            self.process.wait(timeout=1)
        except subprocess.TimeoutExpired:
            self.process.terminate()
            try:
                self.process.wait(timeout=5)
            except subprocess.TimeoutExpired:
                self.process.kill()
        self.process.wait()


class Peer(Lines):
    def __init__(self, kind, security, *dial):
        super().__init__(PEERS[kind], security, *dial)

    def event(self, *names):
        def wanted(line):
            event = json.loads(line)
            return event if event["event"] in names else None

        return self.first(wanted)

    def address(self):
        me = self.event("self")["peer"]
        return f"{self.event('listening')['address']}/p2p/{me}"


class Node(Lines):
    def __init__(self, security, *arguments):
        super().__init__(TANDEM, "node", "--no-metrics", "--security", security, *arguments)

    def address(self):
        """Where it listens, with its id."""
        return self.first(lambda line: (m := re.search(r"/ip4/\S+/p2p/\S+", line)) and m[0])

    def says(self, text):
        return self.first(lambda line: text in line and line)


def peers_and_securities():
    return [pytest.param(kind, security, id=f"{kind}-{security}") for kind in PEERS for security in SECURITIES]


@pytest.mark.parametrize("kind, security", peers_and_securities())
def test_a_peer_dials_and_pings_us_and_asks_who_we_are(kind, security):
    with Node(security, "--listen", "127.0.0.1:0") as node:
        at = node.address()
        with Peer(kind, security, at) as peer:
            assert (said := peer.event("established", "dial_failed"))["event"] == "established", said
            seen = {}
            while not {"ping", "identified"} <= seen.keys():
                event = peer.event("ping", "identified", "closed", "ping_failed", "identify_failed")
                seen[event["event"]] = event
                assert not seen.keys() & {"closed", "ping_failed", "identify_failed"}, seen
            assert seen["identified"]["agent"].startswith("tandem/")
            assert "/ipfs/ping/1.0.0" in seen["identified"]["protocols"]
            assert "/ip4/127.0.0.1/tcp/" in seen["identified"]["observed"]


@pytest.mark.parametrize("kind, security", peers_and_securities())
def test_we_dial_a_peer_and_it_pings_us(kind, security):
    with Peer(kind, security) as peer:
        with Node(security, "--dial", peer.address()):
            assert (said := peer.event("established", "inbound_failed"))["event"] == "established", said
            assert (said := peer.event("ping", "ping_failed", "closed"))["event"] == "ping", said


@pytest.mark.parametrize("kind, security", peers_and_securities())
def test_a_peer_that_is_not_who_was_dialled_is_refused(kind, security):
    """By us when we dial, by the peer when it dials."""
    stranger = "12D3KooWK99VoVxNE7XzyBwXEzW7xhK7Gpv85r9F3V3fyKSUKPH5"
    with Peer(kind, security) as peer:
        at = peer.address().rsplit("/", 1)[0] + "/" + stranger
        with Node(security, "--once", "--dial", at) as node:
            node.says("WrongPeer")
    with Node(security, "--listen", "127.0.0.1:0") as node:
        at = node.address().rsplit("/", 1)[0] + "/" + stranger
        with Peer(kind, security, at) as peer:
            assert (said := peer.event("established", "dial_failed"))["event"] == "dial_failed", said


@pytest.mark.parametrize("kind", PEERS)
@pytest.mark.parametrize("ours, theirs", [("tls", "noise"), ("noise", "tls"), ("noise", "plaintext")])
def test_without_a_common_security_nobody_connects(kind, ours, theirs):
    with Node(ours, "--listen", "127.0.0.1:0") as node:
        with Peer(kind, theirs, node.address()) as peer:
            assert (said := peer.event("established", "dial_failed"))["event"] == "dial_failed", said
    with Peer(kind, theirs) as peer:
        with Node(ours, "--once", "--dial", peer.address()) as node:
            node.says("HandshakeFailed")


@pytest.mark.parametrize("kind", PEERS)
def test_the_best_of_several_is_taken(kind):
    for theirs in SECURITIES:
        with Node("tls,noise,plaintext", "--listen", "127.0.0.1:0") as node:
            with Peer(kind, theirs, node.address()) as peer:
                assert (said := peer.event("established", "dial_failed"))["event"] == "established", said
