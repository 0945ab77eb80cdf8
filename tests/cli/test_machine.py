# SPDX-License-Identifier: MIT
"""`tandem node` and the machine under it: what it grants, and that it may sleep."""

import datetime
import pathlib
import re
import resource
import signal
import subprocess
import time

import pytest

from support import PATIENCE, TANDEM, Node, assert_one_clear_line, delayed, skip_under_a_sanitizer


def descriptors(soft, hard):
    return lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def soft_limit(node):
    limits = pathlib.Path(f"/proc/{node.process.pid}/limits").read_text()
    return int(re.search(r"Max open files +(\d+)", limits)[1])


def test_a_node_takes_the_descriptors_that_it_needs_and_may_have():
    with Node("--no-metrics", preexec_fn=descriptors(256, 4096)) as node:
        node.line_with("peer id")
        assert soft_limit(node) == 1312  # 256 connections, 512 and 256 pending, 256 refusals, 32 others
        assert node.end()[2] == ""


def test_limits_that_the_descriptors_cannot_keep_are_said_at_the_start_with_the_number_to_set():
    with Node("--no-metrics", "--max-connections", "1000", preexec_fn=descriptors(256, 300)) as node:
        node.line_with("peer id")
        assert soft_limit(node) == 300
        code, _, errors = node.end()
        assert code == 0
        assert errors == (
            "tandem: warning: max_connections 1000 and what may be pending or refused need 2056 file descriptors, and "
            "RLIMIT_NOFILE is 300: raise it (`ulimit -n 2056`, systemd's LimitNOFILE), or lower the limits\n")


@pytest.mark.parametrize("few", [4, 7])
def test_too_few_descriptors_to_begin_with_are_one_clear_line(few):
    result = subprocess.run([TANDEM, "node", "--no-metrics"], capture_output=True, text=True, timeout=PATIENCE,
                            preexec_fn=descriptors(few, few))
    assert_one_clear_line(result, "RLIMIT_NOFILE", "`ulimit -n 1312`")


def test_limits_that_the_memory_cannot_keep_are_said_at_the_start():
    with Node("--no-metrics", "--max-memory", "900000000MiB") as node:
        node.line_with("peer id")
        errors = node.end()[2]
        assert re.fullmatch(r"tandem: warning: max_memory \S+ is more than there is: set at most \d+\w*\n", errors)


def space(bytes_most):
    return lambda: resource.setrlimit(resource.RLIMIT_AS, (bytes_most, bytes_most))


@pytest.mark.parametrize("options, told", [
    (["--max-memory", "3GiB"], r"max_memory 3GiB is more than there is: set at most 2GiB"),
    (["--buffers-max", "2GiB"], r"buffers_max 2GiB beside max_connections 256 .* set at most \S+, or set max_memory")])
def test_memory_that_the_process_may_not_have_is_said_at_the_start(options, told):
    skip_under_a_sanitizer()
    with Node("--no-metrics", *options, preexec_fn=space(2 << 30)) as node:
        node.line_with("peer id")
        assert re.fullmatch(f"tandem: warning: {told}\n", node.end()[2])


def test_who_slept_finds_out_with_one_probe_who_is_still_there():
    """Stopped, which for the clocks is as if the machine slept; the dead peer spoke last when nobody read.

    It holds its socket, and what it said is read after the sleep. Unless it was asked because of that, its loss
    would be noticed after an hour.
    """
    patient = ["--no-metrics", "--connection-timeout", "1h", "--liveness-interval", "1h"]
    talks = [*patient[:-1], "300ms"]
    with Node(*talks, "--listen", "127.0.0.1:0") as dead, Node(*patient, "--listen", "127.0.0.1:0") as alive:
        at = {node: node.line_with("listening on").split()[-1] for node in (dead, alive)}
        with Node(*patient, "--liveness-timeout", "1s", "--dial", at[dead], "--dial", at[alive]) as node:
            for _ in at:
                node.line_with("connection_established")
            node.process.send_signal(signal.SIGSTOP)
            time.sleep(1)
            dead.process.send_signal(signal.SIGSTOP)
            time.sleep(2.5)
            node.process.send_signal(signal.SIGCONT)
            assert re.fullmatch(r"\S+Z resumed after (\d{4,}ms|\d+[sm])", node.line_with("resumed"))
            lost = node.line_with("LivenessLost")
            assert at[dead].split("/")[-1] in lost
            code, out, _ = node.end()
            assert code == 0 and at[alive].split("/")[-1] not in out.split("shutting down")[0]


def test_who_slept_gives_a_distant_peer_up_after_one_probe_as_well():
    """As long as its answer may take: three probes would take three times that."""
    patient = ["--no-metrics", "--connection-timeout", "1h", "--liveness-interval", "1h"]
    with Node(*patient, "--listen", "127.0.0.1:0") as dead:
        _, _, _, _, port, _, identity = dead.line_with("listening on").split()[-1].split("/")
        with delayed(int(port), 0.15) as far:
            at = f"/ip4/127.0.0.1/tcp/{far}/p2p/{identity}"
            with Node(*patient, "--liveness-timeout", "1s", "--dial", at) as node:
                node.line_with("connection_established")
                time.sleep(2)  # until both know their round trip
                dead.process.send_signal(signal.SIGSTOP)
                node.process.send_signal(signal.SIGSTOP)
                time.sleep(3.5)
                node.process.send_signal(signal.SIGCONT)
                resumed, lost = (node.line_with(what) for what in ("resumed", "LivenessLost"))
        waited = datetime.timedelta(milliseconds=int(re.search(r"ceiling: (\d+) ms", lost)[1]))
        rounding = datetime.timedelta(milliseconds=5)
        assert waited > datetime.timedelta(seconds=1)
        assert waited - rounding <= instant(lost) - instant(resumed) < 2 * waited


def instant(line):
    return datetime.datetime.fromisoformat(line.split()[0])


def test_who_did_not_sleep_resumes_nothing():
    began = time.monotonic()
    with Node("--no-metrics") as node:
        node.line_with("peer id")
        node.process.send_signal(signal.SIGSTOP)
        time.sleep(1)
        node.process.send_signal(signal.SIGCONT)
        time.sleep(0.5)
        out = node.end()[1]
        assert "resumed" not in out or time.monotonic() - began > 3  # the machine itself stood still
