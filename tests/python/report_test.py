# SPDX-License-Identifier: MIT
"""The page: whole by itself, verdicts first, without an error in a browser."""

import html.parser
import shutil
import subprocess
import sys

import pandas
import pytest

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
    tandem.report([results, b, table, tandem.diff(a, b)], folder / "report.html")
    return folder / "report.html"


def test_it_needs_nothing_else(page):
    loads = [attributes.get(name) for _, attributes in Page(page).tags for name in ("src", "href") if name in attributes]
    assert loads == []


def test_verdicts_come_first_and_each_run_can_be_run_again(page):
    text = " ".join(Page(page).text)
    assert text.index("1 of 3 runs did not hold.") < text.index("per_peer_limit on message")
    assert "\u2717 failed" in text and "client.dials == 7" in text
    assert "tandem run" in text and "Comparison: different" in text and "Sweep" in text


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


@pytest.mark.skipif(not shutil.which("chromium"), reason="no chromium")
def test_a_browser_finds_no_error(page, tmp_path):
    done = subprocess.run(["chromium", "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path}",
                           "--enable-logging=stderr", "--v=0", "--virtual-time-budget=5000", "--dump-dom", page.as_uri()],
                          capture_output=True, text=True, timeout=120)
    assert done.stdout.count("main-svg") > 3, "no plot was drawn"
    assert "CONSOLE" not in done.stderr, done.stderr
