# SPDX-License-Identifier: MIT
"""`tandem dial` and `tandem ping`: a look at one peer, whatever it does."""

import contextlib
import json
import re
import signal
import socket
import subprocess
import threading

import pytest

from support import PATIENCE, TANDEM, Node, assert_one_clear_line, free_port, scraped, tandem, wait_until

STRANGER = "12D3KooWDpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6nXTN"
QUICK = ("--count", "3", "--interval", "0")


@contextlib.contextmanager
def peer(*options):
    """A node's multiaddr."""
    with Node("--listen", "127.0.0.1:0", "--no-metrics", *options) as node:
        yield node.line_with("listening on ").removeprefix("listening on ")


@contextlib.contextmanager
def answering(first):
    """The address of a listener that says `first` to whoever comes, and then nothing for ever; None: hangs up."""
    kept = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        def serve():
            with contextlib.suppress(OSError):
                while True:
                    kept.append(listener.accept()[0])
                    if first is None:
                        kept.pop().close()
                    else:
                        kept[-1].sendall(first)
        threading.Thread(target=serve, daemon=True).start()
        yield f"127.0.0.1:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)
        for each in kept:
            each.close()


@pytest.mark.parametrize("security", ["tls", "noise", "plaintext"])
def test_dial_says_who_is_there_and_how(security):
    with peer() as address:
        host, _, who = address.partition("/p2p/")
        for given in (address, host, host.replace("/ip4/", "").replace("/tcp/", ":")):
            said = tandem("dial", given, "--security", security, "--json")
            assert said.returncode == 0, said
            told = json.loads(said.stdout)
            assert (told["peer"], told["security"], told["muxer"]) == (who, security, "/yamux/1.0.0")
            assert told["muxer_agreed_early"] == (security != "plaintext")
            assert {"/ipfs/ping/1.0.0", "/ipfs/id/1.0.0"} <= set(told["protocols"])
            assert told["addresses"] == [host] and told["agent"].startswith("tandem/")
            assert re.fullmatch(r"/ip4/127\.0\.0\.1/tcp/\d+", told["observed"]) and told["observed"] != host
            assert list(told["took_us"]) == ["tcp", "security", "muxer", "identify"]
            assert all(took > 0 and isinstance(took, int) for took in told["took_us"].values())
        text = tandem("dial", address).stdout
        assert f"peer       {who}\nsecurity   tls\n" in text and f"address    {host}\n" in text


def test_ping_measures_each_round_trip():
    with peer() as address:
        said = tandem("ping", address, *QUICK)
        assert said.returncode == 0, said
        lines = said.stdout.splitlines()
        assert [re.sub(r"[\d.]+ ms", "MS", line) for line in lines] == [
            "1: 32 bytes in MS", "2: 32 bytes in MS", "3: 32 bytes in MS",
            f"{address.partition('/p2p/')[2]}: 3 sent, 3 answered, 0% lost",
            "round trip: min MS, p50 MS, p99 MS, max MS"]
        told = json.loads(tandem("ping", address, "--count", "200", "--interval", "0", "--json").stdout)
        assert (told["sent"], told["answered"], told["lost"]) == (200, 200, 0)
        trip = told["round_trip_us"]
        assert 0 < trip["min"] <= trip["p50"] <= trip["p99"] <= trip["max"]


@pytest.mark.parametrize("verb", [("dial",), ("ping", *QUICK)])
def test_somebody_else_than_was_called_is_said(verb):
    with peer() as address:
        said = tandem(*verb, f"{address.partition('/p2p/')[0]}/p2p/{STRANGER}")
    assert said.returncode == 1 and said.stdout == ""
    assert "securing: somebody else answered than was dialled" in said.stderr


@pytest.mark.parametrize("verb", [("dial",), ("ping", *QUICK)])
def test_nobody_is_said(verb):
    said = tandem(*verb, f"127.0.0.1:{free_port()}")
    assert said.returncode == 1 and said.stdout == ""
    assert re.fullmatch(r"tandem: /ip4/127.0.0.1/tcp/\d+: connecting: Connection refused\n", said.stderr)


@pytest.mark.parametrize("first, why", [
    (b"", "securing: no answer within 300ms"),
    (None, "securing: "),
    (b"HTTP/1.1 400 Bad Request\r\n\r\n", "securing: the peer does not speak multistream-select"),
    (b"\x13/multistream/1.0.0\n", "securing: no answer within 300ms"),
    (b"\x13/multistream/1.0.0\n\x03na\n\x03na\n\x03na\n", "securing: the peer accepts none of the protocols"),
])
def test_a_peer_that_fails_a_step_is_told_by_that_step(first, why):
    with answering(first) as address:
        for verb in (("dial",), ("ping", *QUICK)):
            said = tandem(*verb, address, "--timeout", "300ms")
            assert said.returncode == 1 and said.stdout == ""
            assert why in said.stderr and len(said.stderr.splitlines()) == 1


def test_a_security_that_the_peer_does_not_allow_is_said():
    with peer() as address:
        pass
    with Node("--listen", "127.0.0.1:0", "--no-metrics", "--security", "noise") as node:
        address = node.line_with("listening on ").removeprefix("listening on ")
        said = tandem("dial", address, "--security", "tls")
        assert said.returncode == 1 and "the peer accepts none of the protocols proposed" in said.stderr
        assert "security   noise\n" in tandem("dial", address).stdout


def test_a_limit_is_seen_from_the_other_side():
    with peer("--max-connections", "1", "--max-connections-per-peer", "1") as address:
        with subprocess.Popen([TANDEM, "ping", address, "--count", "1000", "--interval", "10ms"],
                              stdout=subprocess.PIPE, text=True) as first:
            first.stdout.readline()
            said = tandem("dial", address)
            first.send_signal(signal.SIGINT)
            rest = first.communicate(timeout=PATIENCE)[0]
    assert said.returncode == 1 and "the peer refused: LimitReached" in said.stderr
    assert first.returncode == 0 and "0% lost" in rest  # Ctrl-C: what it found


def test_a_peer_that_goes_away_loses_the_ping_under_way():
    port = free_port()
    with Node("--listen", "127.0.0.1:0", "--metrics-port", str(port)) as node:
        address = node.line_with("listening on ").removeprefix("listening on ")
        with subprocess.Popen([TANDEM, "ping", address, "--count", "100000", "--interval", "1ms", "--json"],
                              stdout=subprocess.PIPE, text=True) as ping:
            # More than a handshake takes: it pings.
            wait_until(lambda: (scraped(port) or {}).get("icn_p2p_bytes_received_total", 0) > 10_000)
            node.process.kill()
            told = json.loads(ping.communicate(timeout=PATIENCE)[0])
    assert ping.returncode == 1 and told["error"] and told["answered"] <= told["sent"] < 100_000


def test_who_calls_may_have_an_identity(tmp_path):
    me = tandem("id", "--identity-file", str(tmp_path / "id")).stdout.strip()
    with Node("--listen", "127.0.0.1:0", "--no-metrics") as node:
        address = node.line_with("listening on ").removeprefix("listening on ")
        assert tandem("dial", address, "--identity-file", str(tmp_path / "id")).returncode == 0
        assert me in node.line_with("connection_established")


@pytest.mark.parametrize("bad, parts", [
    ((), ["ADDRESS"]), (("nowhere",), ["nowhere"]), (("127.0.0.1:0",), ["port 0"]),
    (("/ip4/127.0.0.1/tcp/1/p2p/x",), ["/p2p/x"]), (("127.0.0.1:1", "--timeout", "0"), ["--timeout 0"]),
    (("127.0.0.1:1", "--timeout", "-1s"), ["--timeout"]), (("127.0.0.1:1", "--security", "rot13"), ["--security rot13"]),
    (("127.0.0.1:1", "--identity-file", "/no/such/id"), ["--identity-file"])])
def test_what_cannot_be_called_is_told_at_once(bad, parts):
    for verb in ("dial", "ping"):
        assert_one_clear_line(tandem(verb, *bad), *parts)


@pytest.mark.parametrize("option, value", [("--count", "0"), ("--count", "x"), ("--count", "1000001"),
                                           ("--interval", "x"), ("--interval", "-1s"), ("--interval", "25h")])
def test_pings_are_counted_and_spaced_within_reason(option, value):
    assert_one_clear_line(tandem("ping", "127.0.0.1:1", option, value), option)
