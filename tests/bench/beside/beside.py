#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Tandem beside rust-libp2p, go-libp2p and js-libp2p, each with itself, in one run on loopback.

Connections per second and processor time per connection (dial, handshake, close, both ends), echo throughput over 1
and 100 streams, resident memory per idle connection, and the round trips of one stream beside 2 000 idle connections.
Machines differ: compare the rows of one run. Behind them stands how many times better Tandem is than each, and whether
that is what was asked for (verdicts.py). A peer whose toolchain is missing is skipped, and said so.
"""

import argparse
import dataclasses
import functools
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import sys

import verdicts

HERE = pathlib.Path(__file__).resolve().parent
CACHE = pathlib.Path(os.environ.get("TANDEM_INTEROP_CACHE", pathlib.Path.home() / ".cache/tandem-interop"))
TICKS = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGESIZE")
BEGIN, END = "<!-- made by beside.py --into -->\n", "<!-- end of what beside.py made -->\n"
SECURITIES = ("tls", "noise", "plaintext")


def build_rust(source, place):
    run(["cargo", "build", "--release", "--locked", "--quiet", "--manifest-path", source / "Cargo.toml"],
        env={**os.environ, "CARGO_TARGET_DIR": str(place / "target")})
    shutil.copy(place / "target/release/tandem-beside-rust", place / "peer")
    shutil.rmtree(place / "target")


def build_go(source, place):
    run(["go", "build", "-trimpath", "-ldflags=-s", "-o", place / "peer", "."], cwd=source,
        env={**os.environ, "GOFLAGS": "-mod=readonly"})


def build_js(source, place):
    for each in source.iterdir():
        shutil.copy(each, place)
    run(["npm", "ci", "--no-audit", "--no-fund", "--silent"], cwd=place)
    (place / "peer").write_text('#!/bin/sh\nexec node "$(dirname "$0")/peer.js" "$@"\n')
    (place / "peer").chmod(0o755)


def run(command, **more):
    subprocess.run([str(word) for word in command], check=True, **more)


def peer_of(name, tool, build):
    """The program of a peer, built once for what its folder holds; None without its toolchain."""
    if shutil.which(tool) is None:
        print(f"skipped: {name}-libp2p (no {tool})", file=sys.stderr)
        return None
    source = HERE / name
    digest = hashlib.sha256()
    for each in sorted(path for path in source.rglob("*") if path.is_file()):
        digest.update(each.read_bytes())
    place = CACHE / f"beside-{name}-{digest.hexdigest()[:16]}"
    if not (place / "peer").exists():
        print(f"building the peer of {name}-libp2p, once", file=sys.stderr)
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        build(source, place)
    return place / "peer"


class Process:
    """A peer that runs until its input ends; its first line is what it prints."""

    def __init__(self, *command):
        self.process = subprocess.Popen([str(word) for word in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True)
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"{command[0]} {command[1]} ended without a word")
        self.said = json.loads(line)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def processor(self):
        user, system = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()[11:13]
        return (int(user) + int(system)) / TICKS

    def resident(self):
        return int(pathlib.Path(f"/proc/{self.process.pid}/statm").read_text().split()[1]) * PAGE


def ask(program, mode, security, address, *numbers):
    out = subprocess.run([program, mode, security, address, *map(str, numbers)], check=True, stdout=subprocess.PIPE,
                         text=True, timeout=600)
    return json.loads(out.stdout)


def connections(program, security, times):
    with Process(program, "serve", security) as server:
        ask(program, "dial", security, server.said["address"], max(times // 10, 1))  # warm
        before = server.processor()
        told = ask(program, "dial", security, server.said["address"], times)
        both = told["processor"] + server.processor() - before
    return {"connections_per_s": times / told["seconds"], "processor_us": both / times * 1e6}


def echo(program, security, streams, mebibytes):
    with Process(program, "serve", security) as server:
        told = ask(program, "echo", security, server.said["address"], streams, mebibytes * 2**20 // streams)
    return mebibytes / told["seconds"]


def memory(program, tandem, security, times):
    with Process(program, "serve", security) as server:
        address = server.said["address"]
        with Process(tandem, "hold", security, address, 20):
            before = server.resident()
            with Process(tandem, "hold", security, address, times):
                return (server.resident() - before) / times


def crowded(program, tandem, security, times):
    with Process(program, "serve", security) as server:
        address = server.said["address"]
        with Process(tandem, "hold", security, address, times):
            told = ask(tandem, "ping", security, address, 5000)
    return {"p50_us": told["p50"], "p99_us": told["p99"]}


def tried(what, *of):
    """What is measured, or None when a peer fails at it."""
    try:
        return what(*of)
    except subprocess.CalledProcessError:
        return None


def measure(peers, share, turn):
    """One dict for each peer and security; `share` of the full size of each measurement."""
    rows = []
    for security in SECURITIES:
        for name, program in peers.items():
            slow = 10 if name == "js" else 1
            row = {"peer": name, "security": security,
                   **connections(program, security, max(int(2000 * share) // slow, 10)),
                   "echo_1_mib_s": tried(echo, program, security, 1, max(int(256 * share) // slow, 1)),
                   "echo_100_mib_s": tried(echo, program, security, 100, max(int(256 * share) // slow, 100) // 100 * 100),
                   "idle_bytes": memory(program, peers["tandem"], security, max(int(1000 * share), 20))}
            if security == "tls":
                row |= crowded(program, peers["tandem"], security, max(int(2000 * share), 20))
            rows.append(row)
            print(f"turn {turn}: {line_of(row)}", file=sys.stderr)
    return rows


COLUMNS = (("peer", "peer", "{}"), ("security", "security", "{}"), ("connections_per_s", "connections/s", "{:.0f}"),
           ("processor_us", "us of processor each", "{:.0f}"), ("echo_1_mib_s", "echo MiB/s, 1 stream", "{:.0f}"),
           ("echo_100_mib_s", "100 streams", "{:.0f}"), ("idle_bytes", "bytes an idle one", "{:.0f}"),
           ("p50_us", "round trip us beside 2 000, p50", "{:.0f}"), ("p99_us", "p99", "{:.0f}"))


def line_of(row):
    cells = ("" if key not in row else "fails" if row[key] is None else form.format(row[key]) for key, _, form in COLUMNS)
    return "| " + " | ".join(cells) + " |"


def how(options, load):
    """What the figures were taken with."""
    times = "One turn" if options.turns == 1 else f"The best of {options.turns} turns"
    return (f"{times} of {options.share:g} of the full size, on {os.cpu_count()} processors, the load average "
            f"{load:.1f} before.")


def write_into(page, text):
    """Between the marks that a page has for it."""
    before, rest = page.read_text().split(BEGIN)
    page.write_text(before + BEGIN + text + "\n" + END + rest.split(END)[1])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter,
                                     epilog="example: tests/bench/beside/beside.py build/release --share 0.2 --json out")
    parser.add_argument("build", type=pathlib.Path, help="a build of Tandem with its benchmarks, build/release")
    parser.add_argument("--share", type=float, default=1, metavar="X", help="X of the full size (default: 1)")
    parser.add_argument("--turns", type=int, default=1, metavar="N",
                        help="all of it N times, and the best of each figure (default: 1)")
    parser.add_argument("--only", metavar="PEER", action="append", help="tandem and this one (may be repeated)")
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE", help="also write rows and verdicts there")
    parser.add_argument("--into", type=pathlib.Path, metavar="FILE", help="also write it between the marks of this page")
    options = parser.parse_args()
    if options.into and BEGIN not in options.into.read_text():
        parser.error(f"{options.into} has no line {BEGIN.strip()}")
    peers = {"tandem": options.build / "tests/bench/beside/beside_peer"}
    for name, tool, build in (("rust", "cargo", build_rust), ("go", "go", build_go), ("js", "npm", build_js)):
        if options.only is None or name in options.only:
            if (program := peer_of(name, tool, build)) is not None:
                peers[name] = program
    load = os.getloadavg()[0]
    turns = [measure(peers, options.share, turn + 1) for turn in range(options.turns)]
    rows = [functools.reduce(verdicts.best, each) for each in zip(*turns)]
    told = verdicts.verdicts(rows)
    text = "\n".join([how(options, load), "", "| " + " | ".join(title for _, title, _ in COLUMNS) + " |",
                      "|" + "---|" * len(COLUMNS), *map(line_of, rows), "", verdicts.table(told)])
    print(text)
    if options.into:
        write_into(options.into, text)
    if options.json:
        judged = [dataclasses.asdict(each) | {"reached": each.reached} for each in told]
        options.json.write_text(json.dumps({"rows": rows, "verdicts": judged}, indent=1) + "\n")


if __name__ == "__main__":
    main()
