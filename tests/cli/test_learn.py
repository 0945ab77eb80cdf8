# SPDX-License-Identifier: MIT
"""`tandem learn`: a recording becomes a scenario, whose parameters are those of what was recorded."""

import contextlib
import json
import pathlib
import re
import signal
import subprocess

import pytest

from support import TANDEM, assert_one_clear_line, skip_what_repeats_the_release, tandem

KNOWN = """\
scenario: known
levels: [message, stream]
duration: 3000s
sample_every: 60s
groups:
  server: {listen: true, manager: {max_connections: 300, connection_timeout: 1h}}
  callers: {count: 2000, manager: {connection_timeout: 1h}, addresses: {in: 198.18.0.0/15, subnets: 25}}
links: {default: {latency: LATENCY}}
workload:
  - dial: {from: callers, to: server, until: 2990s, arrivals: ARRIVALS, hold: HOLD}
"""


# A node that dials: 40 peers that answer, 10 where nobody listens, 5 that are not there.
DIALLING = """\
scenario: dialling
levels: [message, stream]
duration: 3000s
sample_every: 60s
groups:
  server: {listen: true, manager: {passive: true, max_connections_per_peer: 64}}
  others: {count: 40, listen: true, manager: passive}
  closed: {count: 10, listen: true}
  gone: {count: 5, listen: true, behaviour: {silent: true}}
links: {default: {latency: 40ms}}
workload:
  - kill: {nodes: closed, at: 0s}
  - kill: {nodes: gone, at: 0s}
  - dial: {from: server, to: others, until: 2990s, arrivals: {poisson: 2/s}, hold: {weibull: [20s, 0.7]},
           pick: random, mode: additional}
  - dial: {from: server, to: closed, until: 2990s, arrivals: {every: 5s}, mode: additional}
  - dial: {from: server, to: gone, until: 2990s, arrivals: {every: 20s}, mode: additional}
"""


def recorded(folder, level="message", latency="40ms", arrivals="{poisson: 3/s}", hold="{exponential: 10s}",
             scenario=KNOWN):
    (folder / "known.yaml").write_text(scenario.replace("LATENCY", latency).replace("ARRIVALS", arrivals)
                                       .replace("HOLD", hold))
    run = tandem("run", str(folder / "known.yaml"), "--level", level, "--record", str(folder / "traces"),
                 "--record-nodes", "server")
    assert run.returncode == 0, run.stderr
    return str(folder / "traces")


@pytest.fixture(scope="module")
def known(tmp_path_factory):
    """A recording of what is known, at message."""
    return recorded(tmp_path_factory.mktemp("known"))


def numbers_in(text):
    scale = {"us": 1e-6, "ms": 1e-3, "s": 1, "/s": 1, "": 1}
    return [float(number) * scale[unit] for number, unit in re.findall(r"([\d.]+)(us|ms|/s|s|)", text)]


def learned_from(record):
    told = tandem("learn", record, "--json")
    assert told.returncode == 0, told.stderr
    told = json.loads(told.stdout)
    return told, {fit["what"]: fit for fit in told["fits"]}


@pytest.mark.parametrize("level", ["message", "stream"])
def test_known_parameters_are_recovered_within_5_percent(known, tmp_path, level):
    if level == "stream":
        skip_what_repeats_the_release()
    told, fits = learned_from(recorded(tmp_path, level) if level == "stream" else known)
    assert fits["arrivals"]["text"].startswith("{poisson: ")
    assert numbers_in(fits["arrivals"]["text"]) == [pytest.approx(3, rel=0.05)]
    assert fits["holding times"]["text"].startswith("{exponential: ")
    assert numbers_in(fits["holding times"]["text"]) == [pytest.approx(10, rel=0.05)]
    assert numbers_in(fits["one-way latencies"]["text"]) == [pytest.approx(0.04, rel=0.05)]
    assert all(fit["distance"] < 0.05 and fit["values"] > 1000 for fit in fits.values())
    assert "count: 2000, addresses: {in: 198.18.0.0/15, subnets: 25}" in told["scenario"]
    assert "max_connections: 300" in told["scenario"] and "connection_timeout: 1h" in told["scenario"]


@pytest.mark.parametrize("hold, expected, kind", [
    ("{weibull: [20s, 0.6]}", [20, 0.6], "weibull"), ("{lognormal: [5s, 1]}", [5, 1], "lognormal"),
    ("7s", [7], "")])
def test_other_holding_times_are_told_apart(tmp_path, hold, expected, kind):
    _, fits = learned_from(recorded(tmp_path, hold=hold, arrivals="{every: 400ms}"))
    assert fits["arrivals"]["text"] == "{every: 400ms}"
    text = fits["holding times"]["text"]
    assert text.startswith("{" + kind) if kind else "{" not in text
    assert numbers_in(text) == [pytest.approx(number, rel=0.05) for number in expected]


def test_holds_that_the_node_cut_short_are_not_taken_for_short_ones(tmp_path):
    skip_what_repeats_the_release()
    cutting = KNOWN.replace("connection_timeout: 1h}}\n  callers", "connection_timeout: 15s}}\n  callers")
    for hold, expected in (("{weibull: [20s, 0.6]}", [20, 0.6]), ("{lognormal: [10s, 1]}", [10, 1])):
        (tmp_path / hold[1]).mkdir()
        told, fits = learned_from(recorded(tmp_path / hold[1], hold=hold, scenario=cutting))
        assert "went on beyond what was seen" in fits["holding times"]["why"]
        assert numbers_in(fits["holding times"]["text"]) == [pytest.approx(n, rel=0.05) for n in expected]
        assert "connection_timeout: 15s" in told["scenario"]


@pytest.mark.parametrize("level", ["message", "stream"])
def test_holds_are_those_of_the_dialer_whatever_the_round_trip(tmp_path, level):
    skip_what_repeats_the_release()
    _, fits = learned_from(recorded(tmp_path, level, latency="700ms", hold="3s"))
    assert numbers_in(fits["holding times"]["text"]) == [pytest.approx(3, rel=0.001)]
    (tmp_path / "own").mkdir()
    own = DIALLING.replace("40ms", "700ms").replace("{weibull: [20s, 0.7]}", "3s")
    _, fits = learned_from(recorded(tmp_path / "own", level, scenario=own))
    assert numbers_in(fits["holding times of dials"]["text"]) == [pytest.approx(3, rel=0.001)]


@pytest.mark.parametrize("level", ["message", "stream"])
def test_what_the_node_dialled_itself_is_learned(tmp_path, level):
    if level == "stream":
        skip_what_repeats_the_release()
    told, fits = learned_from(recorded(tmp_path, level, scenario=DIALLING))
    assert "arrivals" not in fits  # nobody came
    assert numbers_in(fits["dials of answering peers"]["text"]) == [pytest.approx(2, rel=0.05)]
    assert numbers_in(fits["holding times of dials"]["text"]) == [pytest.approx(n, rel=0.05) for n in (20, 0.7)]
    assert numbers_in(fits["one-way latencies of dials"]["text"]) == [pytest.approx(0.04, rel=0.05)]
    assert fits["dials of refusing peers"]["text"] == "{every: 5s}"
    assert fits["dials of silent peers"]["text"] == "{every: 20s}"
    for group in ("answering: {count: 40,", "refusing: {count: 10,", "silent: {count: 5,"):
        assert group in told["scenario"]
    again = tmp_path / "again.yaml"
    again.write_text(told["scenario"])
    run = tandem("run", str(again), "--level", level, "--record", str(tmp_path / "more"), "--record-nodes", "node")
    assert run.returncode == 0, run.stderr
    second, more = learned_from(str(tmp_path / "more"))
    assert more.keys() == fits.keys()
    for what in fits:
        assert numbers_in(more[what]["text"]) == [pytest.approx(n, rel=0.08) for n in numbers_in(fits[what]["text"])]
    for what in ("dial failed ConnectionRefused", "dial failed AttemptTimeout"):
        assert second["failures"][what] == pytest.approx(told["failures"][what], rel=0.1)


def test_what_is_learned_runs_and_is_learned_again(known, tmp_path):
    scenario = tmp_path / "again.yaml"
    told = tandem("learn", known, "-o", str(scenario), "--name", "again")
    assert (told.returncode, told.stdout) == (0, "")
    assert re.search(r"^arrivals: \{poisson: \S+/s\}, distance 0\.0\d\d of \d+ values$", told.stderr, re.M)
    run = tandem("run", str(scenario), "--level", "message", "--record", str(tmp_path / "more"),
                 "--record-nodes", "node")
    assert run.returncode == 0, run.stderr
    _, first = learned_from(known)
    _, second = learned_from(str(tmp_path / "more"))
    for what in first:
        assert numbers_in(second[what]["text"]) == [pytest.approx(n, rel=0.05) for n in
                                                    numbers_in(first[what]["text"])], what


def test_nothing_in_it_names_anybody(known):
    told, _ = learned_from(known)
    assert "12D3" not in told["scenario"] and "callers" not in told["scenario"]


def test_a_scenario_that_cannot_be_written_leaves_the_one_that_was_there(known, tmp_path):
    """RLIMIT_FSIZE stands for a full disk."""
    (tmp_path / "mine.yaml").write_text("mine")
    done = subprocess.run(["/bin/sh", "-c", 'ulimit -f 0; exec "$@"', "sh", TANDEM, "learn", known, "-o",
                           str(tmp_path / "mine.yaml")], capture_output=True, text=True, timeout=120)
    assert_one_clear_line(done, f"-o {tmp_path}/mine.yaml", "File too large")
    assert (tmp_path / "mine.yaml").read_text() == "mine"
    assert not list(tmp_path.glob("*.part"))


def reads(process, folder):
    """Whether it has a file of that folder open."""
    held = pathlib.Path(f"/proc/{process.pid}/fd")
    with contextlib.suppress(OSError):
        return any(str(each.readlink()).startswith(folder) for each in held.iterdir())


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_whoever_ends_it_finds_the_scenario_that_was_there(known, tmp_path, stop):
    scenario = tmp_path / "mine.yaml"
    scenario.write_text("mine")
    with subprocess.Popen([TANDEM, "learn", known, "-o", scenario], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True) as process:
        while process.poll() is None and not reads(process, known):
            pass
        process.send_signal(stop)
        told, _ = process.communicate()
    assert (process.returncode, told) == (-stop, "")
    assert [path.name for path in tmp_path.iterdir()] == ["mine.yaml"]
    assert scenario.read_text() == "mine"
    assert tandem("learn", known, "-o", str(scenario)).returncode == 0
    assert tandem("check", str(scenario)).returncode == 0


def test_too_little_is_told(small, tmp_path):
    tandem("run", str(small), "--level", "message", "--record", str(tmp_path / "traces"))
    assert_one_clear_line(tandem("learn", str(tmp_path / "traces")), "arrivals", "record longer")
    assert_one_clear_line(tandem("learn", str(tmp_path / "none")), "no such recording")
    assert_one_clear_line(tandem("learn", str(tmp_path / "none"), "--name", "two words"), "--name two words", "letters")
