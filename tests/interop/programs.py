# SPDX-License-Identifier: MIT
"""The programs that run beside each other: peers of others, our own of the same kind, and `tandem node`."""
import json
import os
import queue
import re
import socket
import subprocess
import threading
import time

TANDEM = os.environ["TANDEM"]
TANDEM_NODE = os.environ["TANDEM_NODE"]
PEERS = dict(part.split("=", 1) for part in os.environ["PEERS"].split())
PATIENCE = 20


class Lines:
    """A program in the background, and what it prints."""

    def __init__(self, *command):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.seen = []
        self.queue = queue.Queue()
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        for line in self.process.stdout:
            self.queue.put(line.rstrip("\n"))
        self.queue.put(None)

    def first(self, wanted):
        """The first line from now on for which `wanted(line)` is true: what it returned."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            try:
                line = self.queue.get(timeout=max(0.01, end - time.monotonic()))
            except queue.Empty:
                break
            if line is None:
                break
            self.seen.append(line)
            if found := wanted(line):
                return found
        self.process.kill()
        raise AssertionError("not among:\n" + "\n".join(self.seen) + "\n" + self.process.stderr.read())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        try:
            self.process.wait(timeout=1)
        except subprocess.TimeoutExpired:
            self.process.terminate()
            try:
                self.process.wait(timeout=5)
            except subprocess.TimeoutExpired:
                self.process.kill()
        self.process.wait()


class Peer(Lines):
    """One of the peers; of the kind `tandem` our own, which does the same."""

    def __init__(self, kind, security, *arguments):
        super().__init__(TANDEM_NODE if kind == "tandem" else PEERS[kind], security, *arguments)

    def told(self, command):
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()

    def event(self, *names):
        def wanted(line):
            event = json.loads(line)
            return event if event["event"] in names else None

        return self.first(wanted)

    def address(self):
        me = self.event("self")["peer"]
        return f"{self.event('listening')['address']}/p2p/{me}"

    def must(self, name, *others):
        """This event, and none of the others before it."""
        said = self.event(name, *others)
        assert said["event"] == name, said
        return said

    def echoes(self, count, size):
        """All of so many streams at once bring their bytes back."""
        self.told(f"echo {count} {size}")
        said = self.must("echoed")
        assert said["same"] == count, said


class Node(Lines):
    def __init__(self, security, *arguments):
        super().__init__(TANDEM, "node", "--metrics-port", "0", "--security", security, *arguments)

    def address(self):
        """Where it listens, with its id."""
        return self.first(lambda line: (m := re.search(r"/ip4/\S+/p2p/\S+", line)) and m[0])

    def says(self, *texts):
        return self.first(lambda line: any(text in line for text in texts) and line)

    def metrics(self):
        """Where they are, said after where it listens."""
        return self.first(lambda line: (m := re.search(r"metrics on (http\S+)", line)) and m[1])


class Between:
    """Where a program dials another: lets their bytes through at once or when told to, and keeps the first of them."""

    def __init__(self, to, held=False):
        self.port, self.peer = re.search(r"/tcp/(\d+)(/p2p/\S+)", to).groups()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.settimeout(PATIENCE)
        self.address = f"/ip4/127.0.0.1/tcp/{self.listener.getsockname()[1]}{self.peer}"
        self.arrived, self.passing, self.left = (threading.Event() for _ in range(3))
        self.answer = b""  # what the dialled one said first
        if not held:
            self.passing.set()
        threading.Thread(target=self._carry, daemon=True).start()

    def _carry(self):
        try:
            dialler, _ = self.listener.accept()
        except OSError:  # nobody came, and it is over
            return
        with dialler, socket.create_connection(("127.0.0.1", int(self.port))) as dialled:
            self.arrived.set()
            self.passing.wait()
            back = threading.Thread(target=self._pass, args=(dialled, dialler, True), daemon=True)
            back.start()
            self._pass(dialler, dialled, False)
            self.left.set()
            back.join()

    def _pass(self, source, sink, kept):
        try:
            while part := source.recv(65536):
                if kept and len(self.answer) < 200:
                    self.answer += part
                sink.sendall(part)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            for end in (source, sink):
                end.close()

    def security(self):
        """The first that was agreed upon, as multistream-select says it."""
        return re.search(rb"/(tls|noise|plaintext)(/[0-9.]+)?\n", self.answer)[1].decode()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.passing.set()
        self.listener.close()
