# SPDX-License-Identifier: MIT
"""`tandem find`: the smallest or largest value with which a line holds."""

import json
import pathlib
import re
import signal
import subprocess
import time

import pytest

from support import OFFICES, TANDEM, assert_one_clear_line, skip_what_repeats_the_release, tandem

SCENARIOS = pathlib.Path(__file__).resolve().parents[2] / "scenarios"


@pytest.fixture
def offices(tmp_path):
    path = tmp_path / "offices.yaml"
    path.write_text(OFFICES)
    return path


def find(out, *args):
    done = subprocess.run([TANDEM, "find", *map(str, args), "--out", str(out), "--json"],
                          capture_output=True, text=True, timeout=600)
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


def erlang_b(places, load):
    blocking = 1.0
    for n in range(1, places + 1):
        blocking = load * blocking / (n + load * blocking)
    return blocking


def places_for(load, blocking):
    places = 1
    while erlang_b(places, load) > blocking:
        places += 1
    return places


@pytest.mark.parametrize("hold, load", [("15s", 2), ("60s", 8)])
def test_the_inverse_of_erlang_b_is_reproduced(tmp_path, hold, load):
    """A bound in the middle of what two numbers of places give, by the formula: neither is near it."""
    skip_what_repeats_the_release()
    places = places_for(load, 0.02)
    bound = (erlang_b(places, load) * erlang_b(places - 1, load)) ** 0.5
    code, told = find(tmp_path / "out", SCENARIOS / "erlang_b.yaml", "--smallest", "parameters.places", "--such-that",
                      f"server.blocking <= {bound:.6f}", "--set", f"parameters.hold={hold}", "--set", "duration=10h",
                      "--set", "workload.0.dial.until=10h")
    assert (code, told["answer"], told["certain"]) == (0, str(places), True)
    for tried in told["tried"]:
        number = tried["number"]
        assert abs(number["mean"] - erlang_b(int(tried["value"]), load)) <= 2 * number["half_width"] + 1e-3
    near = [t for t in told["tried"] if abs(int(t["value"]) - places) == 1]
    assert [t["holds"] for t in near] == [False, True]
    # 256 that are being refused and 32 of the process itself.
    assert told["cost"] == [{"group": "server", "connections": places, "memory": places * 65536,
                             "descriptors": places + 288, "pending_has_limit": False}]


def test_the_largest_round_trip_without_a_false_close_is_found(tmp_path):
    """Of a shipped scenario: whoever is that far is connected, and stays; twice as far, nobody is."""
    skip_what_repeats_the_release()
    line = "very_far.established - very_far.closed >= 4.5"
    code, told = find(tmp_path / "out", SCENARIOS / "no_false_close.yaml", "--largest", "groups.very_far.link.latency",
                      "--between", "1s..10s", "--seeds", "5..10", "--such-that", line)
    assert code in (0, 3), told
    seconds = float(told["answer"].removesuffix("s"))
    # dial_timeout and handshake_timeout (15 s) have room for two round trips of 3.75 s each way, not for more.
    assert 3.7 < seconds <= 3.75
    assert not told["at_the_end"]


def test_a_mean_and_its_interval_are_those_of_the_runs(offices, tmp_path):
    code, told = find(tmp_path / "out", offices, "--smallest", "parameters.limit", "--such-that",
                      "desk.blocking <= 10%", "--between", "8..16", "--seeds", "5")
    assert code in (0, 3)
    swept = json.loads(tandem("sweep", str(offices), "--vary", f"parameters.limit={told['answer']}", "--seeds",
                              "until 99% of desk.refusals.LimitReached / desk.arrivals", "--out",
                              str(tmp_path / "swept"), "--json").stdout)
    (number,) = swept["settings"][0]["also"].values()
    (tried,) = [t for t in told["tried"] if t["value"] == told["answer"]]
    assert tried["number"]["mean"] == pytest.approx(number["mean"])
    assert tried["number"]["half_width"] == pytest.approx(number["half_width"])


def test_what_is_near_the_bound_has_more_seeds(offices, tmp_path):
    _, told = find(tmp_path / "out", offices, "--smallest", "parameters.limit", "--such-that", "desk.blocking <= 21%",
                   "--between", "1,8,40", "--seeds", "5..20")
    seeds = {t["value"]: t["seeds"] for t in told["tried"]}
    assert seeds["1"] == 5
    assert seeds["40"] == 20  # always 0: of what never was otherwise five runs say little
    assert {t["seeds"] for t in told["tried"]} <= {5, 10, 20}
    for tried in told["tried"]:
        number = tried["number"]
        apart = abs(number["mean"] - 0.21) > number["half_width"]
        assert tried["significant"] == apart and (apart or tried["seeds"] == 20)


def test_a_line_that_holds_for_few_and_many_only_in_between_is_found_on_a_grid(tmp_path):
    path = tmp_path / "bump.yaml"
    path.write_text("""\
scenario: bump
parameters: {dialers: 10}
levels: [message]
duration: 10s
groups:
  server: {listen: true, manager: {max_connections: 12}}
  dialers: {count: "${dialers}", manager: passive}
workload:
  - dial: {from: dialers, to: server}
""")
    line = ("--such-that", "server.active in [7, 9]", "--seeds", "5")
    code, told = find(tmp_path / "a", path, "--smallest", "parameters.dialers", "--between", "1..20", *line)
    assert (code, told["answer"]) == (0, "7")
    assert told["not_monotone"] == "it holds neither with 1 nor with 20"
    code, told = find(tmp_path / "a", path, "--largest", "parameters.dialers", "--between", "1..20", *line)
    assert (code, told["answer"]) == (0, "9")
    assert told["cells_reused"] > 0
    text = tandem("find", str(path), "--smallest", "parameters.dialers", "--between", "1..20", *line, "--out",
                  str(tmp_path / "a")).stdout
    assert "Bisection would be wrong: it holds neither with 1 nor with 20. Instead every value was tried." in text


def test_what_no_value_does_is_said_with_what_they_gave(offices, tmp_path):
    line = ("find", str(offices), "--smallest", "parameters.limit", "--such-that", "callers.dial_time.p50 > 1h",
            "--between", "4..6", "--seeds", "20", "--set", "parameters.length=2m", "--out", str(tmp_path / "out"))
    done = tandem(*line)
    assert done.returncode == 1
    assert done.stdout.splitlines()[0] == "Smallest parameters.limit such that callers.dial_time.p50 > 1h: none in 4..6"
    tried = re.findall(r"^(\d) +\d+ +([\d.]+) ms(?: \+- \S+ \S+)? +no$", done.stdout, re.M)
    assert [value for value, _ in tried] == ["4", "5", "6"]
    assert all(0 < float(number) < 100 for _, number in tried)
    nobody = tandem(*(word.replace("callers.dial_time", "desk.dial_time") for word in line), "--overwrite")
    assert nobody.returncode == 1
    assert re.search(r"^4 +\d+ +- +no", nobody.stdout, re.M), "who dials nobody has no number"


def test_bad_input_is_one_clear_line(offices, tmp_path):
    out = ("--out", str(tmp_path / "out"))
    fine = ("--such-that", "desk.blocking <= 1%")
    for args, part in [
            (("--smallest", "parameters.limt", *fine),
             "tandem: --smallest parameters.limt: no parameter is called `limt`; did you mean `limit`?"),
            (("--smallest", "parameters.limit", "--such-that", "desk.dials <= callers.dials"),
             "tandem: --such-that desk.dials <= callers.dials: a number stands on the right side; "),
            (("--smallest", "parameters.limit", "--between", "9..3", *fine),
             "tandem: --between: the ends of `9..3` must rise"),
            (("--smallest", "parameters.limit", "--seeds", "9..3", *fine),
             "tandem: --seeds 9..3: write a number or LEAST..MOST, from 1 to 1000000, as in 5..100"),
            (fine, "tandem: tandem find: name what to look for: --smallest PATH or --largest PATH")]:
        done = tandem("find", str(offices), *args, *out)
        assert_one_clear_line(done, part)


ENDS_FIRST = ("--smallest", "parameters.limit", "--such-that", "desk.blocking <= 5%", "--between", "1..64", "--set",
              "parameters.length=5m", "--seeds", "5..10", "--jobs", "2")


def find_and_stop(offices, out, cells, stop):
    """Sends the signal once so many cells are kept: (exit code, what it said, the cells that were kept)."""
    timing = out / "timing.csv"
    with subprocess.Popen([TANDEM, "find", offices, *ENDS_FIRST, "--out", out], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True) as process:
        while process.poll() is None and (not timing.exists() or len(timing.read_text().splitlines()) < cells):
            time.sleep(0.005)
        process.send_signal(stop)
        told, _ = process.communicate()
    return process.returncode, told, len(timing.read_text().splitlines())


def test_a_search_that_was_ended_goes_on_where_it_was(offices, tmp_path):
    _, whole = find(tmp_path / "whole", offices, *ENDS_FIRST)

    def assert_goes_on(out, least, most):
        code, found = find(out, offices, *ENDS_FIRST)
        assert code in (0, 3)
        assert least <= found["cells_reused"] <= most
        assert {**whole, "cells_run": 0, "cells_reused": 0} == {**found, "cells_run": 0, "cells_reused": 0}

    # Both ends are known after 15 cells.
    code, told, there = find_and_stop(offices, tmp_path / "interrupted", 18, signal.SIGINT)
    assert code == 130
    assert "not found yet: it does not hold with 1, and holds with 64" in told
    assert_goes_on(tmp_path / "interrupted", there, there)
    code, told, there = find_and_stop(offices, tmp_path / "killed", 12, signal.SIGKILL)
    assert (code, told) == (-signal.SIGKILL, "")
    assert_goes_on(tmp_path / "killed", 10, there)  # but for those that were under way


def test_a_folder_of_another_question_is_refused(offices, tmp_path):
    def line(bound):
        return ("find", str(offices), "--smallest", "parameters.limit", "--between", "4,30", "--seeds", "1",
                "--such-that", f"desk.blocking <= {bound}", "--out", str(tmp_path / "out"))
    assert tandem(*line("5%")).returncode in (0, 3)
    assert_one_clear_line(tandem(*line("6%")), "holds what another question", "--overwrite")
    assert tandem(*line("6%"), "--overwrite").returncode in (0, 3)
