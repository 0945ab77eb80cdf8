# SPDX-License-Identifier: MIT
"""`tandem ci`: a folder of scenarios as a gate."""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import xml.etree.ElementTree

import pytest

from support import PATIENCE, SMALL, TANDEM, assert_one_clear_line, wait_until

PERSON = {name: value for name, value in os.environ.items() if name != "CI" and not name.startswith("GITHUB_")}
LIMIT_2 = SMALL.replace("max_connections: 1,", "max_connections: 2,").replace("== 1", ">= 0")


def ci(*args, env=(), answers=None):
    return subprocess.run([TANDEM, "ci", *map(str, args)], capture_output=True, text=True, timeout=120,
                          env=PERSON | dict(env), input=answers)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "gate").mkdir()
    (tmp_path / "gate/small.yaml").write_text(SMALL)
    return tmp_path / "gate"


def baseline_of(folder):
    return folder / "baselines/small.yaml"


def test_a_folder_passes_once_its_baselines_are_accepted(folder):
    missing = ci(folder)
    assert missing.returncode == 1
    assert "missing: small at message" in missing.stdout and "2 missing" in missing.stdout
    accepted = ci(folder, "--review", "--insert-missing")
    assert accepted.returncode == 0, accepted.stdout
    assert "2 baselines written" in accepted.stdout
    passes = ci(folder)
    assert (passes.returncode, passes.stdout) == (0, "3 ok\n"), passes.stdout


def test_a_person_is_asked_about_each_change(folder):
    assert ci(folder, "--review", answers="i\nk\n").returncode == 0
    first = baseline_of(folder).read_text()
    assert "message:" in first and "stream:" not in first
    (folder / "small.yaml").write_text(LIMIT_2)
    for answers in ["", "q\n", "k\n", "what\nk\n"]:
        asked = ci(folder, "--level", "message", "--review", answers=answers)
        assert "server.refusals.LimitReached: 1 +- 0 -> 0 +- 0" in asked.stdout
        assert "[u]pdate the baseline, [k]eep it, [q]uit?" in asked.stdout
        assert baseline_of(folder).read_text() == first
    assert "1 baseline written" in ci(folder, "--level", "message", "--review", answers="u\n").stdout
    assert baseline_of(folder).read_text() != first


@pytest.mark.parametrize("variable", ["CI", "GITHUB_ACTIONS"])
def test_baselines_are_not_written_by_machines(folder, variable):
    assert_one_clear_line(ci(folder, "--review", "--insert-missing", env={variable: "true"}), "--review", "a person's")
    assert not baseline_of(folder).exists()


def test_github_is_told_the_line_of_an_expectation(folder, tmp_path):
    (folder / "small.yaml").write_text(SMALL.replace("LimitReached == 1", "LimitReached == 2"))
    summary = tmp_path / "summary.md"
    summary.write_text("before\n")
    result = ci(folder, "--no-baselines", "--level", "message", "--json",
                env={"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(summary)})
    assert result.returncode == 1
    assert f"::error file={folder}/small.yaml,line=11,title=small at message::failed: server.refusals" in result.stderr
    assert summary.read_text().startswith("before\n## tandem ci: 1 failed\n")
    (told,) = json.loads(result.stdout)
    assert told["status"] == "failed" and told["complaints"][0]["line"] == 11


def test_junit_is_xml_with_a_case_per_level(folder, tmp_path):
    result = ci(folder, "--no-baselines", "--junit", tmp_path / "junit.xml")
    assert result.returncode == 0
    suite = xml.etree.ElementTree.parse(tmp_path / "junit.xml").getroot().find("testsuite")
    assert suite.attrib["tests"] == "3" and suite.attrib["failures"] == "0"
    assert {case.attrib["classname"] for case in suite.iter("testcase")} == {"message", "stream", "loopback"}


def test_shards_are_together_what_one_machine_runs(folder):
    def ran(*args):
        told = ci(folder, "--no-baselines", "--json", *args)
        assert told.returncode == 0, told.stderr
        return {(each["scenario"], each["level"]) for each in json.loads(told.stdout)}

    parts = [ran("--shard", f"{number}/2") for number in (1, 2)]
    assert parts[0] and parts[1] and not parts[0] & parts[1]
    assert parts[0] | parts[1] == ran()


def test_a_budget_that_is_over_exits_with_4(folder):
    (folder / "small.yaml").write_text(SMALL.replace("duration: 1s", "duration: 20s"))
    result = ci(folder, "--no-baselines", "--budget", "2s", "--jobs", "1")
    assert result.returncode == 4
    assert "2 ok, 1 not run" in result.stdout, result.stdout


def test_ctrl_c_prints_and_writes_what_was_found(folder, tmp_path):
    (folder / "small.yaml").write_text(SMALL.replace("duration: 1s", "duration: 100s"))
    junit = tmp_path / "junit.xml"
    running = subprocess.Popen([TANDEM, "ci", folder, "--no-baselines", "--jobs", "3", "--junit", junit],
                               stdout=subprocess.PIPE, text=True, env=PERSON)
    children = f"/proc/{running.pid}/task/{running.pid}/children"
    wait_until(lambda: open(children).read().split())
    running.send_signal(signal.SIGINT)
    out, _ = running.communicate(timeout=PATIENCE)
    assert running.returncode == 130
    assert "not run" in out, "the run at loopback takes 100 s of real time"
    assert xml.etree.ElementTree.parse(junit).getroot().find("testsuite").attrib["tests"] == "3"


def test_what_is_killed_leaves_what_it_found(folder, tmp_path):
    (folder / "small.yaml").write_text(SMALL.replace("duration: 1s", "duration: 100s"))
    junit = tmp_path / "junit.xml"
    junit.write_text("of another run")

    def cases():
        return xml.etree.ElementTree.parse(junit).getroot().find("testsuite").attrib

    with subprocess.Popen([TANDEM, "ci", folder, "--no-baselines", "--jobs", "1", "--junit", junit, "--once"],
                          env=PERSON, process_group=0) as running:
        wait_until(lambda: junit.read_text() != "of another run")
        assert (cases()["tests"], cases()["skipped"]) == ("3", "3")
        os.killpg(running.pid, signal.SIGKILL)
    assert cases()["tests"] == "3"


def test_against_another_version_only_what_differs_is_told(folder, tmp_path):
    assert ci(folder, "--against", TANDEM).returncode == 0
    other = tmp_path / "other"
    other.write_text(f'#!/bin/sh\nexec {TANDEM} "$@" --set groups.server.manager.max_connections=2\n')
    other.chmod(0o755)
    result = ci(folder, "--against", other, "--level", "stream")
    assert result.returncode == 1
    assert "changed: small at stream" in result.stdout
    assert "first difference, after " in result.stdout
    assert "server.refusals.LimitReached: 0 -> 1" in result.stdout
    other.write_text("#!/bin/sh\nexit 7\n")
    assert "printed no result of it (exit code 7)" in ci(folder, "--against", other, "--level", "stream").stdout


def test_results_of_another_version_stand_for_it(folder, tmp_path):
    for level in ("message", "stream"):
        kept = subprocess.run([TANDEM, "run", folder / "small.yaml", "--level", level, "--out", tmp_path / "kept"],
                              capture_output=True, text=True, timeout=60)
        assert kept.returncode == 0, kept.stderr
    same = ci(folder, "--against", tmp_path / "kept", "--level", "stream")
    assert (same.returncode, same.stdout) == (0, "1 ok\n")
    (folder / "small.yaml").write_text(LIMIT_2)
    other = ci(folder, "--against", tmp_path / "kept", "--level", "stream")
    assert other.returncode == 1
    assert "changed: small at stream" in other.stdout
    assert "first difference, after " in other.stdout
    assert "server.refusals.LimitReached: 1 -> 0" in other.stdout


MUTANTS = pathlib.Path(TANDEM).with_name("tandem_mutants")


@pytest.mark.skipif(not MUTANTS.exists(), reason="`ci/build release tandem_mutants` builds it, as ci/test does")
def test_a_mistake_that_no_scenario_notices_fails(folder):
    """One full server notices a wrong limit, and nothing of bans."""
    result = subprocess.run([MUTANTS, "ci", folder, "--prove", "--level", "message", "--json"], capture_output=True,
                            text=True, timeout=300, env=PERSON)
    assert result.returncode == 1, result.stderr
    by = {each["mutant"]: each for each in json.loads(result.stdout)}
    assert len(by) >= 15
    assert (by["limit off by one"]["by"], by["limit off by one"]["where"]) == ("line", "small at message")
    assert by["ban ignored"]["by"] == "nothing"


@pytest.mark.parametrize("given, parts", [
    (["--shard", "4/3"], ["--shard 4/3", "i/n"]),
    (["--shard", "x"], ["--shard x"]),
    (["--budget", "soon"], ["--budget soon", "10m"]),
    (["--level", "strem"], ["did you mean `stream`?"]),
    (["--against", "/nowhere"], ["--against /nowhere", "neither a program nor a folder"]),
    (["--update-all"], ["--update-all: needs --review"]),
    (["--against", "/usr", "--review"], ["leave --review out"]),
    (["--review", "--json"], ["--review excludes --json"]),
    (["--prove", "--junit", "junit.xml"], ["--prove excludes --junit"]),
    (["--junit", "/nowhere/junit.xml"], ["/nowhere/junit.xml", "No such file"]),
])
def test_what_cannot_be_is_one_clear_line_before_anything_runs(folder, given, parts):
    assert_one_clear_line(ci(folder, *given), *parts)


def test_an_empty_folder_is_told(tmp_path):
    assert_one_clear_line(ci(tmp_path), "no scenario (NAME.yaml) is in this folder")


def test_a_policy_that_makes_no_mistakes_proves_nothing(folder, tmp_path):
    alone = tmp_path / "tandem"
    shutil.copy(TANDEM, alone)
    result = subprocess.run([alone, "ci", folder, "--prove"], capture_output=True, text=True, timeout=60)
    assert_one_clear_line(result, "--prove", "ci/build release tandem_mutants")
