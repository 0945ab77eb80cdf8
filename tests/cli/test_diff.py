# SPDX-License-Identifier: MIT
"""`tandem diff`: two runs or results, and how they differ."""

import json
import signal
import subprocess

import pytest

from support import SMALL, TANDEM, assert_one_clear_line, tandem

FIVE = "groups.dialers.count=3"


def test_the_same_twice_exits_with_0(small):
    result = tandem("diff", str(small), str(small))
    assert result.returncode == 0, result.stderr
    assert "they are the same" in result.stdout


def test_a_change_exits_with_1_and_says_what_happened_first(small):
    result = tandem("diff", str(small), "--set-b", FIVE, "--level", "stream")
    assert result.returncode == 1, result.stderr
    assert "A  small at stream, seed 1\nB  small at stream, seed 1, groups.dialers.count=3\n" in result.stdout
    assert "first difference, after " in result.stdout
    assert "server.refusals.LimitReached == 1: ok 1 -> failed 2" in result.stdout


def test_a_stored_result_says_where_the_other_side_runs(small, tmp_path):
    assert tandem("run", str(small), "--level", "stream", "--seed", "5", "--out", str(tmp_path)).returncode == 0
    (stored,) = tmp_path.glob("*.sqlite")
    for sides in [(stored, small), (small, stored), (stored, stored)]:
        result = tandem("diff", *map(str, sides), "--json")
        assert result.returncode == 0, result.stdout
        told = json.loads(result.stdout)
        assert told["same"] and told["a"]["level"] == "stream" and told["b"]["seed"] == 5


def test_an_interrupted_comparison_compares_nothing(small):
    small.write_text(SMALL.replace("duration: 1s", "duration: 60s"))
    with subprocess.Popen([TANDEM, "diff", str(small), "--set-b", FIVE, "--level", "loopback"], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True) as process:
        assert "of 60.0 s" in process.stderr.readline()  # the progress line: it runs
        process.send_signal(signal.SIGINT)
        told, _ = process.communicate(timeout=30)
    assert (process.returncode, told) == (128 + signal.SIGINT, "")


@pytest.mark.parametrize("given, parts", [
    (("none.sqlite", "none.sqlite"), ("none.sqlite: no such file", "`tandem run --out`")),
    (("none.yaml",), ("none.yaml",)),
    (("a.sqlite",), ("B: is missing",)),
    (("a.sqlite", "a.sqlite", "--set-b", "x=1"), ("--set-b: is for a scenario",)),
    (("SMALL", "--level", "strem"), ("did you mean `stream`?",)),
    (("SMALL", "--set-b", "durtion=3s"), ("--set-b durtion=3s: ", "did you mean `duration`?")),
    (("SMALL", "--set-a", "duration"), ("--set-a duration: write path=value",)),
    (("SMALL", "--seed", "-1"), ("--seed -1: must be a whole number",)),
])
def test_what_cannot_be_compared_is_one_clear_line(small, given, parts):
    result = tandem("diff", *(str(small) if each == "SMALL" else each for each in given))
    assert_one_clear_line(result, *parts)
