# SPDX-License-Identifier: MIT
"""pytest: files named *.scenario.yaml are tests, an item for each level that they name; fixture tandem_run.

    @pytest.mark.tandem(level=["message", "stream"], seeds=3)       # six tests
    def test_the_limit_holds(tandem_run):
        result = tandem_run("crowded.yaml", set={"duration": "10s"})    # beside this file; fails when it does not hold
        assert result.groups["server"]["icn_p2p_active_connections"]["max"] <= 8

Failures are told as the command prints them. --tandem-level and --tandem-seed choose; a file that has a baseline
(baselines/NAME.yaml beside it, as of `tandem ci`) is held to it, and --tandem-update writes those of the items that
run, when everything else of them holds. Works with xdist."""

from __future__ import annotations

import os
import pathlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import tandem

from . import _tandem


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("tandem")
    group.addoption("--tandem-level", action="append", help="only this level of *.scenario.yaml; again for more")
    group.addoption("--tandem-seed", type=int, help="instead of the scenarios' own")
    group.addoption("--tandem-update", action="store_true", help="what *.scenario.yaml do is their baseline from now on")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "tandem(level, seeds=1): levels (a name, a list or all) and seeds of tandem_run")


def pytest_collect_file(file_path: pathlib.Path, parent: pytest.Collector) -> pytest.Collector | None:
    if file_path.name.endswith(".scenario.yaml") and file_path.parent.name != "baselines":
        return ScenarioFile.from_parent(parent, path=file_path)
    return None


class ScenarioFile(pytest.File):
    def collect(self) -> Iterator[pytest.Item]:
        try:
            levels = tandem.check(self.path)[1]
        except tandem.BadInput as error:
            raise self.CollectError(str(error)) from None
        wanted = self.config.getoption("--tandem-level") or levels
        for level in levels:
            if level in wanted:
                yield ScenarioItem.from_parent(self, name=level, level=level)


class ScenarioItem(pytest.Item):
    def __init__(self, *, level: str, **rest: Any) -> None:
        super().__init__(**rest)
        self.level = level
        self.add_marker(pytest.mark.tandem(level=level))

    def runtest(self) -> None:
        seed = self.config.getoption("--tandem-seed")
        try:
            result = tandem.run(self.path, self.level, seed=seed, events_max=0)
        except tandem.BadInput as error:
            pytest.fail(str(error), pytrace=False)
        if not result:
            pytest.fail(str(result), pytrace=False)
        update = self.config.getoption("--tandem-update")
        path = os.path.relpath(self.path)  # as a person would name it in the lines that run it again
        if seed is None and result.trace_hash and (update or os.path.exists(_tandem.baseline_file_of(path))):
            status, text = _tandem.held_to_baseline(path, self.level, update)
            if not update and status not in ("ok", "missing"):
                pytest.fail(text + "\n--tandem-update makes it the baseline", pytrace=False)

    def reportinfo(self) -> tuple[pathlib.Path, int | None, str]:
        return self.path, 0, f"{self.path.name} at {self.level}"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    marker = metafunc.definition.get_closest_marker("tandem")
    if marker is None or "tandem_run" not in metafunc.fixturenames:
        return
    given = (marker.args or (None,))[0] or marker.kwargs.get("level", "message")
    levels = tandem.levels() if given == "all" else [given] if isinstance(given, str) else list(given)
    seeds = range(1, marker.kwargs.get("seeds", 1) + 1)
    cases = [(level, seed) for level in levels for seed in seeds]
    metafunc.parametrize("tandem_run", cases, indirect=True, ids=[f"{level}-{seed}" for level, seed in cases])


@pytest.fixture
def tandem_run(request: pytest.FixtureRequest) -> Callable[..., tandem.Result]:
    """tandem.run() at the level and seed of the mark `tandem`, of a scenario beside the test's file; fails the test with
    what the command prints when it does not hold, unless hold=False."""
    level, seed = getattr(request, "param", ("message", None))

    def run(scenario: Any, *, hold: bool = True, **arguments: Any) -> tandem.Result:
        __tracebackhide__ = True
        beside = request.path.parent / scenario if isinstance(scenario, (str, os.PathLike)) else scenario
        if isinstance(beside, pathlib.Path) and not beside.exists():
            beside = scenario
        result: tandem.Result = tandem.run(beside, **{"level": level, "seed": seed, **arguments})
        if hold and not result:
            pytest.fail(str(result), pytrace=False)
        return result

    return run
