# SPDX-License-Identifier: MIT
"""help() of every public name says what it is, and its examples run."""

import doctest
import inspect
import os
import pathlib
import re
import sys

import matplotlib
import pytest

import tandem
from support import SCENARIOS

matplotlib.use("Agg")
COMMAND = pathlib.Path(tandem.__file__).parents[2]


def public():
    for module in (tandem, tandem.plot, tandem.theory):
        for name in module.__all__:
            if not inspect.ismodule(getattr(module, name)):
                yield module, name
    yield tandem, "report"


NAMES = [pytest.param(module, name, id=f"{module.__name__}.{name}") for module, name in public()]


def examples_of(of, name):
    return [test for test in doctest.DocTestFinder(recurse=True).find(of, name, globs={}) if test.examples]


@pytest.mark.parametrize("module, name", NAMES)
def test_every_public_name_is_explained_and_its_examples_run(module, name, monkeypatch, tmp_path):
    if name == "report":
        pytest.importorskip("plotly")
    of = getattr(module, name)
    assert (of.__doc__ or "").strip(), f"{name} says nothing"
    examples = examples_of(of, name)
    refers = re.search(r"See (\w+)\(\) for an example", of.__doc__)
    assert examples or examples_of(getattr(module, refers[1]), refers[1]), f"{name} has no example"
    (tmp_path / "scenarios").symlink_to(SCENARIOS)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", f"{COMMAND}:{os.environ['PATH']}")
    for test in examples:
        test.globs = {**vars(sys.modules[of.__module__]), **vars(tandem), "tandem": tandem}
        runner = doctest.DocTestRunner(verbose=False, optionflags=doctest.ELLIPSIS)
        told = []
        runner.run(test, out=told.append)
        assert runner.failures == 0, "".join(told)
