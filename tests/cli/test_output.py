# SPDX-License-Identifier: MIT
"""Whoever reads what a node prints, slowly, not any more or never, does not stop the node."""

import collections
import contextlib
import json
import os
import pathlib
import re
import resource
import signal
import subprocess
from datetime import UTC, datetime

import pytest

from support import PATIENCE, TANDEM, Node, RawPeer, fill, free_port, full_pipe, scraped, wait_until

STAMP = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"
LOST = "icn_p2p_log_lines_lost_total"


def serving(*more, **popen):
    """A node that prints into what is given, once it serves metrics; its port of them."""
    port = free_port()
    node = Node("--listen", "127.0.0.1:0", "--metrics-port", str(port), *more, **popen)
    assert wait_until(lambda: scraped(port)) is not None
    return node, port


def test_a_full_pipe_blocks_neither_the_loop_nor_the_end():
    with full_pipe() as writer:
        node, port = serving(stdout=writer)
        with node:
            assert scraped(port)["icn_p2p_connection_limit"] == 256
            code, _, errors = node.end()
            assert code == 0
            assert "lines of output lost: nobody read them in time" in errors


def test_standard_error_may_be_full_as_well():
    with full_pipe() as writer:
        node, _ = serving(stdout=writer, stderr=writer)
        with node:
            assert node.end()[0] == 0


def test_a_pipe_that_is_read_at_last_gives_everything():
    reader, writer = os.pipe()
    fill(writer)
    node, _ = serving(stdout=writer)
    os.close(writer)
    with node, os.fdopen(reader, "rb") as lines:
        node.process.send_signal(signal.SIGTERM)
        text = lines.read().lstrip(b"x").decode()
        assert node.process.wait(timeout=PATIENCE) == 0
    words = [line.split()[line[:1].isdigit()] for line in text.splitlines()]  # behind the time, if there is one
    assert words == ["peer", "listening", "metrics", "shutting", "shutdown_began"]


def test_a_closed_pipe_is_not_fatal_and_the_loss_is_said():
    reader, writer = os.pipe()
    os.close(reader)
    node, port = serving(stdout=writer)
    os.close(writer)
    with node:
        wait_until(lambda: scraped(port)[LOST] == 3)
        code, _, errors = node.end()
        assert code == 0
        assert "tandem: 5 lines of output lost: Broken pipe" in errors


def test_a_full_disk_is_not_fatal():
    with open("/dev/full", "w") as full:
        node, port = serving(stdout=full)
        with node:
            wait_until(lambda: scraped(port)[LOST] == 3)
            code, _, errors = node.end()
            assert code == 0
            assert "5 lines of output lost: No space left on device" in errors


def without_standard_descriptors(*arguments):
    return subprocess.Popen(["sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh", TANDEM, *arguments])


def standard_descriptors(process):
    return [os.readlink(f"/proc/{process.pid}/fd/{number}") for number in (0, 1, 2)]


def test_a_file_that_may_grow_no_more_is_not_fatal(tmp_path):
    with open(tmp_path / "log", "w") as log:
        node, port = serving(stdout=log, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (80, 80)))
        with node:
            wait_until(lambda: scraped(port)[LOST] > 0)
            code, _, errors = node.end()
            assert code == 0
            assert "lines of output lost: File too large" in errors


def has_a_socket(process):
    for each in pathlib.Path(f"/proc/{process.pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):
            if os.readlink(each).startswith("socket"):
                return True
    return False


def test_descriptors_closed_before_the_start_are_no_sockets():
    port = free_port()
    node = without_standard_descriptors("node", "--allow-plaintext", "--listen", "127.0.0.1:0", "--metrics-port",
                                        str(port))
    try:
        assert wait_until(lambda: scraped(port))[LOST] >= 0
        assert standard_descriptors(node) == ["/dev/null"] * 3
        node.send_signal(signal.SIGTERM)
        assert node.wait(timeout=PATIENCE) == 0
    finally:
        node.kill()
        node.wait()


def test_nor_are_they_of_a_run_over_sockets(small):
    run = without_standard_descriptors("run", str(small), "--level", "loopback")
    try:
        wait_until(lambda: has_a_socket(run))
        assert standard_descriptors(run) == ["/dev/null"] * 3
        assert run.wait(timeout=PATIENCE) == 2  # standard output cannot be written
    finally:
        run.kill()
        run.wait()


@pytest.mark.parametrize("form", [[], ["--json"]], ids=["text", "json"])
def test_another_reader_of_a_fifo_hears_what_was_lost(tmp_path, form):
    path = tmp_path / "log"
    os.mkfifo(path)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    writer = os.open(path, os.O_WRONLY)
    node, port = serving(*form, stdout=writer)
    os.close(writer)
    with node:
        os.set_blocking(reader, True)
        first = open(reader, encoding="utf-8")
        listening = next(line for line in first if "listening" in line)
        address = json.loads(listening)["more"] if form else listening.split()[-1]
        next(line for line in first if "metrics" in line)
        first.close()
        dial = ["--no-metrics", "--dial", address]
        with Node(*dial) as client:
            client.line_with("connection_established")
            wait_until(lambda: scraped(port)[LOST] > 0)
        lost = wait_until(lambda: scraped(port)["icn_p2p_active_connections"] == 0 and scraped(port)[LOST])
        second = open(os.open(path, os.O_RDONLY | os.O_NONBLOCK), encoding="utf-8")
        os.set_blocking(second.fileno(), True)
        with Node(*dial) as client:
            client.line_with("connection_established")
            said = next(line for line in second if "lost" in line)
        if form:
            told = json.loads(said)
            assert re.fullmatch(STAMP, told["time"]) and (told["what"], told["more"]) == ("lines lost", "Broken pipe") and told["left_out"] >= lost
        else:
            stamp, number, *_ = said.split()
            assert "lines lost: Broken pipe)" in said and int(number.lstrip("(")) >= lost and re.fullmatch(STAMP, stamp)
        second.close()
        assert node.end()[0] == 0


def test_every_line_is_a_json_object_for_programs():
    at = free_port()
    with Node("--json", "--listen", f"127.0.0.1:{at}", "--no-metrics") as node:
        first = json.loads(node.line_with("peer id"))
        listening = json.loads(node.line_with("listening on"))
        assert listening.pop("time") >= first["time"]
        assert listening == {"what": "listening on", "more": f"/ip4/127.0.0.1/tcp/{at}/p2p/{first['more']}"}
        peer = RawPeer(at)
        peer.empty_messages(1)
        message = json.loads(node.line_with('"message"'))
        assert message["more"] == "0 bytes" and message["connection"] > 0 and message["at"] > 0
        assert message["peer"].startswith("12D3")
        peer.empty_messages(10_000)
        wait_until(lambda: "left_out" in node.line_with('"message"'))
        code, out, _ = node.end()
        assert code == 0
        told = [json.loads(line) for line in out.splitlines()]
        assert "shutting down" in [each["what"] for each in told] and all("time" in each for each in told)


def test_one_peer_cannot_fill_the_log():
    sent = 300_000
    port, at = free_port(), free_port()
    began = datetime.now(UTC)
    with Node("--listen", f"127.0.0.1:{at}", "--metrics-port", str(port)) as node:
        node.line_with("metrics on")
        peer = RawPeer(at)
        for _ in range(sent // 10_000):
            peer.empty_messages(10_000)
        printed = [node.line_with(" message #")]
        wait_until(lambda: scraped(port)["icn_p2p_log_lines_left_out_total"] > 0)
        node.line_with(" message: ")
        before = scraped(port)["icn_p2p_log_lines_left_out_total"]
        peer.empty_messages(10_000)  # of the last second too
        wait_until(lambda: scraped(port)["icn_p2p_log_lines_left_out_total"] > before)
        peer.socket.close()  # so that the node ends within that second
        _, out, _ = node.end()
        stamps = [datetime.fromisoformat(line.split()[0]) for line in out.splitlines() if " message" in line]
        assert stamps == sorted(stamps) and began <= stamps[0] and stamps[-1] <= datetime.now(UTC)
        printed += [line for line in out.splitlines() if " message #" in line]
        # 100 a second of the node's, which may begin at any time in one of the clock's.
        a_second = collections.Counter(line.split(".")[0] for line in printed)
        assert max(a_second.values()) <= 200
        left_out = [int(line.split()[2]) for line in out.splitlines() if " message: " in line]
        assert all(number > 0 for number in left_out)
