# SPDX-License-Identifier: MIT
"""Tandem's node beside nodes that others wrote: each peer dials it and is dialled, with every security both have.

Run by ci/interop, which builds the peers. PEERS names their programs: `rust=/path go=/path`; TANDEM is the command,
TANDEM_NODE the program interop_node. Each prints one JSON object a line and obeys lines; see
tests/interop/rust/src/main.rs. What is seen is the table of README.md; TABLE=write writes it there.
"""
import re
import signal
import time
import urllib.request

import pytest

from programs import PATIENCE, PEERS, Node, Peer
from table import SECURITIES


def peers_and_securities():
    return [pytest.param(kind, security, id=f"{kind}-{security}") for kind in PEERS for security in SECURITIES]


def case(sentence):
    """A row of the table, tried with every peer and security."""

    def mark(test):
        test = pytest.mark.case(sentence)(test)
        return pytest.mark.parametrize("kind, security", peers_and_securities())(test)

    return mark


@case("it dials us, pings us, and reads who we are")
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


@case("we dial it, and it pings us")
def test_we_dial_a_peer_and_it_pings_us(kind, security):
    with Peer(kind, security) as peer:
        with Node(security, "--dial", peer.address()):
            assert (said := peer.event("established", "inbound_failed"))["event"] == "established", said
            assert (said := peer.event("ping", "ping_failed", "closed"))["event"] == "ping", said


@case("we read who it is and where it sees us")
def test_we_ask_a_peer_who_it_is(kind, security):
    with Peer(kind, security, "--silent") as peer:
        at = peer.address()
        with Node(security, "--once", "--dial", at) as node:
            assert "sees us at /ip4/127.0.0.1/tcp/" in node.says("identified"), "asked without being told to"
        with Peer("tandem", security, at) as us:
            us.must("established", "dial_failed")
            us.told("identify")
            said = us.must("identified", "identify_failed", "closed")
            assert said["agent"] and said["observed"].startswith("/ip4/127.0.0.1/tcp/")
            assert {"/ipfs/id/1.0.0", "/tandem/interop/echo/1.0.0"} <= set(said["protocols"])


@case("we ping it")
def test_we_ping_a_peer(kind, security):
    with Peer(kind, security) as peer, Peer("tandem", security, peer.address()) as us:
        us.must("established", "dial_failed")
        for _ in range(3):
            us.told("ping")
            us.must("ping", "ping_failed", "closed")


def connected(kind, security, way):
    """A peer and our own, one of which dialled the other."""
    listening, dialling = (kind, "tandem") if way == "we dial" else ("tandem", kind)
    listener = Peer(listening, security, *(["--silent"] if listening != "tandem" else []))
    dialler = Peer(dialling, security, *(["--silent"] if dialling != "tandem" else []), listener.address())
    dialler.must("established", "dial_failed")
    listener.must("established")
    return (listener, dialler) if way == "we dial" else (dialler, listener)


@case("1 MiB each way through the windows of one stream, opened by it and by us")
@pytest.mark.parametrize("way", ["we dial", "it dials"])
def test_a_mebibyte_goes_through_one_stream_and_back(kind, security, way):
    peer, us = connected(kind, security, way)
    with peer, us:
        peer.echoes(1, 1 << 20)
        us.echoes(1, 1 << 20)


@case("100 streams at once, opened by it and by us")
def test_a_hundred_streams_at_once(kind, security):
    peer, us = connected(kind, security, "it dials")
    with peer, us:
        peer.echoes(100, 4096)
        us.echoes(100, 4096)


@case("it sees our limit as a closed connection, and we see its limit")
def test_limits_are_seen_from_the_other_side(kind, security):
    with Node(security, "--listen", "127.0.0.1:0", "--max-inbound-connections", "1") as node:
        at = node.address()
        with Peer(kind, security, at) as first:
            first.must("established", "dial_failed")
            with Peer(kind, security, at) as second:
                second.event("closed", "dial_failed")
                node.says("LimitReached")
            first.event("ping")
    with Peer(kind, security, "--limit", "1") as peer:
        at = peer.address()
        with Node(security, "--dial", at) as first:
            first.says("connection_established")
            peer.must("established")
            with Node(security, "--once", "--dial", at) as second:
                second.says("dial_failed", "connection_closed")
            peer.event("ping")


@case("it sees us close when the connection is idle")
def test_an_idle_connection_is_closed(kind, security):
    with Node(security, "--listen", "127.0.0.1:0", "--connection-timeout", "1s") as node:
        with Peer(kind, security, "--silent", node.address()) as peer:
            peer.must("established", "dial_failed")
            node.says("IdleTimeout")
            peer.event("closed")


@case("either says goodbye, and the connection ends at the other")
def test_a_goodbye_is_heard(kind, security):
    with Node(security, "--listen", "127.0.0.1:0") as node:
        at = node.address()
        with Peer(kind, security, at) as peer:
            peer.must("established", "dial_failed")
            peer.told("close")
            said = node.says("connection_closed")
            assert "RemoteClosed" in said or "Reset" in said, "go resets; js ends TLS without a word"
        with Peer(kind, security, at) as peer:
            peer.must("established", "dial_failed")
            node.says("connection_established")
            node.process.send_signal(signal.SIGTERM)
            peer.event("closed")
            assert node.process.wait(timeout=PATIENCE) == 0


@case("both dial each other at once, and stay connected")
def test_both_dial_each_other_at_once(kind, security):
    with Peer(kind, security, "--silent") as peer, Peer("tandem", security) as us:
        there, here = peer.address(), us.address()
        peer.told(f"dial {here}")
        us.told(f"dial {there}")
        peer.must("established")
        us.must("established")
        time.sleep(0.5)  # for a connection too many to be closed
        peer.echoes(1, 1000)
        us.echoes(1, 1000)


@case("a quiet connection is kept by probes that it answers")
def test_a_quiet_connection_is_kept(kind, security):
    with Peer(kind, security, "--silent") as peer:
        probing = ["--liveness-interval", "500ms", "--liveness-timeout", "1s"]
        with Node(security, "--no-identify", *probing, "--dial", peer.address()) as node:
            metrics = node.metrics()
            node.says("connection_established")
            time.sleep(3)
            text = urllib.request.urlopen(metrics, timeout=PATIENCE).read().decode()
            assert float(re.search(r"^icn_p2p_round_trip_seconds_count (\S+)", text, re.M)[1]) >= 4
            assert re.search(r"^icn_p2p_active_connections (\S+)", text, re.M)[1] == "1"


@case("either refuses somebody else than was dialled")
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


@pytest.mark.case("without a common security nobody connects, and both say so")
@pytest.mark.parametrize("kind", PEERS)
@pytest.mark.parametrize("ours, theirs", [("tls", "noise"), ("noise", "tls"), ("noise", "plaintext")])
def test_without_a_common_security_nobody_connects(kind, ours, theirs):
    with Node(ours, "--listen", "127.0.0.1:0") as node:
        with Peer(kind, theirs, node.address()) as peer:
            assert (said := peer.event("established", "dial_failed"))["event"] == "dial_failed", said
    with Peer(kind, theirs) as peer:
        with Node(ours, "--once", "--dial", peer.address()) as node:
            node.says("HandshakeFailed")


@pytest.mark.case("of several securities of ours the one that it has is taken")
@pytest.mark.parametrize("kind", PEERS)
def test_of_several_the_one_that_the_peer_has_is_taken(kind):
    for theirs in SECURITIES:
        with Node("tls,noise,plaintext", "--listen", "127.0.0.1:0") as node:
            with Peer(kind, theirs, node.address()) as peer:
                assert (said := peer.event("established", "dial_failed"))["event"] == "established", said
