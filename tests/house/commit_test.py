# SPDX-License-Identifier: MIT
"""The commit that a program says it is of: two programs of different sources never say the same."""

import pathlib
import re
import subprocess

import pytest

SCRIPT = pathlib.Path(__file__).resolve().parents[2] / "lib/command/commit.cmake"


def commit_of(folder):
    output = folder / "build" / "commit.cpp"
    output.parent.mkdir(exist_ok=True)
    subprocess.run(["cmake", f"-DSOURCE={folder}", f"-DOUTPUT={output}", "-P", str(SCRIPT)], check=True)
    return re.search('commit = "(.*)"', output.read_text())[1]


@pytest.fixture
def folder(tmp_path):
    for name in ("lib/core/a.cpp", "scenarios/cli/b.cpp", "scenarios/calm.yaml", "README.md"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("one\n")
    return tmp_path


@pytest.fixture
def clone(folder):
    git = ["git", "-c", "user.name=n", "-c", "user.email=e", "-C", str(folder)]
    subprocess.run([*git, "init", "-q"], check=True)
    subprocess.run([*git, "add", "."], check=True)
    subprocess.run([*git, "commit", "-qm", "one"], check=True)
    return folder


def test_a_clean_clone_is_its_commit_whatever_else_is_written(clone):
    clean = commit_of(clone)
    assert re.fullmatch("[0-9a-f]{12}", clean)
    (clone / "README.md").write_text("two\n")
    (clone / "scenarios/calm.yaml").write_text("two\n")
    (clone / "notes.txt").write_text("two\n")
    assert commit_of(clone) == clean


@pytest.mark.parametrize("name", ["lib/core/a.cpp", "scenarios/cli/b.cpp", "lib/core/new.hpp", "sim/x/CMakeLists.txt"])
def test_sources_that_no_commit_has_are_named_by_what_they_are(clone, name):
    seen = {commit_of(clone)}
    (clone / name).parent.mkdir(parents=True, exist_ok=True)
    for text in ("two\n", "three\n"):
        (clone / name).write_text(text)
        dirty = commit_of(clone)
        assert re.fullmatch("[0-9a-f]{12}-dirty-[0-9a-f]{12}", dirty)
        assert dirty == commit_of(clone)
        seen.add(dirty)
    assert len(seen) == 3


def test_outside_of_git_sources_are_named_by_what_they_are(folder):
    first = commit_of(folder)
    assert re.fullmatch("unknown-[0-9a-f]{12}", first)
    (folder / "lib/core/a.cpp").write_text("two\n")
    assert commit_of(folder) != first
