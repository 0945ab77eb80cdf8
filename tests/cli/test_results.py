# SPDX-License-Identifier: MIT
"""What `tandem run` keeps: results in files, and what there is when it is told to stop."""

import json
import re
import signal
import sqlite3
import subprocess

import pytest

from support import PATIENCE, SMALL, TANDEM, assert_one_clear_line, full_pipe, stuck_in_a_pipe, tandem, wait_until

SETS = ("groups.server.manager.max_connections=2", "groups.dialers.count=3")


def kept(folder):
    """Path -> the table `run` of each result in `folder`, which holds nothing else."""
    results = {}
    for path in sorted(folder.iterdir()):
        with sqlite3.connect(path) as db:
            results[path] = dict(db.execute("SELECT name, value FROM run"))
    return results


def test_out_keeps_the_whole_result(small, tmp_path):
    out = tmp_path / "out"
    result = tandem("run", str(small), "--level", "message", "--out", str(out), "--set", SETS[0])
    assert result.returncode == 1, result.stderr
    (path, run), = kept(out).items()
    assert re.fullmatch(r"small-message-1-[0-9a-f]{8}\.sqlite", path.name)
    assert f"Written: {path}\n" in result.stdout
    assert run["scenario_text"] == SMALL
    assert json.loads(run["sets"]) == [SETS[0]]
    assert run["scenario_hash"].startswith(path.stem[-8:])
    assert (run["ok"], run["stopped"]) == (0, 0)
    assert json.loads(tandem("show", str(path), "--json").stdout)[0]["stopped"] is False
    with sqlite3.connect(path) as db:
        assert db.execute("SELECT count(*) FROM nodes").fetchone() == (3,)
        assert db.execute("SELECT count(*) FROM events").fetchone()[0] > 0


def test_results_of_other_experiments_lie_side_by_side(small, tmp_path):
    out = tmp_path / "out"
    runs = [(), *(("--set", each) for each in SETS), ("--set", SETS[0], "--set", SETS[1]), ("--seed", "2")]
    for arguments in runs:
        assert tandem("run", str(small), "--level", "message", "--out", str(out), *arguments).returncode in (0, 1)
    small.write_text(SMALL.replace("duration: 1s", "duration: 2s"))
    assert tandem("run", str(small), "--level", "message", "--out", str(out)).returncode == 0
    results = kept(out)
    assert len(results) == len(runs) + 1
    assert len({(run["scenario_text"], run["sets"], run["seed"]) for run in results.values()}) == len(results)


def test_a_result_of_the_same_experiment_is_overwritten_only_when_asked(small, tmp_path):
    out = tmp_path / "out"
    run = ("run", str(small), "--out", str(out))
    assert tandem(*run, "--level", "stream").returncode == 0
    before = kept(out)
    (path,) = before
    # Every level is looked at before the first one runs.
    for again in (tandem(*run, "--level", "stream"), tandem(*run), tandem(*run, "--seed", "1", "--no-events")):
        assert_one_clear_line(again, f"--out {out}", str(path), "--overwrite")
    assert kept(out) == before
    assert tandem(*run, "--level", "stream", "--overwrite").returncode == 0
    after = kept(out)
    assert list(after) == [path]
    assert after[path]["wall_s"] != before[path]["wall_s"]


def test_a_place_that_cannot_keep_results_is_found_before_the_run(small, tmp_path):
    small.write_text(SMALL.replace("duration: 1s", "duration: 1h"))
    (tmp_path / "file").write_text("")
    for place in (tmp_path / "file", tmp_path / "file" / "below", "/proc/none"):
        result = tandem("run", str(small), "--level", "loopback", "--out", str(place))
        assert_one_clear_line(result, f"--out {place}")


def test_a_name_that_no_file_can_have_is_found_before_the_run(small, tmp_path):
    out = tmp_path / "out"
    small.write_text(SMALL.replace("duration: 1s", "duration: 1h").replace("scenario: small", "scenario: " + "s" * 300))
    result = tandem("run", str(small), "--level", "loopback", "--out", str(out))
    assert_one_clear_line(result, f"--out {out}", "File name too long")
    assert list(out.iterdir()) == []


def test_a_folder_in_the_place_of_a_result_is_found_before_the_run(small, tmp_path):
    out = tmp_path / "out"
    assert tandem("run", str(small), "--level", "loopback", "--out", str(out)).returncode == 0
    (path,) = out.iterdir()
    path.unlink()
    path.mkdir()
    result = tandem("run", str(small), "--level", "loopback", "--out", str(out), "--overwrite")
    assert_one_clear_line(result, f"--out {out}", f"{path}: Is a directory")
    assert list(out.iterdir()) == [path]


def limited_to(blocks):
    """RLIMIT_FSIZE stands for a full disk."""
    return ["/bin/sh", "-c", f'ulimit -f {blocks}; exec "$@"', "sh"]


def test_a_full_disk_is_found_before_the_run(small, tmp_path):
    small.write_text(SMALL.replace("duration: 1s", "duration: 1h"))
    out = tmp_path / "out"
    result = subprocess.run([*limited_to(1), TANDEM, "run", str(small), "--level", "loopback", "--out", str(out)],
                            capture_output=True, text=True, timeout=60)
    assert_one_clear_line(result, f"--out {out}")
    assert list(out.iterdir()) == []


def test_a_result_that_cannot_be_written_is_shown_all_the_same(small, tmp_path):
    limited = limited_to(200)
    small.write_text(SMALL + "sample_every: 1ms\n")
    result = subprocess.run([*limited, TANDEM, "run", str(small), "--level", "message", "--out", str(tmp_path / "out")],
                            capture_output=True, text=True, timeout=60)
    assert result.returncode == 2
    assert re.search(r"^all held +yes$", result.stdout, re.M)
    assert result.stderr.startswith(f"tandem: {tmp_path / 'out'}")
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_the_run_and_keeps_what_there_is(small, tmp_path, stop):
    small.write_text(SMALL.replace("duration: 1s", "duration: 60s"))
    out = tmp_path / "out"
    run = subprocess.Popen([TANDEM, "run", str(small), "--json", "--out", str(out)],
                           stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert "of 60.0 s" in run.stderr.readline()  # the progress line: it runs
    run.send_signal(stop)
    text, _ = run.communicate(timeout=PATIENCE)
    assert run.returncode == 128 + stop
    runs = json.loads(text)
    assert [(r["level"], r["stopped"]) for r in runs] == [("message", False), ("stream", False), ("loopback", True)]
    assert not runs[2]["ok"]
    assert runs[2]["groups"]["server"]["icn_p2p_active_connections"]["last"] == 1
    results = {run["level"]: (path, run) for path, run in kept(out).items()}
    assert {level: run["stopped"] for level, (_, run) in results.items()} == {"message": 0, "stream": 0, "loopback": 1}
    assert json.loads(tandem("show", str(results["loopback"][0]), "--json").stdout) == [runs[2]]


def test_a_stopped_run_says_so_in_the_table(small):
    small.write_text(SMALL.replace("duration: 1s", "duration: 60s"))
    run = subprocess.Popen([TANDEM, "run", str(small), "--level", "loopback"],
                           stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert "of 60.0 s" in run.stderr.readline()
    run.send_signal(signal.SIGTERM)
    text, _ = run.communicate(timeout=PATIENCE)
    assert re.search(r"^all held +stopped$", text, re.M)


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_a_run_whose_results_nobody_reads(small, tmp_path, stop):
    with full_pipe() as writer:
        run = subprocess.Popen([TANDEM, "run", str(small), "--level", "message", "--out", str(tmp_path / "out")],
                               stdout=writer)
        wait_until(lambda: stuck_in_a_pipe(run))
        run.send_signal(stop)
        assert run.wait(timeout=PATIENCE) == -stop
    assert [run["stopped"] for run in kept(tmp_path / "out").values()] == [0]


def test_a_signal_ends_a_run_whose_progress_nobody_reads(small):
    small.write_text(SMALL.replace("duration: 1s", "duration: 60s"))
    with full_pipe() as writer:
        run = subprocess.Popen([TANDEM, "run", str(small), "--level", "loopback", "--json"], stdout=subprocess.PIPE,
                               stderr=writer, text=True)
        wait_until(lambda: stuck_in_a_pipe(run))
        run.send_signal(signal.SIGTERM)
        assert json.loads(run.stdout.readline())[0]["stopped"]
        run.kill()
        run.communicate()


def test_nohup_holds(small):
    small.write_text(SMALL.replace("duration: 1s", "duration: 4s"))
    run = subprocess.Popen([TANDEM, "run", str(small), "--level", "loopback"], stdout=subprocess.PIPE,
                           stderr=subprocess.PIPE, text=True,
                           preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
    assert "of 4.0 s" in run.stderr.readline()
    run.send_signal(signal.SIGHUP)
    text, _ = run.communicate(timeout=PATIENCE)
    assert run.returncode == 0 and re.search(r"^all held +yes$", text, re.M)


def test_levels_are_those_that_can_honour_the_file(small):
    known = tandem("version").stdout.split(", levels ")[1].strip().split(", ")
    virtual = known[:-1]
    assert known[-1] == "loopback"
    text = SMALL.replace("levels: [message, stream, loopback]\n", "")
    for more, names in (("", known), ("links: {default: {latency: 5ms}}\n", virtual), ("tcp: ns3-default\n", virtual)):
        small.write_text(text + more)
        result = tandem("check", str(small))
        assert result.stdout.endswith(f"levels {', '.join(names)}\n"), result
        listed = tandem("list", str(small.parent)).stdout.split()
        assert "".join(listed[1:]) == ",".join(names)
        result = tandem("run", str(small), "--json")
        assert result.returncode == 0, result.stderr
        assert "left out" not in result.stderr
        assert [run["level"] for run in json.loads(result.stdout)] == names
    assert_one_clear_line(tandem("run", str(small), "--level", "loopback"), "cannot honour `tcp`")
