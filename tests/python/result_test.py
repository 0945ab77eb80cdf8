# SPDX-License-Identifier: MIT
"""What a Result shows, keeps and gives back."""

import datetime
import sqlite3
import xml.etree.ElementTree

import numpy
import pandas
import pytest

import tandem
from support import PAIR, SCENARIOS

FAILING = {**PAIR, "expectations": ["server.icn_p2p_active_connections.max <= 0", "client.dials == 1"]}


def same(one, other):
    pandas.testing.assert_frame_equal(one, other)


def test_a_saved_result_is_the_same_when_it_is_loaded(tmp_path):
    result = tandem.run(SCENARIOS / "global_limit.yaml", level="stream")
    path = result.save(tmp_path / "kept")
    assert path == result.file and path.endswith(".sqlite")
    again = tandem.load(path)
    assert again.file == path
    assert again.json == result.json
    for name in ("events", "stages", "samples", "series", "expectations", "faults"):
        same(getattr(result, name), getattr(again, name))
    assert str(again) == str(result)
    assert again.reproduce == result.reproduce and again.scenario_hash == result.scenario_hash


def test_a_file_that_is_there_stays_unless_told_otherwise(tmp_path):
    result = tandem.run(PAIR)
    path = result.save(tmp_path)
    with pytest.raises(OSError, match=path):
        result.save(tmp_path)
    assert result.save(tmp_path, overwrite=True) == path


@pytest.mark.parametrize("make, words", [
    (lambda folder: folder / "none.sqlite", "no such file"),
    (lambda folder: folder, "is a folder"),
    (lambda folder: (folder / "x").write_text("text") and folder / "x", "x"),
])
def test_what_is_no_result_is_bad_input(make, words, tmp_path):
    with pytest.raises(tandem.BadInput, match=words):
        tandem.load(make(tmp_path))


def test_arrays_outlive_their_result():
    times = tandem.run(PAIR).events.time.to_numpy()
    nanoseconds = tandem.run(PAIR)._raw["samples"]["time_ns"]
    assert times[0] >= 0 and nanoseconds.max() == 40 * 10**9


def test_tables_are_merged_by_their_numbers():
    result = tandem.run(PAIR)
    lives = result.events.merge(result.stages, on=["node", "connection"], suffixes=("", "_of_stage"))
    assert len(lives) > 0
    assert result.events.connection.to_numpy().dtype.char == numpy.dtype("uint64").char


def test_series_hold_what_samples_lack():
    result = tandem.run(SCENARIOS / "global_limit.yaml")
    refused = result.series[(result.series.metric == "refusals.LimitReached") & (result.series.group == "server")]
    assert refused[refused.node == -1].value.iloc[-1] == 144
    assert set(result.series.columns) == {"time", "group", "node", "metric", "value"}


def test_stages_tell_the_life_of_a_connection():
    result = tandem.run(PAIR, level="stream")
    client = result.stages[result.stages.group == "client"]
    assert list(client.stage) == ["dialled", "connected", "authenticated", "ended"]
    assert client.time.is_monotonic_increasing


def test_threads_give_what_one_thread_gives():
    scenario = SCENARIOS / "global_limit.yaml"
    one, two = (tandem.run(scenario, threads=threads) for threads in (1, 2))
    assert two.trace_hash == one.trace_hash and two.events.equals(one.events) and not two.warnings
    for none in (0, 33, -1):
        with pytest.raises(tandem.BadInput, match="threads .*from 1 to 32"):
            tandem.run(scenario, threads=none)
    assert "it had one thread: level stream has one thread" in tandem.run(scenario, "stream", threads=2).warnings


def test_all_levels_side_by_side():
    results = tandem.run(PAIR, level="all", events_max=0)
    assert [r.level for r in results] == ["message", "stream"]
    assert results and results["stream"].ok
    assert "message" in str(results) and "stream" in str(results)
    failed = tandem.run(FAILING, level=["message", "stream"])
    assert not failed
    assert failed._repr_html_().count("failed") == 4
    with pytest.raises(tandem.BadInput, match="did you mean `stream`"):
        results["strem"]
    with pytest.raises(tandem.BadInput, match="level is empty"):
        tandem.run(PAIR, level=[])


def test_what_failed_is_told_with_when_where_and_why():
    result = tandem.run(FAILING)
    with pytest.raises(AssertionError) as caught:
        assert result
    told = str(caught.value)
    assert "FAILED: server.icn_p2p_active_connections.max <= 0 (measured 0" in told or "(measured" in told
    assert "server[0]" in told and " at " in told
    assert "client.dials == 1" not in told


@pytest.mark.parametrize("level", ["message", "stream"])
def test_a_notebook_sees_verdict_table_and_plot(level):
    shown = tandem.run({**FAILING, "description": "<b>"}, level=level)._repr_html_()
    root = xml.etree.ElementTree.fromstring(f"<div>{shown}</div>")
    text = "".join(root.itertext())
    assert "pair on " in text and "failed" in text and "server[0]" in text
    assert any(child.tag.endswith("svg") for child in root)
    assert "&lt;= 0" in shown


@pytest.mark.parametrize("length", [datetime.timedelta(seconds=7), numpy.timedelta64(7, "s"), pandas.Timedelta("7s"), "7s",
                                    datetime.timedelta(milliseconds=7000)])
def test_a_duration_is_a_timedelta_or_text(length):
    by_set = tandem.run(PAIR | {"expectations": []}, set={"duration": length})
    by_dict = tandem.run({**PAIR, "expectations": [], "duration": length})
    assert by_set.samples.time.max() == by_dict.samples.time.max() == 7


def test_a_duration_below_zero_is_told():
    with pytest.raises(tandem.BadInput, match="duration"):
        tandem.run(PAIR, set={"duration": datetime.timedelta(seconds=-1)})


def test_the_file_is_what_the_command_writes(tmp_path):
    path = tandem.run(PAIR, level="stream").save(tmp_path)
    with sqlite3.connect(path) as file:
        assert file.execute("SELECT value FROM run WHERE name = 'level'").fetchone() == ("stream",)
