# SPDX-License-Identifier: MIT
"""What the tests of the command share."""

import contextlib
import fcntl
import functools
import os
import pathlib
import random
import resource
import signal
import socket
import struct
import subprocess
import threading
import time
import urllib.request

import pytest

TANDEM = os.environ["TANDEM_COMMAND"]

# Seconds until a test gives up on what never comes. A machine may stand still for 20 s; nothing is asserted of it.
PATIENCE = 60

SMALL = """\
scenario: small
duration: 1s
levels: [message, stream, loopback]
groups:
  server: {count: 1, listen: true, manager: {max_connections: 1, max_connections_per_peer: 1}}
  dialers: {count: 2}
workload:
  - dial: {from: dialers, to: server, at: 100ms, arrivals: {every: 200ms}}
expectations:
  - server.icn_p2p_active_connections == 1
  - server.refusals.LimitReached == 1
"""

OFFICES = """\
scenario: offices
parameters: {limit: 8, length: 20m}
levels: [message, stream]
duration: "${length}"
groups:
  desk: {listen: true, manager: {passive: true, max_connections: "${limit}"}}
  callers: {count: 20, manager: passive}
workload:
  - dial: {from: callers, to: desk, mode: additional, arrivals: {poisson: 1/m, per: node}, hold: {exponential: 30s}}
"""


def tandem(*args, cwd=None):
    return subprocess.run([TANDEM, *args], capture_output=True, text=True, timeout=600, cwd=cwd)


def limited():
    resource.setrlimit(resource.RLIMIT_AS, (1 << 29, 1 << 29))


@functools.cache
def is_sanitized():
    """A sanitizer wants more address space."""
    return subprocess.run([TANDEM, "--help"], capture_output=True, preexec_fn=limited).returncode != 0


def skip_under_a_sanitizer():
    if is_sanitized():
        pytest.skip("a sanitizer wants more address space, and keeps what was freed")


def skip_what_repeats_the_release():
    """For what many runs give together: each is the same in the release build, which looks at it too."""
    if is_sanitized():
        pytest.skip("a release build computes the same many times faster, and is tested")


def assert_one_clear_line(result, *parts):
    assert result.returncode == 2, result
    assert result.stdout == ""
    lines = result.stderr.splitlines()
    assert len(lines) == 1, result.stderr
    assert lines[0].startswith("tandem: ")
    for part in parts:
        assert part in lines[0]


class Node:
    """A `tandem node` in the background."""

    def __init__(self, *args, patience=2 * PATIENCE, **popen):
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        self.process = subprocess.Popen([TANDEM, "node", "--allow-plaintext", *args], **(pipes | popen))

        # Whoever waits for a line that never comes is told so, not hung.
        self.watchdog = threading.Timer(patience, self.process.kill)
        self.watchdog.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.watchdog.cancel()
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()

    def line_with(self, part):
        for line in self.process.stdout:
            if part in line:
                return line.strip()
        raise AssertionError(f"no line with {part!r}: {self.process.stderr.read()}")

    def end(self, with_signal=signal.SIGTERM):
        self.process.send_signal(with_signal)
        out, err = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode, out, err


def free_port():
    """A port that nobody has at any address, below those that Linux gives to clients meanwhile."""
    for port in random.sample(range(20_000, 32_000), 1000):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("", port))
            return port
    raise OSError("all ports are taken")


@contextlib.contextmanager
def delayed(port, seconds):
    """A port whose bytes reach `port` of this machine, and come back, so much later."""

    def carry(source, sink):
        with contextlib.suppress(OSError):
            while data := source.recv(1 << 16):
                time.sleep(seconds)
                sink.sendall(data)

    def serve():
        with contextlib.suppress(OSError):
            while True:
                near = listener.accept()[0]
                far = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
                ends.extend((near, far))
                for source, sink in ((near, far), (far, near)):
                    threading.Thread(target=carry, args=(source, sink), daemon=True).start()

    ends = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=serve, daemon=True).start()
        yield listener.getsockname()[1]
    for end in ends:
        end.close()


def fill(writer):
    """Makes a pipe take no byte more."""
    fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, 4096)
    os.set_blocking(writer, False)
    try:
        while True:
            os.write(writer, b"x" * 4096)
    except BlockingIOError:
        os.set_blocking(writer, True)


@contextlib.contextmanager
def full_pipe():
    """The end of a pipe that takes no byte more; nobody reads the other one."""
    reader, writer = os.pipe()
    fill(writer)
    try:
        yield writer
    finally:
        os.close(reader)
        os.close(writer)


def stuck_in_a_pipe(process):
    return "pipe" in pathlib.Path(f"/proc/{process.pid}/wchan").read_text()


def wait_until(what, patience=PATIENCE):
    """The first true value of `what`, asked until then; fails when none comes."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        if value := what():
            return value
        time.sleep(0.02)
    raise AssertionError(f"not within {patience} s: {what}")


def times_until(*happened):
    """Seconds until each of these is true, in the time that the machine had: where it stood still, a moment counts."""
    took, ran, last = [None] * len(happened), 0.0, time.monotonic()
    end = last + 2 * PATIENCE
    while last < end:
        took = [ran if before is None and done() else before for before, done in zip(took, happened)]
        if None not in took:
            return took
        time.sleep(0.005)
        now = time.monotonic()
        ran, last = ran + min(now - last, 0.1), now
    raise AssertionError(f"not within {2 * PATIENCE} s: {took}")


def ended(node):
    """Whether a node has: for times_until()."""
    return lambda: node.process.poll() is not None


def scraped(port):
    """The samples of a node by name, or None while nobody answers."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=PATIENCE) as answer:
            lines = answer.read().decode().splitlines()
    except OSError:
        return None
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines if line[0] != "#")}


def uvarint(number):
    """As protobuf writes it."""
    out = b""
    while number > 127:
        out += bytes([number & 127 | 128])
        number >>= 7
    return out + bytes([number])


def prefixed(text):
    """A multistream message."""
    return uvarint(len(text) + 1) + text + b"\n"


class RawPeer:
    """A peer made of bytes: /plaintext/2.0.0, /yamux/1.0.0, one stream of /tandem/message/1.0.0."""

    def __init__(self, port, key=bytes(range(32)), key_type=1, hello=True):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        if hello:
            self.say_hello(key, key_type)

    def say_hello(self, key=bytes(range(32)), key_type=1):
        public = bytes([8, key_type, 0x12]) + uvarint(len(key)) + key
        peer = b"\0" + uvarint(len(public)) + public
        exchange = b"\x0a" + uvarint(len(peer)) + peer + b"\x12" + uvarint(len(public)) + public
        header = prefixed(b"/multistream/1.0.0")
        self.socket.sendall(header + prefixed(b"/plaintext/2.0.0") + uvarint(len(exchange)) + exchange +
                            header + prefixed(b"/yamux/1.0.0"))
        self.frame(1, header + prefixed(b"/tandem/message/1.0.0"))

    def frame(self, flags, data):
        self.socket.sendall(struct.pack(">BBHII", 0, 0, flags, 1, len(data)) + data)

    def empty_messages(self, number):
        self.frame(0, bytes(number))
