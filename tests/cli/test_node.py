# SPDX-License-Identifier: MIT
"""`tandem node` on a host: who reads it, scrapes it, stops it, and what it leaves there."""

import os
import signal
import socket
import subprocess
import urllib.request

import pytest

from support import (PATIENCE, Node, RawPeer, assert_one_clear_line, ended, fill, free_port, scraped, tandem,
                     times_until, wait_until)


def test_curl_scrapes_a_node():
    with Node("--metrics-port", "0") as node:
        metrics = node.line_with("metrics on ").split()[-1]
        assert metrics.startswith("http://127.0.0.1:")  # nobody else's business, unless told
        curl = ["curl", "--silent", "--show-error", "--max-time", "20"]
        page = subprocess.run([*curl, "--fail", metrics], capture_output=True, text=True, check=True).stdout
        assert "\nicn_p2p_connection_limit 256\n" in page
        head = subprocess.run([*curl, "--head", metrics], capture_output=True, text=True, check=True).stdout
        assert head.startswith("HTTP/1.1 200 OK") and "text/plain; version=0.0.4" in head
        twice = subprocess.run([*curl, "--fail", "--write-out", "%{num_connects}", metrics, metrics],
                               capture_output=True, text=True, check=True).stdout
        assert twice.count("# TYPE icn_p2p_active_connections gauge") == 2
        assert twice.endswith("0")  # the second went over the same connection
        assert node.end()[0] == 0


def test_metrics_are_served_over_ipv6():
    if not os.path.exists("/proc/net/if_inet6"):
        pytest.skip("no IPv6 here")
    with Node("--metrics-port", "0", "--metrics-address", "::1") as node:
        metrics = node.line_with("metrics on ").split()[-1]
        assert metrics.startswith("http://[::1]:")
        with urllib.request.urlopen(metrics, timeout=PATIENCE) as answer:
            assert b"icn_p2p_connection_limit 256" in answer.read()
        assert node.end()[0] == 0


@pytest.fixture
def server():
    """A node that listens, and the address to dial it at."""
    with Node("--listen", "127.0.0.1:0", "--no-metrics") as node:
        node.address = node.line_with("listening on ").split()[-1]
        yield node


def test_silent_sockets_keep_no_honest_peer_out():
    """Of more than may be pending the oldest makes room, and one that is not the oldest has its time."""
    with Node("--listen", "127.0.0.1:0", "--metrics-port", "0", "--max-pending-inbound", "64") as node:
        port = int(node.line_with("listening on ").split("/")[4])
        metrics = int(node.line_with("metrics on ").split(":")[2].split("/")[0])

        def came(count):
            wait_until(lambda: scraped(metrics)['icn_p2p_refusals_total{reason="PendingLimitReached"}'] == count - 64)

        silent = [socket.create_connection(("127.0.0.1", port)) for _ in range(200)]
        came(200)
        honest = RawPeer(port, hello=False)
        silent += [socket.create_connection(("127.0.0.1", port)) for _ in range(60)]
        came(261)
        honest.say_hello()
        wait_until(lambda: scraped(metrics)["icn_p2p_active_connections"] == 1)
        with pytest.raises(ConnectionResetError):
            silent[0].recv(1)
        assert scraped(metrics)["icn_p2p_pending_inbound"] == 63


def test_a_peer_that_returns_has_the_place_of_its_dead_connection_and_not_of_a_live_one(tmp_path):
    same = ["--identity-file", str(tmp_path / "id"), "--no-metrics"]
    with Node("--listen", "127.0.0.1:0", "--no-metrics", "--max-connections-per-peer", "1") as server:
        at = server.line_with("listening on ").split()[-1]
        with Node("--dial", at, *same) as old:
            old.line_with("connection_established")
            with Node("--dial", at, "--once", *same) as second:
                second.line_with("PerPeerLimitReached")
            old.process.send_signal(signal.SIGSTOP)  # its host lives and acknowledges
            with Node("--dial", at, *same) as new:
                new.line_with("connection_established")
                server.line_with("LivenessLost")


@pytest.mark.parametrize("option", ["--dial", "--protect", "--once"])
def test_a_node_that_is_told_to_dial_itself_says_so(tmp_path, option):
    identity = ["--identity-file", str(tmp_path / "id"), "--no-metrics"]
    with Node(*identity) as node:
        own = f"/ip4/127.0.0.1/tcp/{free_port()}/p2p/{node.line_with('peer id ').split()[-1]}"
        node.end()
    port = free_port()
    with Node(*identity[:2], "--metrics-port", str(port), *(["--once", "--dial"] if option == "--once" else [option]),
              own) as node:
        node.line_with("metrics on ")
        if option != "--protect":
            assert node.line_with("dial_failed").endswith("SelfDial")
            assert scraped(port)['icn_p2p_refusals_total{reason="SelfDial"}'] == 1
        code, _, errors = node.end()
        assert code == 0
        shown = own if option != "--protect" else own.split("/")[-1]
        said = "--protect" if option == "--protect" else "--dial"
        assert errors == f"tandem: {said} {shown}: that is this node itself; name other peers\n"


def test_a_node_that_is_told_to_dial_its_own_address_says_so(tmp_path):
    other = "12D3KooWRBhwfeP2Y4TCx1SM6s9rUoHhR5STiGwxBhgFRcw3UERE"
    at = f"127.0.0.1:{free_port()}"
    own = f"/ip4/{at.replace(':', '/tcp/')}/p2p/{other}"
    with Node("--listen", at, "--dial", own, "--no-metrics") as node:
        assert "WrongPeer" in node.line_with("dial_failed")
        code, _, errors = node.end()
        assert (code, errors) == (0, f"tandem: --dial {own}: that is this node itself; name other peers\n")


def test_a_dialled_peer_is_kept_connected_whoever_starts_first(tmp_path):
    port, metrics = free_port(), free_port()
    identity = ["--identity-file", str(tmp_path / "id"), "--no-metrics"]
    with Node("--listen", f"127.0.0.1:{port}", *identity) as first:
        address = first.line_with("listening on ").split()[-1]
        assert first.end()[0] == 0
    soon = ["--dial", address, "--backoff-base", "100ms", "--backoff-cap", "200ms", "--breaker-open", "100ms",
            "--breaker-open-max", "200ms"]  # the most that it stays away when a peer that ends asks for it
    with Node(*soon, "--metrics-port", str(metrics)) as client, Node(*soon, "--once", "--no-metrics") as once:
        once.line_with("dial_failed")
        wait_until(lambda: (scraped(metrics) or {}).get("icn_p2p_connections_failed_total", 0) >= 2)
        for _ in range(2):  # and after it went and came back
            with Node("--listen", f"127.0.0.1:{port}", *identity) as server:
                server.line_with("connection_established")
                client.line_with("connection_established")
                assert server.end()[0] == 0
            client.line_with("connection_closed")
        assert client.end()[0] == 0
        code, out, _ = once.end()
        assert code == 0 and "connection_established" not in out


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT])
def test_these_signals_end_it_gracefully(server, number):
    with Node("--dial", server.address, "--no-metrics") as client:
        client.line_with("connection_established")
        code, out, errors = server.end(number)
        assert (code, errors) == (0, "") and "shutting down" in out
        client.line_with("connection_closed")


def test_a_second_interrupt_ends_at_once():
    with Node("--listen", "127.0.0.1:0", "--no-metrics", "--shutdown-timeout", "1h") as node:
        address = node.line_with("listening on ").split()[-1]
        with Node("--dial", address, "--no-metrics") as client:
            node.line_with("connection_established")
            client.process.send_signal(signal.SIGSTOP)  # a peer that does not answer
            node.process.send_signal(signal.SIGINT)
            node.line_with("shutting down")
            assert node.end(signal.SIGINT)[0] == 128 + signal.SIGINT


def test_an_ignored_hangup_stays_ignored():
    port = free_port()
    with Node("--metrics-port", str(port),
              preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN)) as node:  # as nohup does
        assert wait_until(lambda: scraped(port))
        node.process.send_signal(signal.SIGHUP)
        assert scraped(port)
        assert node.end()[0] == 0


def test_the_end_is_in_time_whatever_is_open(tmp_path):
    port, at = free_port(), free_port()
    reader, writer = os.pipe()
    with Node("--listen", f"127.0.0.1:{at}", "--metrics-port", str(port), "--record", str(tmp_path / "record"),
              "--shutdown-timeout", "4s", stdout=writer) as node:
        said = b""
        while b"metrics on" not in said:
            said += os.read(reader, 4096)
        peer = said.decode().split("listening on ")[1].split()[0]
        assert wait_until(lambda: scraped(port))
        with Node("--dial", peer, "--no-metrics") as client:
            client.line_with("connection_established")
            client.process.send_signal(signal.SIGSTOP)
            silent = [socket.create_connection(("127.0.0.1", each)) for each in [port, at] * 10]
            deaf = RawPeer(at)
            wait_until(lambda: scraped(port)["icn_p2p_pending_inbound"] >= 10)
            fill(writer)
            node.process.send_signal(signal.SIGTERM)
            (took,) = times_until(ended(node))
            assert node.process.returncode == 0, node.process.stderr.read()
            assert took < 4  # of which the peers have 3.5 s
            del silent, deaf
    os.close(reader)
    os.close(writer)


STALLED_DISK = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
/* Writing to a recording or a log never comes back. */
ssize_t write(int file, const void* from, size_t size) {
  char link[64], name[512] = "";
  snprintf(link, sizeof link, "/proc/self/fd/%d", file);
  if (readlink(link, name, sizeof name - 1) > 0 && (strstr(name, ".trace") || strstr(name, ".log"))) pause();
  return ((ssize_t(*)(int, const void*, size_t))dlsym(RTLD_NEXT, "write"))(file, from, size);
}
"""


@pytest.fixture
def stalled_disk(tmp_path):
    """The environment of a program on such a disk."""
    (tmp_path / "stall.c").write_text(STALLED_DISK)
    subprocess.run(["cc", "-shared", "-fPIC", "-o", tmp_path / "stall.so", tmp_path / "stall.c"], check=True)
    return os.environ | {"LD_PRELOAD": str(tmp_path / "stall.so"), "ASAN_OPTIONS": "verify_asan_link_order=0"}


def test_a_disk_that_stalls_does_not_delay_the_end(tmp_path, stalled_disk):
    with Node("--no-metrics", "--record", str(tmp_path / "record"), env=stalled_disk) as node:
        node.line_with("peer id")
        code, _, errors = node.end()
        assert code == 0
        assert "the end of the recording was not written in time" in errors


def test_nor_does_one_that_what_is_printed_goes_to(tmp_path, stalled_disk):
    took = []
    for _ in range(5):  # a busy machine may delay some
        port = free_port()
        with (tmp_path / "node.log").open("w") as log:
            with Node("--metrics-port", str(port), "--shutdown-timeout", "20ms", env=stalled_disk, stdout=log,
                      stderr=log) as node:
                wait_until(lambda: scraped(port))
                node.process.send_signal(signal.SIGTERM)
                took += times_until(ended(node))
                assert node.process.returncode == 0
    assert min(took) < 0.3  # what waits for such a disk waits 0.5 s


@pytest.mark.parametrize("listen", [["[::]"], ["0.0.0.0", "[::]"], ["[::]", "0.0.0.0"]])
def test_both_families_are_listened_on(listen):
    if not os.path.exists("/proc/net/if_inet6"):
        pytest.skip("no IPv6 here")
    port = free_port()
    with Node(*(f"--listen={host}:{port}" for host in listen), "--no-metrics") as node:
        peer = node.line_with("listening on /ip6/::/").split("/p2p/")[1]
        for host in ("/ip4/127.0.0.1", "/ip6/::1"):
            with Node("--dial", f"{host}/tcp/{port}/p2p/{peer}", "--no-metrics") as client:
                client.line_with("connection_established")
                assert client.end()[0] == 0
        assert node.end()[0] == 0


def test_arguments_that_cannot_be_meant_are_one_clear_line():
    peer = "/p2p/12D3KooWDpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6nXTN"
    node = ("node", "--allow-plaintext")
    for option in ("--dial", "--protect"):
        for address in ("/ip4/127.0.0.1/tcp/0", "/ip6/::1/tcp/0"):
            assert_one_clear_line(tandem(*node, option, address + peer), option, "port 0")
    for option in ("--listen", "--dial", "--identity-file", "--record", "--metrics-address", "--metrics-port",
                   "--max-connections", "--protect", "--deny", "--security", "--record-segment", "--buffers-max"):
        assert_one_clear_line(tandem(*node, option, ""), option, "is empty")
    for size in ("64MiX", "-1", "1.0001KiB", "many"):
        assert_one_clear_line(tandem(*node, "--max-memory", size), f"--max-memory {size}", "64MiB")
    assert_one_clear_line(tandem(*node, "--metrics-port", "65536"), "from 0 to 65535")
    for streams in ("0", "1000001", "-1", "many"):
        assert_one_clear_line(tandem(*node, "--streams-max", streams), f"--streams-max {streams}", "from 1 to 1000000")
    for window in ("262143", "4GiB"):
        assert_one_clear_line(tandem(*node, "--receive-window", window), f"--receive-window {window}", "from 256KiB")
    assert_one_clear_line(tandem(*node, "--receive-window", "33MiB"), "above connection_buffers_max, 32MiB")
    assert_one_clear_line(tandem(*node, "--metrics-address", "localhost"), "no numeric")


def test_options_and_commands_are_guessed():
    assert_one_clear_line(tandem("node", "--lisen", "x"), "`--lisen`", "did you mean `--listen`?")
    assert_one_clear_line(tandem("node", "--max_connections", "1"), "did you mean `--max-connections`?")
    assert_one_clear_line(tandem("node", "--max-conections=1"), "did you mean `--max-connections`?")
    assert_one_clear_line(tandem("run", "x", "--sed", "1"), "did you mean `--seed`?")
    assert_one_clear_line(tandem("node", "--quite-something-else"), "`tandem node --help`")
    assert_one_clear_line(tandem("node", "stray"), "nothing is expected at `stray`")
    assert_one_clear_line(tandem("nod"), "did you mean `node`?")
    assert_one_clear_line(tandem("--verson"), "did you mean `--version`?")
    assert_one_clear_line(tandem("ping", "127.0.0.1:1", "--interval"), "`tandem ping --help` shows how")
    assert_one_clear_line(tandem("ci", "--jobs", "0"), "`tandem ci --help` shows how")
    assert_one_clear_line(tandem(), "`tandem --help` shows how")


def test_version_is_an_option_too():
    result = tandem("--version")
    assert result.returncode == 0
    assert tandem("version").stdout.startswith(result.stdout.strip())


def test_sizes_are_written_with_units():
    with Node("--max-memory", "64MiB", "--connection-memory", "64KiB", "--buffers-max", "32MiB",
              "--record-segment", "4KiB", "--no-metrics") as node:
        node.line_with("peer id")
        assert node.end()[0] == 0
    assert "--connection-memory SIZE=64KiB" in tandem("node", "--help").stdout


@pytest.mark.parametrize("security", ["tls", "noise"])
def test_two_nodes_connect_encrypted_without_being_told_to(security):
    with Node("--security", security, "--no-metrics", "--listen", "127.0.0.1:0") as server:
        address = server.line_with("listening on ").split()[-1]
        with Node("--no-metrics", "--once", "--dial", address) as client:
            client.line_with("connection_established")
            assert client.end()[0] == 0
