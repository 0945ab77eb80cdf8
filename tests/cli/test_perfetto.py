# SPDX-License-Identifier: MIT
"""`tandem show --perfetto`: lives of connections in the Trace Event Format."""

import collections
import json

import pytest

from support import tandem

LIVES = """\
scenario: lives
levels: [message, stream]
duration: 30s
groups:
  server: {listen: true, manager: {max_connections: 3}}
  callers: {count: 5, manager: {dial_timeout: 2s}}
links: {default: {latency: 50ms}}
workload:
  - dial: {from: callers, to: server, arrivals: {every: 1s}, hold: {fixed: 10s}}
  - restart: {group: server, at: 20s}
  - dial: {from: callers, to: server, at: 25s}
"""


@pytest.fixture(params=["message", "stream"])
def shown(request, tmp_path):
    (tmp_path / "lives.yaml").write_text(LIVES)
    tandem("run", str(tmp_path / "lives.yaml"), "--level", request.param, "--out", str(tmp_path / "out"))
    (path,) = (tmp_path / "out").iterdir()
    run = tandem("show", str(path), "--perfetto", str(tmp_path / "run.json"))
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")
    return json.loads((tmp_path / "run.json").read_text())


def test_it_is_the_documented_format(shown):
    """Trace Event Format: `ph`, `ts` in microseconds, `pid` and `tid` in each; `b` and `e` nest within one id."""
    assert shown["displayTimeUnit"] in ("ms", "ns")
    open_slices = collections.defaultdict(list)
    last = 0
    for event in shown["traceEvents"]:
        assert isinstance(event["pid"], int) and isinstance(event["tid"], int)
        assert event["ph"] in ("M", "b", "n", "e", "i")
        if event["ph"] == "M":
            assert event["name"] == "process_name" and isinstance(event["args"]["name"], str)
            continue
        assert last <= event["ts"] <= 30e6
        last = event["ts"]
        assert isinstance(event["name"], str) and isinstance(event["cat"], str)
        if event["ph"] == "i":
            assert event["s"] in ("g", "p", "t")
            continue
        key = (event["pid"], event["cat"], event["id2"]["local"])
        if event["ph"] == "b":
            open_slices[key].append(event["name"])
        elif event["ph"] == "e":
            assert open_slices[key].pop() == event["name"]
    assert not any(open_slices.values())


def test_every_node_has_a_track_with_its_lives_and_decisions(shown):
    names = {event["pid"]: event["args"]["name"] for event in shown["traceEvents"] if event["ph"] == "M"}
    assert sorted(names.values()) == ["callers.0", "callers.1", "callers.2", "callers.3", "callers.4", "server.0"]
    of = collections.defaultdict(list)
    for event in shown["traceEvents"]:
        if event["ph"] in "bi":
            of[names[event["pid"]]].append((event["name"], event["ts"] / 1e6))
    # At 50 ms one way: connected at 2d, known to the dialer at 6d.
    first = dict(reversed(of["callers.0"]))
    assert first["dialling"] == pytest.approx(0, abs=1e-3)
    assert first["handshake"] == pytest.approx(0.1, abs=0.01)
    assert first["established"] == pytest.approx(0.3, abs=0.02)
    assert [name for name, _ in of["server.0"]].count("inbound_refused LimitReached") >= 2
    assert "remote_refused LimitReached" in dict(of["callers.3"])
    ends = [event["args"]["end"] for event in shown["traceEvents"] if event["ph"] == "e" and "args" in event]
    assert "the node died" in ends or "open at the end" in ends
    assert "LimitReached" in ends
