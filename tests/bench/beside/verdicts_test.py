# SPDX-License-Identifier: MIT
"""What beside.py says of the rows of a run."""

import verdicts

ROWS = [
    {"peer": "tandem", "security": "tls", "connections_per_s": 650, "processor_us": 1000, "echo_1_mib_s": 99, "idle_bytes": 200},
    {"peer": "rust", "security": "tls", "connections_per_s": 500, "processor_us": 1170, "echo_1_mib_s": 100, "idle_bytes": 100},
    {"peer": "js", "security": "tls", "connections_per_s": 50, "processor_us": 16_000, "echo_1_mib_s": None, "idle_bytes": 300},
]


def said(rows):
    return {(each.figure, each.peer): str(each) for each in verdicts.verdicts(rows)}


def test_a_figure_is_reached_from_what_is_asked_on_and_missed_below():
    told = said(ROWS)
    assert told["connections_per_s", "rust"] == "1.30, reached 1.3"
    assert told["processor_us", "rust"] == "1.17, missed 1.3 by 10 %"
    assert told["connections_per_s", "js"] == "13, missed 15 by 13 %"
    assert told["processor_us", "js"] == "16, reached 15"
    assert told["echo_1_mib_s", "rust"] == "0.99, missed 1 by 1 %"


def test_of_what_nothing_is_asked_the_ratio_is_told():
    told = said(ROWS)
    assert (told["idle_bytes", "rust"], told["idle_bytes", "js"]) == ("0.50", "1.50")
    assert told["echo_1_mib_s", "js"] == "fails"
    lines = verdicts.table(verdicts.verdicts(ROWS)).splitlines()
    assert " ".join(lines[-2:]).endswith(
        "2 of 5 reached; missed: tls connections/s beside js, tls processor time beside rust, "
        "tls echo, 1 stream beside rust.")


def test_of_several_turns_the_better_of_each_figure_counts():
    slow = {"peer": "rust", "security": "tls", "connections_per_s": 1, "processor_us": 900, "echo_1_mib_s": None}
    assert verdicts.best(ROWS[1], slow) == ROWS[1] | {"processor_us": 900}
    assert verdicts.best(slow, ROWS[1])["echo_1_mib_s"] == 100
    assert verdicts.best(slow, slow)["echo_1_mib_s"] is None
