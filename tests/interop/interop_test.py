# SPDX-License-Identifier: MIT
"""Tandem's node beside nodes that others wrote: each peer dials it and is dialled, with every security both have.

Run by ci/interop, which builds the peers. PEERS names their programs: `rust=/path go=/path`; TANDEM is the command,
TANDEM_NODE the program interop_node. Each prints one JSON object a line and obeys lines; see
tests/interop/rust/src/main.rs. What is seen is the table of README.md; TABLE=write writes it there.
"""
import json
import re
import signal
import time
import urllib.request

import pytest

from programs import PATIENCE, PEERS, Between, Node, Peer
from reasons import NA, no_common_security, wrong_peer
from table import PEERS as ALL
from table import SECURITIES


def tried(kind, *values):
    """A peer, with what else a case is tried with; skipped, and counted as that, when it was not built."""
    missing = [] if kind in PEERS else [pytest.mark.skip(reason=f"no toolchain for {kind}-libp2p")]
    return pytest.param(kind, *values, id="-".join([kind, *values]), marks=missing)


def peers_and_securities():
    return [tried(kind, security) for kind in ALL for security in SECURITIES]


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


CODES = {"ShuttingDown": 0x1006, "Duplicate": 0x1008, "InboundLimitReached": 0x100A, "IdleTimeout": 0x1101}


def assert_told(kind, closed, cause):
    """That the peer heard our GoAway. go and js tell its code; rust only that yamux ended, and not TCP before it.
    Returns for how long we asked to be left alone, in seconds."""
    if kind == "rust":
        assert closed["cause"] == "Some(IO(Custom { kind: Other, error: Error(Closed) }))"
        return None
    assert closed["code"] & 0xFFFF == CODES[cause], closed
    return (closed["code"] >> 16) / 10


def cause_in(line, what):
    """Of a line of the node's: the cause that follows what happened, a peer, and so on."""
    return re.search(rf" {what} .* ([A-Z][A-Za-z]+)(\{{.*)?$", line)[1]


@case("it sees our limit as a closed connection, and we see its limit")
def test_limits_are_seen_from_the_other_side(kind, security):
    with Node(security, "--listen", "127.0.0.1:0", "--max-inbound-connections", "1") as node:
        at = node.address()
        with Peer(kind, security, at) as first:
            first.must("established", "dial_failed")
            with Peer(kind, security, at) as second:
                second.must("established", "dial_failed")
                assert_told(kind, second.event("closed"), "InboundLimitReached")
                node.says("InboundLimitReached{limit: 1, current: 1}")
            first.must("ping", "closed")
    with Peer(kind, security, "--limit", "1") as peer:
        at = peer.address()
        with Node(security, "--dial", at) as first:
            first.says("connection_established")
            peer.must("established")
            with Node(security, "--once", "--dial", at) as second:
                # None of them says why. js resets; the others close, which resets when we had said something.
                why = cause_in(second.says("dial_failed", "connection_"), "dial_failed")
                assert why in {"js": ["Reset"]}.get(kind, ["RemoteClosed", "Reset"])
            if kind == "rust":
                assert re.search("Exceeded.*EstablishedIncoming", peer.event("inbound_failed")["error"])
            peer.must("ping", "established", "closed")


@case("it sees us close when the connection is idle")
def test_an_idle_connection_is_closed(kind, security):
    with Node(security, "--listen", "127.0.0.1:0", "--connection-timeout", "1s") as node:
        with Peer(kind, security, "--silent", node.address()) as peer:
            peer.must("established", "dial_failed")
            node.says("IdleTimeout")
            assert_told(kind, peer.event("closed"), "IdleTimeout")


@case("either says goodbye, and the connection ends at the other")
def test_a_goodbye_is_heard(kind, security):
    with Node(security, "--listen", "127.0.0.1:0") as node:
        at = node.address()
        with Peer(kind, security, "--silent", at) as peer:
            peer.must("identified", "dial_failed")
            peer.told("close")
            # go says why; rust and js say yamux's normal end, js over TLS when its socket may be closed already.
            said = {"go": ["ShuttingDown"], "rust": ["RemoteClosed"], "js": ["RemoteClosed"]}[kind]
            if (kind, security) == ("js", "tls"):
                said.append("Reset")
            assert cause_in(node.says("connection_closed"), "connection_closed") in said
        with Peer(kind, security, at) as peer:
            peer.must("established", "dial_failed")
            node.says("connection_established")
            node.process.send_signal(signal.SIGTERM)
            away = assert_told(kind, peer.event("closed"), "ShuttingDown")
            assert away is None or 15 <= away <= 30
            assert node.process.wait(timeout=PATIENCE) == 0


def id_in(address):
    return address.rsplit("/", 1)[1]


def ours_beside(security, theirs, greater):
    """Our own peer, and where it is; its id is greater than theirs, or less."""
    while True:
        us = Peer("tandem", security)
        at = us.address()
        # All are of one length, and base58's letters are in the order of ASCII: as the bytes compare.
        if (id_in(at) > theirs) == greater:
            return us, at
        with us:
            pass


@case("both dial each other at once, and one connection stays")
@pytest.mark.parametrize("kept", ["ours", "theirs"])
def test_both_dial_each_other_at_once(kind, security, kept):
    """The one that the greater id dialled. Both are connected before either end hears anything of the other."""
    with Peer(kind, security, "--silent") as peer:
        there = peer.address()
        us, here = ours_beside(security, id_in(there), kept == "ours")
        with us, Between(here, held=True) as to_us, Between(there, held=True) as to_peer:
            peer.told(f"dial {to_us.address}")
            us.told(f"dial {to_peer.address}")
            assert to_us.arrived.wait(PATIENCE) and to_peer.arrived.wait(PATIENCE)
            to_us.passing.set()
            if kept == "ours":
                assert us.must("refused", "established")["cause"] == "Duplicate"
                peer.must("established", "dial_failed")
                assert_told(kind, peer.event("closed"), "Duplicate")
                to_peer.passing.set()
                assert us.must("established")["dialer"] and not peer.must("established")["dialer"]
            else:
                assert not us.must("established", "refused")["dialer"] and peer.must("established")["dialer"]
                to_peer.passing.set()
                assert to_peer.left.wait(PATIENCE), "we took our own dial back"
            peer.echoes(1, 1000)
            us.echoes(1, 1000)
            for each in peer, us:
                told = [json.loads(line)["event"] for line in each.seen]
                assert told.count("established") - told.count("closed") == 1, told


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
    stranger = "12D3KooWK99VoVxNE7XzyBwXEzW7xhK7Gpv85r9F3V3fyKSUKPH5"
    with Peer(kind, security) as peer:
        at = peer.address().rsplit("/", 1)[0] + "/" + stranger
        with Node(security, "--once", "--dial", at) as node:
            assert cause_in(node.says("dial_failed", "connection_"), "dial_failed") == "WrongPeer"
    with Node(security, "--listen", "127.0.0.1:0") as node:
        address, there = node.address().rsplit("/", 1)
        with Peer(kind, security, f"{address}/{stranger}") as peer:
            said = peer.must("dial_failed", "established")
            assert re.search(wrong_peer(kind, security, stranger, there), said["error"])


@pytest.mark.case("without a common security nobody connects, and both say so")
@pytest.mark.parametrize("kind", [tried(kind) for kind in ALL])
@pytest.mark.parametrize("ours, theirs", [("tls", "noise"), ("noise", "tls"), ("noise", "plaintext")])
def test_without_a_common_security_nobody_connects(kind, ours, theirs):
    with Node(ours, "--listen", "127.0.0.1:0") as node:
        with Peer(kind, theirs, node.address()) as peer:
            said = peer.must("dial_failed", "established")
            assert re.search(no_common_security(kind, theirs), said["error"])
    with Peer(kind, theirs) as peer, Between(peer.address()) as between:
        with Node(ours, "--once", "--dial", between.address) as node:
            assert cause_in(node.says("dial_failed", "connection_"), "dial_failed") == "HandshakeFailed"
        assert between.answer == NA


def taken(kind, ours, theirs, way):
    """The security that the bytes between name, when either end says that it is connected."""
    if way == "we dial":
        with Peer(kind, theirs) as peer, Between(peer.address()) as between, Node(ours, "--dial", between.address) as node:
            node.says("connection_established")
            peer.must("established", "inbound_failed")
            return between.security()
    with Node(ours, "--listen", "127.0.0.1:0") as node, Between(node.address()) as between:
        with Peer(kind, theirs, between.address) as peer:
            peer.must("established", "dial_failed")
            node.says("connection_established")
            return between.security()


@pytest.mark.case("of several securities of ours the one that it has is taken")
@pytest.mark.parametrize("kind", [tried(kind) for kind in ALL])
@pytest.mark.parametrize("way", ["we dial", "it dials"])
def test_of_several_the_one_that_the_peer_has_is_taken(kind, way):
    for theirs in SECURITIES:
        assert taken(kind, "tls,noise,plaintext", theirs, way) == theirs


@pytest.mark.case("of several that both have the one that the dialling end prefers is taken")
@pytest.mark.parametrize("kind", [tried(kind) for kind in ALL])
@pytest.mark.parametrize("way, preferred", [("we dial", "tls"), ("it dials", "noise")])
def test_of_several_that_both_have_the_first_of_the_diallers_is_taken(kind, way, preferred):
    assert taken(kind, "tls,noise", "noise,tls", way) == preferred
