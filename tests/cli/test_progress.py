# SPDX-License-Identifier: MIT
"""The progress line of `tandem run`, on a terminal and elsewhere."""

import fcntl
import os
import pty
import re
import signal
import struct
import subprocess
import termios

import pytest

from support import PATIENCE, SMALL, TANDEM


class Terminal:
    """`tandem run` of a scenario of 60 s at loopback, its stderr on a terminal of so many columns."""

    def __init__(self, small, columns, *arguments, kind="xterm"):
        small.write_text(SMALL.replace("duration: 1s", "duration: 60s"))
        self.ours, theirs = pty.openpty()
        self.resize(columns)
        self.run = subprocess.Popen([TANDEM, "run", str(small), *arguments], stdout=subprocess.PIPE, stderr=theirs,
                                    text=True, env={**os.environ, "TERM": kind})
        os.close(theirs)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.run.send_signal(signal.SIGINT)
        self.run.communicate(timeout=PATIENCE)
        os.close(self.ours)

    def resize(self, columns):
        fcntl.ioctl(self.ours, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))

    def line(self, ends=lambda text: text.count("\r\x1b[K") >= 2):
        """The line as it stands, once it was written anew."""
        text = ""
        while not ends(text):
            text += os.read(self.ours, 4096).decode()
        return text.split("\r\x1b[K")[-2]


@pytest.mark.parametrize("columns, expected", [
    (200, r"small at loopback, level 3 of 3, \d+ %, \d+\.\d of 60\.0 s, 0:\d\d left, \d+ events"),
    (70, r"small at loopback, level 3 of 3, \d+ %, \d+\.\d of 60\.0 s, 0:\d\d left"),
    (50, r"small at loopback, level 3 of 3, \d+ %, 0:\d\d left"),
    (40, r"small at loopback, level 3 of 3, \d+ %"),
    (25, r"level 3 of 3, \d+ %"),
    (10, r"\d+ %"),
    (3, r"\d "),
    (0, r"small at loopback, level 3 of 3, \d+ %, \d+\.\d of 60\.0 s, 0:\d\d left, \d+ events"),  # not known: 80
])
def test_the_line_fits_the_terminal(small, columns, expected):
    with Terminal(small, columns) as terminal:
        line = terminal.line()
    assert re.fullmatch(expected, line), line
    assert len(line) < (columns or 80)


def test_the_line_follows_a_window_that_is_resized(small):
    with Terminal(small, 70, "--level", "loopback") as terminal:
        wide = terminal.line()
        assert re.fullmatch(r"small at loopback, \d+ %, \d+\.\d of 60\.0 s, 0:5\d left, \d+ events", wide), wide
        terminal.resize(30)
        terminal.line()
        assert re.fullmatch(r"small at loopback, \d+ %", terminal.line())


def test_a_terminal_that_cannot_rewrite_gets_plain_lines(small):
    with Terminal(small, 40, kind="dumb") as terminal:
        text = ""
        while "\n" not in text:
            text += os.read(terminal.ours, 4096).decode()
    assert "\x1b" not in text
    assert re.match(r"small at loopback, level 3 of 3, \d+ %, .* left, \d+ events\r\n", text)


def test_many_runs_tell_how_many_are_done_and_the_time_left(small, tmp_path):
    run = subprocess.run([TANDEM, "sweep", str(small), "--level", "loopback", "--seeds", "4", "--jobs", "1", "--out",
                          str(tmp_path / "out")], capture_output=True, text=True, timeout=60)
    assert run.returncode == 0, run
    assert re.match(r"small, [1-3] of 4, 0:0\d left\n", run.stderr), run.stderr


def test_a_file_gets_plain_lines(small, tmp_path):
    small.write_text(SMALL.replace("duration: 1s", "duration: 3s"))
    run = subprocess.run([TANDEM, "run", str(small), "--level", "loopback"], capture_output=True, text=True, timeout=60)
    assert run.returncode == 0
    assert re.fullmatch(r"small at loopback, \d+ %, \d\.\d of 3\.0 s, 0:0\d left, \d+ events\n", run.stderr)
