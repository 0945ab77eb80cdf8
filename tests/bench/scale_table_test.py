# SPDX-License-Identifier: MIT
"""What scale_table.py says of the benchmarks that it runs."""

import pathlib

import pytest
import scale_table

ROW = scale_table.Row("a row", "sim/a", (), scale_table.LIFE, anchor=(40, 2700), reach=(20, 1200))


def test_a_row_is_reached_at_what_is_asked_and_missed_beyond_it():
    said = {here: scale_table.verdict(here, ROW.anchor, ROW) for here in ((20, 1200), (21, 1200), (20, 1201), (80, 2400))}
    assert said[20, 1200] == "2.00 x less time of 2.00 x, 1.20 KB of 1.20 KB: reached"
    assert said[21, 1200] == "1.90 x less time of 2.00 x, 1.20 KB of 1.20 KB: missed in time"
    assert said[20, 1201].endswith(": missed in memory")
    assert said[80, 2400] == "0.50 x less time of 2.00 x, 2.40 KB of 1.20 KB: missed in time and memory"


def test_time_is_judged_beside_what_the_other_build_takes_now():
    assert scale_table.verdict((20, 1200), (39, 2700), ROW).endswith(": missed in time")
    assert scale_table.verdict((40, 1200), (80, 2700), ROW).endswith(": reached")


def test_what_was_missed_is_named():
    assert scale_table.judged(time=False, memory=False) == "reached"
    assert scale_table.judged(time=False, memory=True) == "missed in memory"
    assert scale_table.judged(time=True, memory=True) == "missed in time and memory"


def test_of_several_turns_the_least_time_and_the_least_memory_count():
    assert scale_table.least([(3, 10), (2, 30), (4, 20)]) == (2, 10)


@pytest.fixture
def build(tmp_path):
    """Makes benchmarks that print what they are given."""

    def make(name="build", **says):
        bench = scale_table.Bench(tmp_path / name / "tests/bench", few=False)
        for program, line in says.items():
            path = bench.folder / {"stream_scale": "scenarios", "packet_scale": "packet"}.get(program, "sim") / program
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"#!/bin/sh\n{line}\n")
            path.chmod(0o755)
        return bench

    return make


def life(time, size):
    return f"echo '| {time} us CPU/connection life (1 until up) | {size} B/connection | 1 events'"


def crowd(lived=4_000_000, peak=1000, speed="4.00"):
    return f"echo 'connections={lived} active_ends_at_12s=1 left=0 | peak {peak} MB, 2 threads, {speed} x real time'"


def packet(time, memory):
    return f"echo 'over bare sockets: {time} x CPU, {memory} x memory'"


def last_line(capsys):
    return capsys.readouterr().out.splitlines()[-1].strip()


def test_the_builds_run_in_turns_and_the_row_says_what_both_took(build, capsys):
    scale_table.show(ROW, build(a=life(20, 1000)), build("base", a=life(80, 2000)), 2)
    assert last_line(capsys) == "verdict: 4.00 x less time of 2.00 x, 1.00 KB of 1.20 KB: reached"


@pytest.mark.parametrize(
    ("says", "verdict"),
    [
        (crowd(), "reached"),
        (crowd(speed="3.99"), "missed in time"),
        (crowd(peak=1610), "reached"),
        (crowd(peak=1611), "missed in memory"),
    ],
)
def test_a_million_are_to_be_four_times_as_fast_as_real_time_in_one_and_a_half_gib(build, capsys, says, verdict):
    scale_table.show_million(build(message_scale=says), None)
    assert last_line(capsys) == f"verdict: {verdict}"


@pytest.mark.parametrize(("lived", "verdict"), [(4_000_000, "reached"), (3_999_999, "missed in number")])
def test_of_four_million_all_are_to_live(build, capsys, lived, verdict):
    scale_table.show_four_million(build(message_scale=crowd(lived=lived)))
    assert last_line(capsys) == f"verdict: {verdict}"


@pytest.mark.parametrize(
    ("time", "memory", "verdict"),
    [(1.3, 1.2, "reached"), (1.31, 0.5, "missed in time"), (0.5, 1.21, "missed in memory")],
)
def test_packet_may_take_a_little_more_than_bare_sockets(build, capsys, time, memory, verdict):
    scale_table.show_packet(build(packet_scale=packet(time, memory)), 1000, 1)
    assert last_line(capsys) == f"verdict: {verdict}"


def test_each_row_has_a_verdict_and_one_that_fails_leaves_the_others(build, capsys):
    bench = build(
        message_scale=life(1, 1), stream_scale="echo 1.0 us of CPU and 1 bytes per connection",
        stream_bare="echo two were left; exit 3", packet_scale="echo nothing that is known",
    )  # fmt: skip
    assert not scale_table.table(bench, None, large=False, runs=1)
    verdicts = [line for line in capsys.readouterr().out.splitlines() if line.startswith("  verdict: ")]
    assert len(verdicts) == 6
    assert verdicts[0].endswith(": reached") and verdicts[1].endswith(": reached")
    assert verdicts[2] == "  verdict: failed; sim/stream_bare ended with 3: two were left"
    assert verdicts[3] == verdicts[4] == "  verdict: not run; --large runs it"
    assert verdicts[5] == "  verdict: failed; packet/packet_scale does not say what is read here: nothing that is known"


def test_a_program_that_is_not_there_is_a_row_that_fails():
    with pytest.raises(scale_table.Failed, match="sim/a: No such file"):
        scale_table.measured(scale_table.Bench(pathlib.Path("nowhere"), few=False), ROW)
