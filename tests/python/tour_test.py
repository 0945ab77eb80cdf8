# SPDX-License-Identifier: MIT
"""The programs of the site's own pages run as they stand, and none is longer than 15 lines."""

import pathlib
import re
import subprocess
import sys

import pytest

import tandem
from support import SCENARIOS

DOCS = pathlib.Path(__file__).resolve().parents[2] / "docs"
FENCE = re.compile(r"^```python\n(.*?)^```$", re.M | re.S)
PROGRAMS = [pytest.param(body, id=f"{page.stem}-{number}") for page in sorted(DOCS.glob("*.md"))
            for number, body in enumerate(FENCE.findall(page.read_text()))]


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_program_of_the_site_runs(program, tmp_path):
    assert len([line for line in program.splitlines() if line.strip()]) <= 15
    if "tandem.report" in program:
        pytest.importorskip("plotly")
    if '"packet"' in program and "packet" not in tandem.levels():
        pytest.skip("without ns-3")
    (tmp_path / "scenarios").symlink_to(SCENARIOS)  # an installed package has them
    file = tmp_path / "test_it.py"
    file.write_text(program)
    how = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "tandem.pytest_plugin"] if "tandem_run" in program else []
    done = subprocess.run([sys.executable, *how, file], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "FutureWarning" not in done.stderr and "DeprecationWarning" not in done.stderr, done.stderr


def test_there_are_programs():
    assert len(PROGRAMS) >= 9
