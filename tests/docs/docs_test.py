# SPDX-License-Identifier: MIT
"""What the documentation says is what the command does."""

import importlib.machinery
import importlib.util
import json
import os
import pathlib
import re
import sqlite3
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
TANDEM = pathlib.Path(os.environ["TANDEM_COMMAND"])


def loaded(path):
    loader = importlib.machinery.SourceFileLoader(path.name, str(path))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(path.name, loader))
    loader.exec_module(module)
    return module


docs = loaded(ROOT / "ci/docs")
tables = loaded(ROOT / "ci/policy-tables")
distance = loaded(ROOT / "ci/level-distance")
PAGES = {page.relative_to(ROOT).as_posix(): page.read_text() for page in docs.pages()}
RESULTS = PAGES["scenarios/reference/results.md"]
REFERENCE = "scenarios/reference/"


def run(*arguments, cwd=None):
    return subprocess.run([TANDEM, *arguments], capture_output=True, text=True, timeout=300, cwd=cwd)


@pytest.mark.parametrize("page", [page for page, text in PAGES.items() if "```\n$ " in text])
def test_every_quoted_output_is_what_the_command_prints(page):
    _, stale = docs.renewed(page, PAGES[page], TANDEM)
    assert not stale, "\n\n".join([*stale, "`ci/docs` rewrites them"])


def test_every_table_of_policies_is_what_is_measured():
    stale = tables.renew(TANDEM)
    assert not stale, "\n\n".join([*stale, "`ci/policy-tables` rewrites them"])


def test_the_library_lists_every_scenario():
    _, stale = docs.library(PAGES[docs.LIBRARY])
    assert not stale, "\n\n".join([*stale, "`ci/docs` rewrites it"])


def test_a_row_of_the_library_is_what_the_file_says():
    whole, lost = PAGES[docs.LIBRARY], "- [no_more](no_more.yaml) (message): gone\n  for good\n"
    (row,) = re.findall(r"^- \[global_limit\].*\n(?:  .*\n)*", whole, re.M)
    assert docs.library(whole.replace(row, lost))[0] == whole.replace(row, "") + row
    assert docs.library(whole.replace(row, row + row))[0] == whole
    assert docs.library(whole.replace(row, "- [global_limit](x)\n"))[0] == whole


@pytest.mark.parametrize("path", sorted((ROOT / "scenarios").glob("*.yaml")), ids=lambda path: path.stem)
def test_a_shipped_scenario_begins_with_what_it_teaches(path):
    text = path.read_text()
    comment = re.match(r"(# .*\n)+", text)
    assert comment and len(comment[0].split()) >= 25
    assert docs.key_of(text, "scenario") == path.stem and docs.key_of(text, "levels")
    assert 20 <= len(docs.key_of(text, "description")) <= 120


def test_the_distance_of_the_levels_is_what_is_measured_and_has_its_reasons():
    wrong = distance.renew(TANDEM)
    assert not wrong, f"{wrong}\n\n`ci/level-distance` rewrites the table"


@pytest.mark.parametrize("measured, apart", [
    (["300 ms", "0.3 s", "300000 us"], 0), (["95", "100", "100"], 0.05), (["0", "0", "0"], 0), (["0", "0", "4"], 1)])
def test_levels_are_apart_by_a_part_of_the_largest(measured, apart):
    assert distance.apart(measured) == pytest.approx(apart)


def test_the_first_result_is_quoted():
    assert "$ build/release/tandem run scenarios/global_limit.yaml --level all\n" in PAGES["README.md"]


@pytest.mark.parametrize("change, stale", [
    (("trace hash  0123", "trace hash  0124"), True),
    (("x == 1      ok    1", "x == 1      ok    2"), True),
    (("events      34        56", "events      35        56"), True),
    (("events      34        56", "events      34        57"), False),
    (("wall time   0.00 s    3.00 s", "wall time   0.01 s    3.14 s"), False),
    (("--------", "-------------"), False),
])
def test_only_times_and_what_real_time_decides_may_differ(tmp_path, change, stale):
    """Of a page whose command prints a table as `tandem run` does."""
    table = ("small       stream    loopback\n--------\nx == 1      ok    1   ok    1\ntrace hash  0123      -\n"
             "events      34        56\nwall time   0.00 s    3.00 s\n")
    (tmp_path / "table").write_text(table)
    page = f"```\n$ cat {tmp_path}/table\n{table.replace(*change)}```\n"
    assert change[0] in table
    renewed, found = docs.renewed("page.md", page, TANDEM)
    assert bool(found) == stale
    assert renewed == (page.replace(change[1], change[0]) if stale else page)
    if stale:
        assert found[0].startswith(f"page.md:2: stale: cat {tmp_path}/table\n")


@pytest.mark.parametrize("page, name, text", [(page, name, text) for page, whole in PAGES.items()
                                              if not page.startswith(REFERENCE)
                                              for name, text in docs.scenarios_of(whole).items()])
def test_every_scenario_shown_holds_on_every_level(tmp_path, page, name, text):
    (tmp_path / "shown.yaml").write_text(text)
    result = run("run", "shown.yaml", cwd=tmp_path)
    assert result.returncode == 0, result.stdout + result.stderr


def reference_examples(pages):
    """(FILE:LINE, level, text, tables) of every scenario of the reference: `tables` are the tables of its page, fenced
    as ```csv NAME.csv; the level is the first that the scenario names, `message` when it names none."""
    for page, text in pages.items():
        if page.startswith(REFERENCE):
            tables = dict(re.findall(r"^```csv (\S+)\n(.*?)^```$", text, re.M | re.S))
            for fence in re.finditer(r"^```yaml\n(scenario:.*?)^```$", text, re.M | re.S):
                level = re.search(r"^levels: \[(\w+)", fence[1], re.M)
                line = text.count("\n", 0, fence.start(1)) + 1
                yield f"{page}:{line}", level[1] if level else "message", fence[1], tables


@pytest.mark.parametrize("place, level, text, tables", [pytest.param(*example, id=example[0])
                                                        for example in reference_examples(PAGES)])
def test_every_example_of_the_reference_is_fine_and_holds(tmp_path, place, level, text, tables):
    for name, table in {"example.yaml": text, **tables}.items():
        (tmp_path / name).write_text(table)
    for command in (["check", "example.yaml"], ["run", "example.yaml", "--level", level]):
        done = run(*command, cwd=tmp_path)
        assert done.returncode == 0, f"{place}: tandem {' '.join(command)}\n{done.stdout}{done.stderr}"


def test_examples_of_the_reference_are_told_by_their_line():
    page = ("# A\n\n```csv a.csv\n1,2\n```\n```yaml\nscenario: a\n```\n\n"
            "```yaml\nscenario: b\nlevels: [packet, stream]\n```\n")
    assert list(reference_examples({"README.md": page, "scenarios/reference/a.md": page})) == [
        ("scenarios/reference/a.md:7", "message", "scenario: a\n", {"a.csv": "1,2\n"}),
        ("scenarios/reference/a.md:11", "packet", "scenario: b\nlevels: [packet, stream]\n", {"a.csv": "1,2\n"})]
    assert any(page.startswith(REFERENCE) for page in PAGES)


def test_every_flag_shown_is_one():
    shown = set()
    for text in PAGES.values():
        for command, rest in re.findall(r"\btandem (run|check|list|node|replay)\b([^\n`|]*)", text):
            shown.update((command, flag) for flag in re.findall(r"--[a-z][a-z-]+", rest))
    assert {("run", "--level"), ("node", "--listen"), ("replay", "--set")} <= shown
    help_of = {command: run(command, "--help").stdout for command in {command for command, _ in shown}}
    assert [f"{command} {flag}" for command, flag in sorted(shown)
            if not re.search(rf"{flag}\b(?!-)", help_of[command])] == []


COMMANDS = re.findall(r"^  ([a-z]+) ", run("--help").stdout.split("Subcommands:")[1].split("\n\n")[0], re.M)


def test_commands_are_found():
    assert {"run", "ci", "node", "version"} <= set(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_json_and_a_page_with_its_output(command):
    page = PAGES.get(f"scenarios/reference/commands/{command}.md", "")
    assert page.startswith(f"# tandem {command}\n")
    assert re.search(rf"^\$ .*build/release/tandem {command}( |$)", page, re.M), "real output, which a test runs again"
    assert re.search(r"[Ee]xit\s+codes?\b", page)
    told = run(command, "--help")
    assert told.returncode == 0 and re.search(rf"^Examples?:\n(  .*\n)*?  .*tandem {command}\b", told.stdout, re.M)
    if command != "schema":  # prints nothing else
        assert "--json" in told.stdout and "`--json`" in page


def test_the_keys_of_a_result_are_those_listed(tmp_path):
    assert run("run", "global_limit", "--level", "message", "--out", str(tmp_path), cwd=ROOT).returncode == 0
    (path,) = tmp_path.iterdir()
    with sqlite3.connect(path) as db:
        names = [name for name, in db.execute("SELECT name FROM run ORDER BY rowid")]
        columns = {table: [row[1] for row in db.execute(f"PRAGMA table_info({table})")]
                   for table, in db.execute("SELECT name FROM sqlite_master WHERE type IN ('table', 'view')")}
    (paragraph,) = re.findall(r"^`--json` prints one array.*?(?=^$)", RESULTS, re.M | re.S)
    assert re.findall(r"`([a-z_]+)`", paragraph) == list(json.loads(run("show", str(path), "--json").stdout)[0])
    listed = {}
    for tables, row in re.findall(r"^- (`[a-z_`, ]+`): (.*(?:\n  .*)*)", RESULTS, re.M):
        row = re.sub(r" \([^)]*\)", "", " ".join(row.split()))
        for table in re.findall(r"`([a-z_]+)`", tables):
            listed[table] = row.removesuffix(".").split(". ")
    assert listed["run"][1].removeprefix("The names: ").split(", ") == names
    for table in ("event_rows", "stage_rows", "sample_rows", "series_rows"):
        del columns[table]
    assert {table: re.findall(r"`([a-z0-9_]+)`", listed[table][0]) for table in columns} == columns
