# SPDX-License-Identifier: MIT
"""The verification report measures what it says."""

import html
import json
import pathlib
import re
import subprocess
import sys

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
    assert "each byte that one end sent the other has received" in metrics["figures"]
    assert "active_connections 1 -> 0" in metrics["figures"] and "connections_closed_total 0 -> 1" in metrics["figures"]
    assert "per_peer_limit at packet" in limit["figures"] or "per_peer_limit at stream" in limit["figures"]
    again = subprocess.run(limit["command"], shell=True, cwd=ROOT, capture_output=True, timeout=120)
    assert again.returncode == 0


def test_what_was_not_measured_says_so_and_why(release):
    said = verify("--row", "release", "--json")
    assert said.returncode == 0
    assert json.loads(said.stdout)[0]["verdict"] == "not measured"
    assert "--against" in json.loads(said.stdout)[0]["figures"]


def test_the_page_has_each_row_with_its_verdict_its_figures_and_the_command_that_repeats_it():
    sys.path.insert(0, str(ROOT / "ci/python"))
    from verification_page import as_html, as_markdown
    rows = [{"row": "limit", "title": "A limit & more", "verdict": "holds", "figures": "3 < 4", "command": "run this",
             "seconds": 1.5},
            {"row": "idle", "title": "Idle", "verdict": "FAILS", "figures": "30 s", "command": "run that", "seconds": 2},
            {"row": "release", "title": "Release", "verdict": "not measured", "figures": "no --against", "command": "so",
             "seconds": 0}]
    about = [("built", "tandem 1")]
    markdown = as_markdown(rows, about)
    assert "- built: tandem 1\n- rows: 1 holds, 1 FAILS, 1 not measured\n" in markdown
    assert "| A limit & more | holds |\n| Idle | FAILS |\n| Release | not measured |\n" in markdown
    assert "## Idle\n\n**FAILS** (2 s). Again:\n\n    run that\n\n```\n30 s\n```\n" in markdown
    page = as_html(rows, about)
    text = html.unescape(re.sub(r"<[^>]+>", " ", page))
    for row in rows:
        assert all(row[key] in text for key in ("title", "verdict", "figures", "command"))
    assert "1 holds, 1 FAILS, 1 not measured" in text
    assert "http" not in page, "it needs no network"


def test_a_row_that_nobody_knows_is_refused():
    said = verify("--row", "speed")
    assert said.returncode == 2 and "invalid choice: 'speed'" in said.stderr
