# SPDX-License-Identifier: MIT
"""The verification report measures what it says."""

import json
import pathlib
import subprocess

import pytest

from support import TANDEM

ROOT = pathlib.Path(__file__).resolve().parents[2]


def verify(*args):
    return subprocess.run([ROOT / "ci/verify", "--built", *args], capture_output=True, text=True, timeout=120)


@pytest.fixture
def release():
    if pathlib.Path(TANDEM).resolve() != (ROOT / "build/release/tandem").resolve():
        pytest.skip("the report is about the release build")


def test_rows_are_measured_in_the_run_and_say_how_to_repeat_it(release):
    said = verify("--row", "metrics", "--row", "per-peer-limit", "--json")
    assert said.returncode == 0, said.stdout + said.stderr
    metrics, limit = json.loads(said.stdout)
    assert metrics["verdict"] == limit["verdict"] == "holds"
    assert "active_connections 1 -> 0" in metrics["figures"] and "connections_closed_total 0 -> 1" in metrics["figures"]
    assert "per_peer_limit at packet" in limit["figures"] or "per_peer_limit at stream" in limit["figures"]
    again = subprocess.run(limit["command"], shell=True, cwd=ROOT, capture_output=True, timeout=120)
    assert again.returncode == 0


def test_what_was_not_measured_says_so_and_why(release):
    said = verify("--row", "release", "--json")
    assert said.returncode == 0
    assert json.loads(said.stdout)[0]["verdict"] == "not measured"
    assert "--against" in json.loads(said.stdout)[0]["figures"]


def test_a_row_that_nobody_knows_is_refused():
    said = verify("--row", "speed")
    assert said.returncode == 2 and "invalid choice: 'speed'" in said.stderr
