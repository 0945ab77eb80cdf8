# SPDX-License-Identifier: MIT
"""`tandem node --config FILE`: every option in a file, its mistakes at their place, and SIGHUP."""

import contextlib
import datetime
import json
import re
import signal
import subprocess
import time

import pytest

from support import TANDEM, Node, ended, free_port, scraped, tandem, times_until, wait_until

PEER = "12D3KooWRBhwfeP2Y4TCx1SM6s9rUoHhR5STiGwxBhgFRcw3UERE"
OTHER = "12D3KooWDpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6nXTN"


def flags():
    """(name, takes a value) of every option of the command."""
    return re.findall(r"^  (?:-\w,)?--([a-z0-9-]+)( ?[A-Z\[].*?)?(?: \.\.\.)?(?:  |$)", tandem("node", "--help").stdout, re.M)


def written(path, text):
    path.write_text(text)
    return str(path)


def lines_of(path, text):
    result = subprocess.run([TANDEM, "node", "--config", written(path, text)], capture_output=True, text=True, timeout=60)
    assert (result.returncode, result.stdout) == (2, ""), result
    return [line.replace(str(path), "node.yaml") for line in result.stderr.splitlines()]


def test_a_file_says_what_the_command_line_would(tmp_path):
    port = free_port()
    config = written(tmp_path / "node.yaml", f"""\
# All that this node is.
listen: [127.0.0.1:0, "/ip4/127.0.0.1/tcp/0"]
identity_file: {tmp_path}/id
metrics_port: {port}
max_connections: 12
connection_timeout: 5s
max_memory: 64MiB
deny: 203.0.113.0/24
keep_alive: [{PEER}]
json: true
security: noise
""")
    with Node("--config", config) as node:
        told = [json.loads(node.line_with("listening on")) for _ in range(2)]
        assert all("/ip4/127.0.0.1/tcp/" in each["more"] for each in told)
        samples = wait_until(lambda: scraped(port))
        assert samples["icn_p2p_connection_limit"] == 12
        assert samples['icn_p2p_resource_limit{resource="memory_bytes"}'] == 64 << 20
        assert node.end()[0] == 0


def test_the_command_line_holds_against_the_file(tmp_path):
    config = written(tmp_path / "node.yaml", f"max_connections: 12\nmetrics_port: {free_port()}\njson: true\n")
    port = free_port()
    with Node("--config", config, "--metrics-port", str(port), "--max-connections", "34"):
        assert wait_until(lambda: scraped(port))["icn_p2p_connection_limit"] == 34


def test_every_option_may_stand_in_a_file(tmp_path):
    names = {name.replace("-", "_") for name, _ in flags()} - {"help", "config"}
    assert {"listen", "max_connections", "record", "log_level", "no_metrics"} <= names and len(names) > 60
    (line,) = lines_of(tmp_path / "node.yaml", "nothing_like_it_at_all_anywhere: 1\n")
    for name in names:
        said = lines_of(tmp_path / "node.yaml", f"{name}: {{a: b}}\n")
        assert said[0].startswith(f"tandem: node.yaml:1:{len(name) + 3}: `{name}` must be "), said


@pytest.mark.parametrize("text, lines", [
    ("listn: x\n", ["node.yaml:1:1: unknown key `listn` in a node's options; did you mean `listen`?"]),
    ("max_connections: 0\nconection_timeout: 5s\n", [
        "node.yaml:1:18: `max_connections` must be between 1 and 10000000, not `0`",
        "node.yaml:2:1: unknown key `conection_timeout` in a node's options; did you mean `connection_timeout`?"]),
    ("max_connections: 0\nlisten: [127.0.0.1:1, nowhere]\ndeny: 10.0.0.1/8\n", [
        "node.yaml:1:18: `max_connections` must be between 1 and 10000000, not `0`",
        "node.yaml:2:23: no address; write 127.0.0.1:4001 or /ip4/127.0.0.1/tcp/4001",
        "node.yaml:3:7: neither a peer id nor a range of addresses such as 203.0.113.0/24 or 2001:db8::/32 (bits beyond "
        "the prefix are zero)"]),
    ("max_connections: 4\nmax_connections: 5\n", ["node.yaml:2:1: `max_connections` is given twice; first at "
                                                  "node.yaml:1:18"]),
    ("max_connections: 1\n\nmax_connections_per_peer: 2\n", None),
    ("json: yes\n", ["node.yaml:1:7: `json` must be true or false, not `yes`"]),
    ("listen: ''\n", ["node.yaml:1:9: is empty; give a value, or leave it out"]),
    ("log_level: inof\n", ["node.yaml:1:12: no such level; did you mean `info`?"]),
    ("[1]\n", ["node.yaml:1:1: a node's options must be a mapping of keys"]),
    ("a: [\n", None),
    ("listen:\nmax_connections: 4\n", ["node.yaml:1:1: is empty; give a value, or leave it out"]),
    ("max_memory: 1KiB\n", ["node.yaml:1:13: connection_memory (65536) is above max_memory (1024): lower connection_memory "
                            "too, or raise max_memory"]),
    ("dial: [/ip4/127.0.0.1/tcp/1/p2p/foo, /dns4/a.test/tcp/1/p2p/foo]\nprotect: /ip4/127.0.0.1/tcp/1/p2p/foo\n", [
        f"node.yaml:{place}: what follows /p2p/ is no peer id; write the one that `tandem id` says there: 12D3KooW..."
        for place in ("1:8", "1:38", "2:10")]),
], ids=range(13))
def test_mistakes_are_told_at_their_place_every_one_at_once(tmp_path, text, lines):
    said = lines_of(tmp_path / "node.yaml", text)
    if lines is None:
        (line,) = said
        assert re.match(r"tandem: node.yaml:\d+:\d+: ", line)
    else:
        assert said == ["tandem: " + line for line in lines]
    checked = tandem("check", str(tmp_path / "node.yaml"))
    if lines and "max_connections" in text:
        assert checked.stderr.replace(str(tmp_path / "node.yaml"), "node.yaml").splitlines() == said


def test_a_file_of_comments_says_nothing(tmp_path):
    config = written(tmp_path / "node.yaml", "# listen: 127.0.0.1:0\n")
    with Node("--config", config, "--listen", "127.0.0.1:0", "--no-metrics") as node:
        node.line_with("listening on")


def test_no_file_is_one_clear_line(tmp_path):
    result = tandem("node", "--config", str(tmp_path / "none.yaml"))
    assert (result.returncode, result.stderr) == (
        2, f"tandem: --config {tmp_path}/none.yaml: No such file or directory\n")


@pytest.fixture
def reloading(tmp_path):
    """A node with a file, and what writes the file anew and has it read."""
    class Reloading:
        port, path = free_port(), tmp_path / "node.yaml"
        first = f"listen: 127.0.0.1:0\nmetrics_port: {port}\nmax_connections: 55\n"

        def reload(self, text):
            self.path.write_text(text)
            self.node.process.send_signal(signal.SIGHUP)
            return self.node.line_with("reloaded")

    made = Reloading()
    made.path.write_text(made.first)
    with Node("--config", str(made.path), "--max-connections-per-peer", "3") as made.node:
        made.address = made.node.line_with("listening on").split()[-1]
        wait_until(lambda: scraped(made.port))
        yield made


def test_a_hangup_reloads_and_closes_nothing(reloading):
    with Node("--dial", reloading.address, "--no-metrics") as client:
        client.line_with("connection_established")
        said = reloading.reload(reloading.first.replace(": 55\n", ": 34\n"))
        assert re.fullmatch(rf"\d{{4}}-\d\d-\d\dT\S+Z reloaded {reloading.path}", said)
        wait_until(lambda: scraped(reloading.port)["icn_p2p_connection_limit"] == 34)
        samples = scraped(reloading.port)
        assert samples["icn_p2p_active_connections"] == 1 and samples["icn_p2p_connections_closed_total"] == 0
        reloading.reload(reloading.first.replace("max_connections: 55\n", ""))
        wait_until(lambda: scraped(reloading.port)["icn_p2p_connection_limit"] == 256)
        code, out, errors = reloading.node.end()
        assert (code, errors) == (0, "") and "connection_closed" not in out.split("shutting down")[0]


def test_what_cannot_change_is_refused_with_its_line_and_nothing_changes(reloading):
    said = reloading.reload(reloading.first.replace(": 55\n", ": 34\n").replace("listen: 127.0.0.1:0", "listen: 127.0.0.1:1")
                            + "json: true\n")
    assert "Z not reloaded " in said
    assert scraped(reloading.port)["icn_p2p_connection_limit"] == 55
    reloading.reload(reloading.first + "max_conections: 7\n")
    reloading.reload("metrics_port: [\n")
    reloading.reload(reloading.first.replace("listen: 127.0.0.1:0\n", ""))
    path, (code, _, errors) = reloading.path, reloading.node.end()
    lines = errors.splitlines()
    assert code == 0 and len(lines) == 5
    assert lines[:3] == [
        f"tandem: {path}:1:9: listen cannot change while the node runs; start it anew for that",
        f"tandem: {path}:4:7: json cannot change while the node runs; start it anew for that",
        f"tandem: {path}:4:1: unknown key `max_conections` in a node's options; did you mean `max_connections`?"]
    assert lines[3].startswith(f"tandem: {path}:2:1: ") or lines[3].startswith(f"tandem: {path}:1:")
    assert lines[4] == f"tandem: {path}: listen cannot change while the node runs; start it anew for that"


def test_why_nothing_was_reloaded_is_in_its_json_line_too(tmp_path):
    text = f"metrics_port: {free_port()}\njson: true\n"
    path = tmp_path / "node.yaml"
    with Node("--config", written(path, text)) as node:
        node.line_with("metrics on")
        path.write_text(text.replace(text.split()[1], "1") + "max_conections: 7\nno_identify: true\n")
        node.process.send_signal(signal.SIGHUP)
        told = json.loads(node.line_with("not reloaded"))
        assert told["why"] == [
            f"{path}:3:1: unknown key `max_conections` in a node's options; did you mean `max_connections`?"]
        path.write_text(text.replace(text.split()[1], "1") + "no_identify: true\n")
        node.process.send_signal(signal.SIGHUP)
        told = json.loads(node.line_with("not reloaded"))
        assert told["more"] == str(path) and re.match(r"\d{4}-\d\d-\d\dT", told["time"])
        assert told["why"] == [f"{path}:{place} cannot change while the node runs; start it anew for that"
                               for place in ("1:15: metrics_port", "3:14: no_identify")]


def test_peers_and_rules_come_and_go_with_the_file(reloading):
    with Node("--listen", "127.0.0.1:0", "--no-metrics") as other:
        at = other.line_with("listening on").split()[-1]
        reloading.reload(reloading.first + f"dial: [{at}]\n")
        other.line_with("connection_established")
        wait_until(lambda: scraped(reloading.port)["icn_p2p_active_connections"] == 1)
        reloading.reload(reloading.first + f"deny: [{at.split('/p2p/')[1]}]\n")
        assert "Denied" in other.line_with("connection_closed")
        wait_until(lambda: scraped(reloading.port)["icn_p2p_active_connections"] == 0)
        time.sleep(1.5)  # of real time: a peer that is kept connected would be dialled by now
        samples = scraped(reloading.port)
        assert samples['icn_p2p_closes_total{side="local",cause="Denied"}'] == 1
        assert samples["icn_p2p_connections_established_total"] == 1
        with Node("--dial", reloading.address, "--no-metrics") as stranger:  # nobody else is denied
            stranger.line_with("connection_established")
        assert other.end()[0] == 0


def test_the_command_line_still_holds_after_a_reload(reloading):
    reloading.reload(reloading.first + "max_connections_per_peer: 1\n")
    for _ in range(3):
        assert scraped(reloading.port)["icn_p2p_connection_limit"] == 55
    code, _, errors = reloading.node.end()
    assert (code, errors) == (0, "")


def test_lines_have_the_time_the_address_and_the_cause():
    before = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(milliseconds=1)
    gone = f"/ip4/127.0.0.1/tcp/{free_port()}"
    with Node("--no-metrics", "--json", "--dial", f"{gone}/p2p/{PEER}") as node:
        told = json.loads(node.line_with("attempt_failed"))
        at = datetime.datetime.fromisoformat(told["time"].replace("Z", "+00:00"))
        assert before <= at <= datetime.datetime.now(datetime.timezone.utc)
        assert (told["peer"], told["address"], told["cause"]) == (PEER, gone, "ConnectionRefused")
    with Node("--no-metrics", "--dial", f"{gone}/p2p/{PEER}") as node:
        assert re.match(rf"\d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{{3}}Z attempt_failed #\d+ {PEER} {gone} ConnectionRefused",
                        node.line_with("attempt_failed"))


@pytest.mark.parametrize("options, there, not_there", [
    ((), ["attempt_failed", "dial_failed", "circuit_opened"], []),
    (("--log-level", "info"), ["dial_failed", "circuit_opened"], ["attempt_failed", "dial_started"]),
    (("--log-level", "warning"), ["circuit_opened"], ["dial_failed", "attempt_failed"]),
    (("--quiet",), ["circuit_opened"], ["dial_failed", "attempt_failed"])])
def test_what_matters_less_is_not_printed(options, there, not_there):
    with Node("--no-metrics", "--dial", f"/ip4/127.0.0.1/tcp/{free_port()}/p2p/{OTHER}", "--breaker-failures", "2",
              "--backoff-base", "10ms", "--start-spread", "0", *options) as node:
        line = node.line_with("circuit_opened")
        code, out, _ = node.end()
        assert code == 0 and line
        for part in not_there:
            assert part not in out


@pytest.mark.parametrize("round", range(5))
def test_twenty_nodes_end_within_two_seconds_of_the_signal(tmp_path, round):
    """Five rounds: a hundred. A fourth of them has a peer that does not answer."""
    with contextlib.ExitStack() as running:
        nodes = [running.enter_context(Node("--listen", "127.0.0.1:0", "--metrics-port", "0", "--record",
                                            str(tmp_path / str(number)))) for number in range(20)]
        at = [node.line_with("listening on").split()[-1] for node in nodes]
        for node in nodes:
            node.line_with("metrics on")
        silent, answering = at[:5], at[5:]
        for dialled in silent, answering:
            client = running.enter_context(Node("--no-metrics", "--start-spread", "0",
                                                *(f"--dial={each}" for each in dialled)))
            for _ in dialled:
                client.line_with("connection_established")
            if dialled is silent:
                client.process.send_signal(signal.SIGSTOP)
        for number in range(0, 20, 5):  # those whose peer is silent first
            ending = nodes[number:number + 5]
            for node in ending:
                node.process.send_signal(signal.SIGINT if number % 2 else signal.SIGTERM)
            took = times_until(*map(ended, ending))
            assert [node.process.returncode for node in ending] == [0] * 5
            assert max(took) < 2, took


@pytest.mark.parametrize("key", ["allow", "deny", "protect", "dial"])
def test_an_empty_list_is_none(tmp_path, key):
    (tmp_path / "node.yaml").write_text(f"{key}: []\nmax_connections: 64\n")
    told = tandem("check", str(tmp_path / "node.yaml"))
    assert (told.returncode, told.stderr) == (0, "")


def test_a_zero_byte_is_refused_where_it_stands(tmp_path):
    (tmp_path / "node.yaml").write_bytes(b'listen: ["127.0.0.1:4001", "a\\0b"]\n')
    told = tandem("check", str(tmp_path / "node.yaml"))
    assert told.returncode == 2 and "node.yaml:1:" in told.stderr and "zero byte" in told.stderr
