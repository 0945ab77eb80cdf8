# SPDX-License-Identifier: MIT
"""The page: whole by itself, verdicts first, without an error in a browser."""

import html.parser
import json
import os
import pathlib
import subprocess
import sys

import pandas
import pytest

import browser
import tandem
from support import PAIR, SCENARIOS

pytest.importorskip("plotly")
FAILING = {**PAIR, "scenario": "bad", "expectations": ["client.dials == 7", "server.icn_p2p_active_connections <= 1"]}


class Page(html.parser.HTMLParser):
    def __init__(self, path):
        super().__init__()
        self.tags, self.text, self._raw = [], [], False
        self.feed(path.read_text())

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        self._raw = tag in ("script", "style")

    def handle_endtag(self, tag):
        self._raw = False

    def handle_data(self, data):
        if not self._raw:
            self.text.append(data)


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    folder = tmp_path_factory.mktemp("report")
    results = tandem.run(SCENARIOS / "per_peer_limit.yaml", level=["message", "stream"])
    index = pandas.MultiIndex.from_product([[1, 2], ["message"], [1, 2]], names=["limit", "level", "seed"])
    table = pandas.DataFrame({"verdict": "ok", "server.refused": [4.0, 5.0, 1.0, 2.0]}, index=index)
    a, b = tandem.run(PAIR), tandem.run(FAILING)
    gate = pandas.DataFrame({"scenario": ["pair", "bad"], "status": ["ok", "failed"], "times": [12, 3]})
    gate.attrs = {"exit_code": 1, "table": "pair ok\nbad failed"}
    tried = pandas.DataFrame({"holds": [False, True], "mean": [2.0, 0.5]}, index=pandas.Index([4, 8], name="parameters.places"))
    tried.attrs = {"such_that": "hub.refused <= 1", "wanted": "smallest", "path": "parameters.places", "answer": 8, "certain": True}
    broken = pandas.DataFrame({"line": ["always hub.active <= 1"]}, index=pandas.Index([3], name="seed"))
    broken.attrs = {"goals": [], "runs": 5, "scenario": "village"}
    tandem.report([results, b, table, tandem.diff(a, b), gate, tried, broken], folder / "report.html")
    return folder / "report.html"


@pytest.fixture
def opened(page, tmp_path):
    with browser.Browser(page.as_uri(), tmp_path / "profile") as one:
        yield one


def test_it_needs_nothing_else(page):
    loads = [attributes.get(name) for _, attributes in Page(page).tags for name in ("src", "href") if name in attributes]
    assert [name for name in loads if not name.startswith("#")] == ["data:,"]


def test_verdicts_come_first_and_each_run_can_be_run_again(page):
    text = " ".join(Page(page).text)
    assert text.index("3 of 8 did not hold.") < text.index("per_peer_limit on message")
    assert "\u2717 failed" in text and "client.dials == 7" in text
    assert "tandem run" in text and "\u2260 different" in text and "Sweep of limit" in text
    assert "smallest parameters.places such that hub.refused <= 1: 8" in text and "Swarm of 5 seeds" in text


def test_each_verdict_is_a_link_to_what_is_below(page):
    tags = Page(page).tags
    links = [attributes["href"] for tag, attributes in tags if tag == "a"]
    assert links == [f"#{attributes['id']}" for tag, attributes in tags if tag == "section"] and len(links) == 8


def test_tables_are_reached_and_sorted_by_keyboard(page):
    tags = Page(page).tags
    heads = [tag for tag, _ in tags if tag == "th"]
    buttons = [attributes for tag, attributes in tags if tag == "button"]
    assert heads and len(heads) == len(buttons)


def test_the_command_writes_it_of_a_folder(tmp_path):
    tandem.run(PAIR).save(tmp_path / "kept")
    done = subprocess.run([sys.executable, "-m", "tandem", "report", tmp_path / "kept", "-o", tmp_path / "out.html"],
                          capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, f"{tmp_path / 'out.html'}\n"), done.stderr
    assert "pair on message" in " ".join(Page(tmp_path / "out.html").text)
    none = subprocess.run([sys.executable, "-m", "tandem", "report", tmp_path], capture_output=True, text=True)
    assert none.returncode == 2 and none.stderr == f"tandem: {tmp_path}: no result (.sqlite) and no sweep is in this folder\n"


def test_what_is_no_result_is_told():
    with pytest.raises(TypeError, match="no int"):
        tandem.report(3)


@pytest.mark.parametrize("package", [True, False])
def test_the_program_has_the_verb(tmp_path, package):
    command = pathlib.Path(tandem.__file__).parents[2] / "tandem"
    tandem.run(PAIR).save(tmp_path / "kept")
    environment = {**os.environ, "VIRTUAL_ENV": sys.prefix if package else "/usr"}
    done = subprocess.run([command, "report", "kept", "-o", "out.html"], cwd=tmp_path, capture_output=True, text=True, env=environment)
    if sys.prefix == "/usr" or not package:  # Debian's packages have no plotly
        assert done.returncode == 2 and "pip install 'tandem[report]'" in done.stderr
        return
    assert (done.returncode, done.stdout) == (0, "out.html\n"), done.stderr
    assert "pair on message" in " ".join(Page(tmp_path / "out.html").text)
    told = subprocess.run([command, "report", "kept", "--json"], cwd=tmp_path, capture_output=True, text=True, env=environment)
    assert json.loads(told.stdout) == {"file": "report.html", "verdicts": [{"verdict": "ok", "of": "pair on message, seed 1"}]}
    none = subprocess.run([command, "report", "gone"], cwd=tmp_path, capture_output=True, text=True, env=environment)
    assert none.returncode == 2 and "gone" in none.stderr


@browser.needed
def test_a_browser_finds_no_error_and_nothing_is_asked_of_a_network(opened):
    assert opened.run("document.querySelectorAll('.main-svg').length") > 3, "no plot was drawn"
    assert opened.errors == []


@browser.needed
def test_tab_reaches_every_control(opened):
    every = opened.run("""(() => {
        const all = [...document.querySelectorAll('a[href], button, summary, input, select, [role=button], [tabindex="0"]')]
            .filter(one => one.getClientRects().length);
        all.forEach((one, i) => one.dataset.number = i);
        return all.length; })()""")
    reached = set()
    for _ in range(every + 5):
        opened.press("Tab")
        reached.add(opened.run("document.activeElement.dataset.number ?? null"))
    assert reached - {None} == {str(i) for i in range(every)} and every > 60
    nameless = opened.run("""[...document.querySelectorAll('button, [role=button], a[href]')].filter(
        one => !(one.textContent.trim() || one.getAttribute('aria-label'))).length""")
    assert nameless == 0


@browser.needed
def test_the_keyboard_sorts_follows_a_verdict_and_hides_a_series(opened):
    opened.run("document.querySelector('nav li:nth-child(3) a').focus()")
    opened.press("Enter")
    assert opened.run("location.hash") == "#s2"
    opened.run("globalThis.table = document.querySelector('#s5 table')")
    column = "[...table.tBodies[0].rows].map(row => row.cells[2].textContent)"
    assert opened.run(column) == ["12", "3"]
    opened.run("table.querySelectorAll('th button')[2].focus()")
    opened.press("Enter")
    assert opened.run(column) == ["3", "12"], "as numbers"
    assert opened.run("table.querySelectorAll('th')[2].getAttribute('aria-sort')") == "ascending"
    opened.press(" ")
    assert opened.run(column) == ["12", "3"]
    opened.run("document.querySelector('.series button').focus()")
    opened.press("Enter")
    assert opened.run("document.querySelector('.plotly-graph-div').data[0].visible") == "legendonly"
    assert opened.run("document.activeElement.getAttribute('aria-pressed')") == "false"
    opened.run("document.querySelector('.modebar-btn[data-title=\"Zoom in\"]').focus()")
    wide = opened.run("document.querySelector('.plotly-graph-div').layout.xaxis.range.join()")
    opened.press("Enter")
    assert opened.run("document.querySelector('.plotly-graph-div').layout.xaxis.range.join()") != wide
    assert opened.errors == []


@browser.needed
def test_it_prints(opened, tmp_path):
    opened.print_to(tmp_path / "report.pdf")
    assert (tmp_path / "report.pdf").read_bytes()[:5] == b"%PDF-"
    assert opened.run("document.querySelectorAll('.main-svg').length") > 3
    assert opened.errors == []


@browser.needed
def test_nothing_lies_over_something_else(opened):
    assert opened.run("""[...document.querySelectorAll('h2, h3, figure, table, .series')].filter(one => {
        const next = one.nextElementSibling;
        return next && next.getBoundingClientRect().top < one.getBoundingClientRect().bottom - 1;
    }).length""") == 0
