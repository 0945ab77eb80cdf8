# SPDX-License-Identifier: MIT
"""find(), swarm() and shrink(): the engine of the command, as data."""

import concurrent.futures
import json
import os
import pathlib
import signal
import subprocess
import sys
import textwrap

import matplotlib
import pytest

import tandem
from support import PAIR, Dying

matplotlib.use("Agg")
COMMAND = pathlib.Path(tandem.__file__).parents[2] / "tandem"
CROWD = {
    "scenario": "crowd",
    "parameters": {"places": 4},
    "levels": ["message"],
    "duration": "1m",
    "groups": {"hub": {"listen": True, "manager": {"passive": True, "max_connections": "${places}"}},
               "peers": {"count": 20, "manager": "passive"}},
    "workload": [{"dial": {"from": "peers", "to": "hub", "mode": "additional", "arrivals": {"poisson": "10/m", "per": "node"},
                           "hold": {"exponential": "3s"}}}],
}
VILLAGE = {
    "scenario": "village",
    "levels": ["message"],
    "duration": "30s",
    "groups": {"hub": {"listen": True}, "peers": {"count": 4}},
    "workload": [{"keep_alive": {"from": "peers", "to": "hub"}}, {"keep_alive": {"from": "hub", "to": "peers"}},
                 {"keep_connected": {"from": "peers", "to": "hub"}}],
    "expectations": ["always hub.active <= 9", "sometimes hub.active == 4"],
}


def as_command(*arguments, folder):
    done = subprocess.run([COMMAND, *arguments, "--json"], cwd=folder, capture_output=True, text=True)
    return json.loads(done.stdout)


def test_find_says_what_the_command_says(tmp_path):
    (tmp_path / "crowd.yaml").write_text(json.dumps(CROWD))
    line = "hub.refusals.LimitReached / peers.dials <= 5%"
    tried = tandem.find(tmp_path / "crowd.yaml", smallest="parameters.places", such_that=line, between="1..64",
                        out=tmp_path / "here")
    told = as_command("find", tmp_path / "crowd.yaml", "--smallest", "parameters.places", "--such-that", line, "--between",
                      "1..64", "--out", "there", folder=tmp_path)
    assert str(tried.attrs["answer"]) == told["answer"] and tried.attrs["certain"] == told["certain"]
    assert tried.index.name == "parameters.places" and [str(v) for v in tried.index] == [one["value"] for one in told["tried"]]
    assert tried["mean"].tolist() == [one["number"]["mean"] for one in told["tried"]]
    for row, one in zip(tried.itertuples(), told["tried"]):
        assert (row.holds, row.seeds, row.least) == (one["holds"], one["seeds"], one["number"]["min"])
        if one["number"]["half_width"] is not None:
            assert row.high - row.low == pytest.approx(2 * one["number"]["half_width"])
    assert tried.holds.loc[tried.attrs["answer"]:].all() and not tried.holds.loc[:tried.attrs["answer"] - 1].any()
    assert tried.attrs["table"].startswith("Smallest parameters.places such that")
    again = tandem.find(tmp_path / "crowd.yaml", smallest="parameters.places", such_that=line, between="1..64",
                        out=tmp_path / "here")
    assert again.equals(tried) and again.attrs["cells_run"] == 0


def test_what_is_found_is_drawn_with_its_answer(tmp_path):
    tried = tandem.find(PAIR, largest="links.default.latency", between="10ms..40s/log/12",
                        such_that="client.dials_succeeded >= 1", seeds=2, out=tmp_path)
    assert all(isinstance(value, float) for value in tried.index) and tried.attrs["wanted"] == "largest"
    assert tried.attrs["answer"].endswith("s")
    ax = tandem.plot.find(tried, log=True, unit="dials").axes[0]
    assert f"answer {tried.attrs['answer']}" in [text.get_text() for text in ax.get_legend().get_texts()]
    at = [line.get_xdata()[0] for line in ax.lines if line.get_label().startswith("answer")]
    assert at == [tried.index[tried.holds].max()]
    assert ax.get_xscale() == "log" and ax.get_ylabel() == "client.dials_succeeded (dials)"
    with pytest.raises(TypeError, match="draws what find"):
        tandem.plot.find(tried.copy().set_axis(tried.index).pipe(lambda t: t.__class__(t.to_dict())))


def test_where_no_value_does_it_the_answer_is_none(tmp_path):
    tried = tandem.find(PAIR, smallest="groups.server.manager.max_connections", between="2..8",
                        such_that="client.dials_succeeded >= 2", seeds=1, out=tmp_path)
    assert tried.attrs["answer"] is None and not tried.holds.any()
    assert tandem.plot.find(tried).axes[0].get_title(loc="left").endswith(": none")


def test_a_swarm_tells_of_goals_and_of_seeds_that_broke(tmp_path):
    well = tandem.swarm(VILLAGE, runs=5, out=tmp_path / "well")
    assert well.empty and well.attrs["runs"] == 5 and well.attrs["goals"][0]["seed"] == 1
    assert not (tmp_path / "well" / "seed-1.yaml").exists()
    bad = {**VILLAGE, "expectations": ["always hub.active <= 3"]}
    broken = tandem.swarm(bad, runs=3, seed=7, out=tmp_path / "bad")
    assert broken.index.tolist() == [7, 8, 9] and set(broken.line) == {"always hub.active <= 3"}
    alone = tandem.run(broken.file[8], seed=8)
    assert not alone.ok
    small = tandem.shrink(broken.file[8], seed=8, budget="20s")
    assert small["line"] == "always hub.active <= 3" and pathlib.Path(small["file"]).read_text() == small["text"]
    assert not tandem.run(small["file"]).ok and small["after"]["entries"] <= small["before"]["entries"]
    with pytest.raises(tandem.BadInput, match="is there already"):
        tandem.shrink(broken.file[8], seed=8, budget="20s")


@pytest.mark.parametrize("executor", [Dying, lambda: concurrent.futures.ThreadPoolExecutor(2)])
def test_any_executor_finds_the_same(executor, tmp_path):
    def found(executor, folder):
        small = "groups.hub.manager.max_connections"
        tried = tandem.find(VILLAGE, smallest=small, between="2..8", such_that="hub.active.max >= 4", seeds=2,
                            executor=executor, out=folder / "find")
        broken = tandem.swarm({**VILLAGE, "expectations": ["always hub.active <= 3"]}, runs=5, executor=executor,
                              out=folder / "swarm")
        least = tandem.shrink({**VILLAGE, "expectations": ["hub.active.max <= 1"]}, executor=executor)
        return tried, broken.drop(columns=["file", "reproduce"]), least

    here, there = found(None, tmp_path / "here"), found(executor(), tmp_path / "there")
    assert here[0].attrs["answer"] == 4 and here[1].index.tolist() == [1, 2, 3, 4, 5]
    assert there[0].equals(here[0]) and there[1].equals(here[1])
    assert (there[2]["line"], there[2]["after"]) == (here[2]["line"], here[2]["after"])


def test_an_error_of_an_executor_ends_the_call(tmp_path):
    class Broken:
        def submit(self, *_):
            raise OSError("no machine left")

    with pytest.raises(OSError, match="no machine left"):
        tandem.swarm(VILLAGE, runs=5, executor=Broken(), out=tmp_path)


def test_shrink_says_what_the_command_says(tmp_path):
    (tmp_path / "bad.yaml").write_text(json.dumps({**VILLAGE, "expectations": ["hub.active.max <= 1"]}))
    small = tandem.shrink(tmp_path / "bad.yaml", out=tmp_path / "here.yaml")
    told = as_command("shrink", tmp_path / "bad.yaml", "--out", "there.yaml", folder=tmp_path)
    assert {**small, "file": "", "text": small["text"]} == {**told, "file": ""}


@pytest.mark.parametrize("call, error, words", [
    (lambda **more: tandem.find(CROWD, such_that="hub.active >= 1", **more), TypeError, "needs `smallest` or `largest`"),
    (lambda **more: tandem.find(CROWD, such_that="hub.activ >= 1", smallest="parameters.places", **more), tandem.BadInput,
     "hub.activ"),
    (lambda **more: tandem.find(CROWD, such_that="hub.active >= 1", smallest="parameters.place", **more), tandem.BadInput,
     "place"),
    (lambda **more: tandem.find(CROWD, such_that="hub.active >= 1", smallest="parameters.places", seeds="9..2", **more),
     tandem.BadInput, "seeds 9..2"),
    (lambda **more: tandem.find(CROWD, such_that="hub.active >= 1", smallest="parameters.places", seeds=0, **more),
     tandem.BadInput, "from 1 to 1000000"),
    (lambda **more: tandem.swarm(VILLAGE, budget="0s", **more), tandem.BadInput, "budget"),
    (lambda **more: tandem.swarm(VILLAGE, budget="soon", **more), tandem.BadInput, "budget must be a time of 0 s or more"),
    (lambda **more: tandem.swarm(VILLAGE, runs=1, seed=-1, **more), tandem.BadInput, "seed must be from 0"),
    (lambda **more: tandem.swarm(VILLAGE, runs=0, **more), tandem.BadInput, "runs must be from 1"),
    (lambda **more: tandem.swarm(VILLAGE, level="strem", runs=1, **more), tandem.BadInput, "did you mean `stream`"),
    (lambda **more: tandem.shrink(PAIR, set={"expectations": []}, **more), tandem.BadInput, "holds with seed 1"),
    (lambda **more: tandem.shrink(3, **more), TypeError, "scenario is a path, a name or a dict"),
])
def test_what_cannot_be_looked_for_is_told(call, error, words, tmp_path):
    with pytest.raises(error) as caught:
        call(out=tmp_path / "out")
    assert words in str(caught.value)


SEARCHES = {
    "find": f"find({ {**CROWD, 'duration': '20m'}!r}, smallest='parameters.places', such_that='hub.blocking <= 1%', seeds=500)",
    "swarm": f"swarm({VILLAGE!r}, runs=100000)",
    "shrink": f"shrink({ {**CROWD, 'duration': '6h', 'expectations': ['hub.active.max <= 1']}!r})",
}


@pytest.mark.parametrize("name", SEARCHES)
def test_control_c_returns_what_was_found(name, tmp_path):
    program = textwrap.dedent(f"""
        import tandem
        tell = lambda done, total, failed: print("running", flush=True) if done > 1 else None
        found = tandem.{SEARCHES[name][:-1]}, progress=tell, jobs=1)
        print((found if isinstance(found, dict) else found.attrs)["stopped"])
    """)
    with subprocess.Popen([sys.executable, "-c", program], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True, env={**os.environ, "PYTHONPATH": os.path.abspath(os.environ["PYTHONPATH"])}) as child:
        assert child.stdout.readline() == "running\n"
        child.send_signal(signal.SIGINT)
        out, err = child.communicate(timeout=120)
    assert out.splitlines()[-1:] == ["True"], err
