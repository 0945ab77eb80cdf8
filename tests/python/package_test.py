# SPDX-License-Identifier: MIT
"""The Python package on a built tree."""

import pathlib
import signal
import subprocess
import threading
import time

import numpy
import pytest

import tandem
from support import LONG, PAIR, SCENARIOS


def test_a_scenario_file_runs_and_holds():
    result = tandem.run(SCENARIOS / "global_limit.yaml", level="message", seed=1)
    assert result.ok
    assert result.groups["server"]["icn_p2p_active_connections"] == {"last": 256, "min": 0, "max": 256}
    assert result.refusals["server"] == {"LimitReached": 144}
    assert result.expectations.ok.all()
    assert "global_limit" in result.reproduce


def test_events_are_a_data_frame_that_agrees_with_the_counters():
    result = tandem.run(SCENARIOS / "global_limit.yaml", level="stream")
    events = result.events
    server = events[events.group == "server"]
    assert (server.event == "connection_established").sum() == 256
    refused = server[server.event == "inbound_refused"]
    assert len(refused) == 144
    assert set(refused.cause) == {"LimitReached"}
    assert set(refused.limit) == {256}
    assert events.time.is_monotonic_increasing


def test_samples_are_a_data_frame_over_time():
    samples = tandem.run(PAIR).samples
    server = samples[(samples.group == "server") & (samples.node == -1)].set_index("time")
    assert server.icn_p2p_active_connections[10.0] == 1
    assert server.icn_p2p_active_connections.iloc[-1] == 0
    assert list(server.index[:3]) == [0.0, 1.0, 2.0]


def test_a_dict_is_a_scenario_and_the_same_seed_gives_the_same_trace():
    first, second, other = (tandem.run(PAIR, level="stream", seed=s) for s in (5, 5, 6))
    assert first.ok
    assert first.trace_hash == second.trace_hash
    assert first.trace_hash != other.trace_hash
    assert first.events.equals(second.events)


def test_a_dict_holds_numpy_numbers_and_any_text():
    groups = {**PAIR["groups"], "more": {"count": numpy.int64(3)}}
    result = tandem.run({**PAIR, "groups": groups, "description": "\U0001f642 caf\u00e9"},
                        seed=numpy.uint64(7), set={"links.default": {"latency": "5ms"}})
    assert result.ok
    assert result.seed == 7
    assert (result.samples[result.samples.node >= 0].groupby("node").size() > 0).all()


@pytest.mark.parametrize("seed", [-1, 2**64])
def test_a_seed_out_of_range_is_bad_input(seed):
    with pytest.raises(tandem.BadInput, match="seed must be from 0 to"):
        tandem.run(PAIR, seed=seed)


def test_set_changes_the_scenario():
    result = tandem.run(SCENARIOS / "global_limit.yaml", set={"groups.server.manager.max_connections": 100})
    assert not result.ok
    assert result.groups["server"]["icn_p2p_active_connections"]["max"] == 100


@pytest.mark.parametrize("scenario, level, words", [
    ("no/such/file.yaml", "message", "no/such/file.yaml"),
    ({**PAIR, "grups": {}}, "message", "groups"),
    (PAIR, "massage", "message"),
    ({**PAIR, "duration": "-1s"}, "message", "duration"),
])
def test_bad_input_raises_one_clear_line(scenario, level, words):
    with pytest.raises(tandem.BadInput) as caught:
        tandem.run(scenario, level=level)
    assert isinstance(caught.value, ValueError)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_progress_is_called_and_what_it_raises_ends_the_run():
    seen = []

    def progress(now, length, events):
        seen.append((now, length, events))
        raise RuntimeError("enough")

    with pytest.raises(RuntimeError, match="enough"):
        tandem.run(LONG, progress=progress, events_max=0)
    assert len(seen) == 1
    assert seen[0][1] == 1e7


def test_other_python_threads_go_on_while_it_runs():
    ticks = []
    stop = threading.Event()

    def tick():
        while not stop.is_set():
            ticks.append(time.monotonic())
            time.sleep(0.01)

    def progress(now, length, events):
        if len(ticks) > 20:
            raise RuntimeError("ticked")

    thread = threading.Thread(target=tick)
    thread.start()
    try:
        with pytest.raises(RuntimeError, match="ticked"):
            tandem.run(LONG, progress=progress, events_max=0)
    finally:
        stop.set()
        thread.join()


@pytest.mark.skipif("packet" not in tandem.levels(), reason="built without ns-3")
def test_packet_runs_follow_one_another():
    first = tandem.run(PAIR | {"levels": ["packet"]}, level="packet", seed=2)
    second = tandem.run(PAIR | {"levels": ["packet"]}, level="packet", seed=2)
    assert first.ok and first.trace_hash == second.trace_hash


@pytest.mark.skipif("packet" not in tandem.levels(), reason="built without ns-3")
def test_packet_runs_at_the_same_time_are_refused_clearly():
    ends = []

    def run():
        try:
            ends.append(tandem.run({**PAIR, "levels": ["packet"]}, level="packet").ok)
        except RuntimeError as error:
            ends.append("one per process" in str(error))

    threads = [threading.Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ends == [True] * 8


def test_options_are_described():
    options = tandem.options()
    assert options.default["max_connections"] == 256
    assert options.default["connection_timeout"] == 30.0
    assert all(options.doc.str.len() > 20)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """PATH of a recording: a server with room for one, and two clients."""
    command = pathlib.Path(tandem.__file__).parents[2] / "tandem"
    path = tmp_path_factory.mktemp("record") / "node"

    def node(*arguments):
        return subprocess.Popen([command, "node", "--allow-plaintext", "--no-metrics", *arguments],
                                stdout=subprocess.PIPE, text=True)

    def wait_for(part, process):
        return next(line for line in process.stdout if part in line)

    server = node("--listen", "127.0.0.1:0", "--record", path, "--max-connections=1",
                  "--max-connections-per-peer=1")
    address = wait_for("listening on ", server).split()[-1]
    clients = []
    for said in ("connection_established", "remote_refused"):
        clients.append(node("--dial", address))
        wait_for(said, clients[-1])
    for process in (*clients, server):
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=10)
    return path


def test_a_recording_is_replayed(recorded):
    same = tandem.replay(recorded)
    assert same.same and same.identical and not same.truncated
    assert same.counters["established_total"] == 1
    assert len(same.divergences) == 0
    other = tandem.replay([f"{recorded}.000001.trace"], set={"max_connections": 2})
    assert not other.same
    row, = other.divergences.itertuples()
    assert (row.about, row.recorded, row.recorded_cause, row.open) == \
        ("connection", "refuse", "LimitReached", "admit established")
    assert row.recorded_time == row.open_time > 0
    assert other.open_counters["established_total"] == 2
    assert list(other.totals["count"]) == [1]


def test_what_cannot_be_replayed_is_bad_input(recorded):
    with pytest.raises(tandem.BadInput, match="no such recording"):
        tandem.replay("no_such")
    with pytest.raises(tandem.BadInput, match="did you mean `max_connections`"):
        tandem.replay(recorded, set={"max_conections": 2})
    with pytest.raises(tandem.BadInput, match="of 2 runs"):
        tandem.replay([f"{recorded}.000001.trace"] * 2)
