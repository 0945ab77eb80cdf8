# SPDX-License-Identifier: MIT
"""sweep() and its relatives: the engine of the command, any executor, nothing lost."""

import concurrent.futures
import itertools
import json
import os
import pathlib
import signal
import subprocess
import sys
import textwrap

import numpy
import pandas
import pytest

import tandem
from support import PAIR, SCENARIOS, Dying, Immediate

COMMAND = pathlib.Path(tandem.__file__).parents[2] / "tandem"
OFFICES = {
    "scenario": "offices",
    "parameters": {"limit": 4, "callers": 10},
    "levels": ["message"],
    "duration": "10m",
    "groups": {"desk": {"listen": True, "manager": {"passive": True, "max_connections": "${limit}"}},
               "callers": {"count": "${callers}", "manager": "passive"}},
    "workload": [{"dial": {"from": "callers", "to": "desk", "mode": "additional",
                           "arrivals": {"poisson": "1/m", "per": "node"}, "hold": {"exponential": "30s"}}}],
    "expectations": ["desk.icn_p2p_active_connections.max >= 1"],
}
LINE = "desk.refusals.LimitReached / callers.dials"
VARY = {"parameters.limit": [2, 4], "parameters.callers": [10, 20]}


@pytest.fixture(scope="module")
def swept(tmp_path_factory):
    return tandem.sweep(OFFICES, VARY, seeds=5, out=tmp_path_factory.mktemp("swept"),
                        measure=LINE)


def test_a_sweep_is_a_tidy_table(swept):
    assert swept.index.names == ["parameters.limit", "parameters.callers", "level", "seed"]
    assert len(swept) == 20 and (swept.verdict == "ok").all() and (swept.broke == "").all()
    assert swept.loc[(2, 10, "message")].index.tolist() == [1, 2, 3, 4, 5]
    refused = swept["desk.refusals.LimitReached"]
    assert (0 < swept[LINE]).all() and (swept[LINE] < 1).all() and refused.min() > 0
    assert swept.attrs["verdict"] == "ok" and not swept.attrs["stopped"]
    one = tandem.run(OFFICES, seed=3, set={"parameters.limit": 2})
    row = swept.loc[(2, 10, "message", 3)]
    assert row.trace_hash == one.trace_hash and row.steps == one.steps
    assert row["desk.refusals.LimitReached"] == one.refusals["desk"]["LimitReached"]


def test_what_cannot_be_measured_is_named_as_it_was_written(tmp_path):
    with pytest.raises(tandem.BadInput) as told:
        tandem.sweep(OFFICES, VARY, seeds=5, out=tmp_path, measure="desk.actives.max")
    assert str(told.value).startswith("measure: `desk.actives.max`, column 1: ") and "vary" not in str(told.value)


def test_intervals_are_those_that_the_command_prints(swept):
    means = tandem.intervals(swept, LINE)
    values = swept.loc[(4, 20, "message"), LINE]
    row = means.loc[(4, 20, "message")]
    assert row["mean"] == pytest.approx(values.mean())
    assert row.high - row["mean"] == pytest.approx(2.776 * values.std(ddof=1) / 5**0.5, rel=1e-3)  # t of 4, 97.5 %
    drawn = tandem.intervals(swept, LINE, "bootstrap").loc[(4, 20, "message")]
    assert values.min() <= drawn.low < row["mean"] < drawn.high <= values.max()
    with pytest.raises(tandem.BadInput, match="no column is called"):
        tandem.intervals(swept, "desk.refusals")


def test_it_is_a_dataset_with_a_dimension_for_each_axis(swept):
    pytest.importorskip("xarray")
    data = swept.to_xarray()
    assert dict(data.sizes) == {"parameters.limit": 2, "parameters.callers": 2, "level": 1, "seed": 5}
    assert float(data["desk.refusals.LimitReached"].sel({"parameters.limit": 2, "parameters.callers": 10}).mean()) > 0


def test_what_is_there_is_not_run_again(swept, tmp_path):
    calls = []
    again = tandem.sweep(OFFICES, VARY, seeds=5, out=swept.attrs["folder"], measure=LINE,
                         progress=lambda *at: calls.append(at))
    pandas.testing.assert_frame_equal(again, swept)
    assert all(total == 0 for _, total, _ in calls)
    pandas.testing.assert_frame_equal(tandem.load_sweep(swept.attrs["folder"]), swept)


@pytest.mark.parametrize("executor", [Immediate, lambda: concurrent.futures.ThreadPoolExecutor(2),
                                      lambda: concurrent.futures.ProcessPoolExecutor(2)])
def test_any_executor_gives_the_same(executor, swept, tmp_path):
    table = tandem.sweep(OFFICES, VARY, 5, executor(), out=tmp_path / "out", measure=LINE)
    pandas.testing.assert_frame_equal(table, swept)


def test_the_folder_is_that_of_the_command(tmp_path):
    (tmp_path / "offices.yaml").write_text(json.dumps(OFFICES))
    tandem.sweep(tmp_path / "offices.yaml", {"parameters.limit": "2,4"}, seeds=2, out=tmp_path / "here")
    subprocess.run([COMMAND, "sweep", str(tmp_path / "offices.yaml"), "--vary", "parameters.limit=2,4", "--seeds", "2", "--out",
                    tmp_path / "there"], capture_output=True)
    for name in ("plan.json", "cells.sqlite"):
        assert (tmp_path / "here" / name).read_bytes() == (tmp_path / "there" / name).read_bytes()


def test_cells_that_a_worker_took_with_it_are_run_again(swept, tmp_path):
    table = tandem.sweep(OFFICES, VARY, 5, Dying(), out=tmp_path / "out", measure=LINE)
    pandas.testing.assert_frame_equal(table, swept)


MPI = """
    import sys

    import tandem
    from mpi4py.futures import MPIPoolExecutor
    from support import PAIR

    if __name__ == "__main__":
        with MPIPoolExecutor() as ranks:
            tandem.sweep(PAIR, {"duration": ["3s", "4s"]}, seeds=3, executor=ranks, out=sys.argv[1])
    """


def test_ranks_of_mpi_are_an_executor(tmp_path):
    pytest.importorskip("mpi4py")
    (tmp_path / "ranks.py").write_text(textwrap.dedent(MPI))
    told = {"plm": "isolated", "btl": "self,vader", "btl_vader_single_copy_mechanism": "none",
            "oob_tcp_if_include": "lo", "rmaps_base_oversubscribe": "1"}
    alone = {f"OMPI_MCA_{name}": value for name, value in told.items()}
    alone |= {f"OMPI_ALLOW_RUN_AS_ROOT{end}": "1" for end in ("", "_CONFIRM")}
    here = {"PYTHONPATH": f"{os.environ.get('PYTHONPATH', '')}:{pathlib.Path(__file__).parent}"}
    subprocess.run(["mpiexec", "-n", "3", sys.executable, "-m", "mpi4py.futures", tmp_path / "ranks.py", tmp_path / "ranks"],
                   env=os.environ | alone | here, check=True, timeout=120)
    table = tandem.sweep(PAIR, {"duration": ["3s", "4s"]}, seeds=3, out=tmp_path / "here")
    pandas.testing.assert_frame_equal(tandem.load_sweep(tmp_path / "ranks"), table)


class Dead:
    def submit(self, function, line):
        future = concurrent.futures.Future()
        future.set_exception(RuntimeError("worker killed"))
        return future


def test_a_cell_that_kills_every_worker_is_told_and_tried_by_the_next_sweep(tmp_path):
    table = tandem.sweep(PAIR, seeds=2, executor=Dead(), out=tmp_path / "out")
    assert table.broke.str.contains("worker failed twice: RuntimeError").all()
    assert table["server.icn_p2p_active_connections.max"].isna().all() if len(table.columns) > 4 else True
    assert tandem.sweep(PAIR, seeds=2, executor=Immediate(), out=tmp_path / "out").verdict.tolist() == ["ok", "ok"]


def test_a_dask_worker_that_is_killed_loses_nothing(swept, tmp_path):
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster, \
            distributed.Client(cluster) as client:
        workers = client.run(os.getpid)
        killed = []

        def progress(done, total, failed):
            if done >= 3 and not killed:
                killed.append(list(workers.values())[0])
                os.kill(killed[0], signal.SIGKILL)

        table = tandem.sweep(OFFICES, VARY, 5, client.get_executor(), out=tmp_path / "out", progress=progress,
                             measure=LINE)
    assert killed
    pandas.testing.assert_frame_equal(table, swept)


def test_control_c_returns_what_ran_and_the_next_call_goes_on(tmp_path):
    program = textwrap.dedent(f"""
        import tandem
        tell = lambda done, total, failed: print("running", flush=True) if done else None
        table = tandem.sweep({OFFICES!r}, {{"parameters.limit": list(range(1, 9))}}, seeds=40, out={str(tmp_path / "out")!r},
                             progress=tell, jobs=1)
        print(table.attrs["stopped"], 0 < len(table) < 320)
    """)
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as child:
        assert child.stdout.readline() == "running\n"
        child.send_signal(signal.SIGINT)
        out, err = child.communicate(timeout=120)
    assert out.splitlines()[-1:] == ["True True"], err
    there = len(tandem.load_sweep(tmp_path / "out"))
    assert there > 0


def test_axes_are_numbers_where_they_can_be(tmp_path):
    table = tandem.sweep(PAIR, {"links.default.latency": "10ms..40ms/log/3", "groups.client.count": numpy.array([1, 2])},
                         out=tmp_path / "out", where="count < 2")
    assert table.index.get_level_values(0).tolist() == [0.01, 0.02, 0.04]
    words = tandem.sweep(PAIR, {"groups.client.manager.backoff_strategy": ["full", "none"]}, out=tmp_path / "words")
    assert words.index.get_level_values(0).tolist() == ["full", "none"]


@pytest.mark.parametrize("arguments, error, words", [
    ({"vary": {"groups.sever.count": [1]}}, tandem.BadInput, "no group is called `sever`"),
    ({"vary": {"duration": "1..9"}}, tandem.BadInput, "vary duration"),
    ({"vary": {"duration": 3}}, TypeError, "vary: duration takes a list"),
    ({"vary": ["duration"]}, TypeError, "vary is a dict"),
    ({"seeds": "many"}, tandem.BadInput, "seeds: "),
    ({"seeds": -1}, tandem.BadInput, "seeds must be from 0"),
    ({"level": "strem"}, tandem.BadInput, "did you mean `stream`"),
    ({"measure": "server.activ"}, tandem.BadInput, "server.activ"),
    ({"where": "limit <"}, tandem.BadInput, "where"),
    ({"where": 3}, TypeError, "where is a text"),
])
def test_what_cannot_be_swept_is_told_before_anything_runs(arguments, error, words, tmp_path):
    with pytest.raises(error) as caught:
        tandem.sweep(PAIR, **{"out": tmp_path / "out", **arguments})
    assert words in str(caught.value)
    assert not (tmp_path / "out" / "cells.sqlite").exists()


def test_a_folder_of_another_sweep_is_kept(tmp_path):
    tandem.sweep(PAIR, seeds=2, out=tmp_path)
    with pytest.raises(tandem.BadInput, match="holds 2 cells"):
        tandem.sweep({**PAIR, "duration": "41s"}, seeds=2, out=tmp_path)
    assert len(tandem.sweep({**PAIR, "duration": "41s"}, seeds=1, out=tmp_path, overwrite=True)) == 1


def test_a_difference_is_told(tmp_path):
    a, b = tandem.run(PAIR), tandem.run(PAIR, set={"duration": "20s"})
    assert tandem.diff(a, a)["same"] and not tandem.diff(a, b)["same"]
    assert tandem.diff(a.save(tmp_path / "a"), b.save(tmp_path / "b"))["same"] is False
    assert tandem.diff(a, tmp_path.joinpath("a", os.listdir(tmp_path / "a")[0]))["same"]


def test_the_gate_is_a_table(tmp_path):
    (tmp_path / "good.yaml").write_text(json.dumps({**PAIR, "scenario": "good"}))
    (tmp_path / "bad.yaml").write_text(json.dumps({**PAIR, "scenario": "bad", "expectations": ["client.dials == 7"]}))
    table = tandem.ci(tmp_path, baselines=False, level="stream")
    assert table.set_index("scenario").status.to_dict() == {"good": "ok", "bad": "failed"}
    assert table.attrs["exit_code"] == 1 and "client.dials == 7" in table.attrs["table"]


def test_a_scenario_is_learned_from_a_recording(tmp_path):
    subprocess.run([COMMAND, "run", SCENARIOS / "erlang_b.yaml", "--level", "message", "--record", tmp_path / "traces",
                    "--record-nodes", "server"], capture_output=True, check=False)
    learned = tandem.learn(next(itertools.chain((tmp_path / "traces").rglob("*.trace"))))
    assert "groups" in learned.yaml and len(learned.fits) and learned.fits.distance.max() <= 1
    assert tandem.check(learned.save(tmp_path / "like.yaml"))[0] == "learned"
