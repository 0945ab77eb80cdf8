# SPDX-License-Identifier: MIT
"""Every argument of every public function: what it may be, and one clear line for what it may not."""

import os
import pathlib
import shutil

import matplotlib.figure
import pytest

import tandem
from support import PAIR, SCENARIOS

matplotlib.use("Agg")


@pytest.fixture(scope="module")
def result():
    return tandem.run(PAIR)


@pytest.fixture
def axes():
    figure = matplotlib.figure.Figure()
    return figure.subplots()


def run(**arguments):
    return tandem.run(**{"scenario": PAIR, **arguments})


def check(**arguments):
    return tandem.check(**{"scenario": PAIR, **arguments})


def replay(**arguments):
    return tandem.replay(**{"path": "no_such", **arguments})


@pytest.mark.parametrize("call, arguments, error, words", [
    (run, {"scenario": 3}, TypeError, "scenario is a path, a name or a dict, not int"),
    (run, {"scenario": b"global_limit"}, TypeError, "not bytes"),
    (run, {"scenario": ""}, tandem.BadInput, "no scenario is named"),
    (run, {"scenario": "scenario: x\nduration: 1s\n"}, tandem.BadInput, "is text of several lines"),
    (run, {"scenario": {**PAIR, "seeed": 1}}, tandem.BadInput, "unknown key `seeed` in a scenario; did you mean `seed`?"),
    (run, {"scenario": {**PAIR, "seed": object()}}, TypeError, "a scenario holds no object"),
    (run, {"level": "strem"}, tandem.BadInput, "no level is called `strem`; did you mean `stream`?"),
    (run, {"level": ["strem"]}, tandem.BadInput, "did you mean `stream`"),
    (run, {"level": None}, TypeError, "level is a name or a list of names, not NoneType"),
    (run, {"seed": "1"}, TypeError, "seed is a whole number, not str"),
    (run, {"seed": 1.0}, TypeError, "seed is a whole number, not float"),
    (run, {"seed": True}, TypeError, "seed is a whole number, not bool"),
    (run, {"seed": -1}, tandem.BadInput, "seed must be from 0 to 18446744073709551615, not -1"),
    (run, {"set": "duration=10s"}, TypeError, 'set is a dict such as {"duration": "10s"}, not str'),
    (run, {"set": ["duration=10s"]}, TypeError, "not list"),
    (run, {"set": {3: "10s"}}, TypeError, "set: a path is text, not int"),
    (run, {"set": {"duration=10s": ""}}, tandem.BadInput, "`duration=10s` is no path"),
    (run, {"set": {"": "10s"}}, tandem.BadInput, "write path=value"),
    (run, {"set": {"duratoin": "10s"}}, tandem.BadInput, "did you mean `duration`?"),
    (run, {"set": {"groups.sever.count": 2}}, tandem.BadInput, "no group is called `sever`; did you mean `server`?"),
    (run, {"set": {"duration": None}}, tandem.BadInput, "`duration` must be a duration"),
    (run, {"set": {"duration": object()}}, TypeError, "a scenario holds no object"),
    (run, {"progress": 3}, TypeError, "progress is True or a callable, not int"),
    (run, {"progress": "bar"}, TypeError, "progress is True or a callable, not str"),
    (run, {"events_max": -1}, tandem.BadInput, "events_max must be from 0 to"),
    (run, {"events_max": None}, TypeError, "events_max is a whole number, not NoneType"),
    (check, {"scenario": 3}, TypeError, "scenario is a path, a name or a dict, not int"),
    (check, {"set": "x"}, TypeError, "set is a dict"),
    (check, {"scenario": {**PAIR, "levels": ["loopback"], "tcp": "ns3-default"}}, tandem.BadInput, "cannot honour `tcp`"),
    (replay, {"path": 3}, TypeError, "path is a path or a list of paths, not int"),
    (replay, {"path": [3]}, TypeError, "path holds paths, not int"),
    (replay, {"path": []}, tandem.BadInput, "path is an empty list"),
    (replay, {"set": "x=1"}, TypeError, "set is a dict"),
    (replay, {"set": {"max_conections": 2}}, tandem.BadInput, "did you mean `max_connections`?"),
    (replay, {"progress": 3}, TypeError, "progress is True or a callable, not int"),
    (replay, {"divergences_max": -1}, tandem.BadInput, "divergences_max must be from 0 to"),
])
def test_what_cannot_be_used_is_one_clear_line(call, arguments, error, words):
    with pytest.raises(error) as caught:
        call(**arguments)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("arguments, error, words", [
    ({"metric": "icn_p2p_active_conections"}, tandem.BadInput,
     "no metric is called `icn_p2p_active_conections`; did you mean `icn_p2p_active_connections`?"),
    ({"metric": "time"}, tandem.BadInput, "no metric is called `time`; known: icn_p2p_active_connections, "),
    ({"metric": ["permits_live"]}, TypeError, "metric is a name, not list"),
    ({"groups": "sever"}, tandem.BadInput, "no group is called `sever`; did you mean `server`?"),
    ({"groups": ["server", "clint"]}, tandem.BadInput, "no group is called `clint`; did you mean `client`?"),
    ({"groups": "x"}, tandem.BadInput, "no group is called `x`; known: server, client"),
    ({"groups": []}, tandem.BadInput, "groups is empty"),
    ({"groups": [0]}, TypeError, "groups holds names, not int"),
    ({"groups": 0}, TypeError, "groups is a name or a list of names, not int"),
    ({"ax": 3}, TypeError, "ax is matplotlib Axes, not int"),
])
def test_a_wrong_plot_is_one_clear_line(result, arguments, error, words):
    with pytest.raises(error) as caught:
        result.plot(**arguments)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("groups, drawn", [
    (None, ["server", "client"]),
    ("server", ["server"]),
    (["client", "server"], ["client", "server"]),
    (("client",), ["client"]),
    ({"server": 1}, ["server"]),
    (iter(["client"]), ["client"]),
])
def test_a_plot_draws_the_groups_named(result, axes, groups, drawn):
    assert result.plot("permits_live", groups=groups, ax=axes) is axes
    assert [line.get_label() for line in axes.lines] == [f"{name} (message)" for name in drawn]
    assert axes.lines[0].get_ydata().max() == 1
    assert axes.get_ylabel() == "permits_live"


def test_a_result_in_a_condition_is_its_verdict(result):
    assert result
    assert repr(result) == "<tandem.Result pair on message, seed 1: ok>"
    wrong = [f"client.dials == {n}" for n in range(2, 7)]
    failed = tandem.run({**PAIR, "expectations": wrong})
    with pytest.raises(AssertionError) as caught:
        assert failed
    assert "FAILED: client.dials == 2 (measured 1; last changed at 0s on client[0]" in str(caught.value)
    assert repr(failed).endswith("; 2 more>")


def test_a_scenario_is_found_by_name_as_the_command_finds_it(monkeypatch):
    monkeypatch.chdir(SCENARIOS.parent)
    assert tandem.run("global_limit").reproduce.startswith("tandem run scenarios/global_limit.yaml ")
    assert tandem.check("idle_timeout")[0] == "idle_timeout"
    assert tandem.check(pathlib.Path("idle_timeout"))[0] == "idle_timeout"
    with pytest.raises(tandem.BadInput, match="global_limt: no such scenario file; did you mean `global_limit`?"):
        tandem.run("global_limt")


def test_a_file_goes_before_a_name(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    shutil.copy(SCENARIOS / "idle_timeout.yaml", "global_limit")
    assert tandem.check("global_limit")[0] == "idle_timeout"
    os.remove("global_limit")
    with pytest.raises(tandem.BadInput, match="global_limit: no such scenario file"):
        tandem.check("global_limit")


def test_levels_of_a_scenario_are_those_that_can_honour_it():
    anywhere = {key: value for key, value in PAIR.items() if key != "levels"}
    assert tandem.check(anywhere) == ("pair", tandem.levels())
    shaped = {**anywhere, "links": {"default": {"latency": "5ms"}}}
    assert tandem.check(shaped) == ("pair", tandem.levels()[:-1])
    assert tandem.check(shaped, set={"levels": ["stream"]}) == ("pair", ["stream"])


@pytest.mark.parametrize("level", ["message", "stream"])
def test_a_bar_shows_a_run_to_its_end(level, capfd):
    assert tandem.run(PAIR, level=level, progress=True)
    assert "100%" in capfd.readouterr().err
    assert tandem.run(PAIR, level=level, progress=False)
    assert capfd.readouterr().err == ""


def test_a_bar_shows_how_far_a_long_run_is(capfd):
    assert not tandem.run({**PAIR, "levels": ["loopback"], "duration": "1s",
                           "expectations": ["client.dials == 2"]}, level="loopback", progress=True)
    shown = capfd.readouterr().err
    assert "/1.0 s [00:00<00:0" in shown and "100%" in shown
