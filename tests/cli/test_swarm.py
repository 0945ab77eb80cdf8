# SPDX-License-Identifier: MIT
"""`tandem swarm`: random options and faults, then all must be well again."""

import json
import os
import pathlib
import signal
import subprocess

import pytest

from support import PATIENCE, TANDEM, assert_one_clear_line, tandem, wait_until

MUTANTS = pathlib.Path(TANDEM).with_name("tandem_mutants")
CROWDED = pathlib.Path(__file__).with_name("crowded_village.yaml")
VILLAGE = """\
scenario: village
levels: [message]
duration: 2m
groups:
  hub: {listen: true, manager: {max_connections: 20}}
  peers: {count: 8}
workload:
  - keep_alive: {from: peers, to: hub}
  - keep_alive: {from: hub, to: peers}
  - keep_connected: {from: peers, to: hub}
  - send: {from: peers, to: hub, at: 2s, arrivals: {poisson: 1/s}, until: 2m, size: 200B}
expectations:
  - always hub.active <= 20
  - sometimes hub.active == 8
  - hub.messages_received >= 100
"""


@pytest.fixture
def village(tmp_path):
    path = tmp_path / "village.yaml"
    path.write_text(VILLAGE)
    return path


def swarm(file, out, *args, program=TANDEM):
    done = subprocess.run([program, "swarm", str(file), "--out", str(out), "--json", *map(str, args)],
                          capture_output=True, text=True, timeout=600)
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


def test_clean_code_holds_and_what_was_lost_comes_back(village, tmp_path):
    code, told = swarm(village, tmp_path / "out", "--runs", 60)
    assert (code, told["failures"], told["runs"]) == (0, [], 60)
    assert told["healed"] > 20  # chaos that breaks nothing would show nothing
    assert told["goals"] == [{"line": "sometimes hub.active == 8", "seed": told["goals"][0]["seed"]}]
    assert set(told["faults"]) >= {"partition", "link", "die", "pause"}
    assert not (tmp_path / "out").exists()


def test_a_seed_is_the_same_whatever_runs_beside_it(village, tmp_path):
    """What fails is told alike in one process and in three, and by the file that is kept."""
    village.write_text(VILLAGE.replace("always hub.active <= 20", "always hub.active >= 8 from 10s"))
    code, one = swarm(village, tmp_path / "one", "--runs", 12, "--jobs", 1)
    _, three = swarm(village, tmp_path / "three", "--runs", 12, "--jobs", 3)
    assert code == 1 and one["failures"]
    assert [(f["seed"], f["why"]) for f in one["failures"]] == [(f["seed"], f["why"]) for f in three["failures"]]
    for failure in one["failures"]:
        again = subprocess.run([TANDEM, *failure["reproduce"].split()[1:], "--json"], capture_output=True, text=True)
        assert again.returncode == 1, again.stderr
        (run,) = json.loads(again.stdout)
        failed = {e["text"]: e["why"] for e in run["expectations"] if e["verdict"] == "failed"}
        assert failed[failure["line"]] == failure["why"]
        assert run["seed"] == failure["seed"]
        # Alone, too: all of it is in the file.
        alone = tandem("run", failure["file"], "--json")
        assert json.loads(alone.stdout)[0]["trace_hash"] == run["trace_hash"]


def test_another_seed_has_other_options_and_faults(village, tmp_path):
    village.write_text(VILLAGE.replace("always hub.active <= 20", "always hub.active >= 9"))
    _, told = swarm(village, tmp_path / "out", "--runs", 4)
    texts = [pathlib.Path(f["file"]).read_text() for f in told["failures"]]
    assert len(texts) == 4
    parts = [text.split("groups:")[1] for text in texts]
    assert len(set(parts)) == 4
    assert texts[0].startswith(f"# Seed 1 of `tandem swarm {village}` fails at message:\n")
    assert "extends: ../village.yaml" in texts[0]


def test_options_stay_in_the_ranges_of_the_file(village, tmp_path):
    village.write_text(VILLAGE.replace("always hub.active <= 20", "always hub.active >= 9") + """\
swarm:
  vary:
    groups.hub.manager.max_connections: 8..12
    links.default.latency: [5ms, 250ms]
  options: false
  faults: [partition]
  faults_most: 2
  chaos: 30s
  within: 5m
""")
    _, told = swarm(village, tmp_path / "out", "--runs", 12)
    assert told["faults"] == ["partition"]
    limits, latencies = set(), set()
    for failure in told["failures"]:
        flat = tandem("check", failure["file"], "--flat").stdout
        limits.add(int(flat.split("max_connections: ")[1].split("\n")[0].rstrip("},")))
        latencies.add(flat.split("latency: ")[1].split("\n")[0].rstrip("}"))
        assert 1 <= flat.count("partition:") <= 2
        assert "duration: 421s" in flat
        assert "backoff" not in flat
    assert limits <= set(range(8, 13)) and len(limits) > 1
    assert latencies == {"5ms", "250ms"}


def test_a_goal_that_no_seed_reached_is_untested(village, tmp_path):
    village.write_text(VILLAGE.replace("sometimes hub.active == 8", "sometimes hub.active == 19"))
    done = tandem("swarm", str(village), "--runs", "3", "--out", str(tmp_path / "out"))
    assert done.returncode == 3
    assert "sometimes hub.active == 19  NEVER" in done.stdout


def test_a_budget_ends_when_every_goal_was_reached(village, tmp_path):
    code, told = swarm(village, tmp_path / "out", "--budget", "10m")
    assert code == 0 and 0 < told["runs"] < 2000


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_what_failed_is_kept_when_a_search_is_interrupted(village, tmp_path, stop):
    """The signal goes to all its processes, as from a terminal: a seed whose process hears it did not fail."""
    village.write_text(VILLAGE.replace("always hub.active <= 20", "always hub.active >= 9"))
    out = tmp_path / "out"
    with subprocess.Popen([TANDEM, "swarm", village, "--runs", "100000", "--out", out, "--json"],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True) as process:
        wait_until(lambda: len(list(out.glob("seed-*.yaml"))) >= 5)
        os.killpg(process.pid, stop)
        told, _ = process.communicate(timeout=PATIENCE)
    kept = sorted(out.glob("seed-*.yaml"))
    if stop != signal.SIGKILL:
        assert process.returncode == 128 + stop
        assert json.loads(told)["stopped"]
        assert {f["line"] for f in json.loads(told)["failures"]} == {"always hub.active >= 9"}
        assert sorted(f["file"] for f in json.loads(told)["failures"]) == [str(path) for path in kept]
    for path in kept[:5]:
        assert tandem("run", path).returncode == 1


def test_bad_input_is_one_clear_line(village, tmp_path):
    for more, part in [
            ("swarm: {faults: [partitoin]}", "did you mean `partition`?"),
            ("swarm: {vary: {workload.3.send.size: 1B..1KiB}}", "a path into a list cannot be varied here"),
            ("swarm: {vary: {groups.hub.manager.max_connections: 9..3}}", "the ends of `9..3` must rise"),
            ("swarm: {vary: {groups.hub.manager.max_conections: 3..9}}", "did you mean `max_connections`?"),
            ("swarm: {within: 0s}", "within"),
            ("swarm: {chaso: 10s}", "did you mean `chaos`?")]:
        village.write_text(VILLAGE + more + "\n")
        assert_one_clear_line(tandem("swarm", str(village), "--runs", "1"), part)
    village.write_text(VILLAGE)
    assert_one_clear_line(tandem("swarm", str(village), "--budget", "soon"), "--budget soon: must be a duration above 0")
    assert_one_clear_line(tandem("swarm", str(village), "--runs", "0"), "--runs")


# What 20 seeds of the crowded village notice, of the mistakes of `tandem ci --prove`.
NOTICED = {
    "limit off by one": "always hub.active <= 16",
    "per peer limit off by one": "invariant: max_connections_per_peer is never exceeded",
    "backoff without jitter": "invariant: backoff is drawn, not its ceiling",
    "backoff without cap": "invariant: the backoff ceiling is its strategy's",
    "idle timer not reset": "invariant: no connection in use ends as idle",
    "fin counts as use": "invariant: no connection outlives its idle timeout",
    "permit leaked": "eventually within 15m",
    "breaker never opens": "invariant: the circuit opens after breaker_failures",
    "liveness never fires": "invariant: no connection outlives the silence of its peer",
    "ban ignored": "invariant: no peer is connected that is denied",
    "pending limit ignored": "invariant: max_pending_inbound is never exceeded",
    "protected is evicted": "invariant: no protected peer is evicted",
    "retry after ignored": "invariant: a peer that asks to be left alone is",
    "accept rate ignored": "invariant: accept_rate is never exceeded",
    "shutdown tells nobody when": "invariant: shutdown says when to come back",
    "looks at a clock": "invariant: backoff stays within its strategy's bounds",
}


def test_the_crowded_village_holds(tmp_path):
    code, told = swarm(CROWDED, tmp_path / "out", "--runs", 40)
    assert (code, told["failures"]) == (0, [])


@pytest.mark.skipif(not MUTANTS.exists(), reason="`ci/build release tandem_mutants` builds it, as ci/test does")
@pytest.mark.parametrize("mutant", NOTICED)
def test_a_mistake_in_the_policy_is_found_and_named(tmp_path, mutant):
    code, told = swarm(CROWDED, tmp_path / "out", "--runs", 20, "--mutant", mutant, program=MUTANTS)
    assert code == 1, told
    assert NOTICED[mutant] in [failure["line"] for failure in told["failures"]]
    assert all(pathlib.Path(failure["file"]).exists() for failure in told["failures"])
