# SPDX-License-Identifier: MIT
"""Notes what became of each case for the table."""
import pytest

import table


def pytest_configure(config):
    config.addinivalue_line("markers", "case(sentence): the row of the table that a test belongs to")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    report = (yield).get_result()
    mark = item.get_closest_marker("case")
    if mark and (report.when == "call" or not report.passed):
        given = item.callspec.params
        table.note(mark.args[0], given["kind"], given.get("security", "any"), report.passed)
