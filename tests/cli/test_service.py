# SPDX-License-Identifier: MIT
"""What a node tells the service manager that started it (sd_notify(3))."""

import contextlib
import os
import signal
import socket
import subprocess
import time

import pytest

from support import PATIENCE, TANDEM, Node, tandem, times_until


class Manager:
    """The socket of a service manager, and what a unit has in its environment."""

    def __init__(self, address, **environment):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(address)
        self.socket.settimeout(PATIENCE)
        named = "@" + address[1:] if address[0] == "\0" else address
        self.environment = dict(os.environ, NOTIFY_SOCKET=named, **environment)

    def told(self):
        return dict(line.split("=", 1) for line in self.socket.recv(4096).decode().split("\n"))

    def has_heard(self, heard):
        """Whether something came; `heard` has it then. Does not wait."""
        with contextlib.suppress(BlockingIOError):
            heard.append(self.told())
        return heard != []

    def told_within(self, seconds):
        """Everything that comes until then."""
        heard, end = [], time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self.socket.settimeout(left)
            try:
                heard.append(self.told())
            except TimeoutError:
                break
        return heard


@pytest.fixture(params=["path", "abstract"])
def address(request, tmp_path):
    return str(tmp_path / "notify") if request.param == "path" else f"\0tandem-test-{os.getpid()}"


def test_a_node_says_that_it_is_ready_when_it_listens_and_that_it_stops(address):
    manager = Manager(address)
    with Node("--listen", "127.0.0.1:0", "--no-metrics", env=manager.environment) as node:
        ready = manager.told()
        assert ready["READY"] == "1"
        assert ready["STATUS"] == node.line_with("peer id ")
        port = int(node.line_with("listening on ").split("/")[4])
        socket.create_connection(("127.0.0.1", port), timeout=PATIENCE).close()
        node.process.send_signal(signal.SIGTERM)
        assert manager.told() == {"STOPPING": "1", "STATUS": "shutting down"}
        assert node.process.wait(timeout=PATIENCE) == 0
    assert manager.told_within(0.1) == []


def test_a_watchdog_hears_of_a_loop_that_runs_and_of_none_that_hangs(tmp_path):
    manager = Manager(str(tmp_path / "notify"), WATCHDOG_USEC="1000000")
    with Node("--no-metrics", env=manager.environment) as node:
        assert manager.told()["READY"] == "1"
        manager.socket.setblocking(False)
        for _ in range(3):
            heard = []
            (took,) = times_until(lambda: manager.has_heard(heard))
            assert heard == [{"WATCHDOG": "1"}] and took < 1
        node.process.send_signal(signal.SIGSTOP)
        manager.told_within(0.2)
        assert manager.told_within(1.5) == []
        node.process.send_signal(signal.SIGCONT)
        manager.socket.settimeout(PATIENCE)
        assert manager.told() == {"WATCHDOG": "1"}


@pytest.mark.parametrize("other", [{}, {"WATCHDOG_USEC": "0"}, {"WATCHDOG_USEC": "soon"},
                                   {"WATCHDOG_USEC": "200000", "WATCHDOG_PID": "1"}])
def test_no_watchdog_is_told_that_did_not_ask(tmp_path, other):
    manager = Manager(str(tmp_path / "notify"), **other)
    with Node("--no-metrics", env=manager.environment):
        assert manager.told()["READY"] == "1"
        assert manager.told_within(0.8) == []


def test_a_node_that_cannot_begin_is_never_ready(tmp_path):
    manager = Manager(str(tmp_path / "notify"))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ended = subprocess.run([TANDEM, "node", "--no-metrics", "--listen", f"127.0.0.1:{taken.getsockname()[1]}"],
                               capture_output=True, env=manager.environment, timeout=60)
    assert ended.returncode == 2
    assert manager.told_within(0.1) == []


@pytest.mark.parametrize("nowhere", ["", "/no/such/socket", "relative", "@nobody", "/" + "x" * 200, "vsock:2:1"])
def test_a_manager_that_is_not_there_keeps_nothing_from_running(nowhere):
    with Node("--no-metrics", env=dict(os.environ, NOTIFY_SOCKET=nowhere)) as node:
        node.line_with("peer id ")
        assert node.end()[0] == 0


def test_other_commands_tell_nobody(tmp_path):
    manager = Manager(str(tmp_path / "notify"))
    subprocess.run([TANDEM, "version"], env=manager.environment, check=True, capture_output=True)
    assert manager.told_within(0.1) == []
    assert tandem("version").returncode == 0
