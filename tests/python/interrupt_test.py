# SPDX-License-Identifier: MIT
"""Ctrl-C keeps what ran."""

import os
import signal
import subprocess
import sys
import textwrap

import pytest

import tandem
from support import LONG

VIRTUAL = [level for level in tandem.levels() if level != "loopback"]
ANYWHERE = {**LONG, "levels": tandem.levels()}


def start(program):
    return subprocess.Popen([sys.executable, "-c", "import tandem\n" + textwrap.dedent(program)],
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.mark.parametrize("level", tandem.levels())
def test_control_c_gives_back_what_ran(level):
    with start(f"""
        tell = lambda *at: print("running", flush=True)
        r = tandem.run({ANYWHERE!r}, level={level!r}, progress=tell)
        print(r.stopped, r.ok, bool(r), len(r.samples) > 0, (r.events.event == "connection_established").any())
        print(repr(r))
    """) as child:
        assert child.stdout.readline() == "running\n"
        child.send_signal(signal.SIGINT)
        out, err = child.communicate(timeout=60)
    assert child.returncode == 0, err
    assert out.splitlines()[-2:] == ["True False False True True", f"<tandem.Result pair on {level}, seed 1: stopped>"]


def test_control_c_keeps_what_ran_under_a_bar():
    with start(f"""
        r = tandem.run({LONG!r}, events_max=0, progress=True)
        print(r.stopped, r.json["stopped"])
    """) as child:
        while "%" not in child.stderr.read(1):
            pass
        child.send_signal(signal.SIGINT)
        out, err = child.communicate(timeout=60)
    assert (child.returncode, out) == (0, "True True\n"), err
    assert "Traceback" not in err


def test_an_interrupt_inside_of_progress_keeps_what_ran_and_another_error_does_not():
    def progress(now, length, events):
        seen.append(now)
        if len(seen) == 2:
            raise error

    seen, error = [], KeyboardInterrupt()
    result = tandem.run(LONG, progress=progress, events_max=0)
    assert result.stopped and not result.ok
    assert seen[1] <= result.samples.time.iloc[-1] + 3600 < 1e7
    seen, error = [], ZeroDivisionError()
    with pytest.raises(ZeroDivisionError):
        tandem.run(LONG, progress=progress, events_max=0)


@pytest.mark.parametrize("level", VIRTUAL)
def test_a_world_stands_where_control_c_came_and_runs_on(level):
    with start(f"""
        w = tandem.World({level!r}, sample_every="1h")
        server = w.node(listen=True)
        w.nodes(2).keep_connected(server)
        w.at("1s", lambda: print("running", flush=True))
        try:
            w.run(until="10000000s")
        except KeyboardInterrupt:
            stood = w.now
            w.run(for_="5s")
            print(1 <= stood < 10000000, round(w.now - stood, 3), server.metrics["icn_p2p_connections_established_total"] > 1)
    """) as child:
        assert child.stdout.readline() == "running\n"
        child.send_signal(signal.SIGINT)
        out, err = child.communicate(timeout=60)
    assert (child.returncode, out) == (0, "True 5.0 True\n"), err


def test_control_c_ends_a_loop_over_short_runs():
    with start(f"""
        try:
            print("running", flush=True)
            while not tandem.run({dict(LONG, duration="1s", sample_every="1s")!r}).stopped:
                pass
        except KeyboardInterrupt:
            print("interrupted")
    """) as child:
        assert child.stdout.readline() == "running\n"
        child.send_signal(signal.SIGINT)
        out, err = child.communicate(timeout=60)
    # A machine so busy that the run reported progress gives it back as stopped.
    assert out in ("interrupted\n", ""), err
    assert (child.returncode, err) == (0, "")


def test_a_second_control_c_does_not_wait():
    with start(f"""
        import signal

        def progress(*at):
            call = signal.getsignal(signal.SIGINT).__self__
            print("running", flush=True)
            while not call.interrupted:
                pass
            print("asked", flush=True)
            while True:
                pass

        print(tandem.run({LONG!r}, events_max=0, progress=progress).stopped)
    """) as child:
        for line in ("running\n", "asked\n"):
            assert child.stdout.readline() == line
            child.send_signal(signal.SIGINT)
        out, err = child.communicate(timeout=60)
    assert (child.returncode, out) == (0, "True\n"), err


def test_a_handler_of_somebody_else_is_left_alone():
    def handler(*_):
        raise ZeroDivisionError

    before = signal.signal(signal.SIGINT, handler)
    try:
        with pytest.raises(ZeroDivisionError):
            tandem.run(LONG, events_max=0, progress=lambda *at: os.kill(os.getpid(), signal.SIGINT))
        assert signal.getsignal(signal.SIGINT) is handler
    finally:
        signal.signal(signal.SIGINT, before)
    tandem.run({**LONG, "duration": "10s"})
    assert signal.getsignal(signal.SIGINT) is before


def test_a_run_that_nobody_interrupts_is_not_stopped():
    assert not tandem.run({**LONG, "duration": "10s"}).stopped
