# SPDX-License-Identifier: MIT
"""The `tandem` command as a person and a program meet it."""

import json
import pathlib
import re
import shlex
import socket
import sqlite3
import subprocess
import urllib.request

import pytest

from support import SMALL, TANDEM, Node, assert_one_clear_line, tandem


def test_json_is_one_array_with_an_object_per_level(small):
    result = tandem("run", str(small), "--json", "--seed", "3")
    assert result.returncode == 0, result.stderr
    runs = json.loads(result.stdout)
    assert [r["level"] for r in runs] == ["message", "stream", "loopback"]
    for r in runs:
        assert set(r) == {"scenario", "level", "seed", "commit", "trace_hash", "ok", "verdict", "stopped",
                          "expectations", "invariants", "faults", "warnings", "groups", "refusals", "summary", "events",
                          "wall_s", "fingerprints"}
        assert (r["scenario"], r["seed"], r["ok"], r["stopped"]) == ("small", 3, True, False)
        assert re.fullmatch(r"unknown|[0-9a-f]{12}(-dirty-[0-9a-f]{12})?", r["commit"])
        assert [set(e) for e in r["expectations"]] == [{"text", "ok", "verdict", "measured", "looked", "why"}] * 2
        active = r["groups"]["server"]["icn_p2p_active_connections"]
        assert active == {"last": 1, "min": 0, "max": 1}
        assert len(r["groups"]["dialers"]) == 8
        assert r["refusals"] == {"server": {"LimitReached": 1}, "dialers": {}}
        assert r["events"] > 0 and r["wall_s"] > 0
        if r["level"] == "loopback":
            assert r["trace_hash"] is None and r["fingerprints"] is None
        else:
            assert re.fullmatch("[0-9a-f]{16}", r["trace_hash"])


def test_the_table_shows_levels_side_by_side_and_the_line_that_runs_it_again(small):
    result = tandem("run", str(small))
    assert result.returncode == 0, result.stderr
    assert re.search(r"^small +message +stream +loopback$", result.stdout, re.M)
    assert "server.refusals.LimitReached == 1" in result.stdout
    again = re.findall(r"^  (tandem run .*)$", result.stdout, re.M)
    assert len(again) == 3
    repeated = tandem(*shlex.split(again[0])[1:], "--json")
    once = tandem("run", str(small), "--level", "message", "--json")
    assert json.loads(repeated.stdout)[0]["trace_hash"] == json.loads(once.stdout)[0]["trace_hash"]


def test_threads_change_nothing_and_the_result_says_where_there_is_one():
    def run(name, threads):
        [found] = json.loads(tandem("run", name, "--level", "message", "--json", "--threads", threads).stdout)
        return {key: found[key] for key in found if key != "wall_s"}

    assert run("global_limit", "2") == run("global_limit", "1")
    one, asked = run("slow_reply", "1"), run("slow_reply", "2")
    assert re.fullmatch(r"it had one thread: .*slow_reply\.yaml:\d+:\d+: `workload\.1\.request`: what it does .*",
                        asked["warnings"].pop())
    assert asked == one


def test_a_failed_expectation_exits_with_1_and_says_what_was_measured(small):
    change = "groups.server.manager.max_connections=2"
    result = tandem("run", str(small), "--level", "message", "--set", change)
    assert result.returncode == 1
    assert re.search(r"server.refusals.LimitReached == 1 +FAIL +0", result.stdout)
    assert f"--set {change}" in result.stdout


def test_a_fault_that_touches_nothing_exits_with_3_and_says_so(small):
    small.write_text(SMALL.replace(", loopback", "").replace("groups:\n", "groups:\n  spare: {}\n") +
                     "faults: [{partition: {groups: [spare], at: 900ms, until: 950ms}}]\n")
    result = tandem("run", str(small))
    assert result.returncode == 3, result.stdout + result.stderr
    assert "untested: fault: partition of spare from 900ms until 950ms: it touched nothing" in result.stdout
    assert re.search("^all held +UNTESTED +UNTESTED$", result.stdout, re.M)
    assert "3 nothing failed" in tandem("--help").stdout


def test_looking_at_a_run_does_not_change_it(small, tmp_path):
    def hash_of(*args):
        result = tandem("run", str(small), "--level", "stream", *args)
        assert result.returncode == 0, result.stderr
        return re.search(r"trace[ _]hash\W+([0-9a-f]{16})", result.stdout)[1]

    hashes = {hash_of(), hash_of("--json"), hash_of("--out", str(tmp_path / "out")),
              hash_of("--set", "sample_every=1ms", "--out", str(tmp_path / "often"))}
    assert len(hashes) == 1


@pytest.mark.parametrize("old,new,parts", [
    ("duration: 1s", "duratoin: 1s", (":2:1: unknown key `duratoin`", "did you mean `duration`?")),
    ("count: 2", "count: two", (":6:20: ", "must be a whole number, not `two`")),
    ("count: 2", "count: 0", (":6:20: ", "must be at least 1, not 0")),
    ("duration: 1s", "duration: -1s", (":2:11: ", "must be above 0")),
    ("to: server", "to: sever", ("no group is called `sever`; did you mean `server`?",)),
    ("levels: [message", "levels: [massage", (":3:10: no level is called `massage`",)),
    ("max_connections: 1,", "max_connections: -1,", ("`max_connections` must be a whole number",)),
    ("LimitReached == 1", "LimitReeched == 1", ("did you mean `LimitReached`?",)),
])
def test_bad_scenarios_are_one_clear_line(small, old, new, parts):
    assert old in SMALL
    small.write_text(SMALL.replace(old, new))
    for command in ("run", "check"):
        assert_one_clear_line(tandem(command, str(small)), str(small), *parts)


def test_bad_arguments_are_one_clear_line(small, tmp_path):
    assert_one_clear_line(tandem("run", "no_such.yaml"), "no_such.yaml: no such scenario file")
    assert_one_clear_line(tandem("run", str(tmp_path)), "is a folder")
    assert_one_clear_line(tandem("run", str(small), "--level", "strem"), "did you mean `stream`?")
    assert_one_clear_line(tandem("run", str(small), "--set", "duration"), "write path=value")
    assert_one_clear_line(tandem("run", str(small), "--seed", "x"), "--seed")
    for threads in ("0", "33"):
        assert_one_clear_line(tandem("run", str(small), "--threads", threads), "not in range 1 to 32")
    assert_one_clear_line(tandem("run"), "SCENARIO")
    for seed in ("-1", str(2**64)):
        assert_one_clear_line(tandem("run", str(small), "--seed", seed), f"--seed {seed}")
    assert_one_clear_line(tandem("dance"), "no command is called `dance`")
    assert_one_clear_line(tandem("list", "no/such"), "no such folder")


def test_an_empty_or_binary_file_is_one_clear_line(small):
    small.write_bytes(b"")
    assert_one_clear_line(tandem("run", str(small)), "is empty")
    small.write_bytes(SMALL.encode("utf-16"))
    assert_one_clear_line(tandem("run", str(small)), "is no UTF-8 text")


@pytest.mark.parametrize("arguments", [
    ["run", "small.yaml", "--level", "message"], ["check", "small.yaml"], ["list", "."], ["version"], ["--version"],
    ["--help"], ["node", "--help"],
])
def test_what_cannot_be_printed_is_an_error(small, arguments):
    with open("/dev/full", "w") as full:
        result = subprocess.run([TANDEM, *arguments], stdout=full, stderr=subprocess.PIPE, text=True, timeout=60,
                                cwd=small.parent)
    assert result.returncode == 2
    assert result.stderr == "tandem: standard output: No space left on device\n"


def test_a_level_that_cannot_honour_a_setting_says_where_it_stands(small):
    small.write_text(SMALL + "links: {default: {latency: 5ms}}\n")
    result = tandem("run", str(small), "--level", "loopback")
    assert_one_clear_line(result, f"{small}:12:28: ", "cannot honour `links.default.latency`")
    result = tandem("run", str(small), "--level", "packet")
    assert result.returncode == 2


def test_check_tells_every_mistake_also_in_json(tmp_path):
    (tmp_path / "bad.yaml").write_text("scenario: s\nduration: 10\nseed: x\ngroups: {a: {cuont: 1}}\n")
    said = tandem("check", tmp_path / "bad.yaml")
    assert said.returncode == 2 and said.stdout == ""
    places = [line.split(": ")[1] for line in said.stderr.splitlines()]
    assert places == [f"{tmp_path}/bad.yaml:{at}" for at in ("2:11", "3:7", "4:14")], said.stderr
    told = tandem("check", tmp_path / "bad.yaml", "--json")
    assert told.returncode == 2
    assert json.loads(told.stdout) == {
        "file": str(tmp_path / "bad.yaml"),
        "ok": False,
        "mistakes": [line.removeprefix("tandem: ") for line in said.stderr.splitlines()],
        "warnings": [],
    }
    good = json.loads(tandem("check", "global_limit", "--json").stdout)
    assert good["ok"] and good["warnings"] == []
    doubtful = ("check", "global_limit", "--set", "groups.dialers.manager.dial_timeout=2s")
    said = tandem(*doubtful)
    assert said.returncode == 0 and "warning: --set groups.dialers.manager.dial_timeout=2s: group `dialers`" in said.stdout
    assert len(json.loads(tandem(*doubtful, "--json").stdout)["warnings"]) == 1


def test_check_and_list():
    result = tandem("check", "scenarios/global_limit.yaml")
    assert result.returncode == 0 and "401 nodes in 2 groups" in result.stdout
    result = tandem("list", "scenarios")
    assert result.returncode == 0, result.stderr
    names = {line.split()[0] for line in result.stdout.splitlines()}
    assert {"global_limit", "per_peer_limit", "idle_timeout", "backoff"} <= names


def test_a_scenario_is_found_by_name():
    assert tandem("check", "global_limit").returncode == 0
    assert_one_clear_line(tandem("check", "global_limt"), "did you mean `global_limit`?")


@pytest.mark.parametrize("command", ["run", "check", "list", "node", "replay", "version"])
def test_help_has_an_example(command):
    result = tandem(command, "--help")
    assert result.returncode == 0
    assert "Example" in result.stdout and f"tandem {command}" in result.stdout


def test_version():
    result = tandem("version")
    assert result.returncode == 0
    assert re.match(r"tandem \d+\.\d+\.\d+ \(.+\), levels message, stream", result.stdout)


def test_two_nodes_connect_are_scraped_and_end_in_time():
    with Node("--listen", "127.0.0.1:0", "--metrics-port", "0") as server:
        address = server.line_with("listening on ").split()[-1]
        metrics = server.line_with("metrics on ").split()[-1]
        with Node("--dial", address, "--no-metrics") as client:
            client.line_with("connection_established")
            server.line_with("connection_established")
            with urllib.request.urlopen(metrics, timeout=5) as answer:
                text = answer.read().decode()
            assert "icn_p2p_active_connections 1" in text
            assert client.end()[0] == 0
        server.line_with("connection_closed")
        assert server.end()[0] == 0


def test_a_node_that_cannot_listen_says_so():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        result = tandem("node", "--listen", f"127.0.0.1:{port}", "--allow-plaintext",
                        "--no-metrics")
        assert_one_clear_line(result, f"--listen 127.0.0.1:{port}", "in use")


def test_a_node_refuses_what_it_cannot_use():
    assert_one_clear_line(tandem("node", "--security", "noise,ssl"), "--security noise,ssl",
                          "'ssl' is no security; there are tls, noise and plaintext")
    assert_one_clear_line(tandem("node", "--allow-plaintext", "--listen", "nowhere"), "no address")
    assert_one_clear_line(tandem("node", "--allow-plaintext", "--dial", "127.0.0.1:1"), "/p2p/ID")
    assert_one_clear_line(tandem("node", "--allow-plaintext", "--max-connections", "many"),
                          "must be a whole number")
    assert_one_clear_line(tandem("node", "--allow-plaintext", "--eviction", "always"),
                          "must be one of off, scored")
    assert_one_clear_line(tandem("node", "--allow-plaintext", "--deny", "10.0.0.1/8"),
                          "bits beyond the prefix")
    assert_one_clear_line(tandem("node", "--allow-plaintext", "--protect", "127.0.0.1:1"), "/p2p/ID")


def test_a_denied_network_is_turned_away():
    with Node("--listen", "127.0.0.1:0", "--no-metrics", "--deny", "127.0.0.0/8") as server:
        address = server.line_with("listening on ").split()[-1]
        with Node("--dial", address, "--no-metrics") as client:
            assert "Denied" in server.line_with("inbound_refused")
            client.line_with("dial_failed")


def test_a_protected_peer_is_redialled_when_it_comes_back(tmp_path):
    identity = ["--identity-file", str(tmp_path / "id"), "--no-metrics"]
    with Node("--listen", "127.0.0.1:0", *identity) as server:
        address = server.line_with("listening on ").split()[-1]
        with Node("--protect", address, "--no-metrics", "--backoff-base", "100ms",
                  "--backoff-cap", "200ms") as client:
            client.line_with("connection_established")
            assert server.end()[0] == 0
            client.line_with("connection_closed")
            port = address.split("/")[4]
            with Node("--listen", f"127.0.0.1:{port}", *identity) as again:
                again.line_with("connection_established")
                client.line_with("connection_established")


def test_a_node_keeps_its_identity_in_a_file(tmp_path):
    path = tmp_path / "id"
    ids = []
    for _ in range(2):
        with Node("--identity-file", str(path), "--no-metrics") as node:
            ids.append(node.line_with("peer id "))
            assert node.end()[0] == 0
    assert ids[0] == ids[1]
    assert pathlib.Path(path).stat().st_mode & 0o777 == 0o600


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """PATH of a recording: a server that two clients dial, the second of them too many."""
    path = tmp_path_factory.mktemp("record") / "node"
    with Node("--listen", "127.0.0.1:0", "--no-metrics", "--max-connections", "1",
              "--max-connections-per-peer", "1", "--record", str(path)) as server:
        address = server.line_with("listening on ").split()[-1]
        with Node("--dial", address, "--no-metrics") as first:
            first.line_with("connection_established")
            server.line_with("connection_established")
            with Node("--dial", address, "--no-metrics") as second:
                second.line_with("remote_refused")
                second.end()
            first.end()
        server.line_with("connection_closed")
        assert server.end()[0] == 0
    return path


def test_a_recording_replays_to_the_same_decisions(recorded):
    assert sorted(p.name for p in recorded.parent.iterdir()) == ["node.000001.trace"]
    result = tandem("replay", str(recorded))
    assert result.returncode == 0, result.stderr
    assert "the same actions" in result.stdout
    result = tandem("replay", f"{recorded}.000001.trace", "--json")
    assert result.returncode == 0
    run, = json.loads(result.stdout)
    assert run["identical"] and run["same"] and run["error"] == "" and run["mismatch"] is None
    assert run["counters"]["established_total"] == 1
    assert run["counters"]["refused"] == {"LimitReached": 1}
    assert run["inputs"] > 5 and run["actions"] > 5


def test_a_recording_is_plain_gzip(recorded):
    plain = subprocess.run(["zcat", f"{recorded}.000001.trace"], capture_output=True, timeout=60)
    assert plain.returncode == 0
    assert plain.stdout[:5] == b"\x00\x06\x00\x00\x00"  # header, version 6


def test_another_limit_shows_what_would_have_been_decided(recorded):
    result = tandem("replay", str(recorded), "--set", "max_connections=2", "--json")
    assert result.returncode == 1, result.stderr
    run, = json.loads(result.stdout)
    assert run["identical"] and not run["same"]
    assert run["divergences_count"] == 1
    row, = run["divergences"]
    assert (row["recorded"]["what"], row["recorded"]["cause"]) == ("refuse", "LimitReached")
    assert row["open"]["what"] == "admit established"
    assert row["peer"].startswith("12D3KooW") and row["address"].startswith("127.0.0.1:")
    assert run["totals"] == [{"recorded": "refuse LimitReached", "open": "admit established", "count": 1}]
    assert run["open_counters"]["established_total"] == 2
    text = tandem("replay", str(recorded), "--set", "max-connections=2", "--explain", row["peer"])
    assert text.returncode == 1
    assert re.search(r"recorded inbound_refused LimitReached\{limit: 1, current: 1\}", text.stdout)
    assert re.search(r"new      connection_established", text.stdout)
    assert re.search(r"1  refuse LimitReached -> admit established", text.stdout)
    explained, = json.loads(tandem("replay", str(recorded), "--set", "max_connections=2", "--explain", row["peer"],
                                   "--json").stdout)
    for name in ("explained", "open_explained"):
        assert explained[name]["peer"] == row["peer"] and explained[name]["dial"] == "none"
        assert explained[name]["circuit"] == "closed" and explained[name]["redial_s"] is None
    assert explained["explained"]["last"]["cause"] == "LimitReached"
    assert explained["explained"]["last"]["described"] == "LimitReached{limit: 1, current: 1}"
    assert "inbound_refused LimitReached{limit: 1, current: 1}" in explained["explained"]["sentence"]
    assert explained["open_explained"]["last"]["what"].startswith("connection_")
    assert tandem("replay", str(recorded), "--set", "max_connections=1").returncode == 0


def test_what_cannot_be_replayed_is_one_clear_line(recorded, small, tmp_path):
    assert_one_clear_line(tandem("replay", "no_such"), "no_such: no such recording")
    assert_one_clear_line(tandem("replay", str(small)), "is no recording")
    for change, part in (("max_connexions=1", "did you mean `max_connections`?"),
                         ("max_connections", "write NAME=VALUE"),
                         ("max_connections=many", "must be a whole number"),
                         ("reserved_connections=9", "reserved_connections (9) is above")):
        assert_one_clear_line(tandem("replay", str(recorded), "--set", change), part)
    assert_one_clear_line(tandem("replay", str(recorded), "--explain", "bob"), "no peer id")
    whole = pathlib.Path(f"{recorded}.000001.trace").read_bytes()
    damaged = tmp_path / "damaged.trace"
    damaged.write_bytes(whole[:40] + b"????" + whole[44:])
    result = tandem("replay", str(damaged))
    assert result.returncode == 2
    assert re.search(rf"^tandem: {damaged}: byte \d+: damaged \(.+\)$", result.stderr, re.M)
    damaged.write_bytes(whole[:-30])
    result = tandem("replay", str(damaged))
    assert result.returncode in (0, 2)  # 2: not even the header is whole
    assert "ends inside a member" in result.stdout + result.stderr


def test_a_node_that_cannot_record_says_so(tmp_path):
    place = tmp_path / "no" / "folder"
    result = tandem("node", "--allow-plaintext", "--no-metrics", "--record", str(place))
    assert_one_clear_line(result, f"--record {place}", "No such file or directory")
    for option, value in (("--record-segment", "1"), ("--record-segments", "0")):
        assert_one_clear_line(tandem("node", "--allow-plaintext", "--record", str(tmp_path / "x"), option, value),
                              f"{option} {value}")
