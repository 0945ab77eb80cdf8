# SPDX-License-Identifier: MIT
"""The package is typed: mypy --strict on it, its stubs and an example that uses it."""

import os
import pathlib
import subprocess
import sys

import pytest

import tandem
from tour_test import PROGRAMS

pytest.importorskip("mypy")
PACKAGE = pathlib.Path(tandem.__file__).parent
ROOT = pathlib.Path(__file__).resolve().parents[2]
EXAMPLE = """
import tandem

result = tandem.run("global_limit", level="stream", set={"duration": "10s"}, progress=True)
held: bool = result.ok
worst: float = result.groups["server"]["icn_p2p_active_connections"]["max"]
refused = result.events[result.events.event == "inbound_refused"]
name, levels = tandem.check({"scenario": "x"})
levels.append(name)
remote: str = tandem.events.Arrived(2, "192.0.2.1:4001").remote
stage: str = tandem.actions.Admit(conn=2, stage="handshake").stage
"""


def mypy(*arguments):
    return subprocess.run([sys.executable, "-m", "mypy", "--cache-dir", ROOT / "build/mypy", "--config-file", ROOT / "pyproject.toml",
                           *arguments], cwd=ROOT, capture_output=True, text=True, env={**os.environ, "MYPYPATH": str(PACKAGE.parent)})


def test_the_package_is_strictly_typed(tmp_path):
    (tmp_path / "example.py").write_text(EXAMPLE)
    done = mypy(PACKAGE, tmp_path / "example.py")
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_programs_of_the_site_use_it_as_it_is_typed(tmp_path):
    for program in PROGRAMS:
        (tmp_path / f"program_{program.id.replace('-', '_')}.py").write_text(program.values[0])
    untyped = [f"--allow-untyped-{what}" for what in ("defs", "calls", "decorators")]  # functions of their own
    done = mypy(*untyped, *tmp_path.iterdir())
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_wrong_type_is_told(tmp_path):
    (tmp_path / "wrong.py").write_text("import tandem\ntandem.run(3)\ntandem.run('x').okay\n"
                                       "tandem.events.Arrived('2', 'x')\ntandem.actions.Admit(2, 'x').conn = 3\n")
    told = mypy(tmp_path / "wrong.py").stdout
    assert "call-overload" in told and "attr-defined" in told
    assert "arg-type" in told and "read-only" in told
