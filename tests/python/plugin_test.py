# SPDX-License-Identifier: MIT
"""The pytest plugin, in pytests of its own."""

import json
import os

import pytest

import tandem
from support import PAIR

pytest_plugins = ["pytester"]
BAD = {**PAIR, "expectations": ["client.dials == 7"]}


@pytest.fixture
def run(pytester, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([os.path.dirname(os.path.dirname(tandem.__file__))]))

    def go(*arguments):
        return pytester.runpytest_subprocess("-p", "tandem.pytest_plugin", "-p", "no:cacheprovider", *arguments)

    pytester.write = lambda name, scenario: (pytester.path / name).write_text(json.dumps(scenario))
    return go


def test_scenario_files_are_tests_at_each_of_their_levels(pytester, run):
    pytester.write("good.scenario.yaml", PAIR)
    pytester.write("bad.scenario.yaml", BAD)
    pytester.write("other.yaml", BAD)
    done = run("-v")
    done.assert_outcomes(passed=2, failed=2)
    done.stdout.fnmatch_lines(["bad.scenario.yaml::stream FAILED*", "good.scenario.yaml::message PASSED*",
                               "client.dials == 7 *FAIL *1", "Run again:", "*--level message --seed 1"])
    run("-v", "--tandem-level", "stream", "-k", "good").assert_outcomes(passed=1, deselected=1)


def test_a_mistake_in_a_file_is_one_line(pytester, run):
    pytester.write("typo.scenario.yaml", {**PAIR, "grups": {}})
    done = run()
    done.assert_outcomes(errors=1)
    done.stdout.fnmatch_lines(["*unknown key `grups`*"])


def test_the_fixture_runs_what_the_mark_says_and_tells_what_failed(pytester, run):
    pytester.write("pair.yaml", PAIR)
    pytester.makepyfile(f"""
        import pytest

        @pytest.mark.tandem(level=["message", "stream"], seeds=2)
        def test_it(tandem_run):
            result = tandem_run("pair.yaml")
            assert result.seed in (1, 2) and result.level in ("message", "stream")

        def test_bad(tandem_run):
            tandem_run({BAD!r})

        def test_free(tandem_run):
            assert not tandem_run({BAD!r}, hold=False, level="stream", seed=7)
    """)
    done = run("-v")
    done.assert_outcomes(passed=5, failed=1)
    done.stdout.fnmatch_lines(["*test_it?stream-2? PASSED*", "client.dials == 7 *FAIL *1"])


def test_baselines_are_made_and_held(pytester, run):
    pytester.write("pair.scenario.yaml", PAIR)
    run("--tandem-update").assert_outcomes(passed=2)
    assert (pytester.path / "baselines").is_dir()
    run().assert_outcomes(passed=2)
    pytester.write("pair.scenario.yaml", {**PAIR, "duration": "50s"})
    changed = run()
    changed.assert_outcomes(failed=2)
    changed.stdout.fnmatch_lines(["*--tandem-update makes it the baseline*"])
    run("--tandem-update").assert_outcomes(passed=2)
    run().assert_outcomes(passed=2)


def test_it_works_with_xdist(pytester, run):
    pytest.importorskip("xdist")
    pytester.write("good.scenario.yaml", PAIR)
    pytester.write("bad.scenario.yaml", BAD)
    run("-n", "2").assert_outcomes(passed=2, failed=2)
