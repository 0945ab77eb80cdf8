# SPDX-License-Identifier: MIT
"""Peers dialled by name, with a name server of ours on loopback."""

import contextlib
import json
import re
import socket

import pytest
from name_server import name_server
from support import Node, assert_one_clear_line, free_port, scraped, tandem, wait_until


@contextlib.contextmanager
def listening():
    """A node, its port and its id."""
    with Node("--listen", "127.0.0.1:0", "--no-metrics") as node:
        *_, port, _, peer = node.line_with("listening on ").split("/")
        yield port, peer


def test_localhost_is_dialled_by_its_name():
    with listening() as (port, peer):
        said = tandem("dial", f"/dns4/localhost/tcp/{port}/p2p/{peer}")
        assert said.returncode == 0 and f"peer       {peer}\n" in said.stdout
        assert " ms  name\n" in said.stdout


def test_a_name_of_both_families_leads_to_who_is_there():
    rows = {("peer.test", "A"): ["127.0.0.1"], ("peer.test", "AAAA"): ["::1"]}
    with listening() as (port, peer), name_server(rows) as (at, server):
        said = tandem("dial", f"/dns/peer.test/tcp/{port}", "--dns", at, "--json")
        assert json.loads(said.stdout)["peer"] == peer  # nobody listens on ::1
        assert sorted(server.asked) == [("peer.test", "A"), ("peer.test", "AAAA")]
        assert tandem("ping", f"/dns4/peer.test/tcp/{port}", "--dns", at, "--count", "1").returncode == 0


def test_dnsaddr_leads_through_names_and_long_answers_to_the_peer():
    stranger = "12D3KooWDpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6nXTN"
    with listening() as (port, peer):
        rows = {("_dnsaddr.peer.test", "TXT"): [f"dnsaddr=/dnsaddr/a{n}.test/p2p/{stranger}" for n in range(100)] +
                [f"dnsaddr=/dnsaddr/b.test/p2p/{peer}"],
                ("_dnsaddr.b.test", "TXT"): [f"dnsaddr=/ip4/127.0.0.1/tcp/{port}/p2p/{peer}",
                                             f"dnsaddr=/dnsaddr/peer.test/p2p/{peer}"]}
        with name_server({**rows, ("_dnsaddr.peer.test", "TXT"): rows["_dnsaddr.peer.test", "TXT"][-16:]}) as (at, server):
            assert tandem("dial", f"/dnsaddr/peer.test/p2p/{peer}", "--dns", at).returncode == 0
            assert list(dict(server.asked)) == ["_dnsaddr.peer.test", "_dnsaddr.b.test"]
            assert len(server.asked) == 3  # the long one again, over TCP


@pytest.mark.parametrize("how, why", [
    ({}, "NameUnknown"), ({"code": "SERVFAIL"}, "NameFailed"), ({"code": "REFUSED"}, "NameFailed")])
def test_why_a_name_leads_nowhere_is_said(how, why):
    with name_server({}, **how) as (at, _):
        said = tandem("dial", "/dns4/nobody.test/tcp/4001", "--dns", at)
        assert said.returncode == 1 and said.stdout == ""
        # A server that fails is asked again; when the machine stands still meanwhile, its last answer is late.
        assert re.match(rf"tandem: /dns4/nobody.test/tcp/4001: resolving: ({why}|NameTimeout) \(", said.stderr)
        assert said.stderr.count("\n") == 1


def test_a_name_server_that_says_nothing_is_waited_for_as_long_as_was_said():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        at = f"127.0.0.1:{silent.getsockname()[1]}"
        said = tandem("dial", "/dns4/nobody.test/tcp/4001", "--dns", at, "--timeout", "300ms")
        assert said.stderr == "tandem: /dns4/nobody.test/tcp/4001: resolving: no answer within 300ms\n"
        said = tandem("dial", "/dns4/nobody.test/tcp/4001", "--dns", at, "--timeout", "40s")
        assert "resolving: NameTimeout (no name server answered in time)" in said.stderr


def test_a_node_keeps_connected_by_name_and_asks_again_for_each_dial():
    with listening() as (port, peer):
        rows = {("peer.test", "A"): ["127.0.0.1"]}
        with name_server({}, delay=0.05) as (at, server), Node(
                "--dns", at, "--dial", f"/dns4/peer.test/tcp/{port}/p2p/{peer}", "--metrics-port", str(at_port := free_port()),
                "--backoff-base", "50ms", "--backoff-cap", "100ms", "--start-spread", "0") as node:
            failed = 'icn_p2p_dials_failed_total{cause="NameUnknown"}'
            wait_until(lambda: (scraped(at_port) or {}).get(failed, 0) >= 2)
            server.rows = rows
            node.line_with("connection_established")
            assert {name for name, _ in server.asked} == {"peer.test"}
            assert node.end()[0] == 0


def test_a_node_ends_in_time_while_names_are_looked_up():
    with name_server({}, delay=30) as (at, server), Node(
            "--dns", at, "--no-metrics", "--dial",
            "/dns/peer.test/tcp/1/p2p/12D3KooWDpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6nXTN") as node:
        wait_until(lambda: server.asked)
        assert node.end()[0] == 0


@pytest.mark.parametrize("address", ["/dns4//tcp/1", "/dns4/a..b/tcp/1", "/dns4/peer.test", "/dns4/peer.test/udp/1",
                                     f"/dns4/{'a' * 64}/tcp/1", f"/dns4/{'a.' * 127}a/tcp/1", "/dnsaddr/", "/dns5/a/tcp/1"])
def test_what_is_no_name_is_one_clear_line(address):
    assert_one_clear_line(tandem("dial", address), "no address")


def test_name_servers_that_are_none_are_one_clear_line():
    assert_one_clear_line(tandem("dial", "/dns4/a/tcp/1", "--dns", "nowhere"), "--dns nowhere", "192.0.2.1")
    assert_one_clear_line(tandem("node", "--listen", "/dns4/localhost/tcp/1"), "--listen")
    assert_one_clear_line(tandem("node", "--dial", "/dns4/localhost/tcp/1"), "who should be there")
