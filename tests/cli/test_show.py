# SPDX-License-Identifier: MIT
"""`tandem show`: what a kept run printed, again."""

import json
import subprocess

import pytest

from support import SMALL, TANDEM, assert_one_clear_line, tandem


def test_show_prints_the_same_text_as_the_run_did(small, tmp_path):
    run = tandem("run", str(small), "--out", str(tmp_path / "out"))
    assert run.returncode == 0, run.stderr
    table, _, written = run.stdout.partition("Written: ")
    paths = [line.removeprefix("Written: ") for line in ("Written: " + written).splitlines()]
    assert len(paths) == 3
    shown = tandem("show", *paths)
    assert (shown.returncode, shown.stdout, shown.stderr) == (0, table, "")


def test_show_prints_the_same_json_as_the_run_did(small, tmp_path):
    run = tandem("run", str(small), "--level", "stream", "--json", "--out", str(tmp_path / "out"))
    (path,) = (tmp_path / "out").iterdir()
    assert tandem("show", str(path), "--json").stdout == run.stdout


def test_show_says_it_whatever_the_verdict_was(small, tmp_path):
    small.write_text(SMALL.replace("== 1", "== 7"))
    run = tandem("run", str(small), "--level", "message", "--out", str(tmp_path / "out"))
    assert run.returncode == 1
    (path,) = (tmp_path / "out").iterdir()
    shown = tandem("show", str(path))
    assert shown.returncode == 0
    assert shown.stdout == run.stdout[:run.stdout.index("Written: ")]


def test_show_puts_results_of_other_scenarios_below_each_other(small, tmp_path):
    texts = []
    for name in ("small", "other"):
        small.write_text(SMALL.replace("scenario: small", f"scenario: {name}"))
        run = tandem("run", str(small), "--level", "message", "--out", str(tmp_path / name))
        texts.append(run.stdout[:run.stdout.index("Written: ")])
    paths = [str(next((tmp_path / name).iterdir())) for name in ("small", "other")]
    assert tandem("show", *paths).stdout == "\n".join(texts)
    assert [r["scenario"] for r in json.loads(tandem("show", *paths, "--json").stdout)] == ["small", "other"]


@pytest.mark.parametrize("form", ["--openmetrics", "--perfetto"])
def test_an_export_that_does_not_fit_leaves_the_one_that_was_there(small, tmp_path, form):
    """RLIMIT_FSIZE stands for a full disk."""
    tandem("run", str(small), "--level", "message", "--out", str(tmp_path / "out"))
    (path,) = (tmp_path / "out").iterdir()
    export = tmp_path / "export"
    export.write_text("older")
    done = subprocess.run(["/bin/sh", "-c", 'ulimit -f 0; exec "$@"', "sh", TANDEM, "show", path, form, export],
                          capture_output=True, text=True, timeout=120)
    assert_one_clear_line(done, f"{export}: cannot write: File too large")
    assert export.read_text() == "older"
    assert sorted(each.name for each in tmp_path.iterdir()) == ["export", "out", "small.yaml"]


def test_show_refuses_what_is_no_result(small, tmp_path):
    assert_one_clear_line(tandem("show", str(tmp_path / "none.sqlite")), "none.sqlite: no such file", "--out")
    assert_one_clear_line(tandem("show", str(small)), "small.yaml", "not a database", "--out")
    assert_one_clear_line(tandem("show", str(tmp_path)), "is a folder")
    assert_one_clear_line(tandem("show"), "FILE")
