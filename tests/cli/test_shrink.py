# SPDX-License-Identifier: MIT
"""`tandem shrink`: what is left of a scenario that fails is small, and fails with the same line."""

import json
import pathlib
import signal
import subprocess
import time

import pytest

from support import TANDEM, assert_one_clear_line, skip_what_repeats_the_release, tandem

MUTANTS = pathlib.Path(TANDEM).with_name("tandem_mutants")
# One message a minute of one group to one desk breaks the line, when that desk is cut off for longer than a minute.
BIG = """\
scenario: big
description: much goes on, and one line does not hold
parameters: {far: 80ms, peers: 12}
levels: [message, stream]
duration: 12m
sample_every: 2s
groups:
  desk: {listen: true, manager: {max_connections: 200, connection_timeout: 5m}}
  store: {listen: true, link: dsl}
  clerks: {count: "${peers}", link: {latency: "${far}", loss: 1%}, manager: {connection_timeout: 5m}}
  guests: {count: 8, link: lte, manager: {backoff_cap: 20s}}
  rest: {count: 4}
links:
  default: {latency: 10ms}
  between:
    - {groups: [clerks, desk], latency: 20ms}
workload:
  - keep_connected: {from: clerks, to: desk}
  - keep_connected: {from: guests, to: store}
  - send: {from: clerks, to: desk, at: 5s, arrivals: {poisson: 2/s}, until: 11m, size: 300B}
  - send: {from: guests, to: store, at: 5s, every: 20s, for: 10m, size: 1KiB}
  - dial: {from: rest, to: store, at: 10s, arrivals: {every: 1s}, until: 5m}
  - request: {from: guests, to: store, at: 1m, arrivals: {every: 3s}, until: 10m, size: 100B, reply: {size: 2KiB}}
  - restart: {group: store, at: 9m}
faults:
  - partition: {groups: [guests], at: 2m, for: 10s}
  - link: {nodes: clerks, at: 3m, for: 20s, loss: 10%}
  - die: {nodes: store, at: 4m, for: 15s}
  - partition: {from: "clerks[0..4]", to: desk, at: 5m, for: 90s, name: cut}
  - pause: {nodes: rest, at: 7m, for: 5s}
expectations:
  - always desk.active <= 200
  - desk.closed.LivenessLost <= 2
  - store.established >= 8
"""


def lines(text):
    return [line for line in text.splitlines() if line and not line.startswith("#")]


@pytest.fixture
def big(tmp_path):
    path = tmp_path / "big.yaml"
    path.write_text(BIG)
    return path


def test_what_is_left_of_a_big_file_is_small_and_fails_with_the_same_line(big, tmp_path):
    done = tandem("shrink", str(big), "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["line"] == "desk.closed.LivenessLost <= 2"
    text = (tmp_path / "big-shrunk.yaml").read_text()
    assert told["text"] == text
    assert told["after"]["nodes"] <= 7  # five are cut off, from one
    assert told["after"]["entries"] <= 3
    assert told["after"]["duration_s"] < told["before"]["duration_s"]
    assert len(lines(text)) <= 20, text
    for gone in ("guests", "store", "rest", "restart", "pause", "description", "sample_every"):
        assert gone not in "\n".join(lines(text)), text
    again = tandem("run", str(tmp_path / "big-shrunk.yaml"), "--json")
    assert again.returncode == 1
    (run,) = json.loads(again.stdout)
    assert [e["text"] for e in run["expectations"] if e["verdict"] == "failed"] == [told["line"]]
    assert tandem("check", str(tmp_path / "big-shrunk.yaml")).returncode == 0
    head = text.splitlines()
    assert head[0] == f"# Made by `tandem shrink` of {big}. At message it fails like that:"
    assert head[1] == "#   desk.closed.LivenessLost <= 2"
    assert [path.name for path in tmp_path.glob("*.try*")] == []


def test_it_is_the_same_in_one_process_and_in_three(big, tmp_path):
    skip_what_repeats_the_release()
    for jobs in ("1", "3"):
        done = tandem("shrink", str(big), "--set", "parameters.peers=6", "--jobs", jobs, "--out", str(tmp_path / jobs))
        assert done.returncode == 0, done.stderr
    one, three = [(tmp_path / jobs).read_text() for jobs in ("1", "3")]
    assert one == three


def test_what_holds_cannot_be_shrunk(big, tmp_path):
    big.write_text(BIG.replace("LivenessLost <= 2", "LivenessLost <= 200"))
    assert_one_clear_line(tandem("shrink", str(big), "--seed", "4"), "holds with seed 4 at message: there is nothing to shrink")
    assert not (tmp_path / "big-shrunk.yaml").exists()


def test_a_file_that_is_there_is_kept(big, tmp_path):
    (tmp_path / "big-shrunk.yaml").write_text("mine")
    assert_one_clear_line(tandem("shrink", str(big)), "is there already", "--overwrite")
    assert (tmp_path / "big-shrunk.yaml").read_text() == "mine"


def test_an_aim_that_was_nearly_reached_is_not_shrunk_to_a_scenario_in_which_nothing_happens(tmp_path):
    path = tmp_path / "aim.yaml"
    path.write_text("""\
scenario: aim
levels: [message]
duration: 1m
groups:
  hub: {listen: true, manager: {max_connections: 6}}
  peers: {count: 9}
  others: {count: 9}
workload:
  - keep_connected: {from: peers, to: hub, at: 1s}
  - send: {from: peers, to: hub, at: 5s, every: 5s, for: 30s, size: 10B}
expectations:
  - hub.active.max == 8
""")
    told = json.loads(tandem("shrink", str(path), "--json").stdout)
    assert "keep_connected" in told["text"]
    assert "send" not in "\n".join(lines(told["text"]))


def test_interrupted_it_keeps_the_smallest_so_far(big, tmp_path):
    line = [TANDEM, "shrink", str(big), "--jobs", "1"]
    with subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        trial = tmp_path / "big-shrunk.yaml.try-0.yaml"
        while process.poll() is None and (not trial.exists() or "guests" in trial.read_text()):
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        process.communicate()
    assert process.returncode == 130
    assert tandem("run", str(tmp_path / "big-shrunk.yaml")).returncode == 1


@pytest.mark.skipif(not MUTANTS.exists(), reason="`ci/build release tandem_mutants` builds it, as ci/test does")
def test_a_mistake_that_swarm_found_is_made_small(tmp_path):
    path = tmp_path / "village.yaml"
    path.write_text("""\
scenario: village
levels: [message]
duration: 1m
groups:
  hub: {listen: true}
  peers: {count: 8}
workload:
  - keep_connected: {from: peers, to: hub}
""")
    found = subprocess.run([MUTANTS, "swarm", path, "--runs", "20", "--out", tmp_path / "out", "--json", "--mutant",
                            "permit leaked"], capture_output=True, text=True, timeout=300)
    failure = json.loads(found.stdout)["failures"][0]
    done = subprocess.run([MUTANTS, "shrink", failure["file"], "--out", tmp_path / "small.yaml", "--json", "--budget",
                           "60s", "--mutant", "permit leaked"], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["line"] == failure["line"]
    assert told["after"]["entries"] <= 3 and told["after"]["nodes"] < 9, told["text"]  # of 6 and 9
    assert tandem("run", str(tmp_path / "small.yaml")).returncode in (0, 3)  # without the mistake all is well
