# SPDX-License-Identifier: MIT
"""Notes what became of each case for the table, in one process or in several (pytest-xdist)."""
import pytest

import table


def pytest_configure(config):
    config.addinivalue_line("markers", "case(sentence): the row of the table that a test belongs to")


def pytest_collection_modifyitems(items):
    for place, item in enumerate(items):
        if mark := item.get_closest_marker("case"):
            of = item.callspec.params
            item.user_properties.append(("row", (place, mark.args[0], of["kind"], of.get("security", "any"))))


def pytest_runtest_logreport(report):
    for name, row in report.user_properties:
        if name == "row" and not report.skipped and (report.when == "call" or not report.passed):
            table.note(*row, report.passed)


def pytest_sessionfinish(session):
    if not hasattr(session.config, "workerinput") and not table.check_or_write():
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
