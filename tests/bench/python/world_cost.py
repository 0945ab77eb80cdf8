# SPDX-License-Identifier: MIT
"""What World costs: beside the same scenario in a file (10 000 connections at message), and for each callback.

PYTHONPATH=build/release/python python3 tests/bench/python/world_cost.py [CONNECTIONS] [ROUNDS] [--hold]
Prints medians of processor time, which a busy machine leaves alone. --hold: fails when World costs 2 x the file or
a callback 5 us."""

import statistics
import sys
import time

import tandem

given = [int(word) for word in sys.argv[1:] if word != "--hold"]
count, rounds = [*given, *(10_000, 5)[len(given):]]
MANAGER = {"max_connections": count, "max_pending_inbound": count}
IN_A_FILE = {
    "scenario": "cost", "duration": "40s",
    "groups": {"server": {"listen": True, "manager": MANAGER}, "peers": {"count": count}},
    "workload": [{"dial": {"from": "peers", "to": "server", "arrivals": {"every": "1ms"}}}],
}


def in_a_file():
    return tandem.run(IN_A_FILE, events_max=0).trace_hash


def world():
    made = tandem.World(events_max=0)
    return made, made.node(name="server", listen=True, **MANAGER), made.nodes(count, name="peers")


def told():
    made, server, peers = world()
    peers.dial(server, arrivals={"every": "1ms"})
    made.run(until="40s")
    return made.trace_hash


def told_one_by_one():
    made, server, peers = world()
    for number, peer in enumerate(peers):
        made.at(number / 1000, peer.dial, server)
    made.run(until="40s")
    return made.trace_hash


def with_callbacks():
    made, server, peers = world()
    heard = [0]

    def hear(event):
        heard[0] += 1

    made.on("connection_established", hear)
    made.on("connection_closed", hear)
    peers.dial(server, arrivals={"every": "1ms"})
    made.run(until="40s")
    return made.trace_hash, heard[0]


def seconds(of):
    began = time.process_time()
    found = of()
    return time.process_time() - began, found


traces = set()
times = {of.__name__: [] for of in (in_a_file, told, told_one_by_one, with_callbacks)}
for _ in range(rounds):  # in turns: the machine is as busy for each
    for of in (in_a_file, told, told_one_by_one, with_callbacks):
        took, found = seconds(of)
        times[of.__name__].append(took)
        trace, calls = found if isinstance(found, tuple) else (found, 0)
        traces.add(trace)
assert len(traces) == 1, "they are not the same run"
medians = {name: statistics.median(took) for name, took in times.items()}
for name, took in medians.items():
    print(f"{name:16} {took:7.3f} s   {took / medians['in_a_file']:5.2f} x the file")
each = statistics.median([b - a for a, b in zip(times["told"], times["with_callbacks"])]) / calls
print(f"{calls} callbacks, {each * 1e6:.2f} us each with all they cost")
if "--hold" in sys.argv and (each >= 5e-6 or any(took >= 2 * medians["in_a_file"] for name, took in medians.items()
                                                 if name != "with_callbacks")):
    sys.exit("World costs more than it may")
