# SPDX-License-Identifier: MIT
"""`tandem sweep` and `merge`: many cells in processes, whatever happens to them."""

import contextlib
import json
import os
import pathlib
import random
import signal
import sqlite3
import subprocess
import time

import pytest

from support import (OFFICES, PATIENCE, TANDEM, assert_one_clear_line, is_sanitized, skip_what_repeats_the_release,
                     tandem)

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCENARIO = OFFICES.replace("length: 20m", "length: 5m") + """\
expectations:
  - desk.active.max <= 8
"""


@pytest.fixture
def offices(tmp_path):
    path = tmp_path / "offices.yaml"
    path.write_text(SCENARIO)
    return path


def answers(lines):
    """What one worker says to each of these cells."""
    out = subprocess.run([TANDEM, "cell-worker"], input="".join(line + "\n" for line in lines), capture_output=True,
                         text=True, timeout=600)  # fmt: skip
    assert out.returncode == 0, out.stderr
    return [json.loads(line.partition(" ")[2]) for line in out.stdout.splitlines()]


def test_a_worker_goes_on_to_other_cells_of_packets_which_are_what_they_are_in_a_process_of_their_own():
    file = str(ROOT / "scenarios" / "half_open.yaml")
    cells = [json.dumps({"file": file, "sets": [], "level": level, "seed": seed, "also": [], "key": ""})
             for level, seed in [("packet", 1), ("packet", 2), ("stream", 1), ("packet", 1)]]  # fmt: skip
    if "no ns-3" in answers(cells[:1])[0]["broke"]:
        pytest.skip("this build has no ns-3")
    together = answers(cells)
    assert together == [answers([cell])[0] for cell in cells]
    assert all(one["broke"] == "" and one["verdict"] == "ok" for one in together)
    assert together[0] == together[3] and together[0]["trace_hash"] != together[2]["trace_hash"]


def sweep(file, out, *args):
    return tandem("sweep", str(file), "--vary", "parameters.limit=4,8,12", "--seeds", "4", "--out", str(out), *args)


def rows(folder, sql):
    with contextlib.closing(sqlite3.connect(folder / "cells.sqlite")) as db:
        return db.execute(sql).fetchall()


def test_every_setting_has_the_same_seeds_and_its_verdict(offices, tmp_path):
    done = sweep(offices, tmp_path / "out", "--json")
    assert done.returncode == 1, done.stderr  # 12 places are more than 8
    told = json.loads(done.stdout)
    assert [(s["values"], s["ok"] + s["untested"], s["failed"]) for s in told["settings"]] == [
        ({"parameters.limit": "4"}, 4, 0), ({"parameters.limit": "8"}, 4, 0), ({"parameters.limit": "12"}, 0, 4)]
    assert told["settings"][0]["numbers"]["desk.icn_p2p_active_connections.max"]["mean"] == 4
    assert rows(tmp_path / "out", "SELECT seed, sets FROM cells WHERE cell IN (0, 3, 4)") == [
        (1, '["parameters.limit=4"]'), (4, '["parameters.limit=4"]'), (1, '["parameters.limit=8"]')]


def test_what_is_so_sometimes_is_so_at_one_seed_of_all(tmp_path):
    """Four at once are rare: of these seeds one has them."""
    file = tmp_path / "rare.yaml"
    file.write_text("""\
scenario: rare
levels: [message]
duration: 1m
groups: {desk: {listen: true}, callers: {count: 4}}
workload:
  - dial: {from: callers, to: desk, arrivals: {spread: 50s}, hold: {exponential: 10s}}
expectations:
  - sometimes desk.active >= 4
  - callers.dials == 4
""")

    def verdicts(*args):
        done = tandem("sweep", str(file), "--out", str(tmp_path / "out"), "--overwrite", "--json", *args)
        (setting,) = json.loads(done.stdout)["settings"]
        return done.returncode, setting["ok"], setting["failed"]

    assert verdicts("--seeds", "8", "--set", "seed=31") == (0, 8, 0)
    assert verdicts("--seeds", "7", "--set", "seed=31") == (1, 0, 7)


def test_a_cell_is_what_the_line_that_runs_it_again_gives(offices, tmp_path):
    worst = json.loads(sweep(offices, tmp_path / "out", "--json").stdout)["settings"][2]["worst"]
    again = subprocess.run([TANDEM, *worst["reproduce"].split()[1:], "--json"], capture_output=True, text=True)
    assert again.returncode == 1
    (found,) = json.loads(again.stdout)
    ((trace,),) = rows(tmp_path / "out", f"SELECT trace_hash FROM cells WHERE seed = {worst['seed']} AND sets LIKE '%=12%'")
    assert found["trace_hash"] == trace


def test_only_what_is_missing_is_run(offices, tmp_path):
    sweep(offices, tmp_path / "out")
    told = json.loads(sweep(offices, tmp_path / "out", "--json").stdout)
    assert (told["cells_run"], told["cells_reused"]) == (0, 12)
    more = sweep(offices, tmp_path / "out", "--vary", "parameters.length=5m,3m", "--json")
    assert (json.loads(more.stdout)["cells_run"], json.loads(more.stdout)["cells_reused"]) == (12, 12)
    for less in (sweep(offices, tmp_path / "out"), sweep(offices, tmp_path / "out", "--plan")):
        assert_one_clear_line(less, "12 cells that this campaign does not have: its scenario, its values", "--overwrite")
    assert "there already" not in sweep(offices, tmp_path / "out", "--plan", "--overwrite").stdout
    assert sweep(offices, tmp_path / "out", "--overwrite").returncode == 1
    assert len(rows(tmp_path / "out", "SELECT * FROM cells")) == 12
    assert "; 12 cells there already" in sweep(offices, tmp_path / "out", "--plan").stdout


def test_fewer_seeds_than_a_folder_has_are_the_reason_it_is_refused(offices, tmp_path):
    sweep(offices, tmp_path / "out")
    for args in ([], ["--plan"]):
        fewer = tandem("sweep", str(offices), *LINE[:2], "--seeds", "3", "--out", str(tmp_path / "out"), *args)
        assert_one_clear_line(fewer, "holds 3 cells that this campaign does not have: it has 3 seeds of a setting, the "
                                     "folder 4; ask for as many, name another folder, or --overwrite them")


def test_three_shards_merged_are_the_unsharded_sweep_byte_for_byte(offices, tmp_path):
    sweep(offices, tmp_path / "whole")
    parts = [tmp_path / f"part{n}" for n in (1, 2, 3)]
    for n, part in enumerate(parts, 1):
        sweep(offices, part, "--shard", f"{n}/3")
        assert len(rows(part, "SELECT * FROM cells")) == 4
    before = parts[0].joinpath("cells.sqlite").read_bytes()
    lacking = tandem("merge", str(parts[0]), str(parts[2]), "--out", str(tmp_path / "lacking"))
    assert_one_clear_line(lacking, "lack 4 cells")
    assert list(tmp_path.glob("lacking*")) == []  # so that the whole may be put there later
    assert tandem("merge", *map(str, reversed(parts)), "--out", str(tmp_path / "merged")).returncode == 1
    for name in ("cells.sqlite", "plan.json"):
        assert (tmp_path / "merged" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()
    assert parts[0].joinpath("cells.sqlite").read_bytes() == before


def test_a_merge_that_was_killed_leaves_nothing_in_the_way(offices, tmp_path):
    sweep(offices, tmp_path / "part")
    (tmp_path / "all.part").mkdir()
    (tmp_path / "all.part/cells.sqlite").write_text("half of it")
    assert tandem("merge", str(tmp_path / "part"), "--out", str(tmp_path / "all")).returncode == 1
    assert not (tmp_path / "all.part").exists()
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "notes.txt").write_text("mine")
    for folder, said in ((mine, "is not empty"), (tmp_path / "all", "holds a campaign already"),
                         (mine / "notes.txt", "is no folder")):
        assert_one_clear_line(tandem("merge", str(tmp_path / "part"), "--out", str(folder)), f"--out {folder}", said)
    assert (mine / "notes.txt").read_text() == "mine"


def test_cells_of_a_later_version_are_left_alone(offices, tmp_path):
    sweep(offices, tmp_path / "out")
    with contextlib.closing(sqlite3.connect(tmp_path / "out/cells.sqlite")) as db:
        db.execute("PRAGMA user_version = 99")
    before = (tmp_path / "out/cells.sqlite").read_bytes()
    for done in (sweep(offices, tmp_path / "out"), sweep(offices, tmp_path / "out", "--overwrite"),
                 tandem("merge", str(tmp_path / "out"), "--out", str(tmp_path / "all"))):
        assert_one_clear_line(done, "is of version 99 of campaigns; this program reads 1")
    assert (tmp_path / "out/cells.sqlite").read_bytes() == before


def test_seeds_are_run_until_the_interval_is_narrow_sharded_or_not(offices, tmp_path):
    line = ("sweep", str(offices), "--vary", "parameters.limit=4,6", "--seeds", "until 10% of desk.refused / callers.dials")
    told = json.loads(tandem(*line, "--out", str(tmp_path / "whole"), "--json").stdout)
    for setting in told["settings"]:
        (found,) = setting["also"].values()
        assert found["n"] % 5 == 0 and found["half_width"] <= 0.1 * found["mean"]
    assert told["settings"][0]["also"] != told["settings"][1]["also"]
    for n in (1, 2):
        tandem(*line, "--out", str(tmp_path / f"part{n}"), "--shard", f"{n}/2")
    tandem("merge", str(tmp_path / "part1"), str(tmp_path / "part2"), "--out", str(tmp_path / "merged"))
    assert (tmp_path / "merged/cells.sqlite").read_bytes() == (tmp_path / "whole/cells.sqlite").read_bytes()


@pytest.mark.parametrize("arrivals, same", [("{every: 1s}", True), ("{poisson: 1/s}", False)])
def test_seeds_that_change_nothing_are_flagged(offices, tmp_path, arrivals, same):
    offices.write_text(SCENARIO.replace("{poisson: 1/m, per: node}", arrivals)
                       .replace("{exponential: 30s}", "{fixed: 2s}"))
    line = ("sweep", str(offices), "--seeds", "3", "--out", str(tmp_path / "out"))
    (setting,) = json.loads(tandem(*line, "--json").stdout)["settings"]
    assert setting["seeds_do_not_differ"] == same
    assert ("(=)" in tandem(*line).stdout) == same


def workers_of(parent):
    found = subprocess.run(["ps", "-o", "pid=", "--ppid", str(parent)], capture_output=True, text=True).stdout
    return [int(pid) for pid in found.split()]


def wait_for_a_cell(out, process):
    while process.poll() is None and not (out / "timing.csv").exists():
        time.sleep(0.01)


# So long a cell that a signal finds one under way.
LENGTH = "5m" if is_sanitized() else "20m"
LONG = ("--vary", "parameters.limit=4..8/5", "--set", f"parameters.length={LENGTH}", "--jobs", "2", "--seeds")


@pytest.mark.parametrize("seed", range(2))
def test_whoever_is_killed_the_next_call_runs_what_is_missing_and_each_cell_once(offices, tmp_path, seed):
    chance = random.Random(seed)
    line = [TANDEM, "sweep", str(offices), *LONG, "12", "--out"]
    subprocess.run([*line, str(tmp_path / "whole")], capture_output=True)
    out = tmp_path / "out"
    for victim in ("parent", "worker"):
        with subprocess.Popen([*line, str(out)], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            wait_for_a_cell(out, process)
            time.sleep(chance.random() * 0.3)
            workers = workers_of(process.pid)
            if victim == "parent" or not workers:
                process.kill()
            else:
                os.kill(chance.choice(workers), signal.SIGKILL)
            process.communicate()
        for _ in range(500):  # they die with their parent
            if not any(pathlib.Path(f"/proc/{pid}").exists() for pid in workers):
                break
            time.sleep(0.01)
        assert not any(pathlib.Path(f"/proc/{pid}").exists() for pid in workers)
        assert rows(out, "SELECT count(*) FROM cells")[0][0] > 0  # readable at once
    subprocess.run([*line, str(out)], capture_output=True)
    assert (out / "cells.sqlite").read_bytes() == (tmp_path / "whole/cells.sqlite").read_bytes()
    done = [row.split(",")[0] for row in (out / "timing.csv").read_text().splitlines()]
    broken = len(done) - len(set(done))
    assert len(set(done)) == 60 and broken <= 1  # the cell of the worker that was killed


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_keeps_what_there_is(offices, tmp_path, stop):
    """A terminal, timeout and Slurm signal the processes of the cells as well: none of them failed."""
    out = tmp_path / "out"
    with subprocess.Popen([TANDEM, "sweep", str(offices), *LONG, "300", "--out", str(out), "--json"],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True) as process:
        wait_for_a_cell(out, process)
        os.killpg(process.pid, stop)
        text, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 128 + stop
    told = json.loads(text)
    assert not any(setting["broke"] for setting in told["settings"])
    kept = rows(out, "SELECT count(*) FROM cells")[0][0]
    assert told["stopped"] and 0 < told["cells_run"] == kept < 1500
    assert sum(setting["missing"] for setting in told["settings"]) == 1500 - kept


def test_a_column_that_no_run_has_is_told(offices, tmp_path):
    done = sweep(offices, tmp_path / "out", "--show", "desk.icn_p2p_active_connections.maks")
    assert "--show desk.icn_p2p_active_connections.maks: no run has a number of that name; did you mean " in done.stdout
    done = sweep(offices, tmp_path / "out", "--show", "desk.icn_p2p_active_connections.max")
    assert "no run has" not in done.stdout


def test_a_number_that_no_line_has_is_measured_in_every_cell(offices, tmp_path):
    measures = ["--measure", "desk.active.max", "--measure", "desk.refused / callers.dials"]
    done = sweep(offices, tmp_path / "out", *measures)
    assert done.stdout.splitlines()[0].endswith("desk.active.max  desk.refused / callers.dials"), done.stdout
    told = json.loads(sweep(offices, tmp_path / "out", *measures, "--json").stdout)
    assert told["cells_reused"] == 12 and len(told["settings"]) == 3
    for setting in told["settings"]:
        most, refused = setting["also"]["desk.active.max"], setting["also"]["desk.refused / callers.dials"]
        assert most["n"] == 4 and most["mean"] == most["max"] == float(setting["values"]["parameters.limit"])
        assert 0 < refused["mean"] < 1
    wrong = sweep(offices, tmp_path / "other", "--measure", "desk.actives.max")
    assert_one_clear_line(wrong, "--measure: `desk.actives.max`, column 1: ", "did you mean `active`?")
    assert ">=" not in wrong.stderr and "vary" not in wrong.stderr and not (tmp_path / "other").exists()
    compared = sweep(offices, tmp_path / "compared", "--measure", "desk.active.max <= 8", "--json")
    assert json.loads(compared.stdout)["settings"][0]["also"]["desk.active.max <= 8"]["mean"] == 4


def test_a_plan_runs_nothing(offices, tmp_path):
    done = sweep(offices, tmp_path / "out", "--plan")
    assert done.returncode == 0
    assert "3 settings x 1 level x 4 seeds = 12 cells" in done.stdout
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("args, said", [
    (["--vary", "parameters.limits=4"], "no parameter is called `limits`; did you mean `limit`?"),
    (["--vary", "parameters.limit"], "write PATH=VALUES"),
    (["--vary", "parameters.limit=4..8"], "a range is written FROM..TO/COUNT"),
    (["--seeds", "until 5%"], "until WIDTH of NUMBER"),
    (["--seeds", "until 5% of desk.refusd"], "did you mean `refused`?"),
    (["--shard", "4/3"], "from 1/3 to 3/3"),
    (["--where", "limt < 3", "--vary", "parameters.limit=1,2"], "no axis is called `limt`"),
    (["--level", "mesage"], "did you mean `message`?"),
    (["--vary", "sweep.seeds=1,2"], "--vary: sweep.seeds=2: gives the same scenario as `1`; leave one of them out"),
])
def test_a_mistake_is_one_line_and_nothing_runs(offices, tmp_path, args, said):
    for plan in ([], ["--plan"]):
        assert_one_clear_line(tandem("sweep", str(offices), *args, "--out", str(tmp_path / "out"), *plan), said)
    assert not (tmp_path / "out").exists()


def test_two_processes_do_not_share_a_folder(offices, tmp_path):
    out = tmp_path / "out"
    with subprocess.Popen([TANDEM, "sweep", str(offices), *LONG, "300", "--out", str(out)],
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        wait_for_a_cell(out, process)
        assert_one_clear_line(sweep(offices, out), "another process works in it")
        process.kill()


def test_a_reader_of_the_results_does_not_mix_them_up(offices, tmp_path):
    out = tmp_path / "out"
    sweep(offices, tmp_path / "whole")
    sweep(offices, out, "--shard", "1/3")
    with contextlib.closing(sqlite3.connect(out / "cells.sqlite")) as reader:
        reader.execute("SELECT * FROM cells").fetchall()
        sweep(offices, out)
        assert (out / "cells.sqlite").read_bytes() == (tmp_path / "whole/cells.sqlite").read_bytes()
    assert sorted(path.name for path in out.iterdir()) == ["cells.sqlite", "plan.json", "timing.csv"]


LINE = ["--vary", "parameters.limit=4,8,12", "--seeds", "4"]

# Stands for Slurm on one machine: runs each task of an array at once, one after the other, with the variables that
# Slurm sets.
SBATCH = """\
#!/usr/bin/env bash
set -e
for word in "$@"; do
  case $word in
    --array=1-*) tasks=$(seq "${word#--array=1-}") ;;
    --wrap=*) script=${word#--wrap=} ;;
  esac
done
for task in ${tasks:-0}; do SLURM_ARRAY_TASK_ID=$task bash -c "$script" > /dev/null; done
echo 7
"""


def assert_is_what_one_machine_gives(results, offices, folder, done):
    sweep(offices, folder / "whole")
    assert sorted(part.name for part in results.iterdir()) == ["all", "shard-1", "shard-2", "shard-3"], done
    for name in ("cells.sqlite", "plan.json"):
        assert (results / "all" / name).read_bytes() == (folder / "whole" / name).read_bytes()


def test_the_recipe_for_dask_gives_what_one_machine_gives(offices, tmp_path):
    skip_what_repeats_the_release()
    python = ROOT / "build/venv/bin/python"
    assert python.exists(), "ci/setup makes it"
    path = f"{pathlib.Path(TANDEM).parent}:{os.environ['PATH']}"
    done = subprocess.run([python, ROOT / "ci/recipes/dask_sweep.py", "local", tmp_path / "results", "3", offices, *LINE],
                          capture_output=True, text=True, timeout=300, env=os.environ | {"PATH": path}, cwd=tmp_path)
    assert done.returncode == 1, done  # 12 places are more than 8
    assert_is_what_one_machine_gives(tmp_path / "results", offices, tmp_path, done)


def test_the_recipe_for_slurm_gives_what_one_machine_gives(offices, tmp_path):
    skip_what_repeats_the_release()
    (tmp_path / "sbatch").write_text(SBATCH)
    (tmp_path / "sbatch").chmod(0o755)
    path = f"{pathlib.Path(TANDEM).parent}:{os.environ['PATH']}"
    done = subprocess.run([ROOT / "ci/recipes/slurm", tmp_path / "results", offices, *LINE], capture_output=True, text=True,
                          env=os.environ | {"PATH": path, "SBATCH": str(tmp_path / "sbatch"), "SRUN": "env"})
    assert_is_what_one_machine_gives(tmp_path / "results", offices, tmp_path, done)
