# SPDX-License-Identifier: MIT
"""`tandem run --record`: simulated nodes leave traces that `tandem replay` takes."""

import json
import signal
import subprocess

import pytest

from support import SMALL, TANDEM, assert_one_clear_line, tandem


def test_every_node_of_every_level_is_replayed_bit_for_bit(small, tmp_path):
    folder = tmp_path / "traces"
    run = tandem("run", str(small), "--record", str(folder))
    assert run.returncode == 0, run.stderr
    for level in ("message", "stream", "loopback"):
        assert f"Recorded: {folder / level}\n" in run.stdout
        assert sorted(path.name for path in (folder / level).iterdir()) == [
            "dialers.0.000001.trace", "dialers.1.000001.trace", "server.0.000001.trace"]
    replay = tandem("replay", str(folder), "--json")
    assert replay.returncode == 0, replay.stderr
    assert [r["identical"] for r in json.loads(replay.stdout)] == [True] * 9


def test_a_recorded_limit_can_be_changed_in_the_replay(small, tmp_path):
    tandem("run", str(small), "--level", "stream", "--record", str(tmp_path), "--record-nodes", "server")
    assert len(list(tmp_path.glob("stream/*.trace"))) == 1
    replay = tandem("replay", str(tmp_path), "--set", "max_connections=2")
    assert replay.returncode == 1
    assert "LimitReached" in replay.stdout


def test_recording_does_not_change_a_run(small, tmp_path):
    def json_of(*more):
        (run,) = json.loads(tandem("run", str(small), "--level", "stream", "--json", *more).stdout)
        return {key: value for key, value in run.items() if key != "wall_s"}

    assert json_of("--record", str(tmp_path)) == json_of()


def test_a_recording_is_overwritten_only_when_asked(small, tmp_path):
    run = ("run", str(small), "--level", "message", "--record", str(tmp_path))
    assert tandem(*run).returncode == 0
    (tmp_path / "message" / "notes.txt").write_text("mine")
    assert_one_clear_line(tandem(*run), f"--record {tmp_path}", "--overwrite")
    assert tandem(*run, "--record-nodes", "server", "--overwrite").returncode == 0
    assert sorted(path.name for path in (tmp_path / "message").iterdir()) == ["notes.txt", "server.0.000001.trace"]


def test_what_cannot_be_recorded_is_told_before_the_run(small, tmp_path):
    small.write_text(SMALL.replace("duration: 1s", "duration: 1h"))
    (tmp_path / "file").write_text("")
    run = ("run", str(small), "--level", "loopback")
    assert_one_clear_line(tandem(*run, "--record", str(tmp_path / "file")), f"--record {tmp_path / 'file'}")
    assert_one_clear_line(tandem(*run, "--record", "/proc/none"), "--record /proc/none")
    some = ("--record", str(tmp_path / "some"))
    assert_one_clear_line(tandem(*run, *some, "--record-nodes", "servers"), "did you mean `server`?")
    assert_one_clear_line(tandem(*run, *some, "--record-size", "1KiB"), "--record-size 1KiB", "at least 1MiB")
    assert_one_clear_line(tandem(*run, "--record-nodes", "server"), "--record")


def test_a_full_disk_ends_the_recording_not_the_run(small, tmp_path):
    """RLIMIT_FSIZE stands for it."""
    small.write_text(SMALL + "sample_every: 1s\n")
    small.write_text(small.read_text().replace("duration: 1s", "duration: 20000s")
                     .replace("at: 100ms, arrivals", "at: 100ms, hold: {fixed: 1s}, count: 50000, arrivals"))
    run = subprocess.run(["/bin/sh", "-c", 'ulimit -f 40; exec "$@"', "sh", TANDEM, "run", str(small), "--level",
                          "message", "--record", str(tmp_path / "out")], capture_output=True, text=True, timeout=120)
    assert run.returncode == 2, run
    assert "trace hash" in run.stdout
    assert run.stderr.splitlines()[-1].startswith("tandem: --record: cannot write")
    assert tandem("replay", str(tmp_path / "out")).returncode == 0


def test_an_empty_folder_holds_no_recording(tmp_path):
    assert_one_clear_line(tandem("replay", str(tmp_path)), str(tmp_path), "no recording in this folder")


@pytest.mark.parametrize("level", ["stream", "loopback"])
def test_an_interrupted_run_leaves_a_recording_that_can_be_replayed(small, tmp_path, level):
    lasts = "duration: 100000000s\nsample_every: 1000s" if level == "stream" else "duration: 60s"
    small.write_text(SMALL.replace("duration: 1s", lasts).replace(
        "arrivals: {every: 200ms}", "arrivals: {every: 200ms}, hold: {fixed: 1s}, count: 1000000"))
    with subprocess.Popen([TANDEM, "run", str(small), "--level", level, "--record", str(tmp_path / "traces"), "--json"],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as run:
        assert " s, " in run.stderr.readline()  # the progress line: it runs
        run.send_signal(signal.SIGINT)
        told, said = run.communicate(timeout=60)
    assert run.returncode == 128 + signal.SIGINT
    assert json.loads(told)[0]["stopped"]
    assert f"Recorded: {tmp_path / 'traces' / level}" in said
    replay = tandem("replay", str(tmp_path / "traces"), "--json")
    assert replay.returncode == 0, replay.stderr
    assert [r["identical"] for r in json.loads(replay.stdout)] == [True] * 3


def test_what_is_killed_leaves_a_recording_that_can_be_replayed(small, tmp_path):
    small.write_text(SMALL.replace("duration: 1s", "duration: 60s"))
    with subprocess.Popen([TANDEM, "run", str(small), "--level", "loopback", "--record", str(tmp_path / "traces")],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as run:
        for _ in range(3):
            assert "of 60.0 s" in run.stderr.readline()  # the progress line: it runs
        run.kill()
    assert run.returncode == -signal.SIGKILL
    replay = tandem("replay", str(tmp_path / "traces"), "--json")
    assert replay.returncode == 0, replay.stderr
    assert [r["identical"] for r in json.loads(replay.stdout)] == [True] * 3
