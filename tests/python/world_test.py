# SPDX-License-Identifier: MIT
"""World: a scenario told step by step is the scenario of a file."""

import datetime
import doctest
import gc
import importlib
import json
import pathlib
import subprocess
import threading

import pytest
import yaml

import tandem

LEVELS = [level for level in ("message", "stream", "packet") if level in tandem.levels()]
each_level = pytest.mark.parametrize("level", LEVELS)


def crowd(level, seed=1, count=12, limit=8):
    world = tandem.World(level, seed=seed, links={"latency": "20ms", "jitter": "5ms"})
    server = world.node(name="server", listen=True, max_connections=limit)
    return world, server, world.nodes(count, name="peers")


def same_in_a_file(world):
    """The trace of what the world says it was. The world is over then: ns-3 has one at a time."""
    world.close()
    return tandem.run(yaml.safe_load(world.scenario()), level=world.level, seed=world.seed).trace_hash


CROWD = {
    "scenario": "crowd", "duration": "20s",
    "links": {"default": {"latency": "20ms", "jitter": "5ms"}},
    "groups": {"server": {"listen": True, "manager": {"max_connections": 8}}, "peers": {"count": 12}},
    "workload": [
        {"dial": {"from": "peers", "to": "server", "arrivals": {"poisson": "20/s"}, "hold": {"exponential": "5s"}}},
        {"send": {"from": "peers", "to": "server", "at": "2s", "every": "1s", "until": "9s", "size": {"uniform": [8, 900]}}},
        {"request": {"from": "peers[1]", "to": "server", "at": "2500ms", "size": 100, "reply": {"size": 50, "think": "1s"}}},
        {"kill": {"nodes": "peers[2]", "at": "4s"}},
        {"restart": {"nodes": "peers[2]", "at": "6s"}},
        {"dial": {"from": "peers[2]", "to": "server", "at": "7s"}},
        {"deny": {"from": "server", "to": "peers[3]", "at": "1s"}},
        {"configure": {"nodes": "server", "at": "8s", "manager": {"max_connections": 3}}},
    ],
    "faults": [{"partition": {"from": "peers[0..3]", "to": "server", "at": "3s", "for": "2s"}},
               {"link": {"nodes": "peers[5]", "at": "2s", "latency": "200ms"}}],
}


@each_level
def test_the_same_in_python_and_in_a_file_has_the_same_trace(level):
    world, server, peers = crowd(level)
    peers.dial(server, arrivals={"poisson": "20/s"}, hold={"exponential": 5.0})
    peers.send(server, {"uniform": [8, 900]}, at="2s", every=1, until=datetime.timedelta(seconds=9))
    cut = world.partition(peers[0:4], server, at="3s", for_="2s")
    peers[1].request(server, 100, {"size": 50, "think": 1.0}, at=2.5)
    world.at("4s", peers[2].kill)
    peers[2].restart(at="6s")
    peers[2].dial(server, at="7s")
    server.deny(peers[3], at=1)
    server.configure(max_connections=3, at="8s")
    world.link(peers[5], latency=0.2, at="2s")
    for until in ("500ms", "3s", "3s", "11s", "20s"):
        world.run(until=until)
        assert server.metrics["icn_p2p_connections_established_total"] >= len(server.connections())
    result = world.result()
    assert result.ok or result.verdict == "untested", result
    assert world.trace_hash == result.trace_hash == same_in_a_file(world)
    assert world.trace_hash == tandem.run(CROWD, level=level, seed=1).trace_hash
    assert cut and result.faults.times.tolist() == [1, 1]


@each_level
def test_what_is_told_between_two_stretches_is_said_with_its_time(level):
    world, server, peers = crowd(level)
    peers.dial(server, arrivals={"every": "10ms"})
    world.run(until="5s")
    assert server.metrics["icn_p2p_active_connections"] == 8 and server.refusals == {"LimitReached": 4}
    before = world.trace_hash
    peers[0].kill()
    server.ban(peers[1])
    world.run(for_="3s")
    assert server.metrics["icn_p2p_active_connections"] == 6
    assert not peers[0].alive and peers[1].alive
    assert "denied" in server.explain(peers[1])["sentence"].lower()
    assert peers[1].connections().empty
    peers[11].dial(server)
    world.run(until="12s")
    assert server.metrics["icn_p2p_active_connections"] == 7
    assert before != world.trace_hash == same_in_a_file(world)


@each_level
def test_callbacks_act_in_virtual_time_the_same_in_every_run(level):
    def run(seed):
        world, server, peers = crowd(level, seed)
        seen = []

        @server.on("inbound_refused")
        def give_way(event):
            seen.append((event.time, event.cause, str(event.peer), event.limit))
            assert world.now == event.time and event.node is server
            world.at(world.now + 0.25, event.peer.dial, server)
            if len(seen) == 3:
                server.configure(max_connections=12)

        peers.dial(server, arrivals={"every": "10ms"})
        world.run(until="30s")
        active = server.metrics["icn_p2p_active_connections"]
        world.close()
        return world, active, seen

    world, active, seen = run(3)
    again, _, seen_again = run(3)
    assert len(seen) >= 3 and {cause for _, cause, _, _ in seen} == {"LimitReached"}
    assert seen == seen_again and world.trace_hash == again.trace_hash
    assert active > 8
    assert "# Not said here: give_way on inbound_refused" in world.scenario()
    assert world.trace_hash == same_in_a_file(world)


@each_level
def test_who_only_listens_changes_nothing(level):
    hashes = set()
    for listens in (False, True):
        world, server, peers = crowd(level)
        heard, messages = [], []
        if listens:
            world.on("connection_established", heard.append)
            world.on("message", messages.append)
            world.at("2s", heard.append, None)
        peers.dial(server, arrivals={"every": "10ms"})
        peers.send(server, 100, at="5s")
        world.run(until="10s")
        world.close()
        hashes.add(world.trace_hash)
    assert len(messages) == 8
    assert len(hashes) == 1 and len(heard) == 17
    assert {event.direction for event in heard if event} == {"inbound", "outbound"}


@each_level
def test_what_a_callback_raises_ends_the_run_in_that_moment(level):
    world, server, peers = crowd(level)

    class Enough(Exception):
        pass

    @server.on("inbound_refused")
    def stop(event):
        raise Enough(event.peer)

    peers.dial(server, arrivals={"every": "10ms"})
    with pytest.raises(Enough) as caught:
        world.run(until="30s")
    assert server.metrics["icn_p2p_active_connections"] == 8 and sum(server.refusals.values()) >= 1
    assert 0 < world.now < 1
    assert f"at {world.now:g} s of virtual time" in caught.value.__notes__[0]
    world.off(stop)
    world.run(until="30s")
    assert world.now == 30 and server.refusals == {"LimitReached": 4}


def test_a_callback_that_is_told_of_a_past_time_says_so():
    world, server, peers = crowd("message")
    world.at("5s", lambda: peers[0].dial(server, at="1s"))
    with pytest.raises(tandem.BadInput, match="1s is past: this world is at 5s") as caught:
        world.run(until="10s")
    assert "virtual time" in caught.value.__notes__[0]


def test_a_callback_is_taken_back():
    world, server, peers = crowd("message")
    heard = []
    server.on("inbound_refused", heard.append)
    world.off(heard.append)  # another method object, which is equal
    peers.dial(server)
    world.run(until="2s")
    assert heard == []


def test_nodes_are_told_one_by_one_as_all_together():
    whole, one_by_one = crowd("stream"), crowd("stream")
    whole[2].dial(whole[1], arrivals={"every": "10ms"})
    for number, peer in enumerate(one_by_one[2]):
        one_by_one[0].at(number * 0.01, peer.dial, one_by_one[1])
    for world, *_ in (whole, one_by_one):
        world.run(until="5s")
    assert whole[0].trace_hash == one_by_one[0].trace_hash == same_in_a_file(one_by_one[0])


@each_level
def test_a_process_that_is_suspended_goes_on_when_it_is_resumed(level):
    world, server, peers = crowd(level, limit=100)
    peers.keep_connected(server)
    world.run(until="5s")
    server.suspend()
    world.run(until="6s")
    peers[0].send(server, 100)
    world.run(until="8s")
    assert server.numbers["messages_received"] == 0
    server.resume()
    world.run(until="9s")
    assert server.numbers["messages_received"] == 1
    with pytest.raises(tandem.BadInput, match="nothing suspended server"):
        server.resume()
    assert world.trace_hash == same_in_a_file(world)


def test_faults_end_when_they_are_told_to():
    world, server, peers = crowd("stream", limit=100)
    peers.keep_connected(server)
    cut = world.partition(peers[0:6], server, at="3s")
    again = world.link(peers[7], latency="100ms", at="2s", for_="1s", every="2s")
    world.run(until="5s")
    cut.end()
    world.at("7s", again.end)
    peers[0].send(server, 50, at="6s")
    world.run(until="30s")
    assert server.numbers["messages_received"] == 1
    assert world.result().faults.times.tolist() == [1, 3]
    assert world.trace_hash == same_in_a_file(world)


def test_what_waits_for_something_that_never_holds_is_untested():
    world, server, peers = crowd("message")
    peers.dial(server, when="server.active >= 3")
    peers[0].dial(server)
    world.run(until="5s")
    peers[1].dial(server, when="server.active >= 1")
    world.run(until="9s")
    assert server.metrics["icn_p2p_active_connections"] == 2
    result = world.result()
    assert result.verdict == "untested" and "server.active >= 3" in repr(result.expectations.text.tolist())
    assert world.trace_hash != ""


def test_links_between_groups_and_of_groups():
    world = tandem.World("message", links={"default": "dsl", "between": [{"groups": ["a", "b"], "latency": "300ms"}]})
    a, b = world.node(name="a", listen=True), world.nodes(2, name="b", link={"like": "lte", "latency": 0.05})
    b.dial(a)
    world.run(until="5s")
    assert b[0].connections().since[0] > 1.2
    assert world.trace_hash == same_in_a_file(world)


def test_the_time_of_a_world_is_said_in_three_ways():
    hashes = set()
    for at, deadline in (("1500ms", "250ms"), (1.5, 0.25),
                         (datetime.timedelta(seconds=1, milliseconds=500), datetime.timedelta(milliseconds=250))):
        world, server, peers = crowd("message")
        peers.dial(server, at=at, deadline=deadline)
        world.run(until=at)
        world.run(for_=at)
        assert world.now == 3
        hashes.add(world.trace_hash)
    assert len(hashes) == 1


@pytest.mark.parametrize("wrong, words", [
    (lambda w, s, p: w.node(max_conections=1), "did you mean `max_connections`"),
    (lambda w, s, p: w.node(lisen=True), "did you mean `listen`"),
    (lambda w, s, p: w.node(max_connections="many"), "max_connections"),
    (lambda w, s, p: w.node(name="server"), "`server` are there already"),
    (lambda w, s, p: w.node(name="a b"), "use letters, digits"),
    (lambda w, s, p: p[0].dial(s, holf="1s"), "did you mean `hold`"),
    (lambda w, s, p: p[0].dial(s, mode="joyn"), "did you mean `join`"),
    (lambda w, s, p: p[0].dial(p[1]), "does not listen"),
    (lambda w, s, p: s.dial(s), "itself"),
    (lambda w, s, p: p[0].dial(s, at="soon"), '"30s"'),
    (lambda w, s, p: p[0].dial(s, at=-1), "0 s or more"),
    (lambda w, s, p: p[0].dial(tandem.World().node(listen=True)), "another world"),
    (lambda w, s, p: w.at("1s", tandem.World().node().kill), "another world"),
    (lambda w, s, p: s.on("inbound_refusd"), "did you mean `inbound_refused`"),
    (lambda w, s, p: s.stall_reading(), "message"),
    (lambda w, s, p: w.partition(s, one_wai=True), "did you mean `one_way`"),
    (lambda w, s, p: w.link(s, latency="-1s"), "latency"),
    (lambda w, s, p: p[3:3], "at least one"),
    (lambda w, s, p: tandem.World("loopback"), "virtual time"),
    (lambda w, s, p: tandem.World("strem"), "did you mean `stream`"),
    (lambda w, s, p: tandem.World(links="dzl"), "did you mean `dsl`"),
    (lambda w, s, p: tandem.World().run(until="1s"), "needs a node"),
    (lambda w, s, p: tandem.World(seed=-1), "seed"),
])
def test_what_cannot_be_used_is_one_clear_line_and_changes_nothing(wrong, words):
    world, server, peers = crowd("message")
    said = world.scenario()
    with pytest.raises(tandem.BadInput) as caught:
        wrong(world, server, peers)
    assert words in str(caught.value) and "World:" not in str(caught.value) and "\n" not in str(caught.value)
    assert world.scenario() == said
    world.run(until="1s")


@pytest.mark.parametrize("wrong", [
    lambda w, s, p: p[0].dial("server"), lambda w, s, p: w.run(), lambda w, s, p: w.run("1s", for_="1s"),
    lambda w, s, p: w.at("1s", 3), lambda w, s, p: w.at(None, print), lambda w, s, p: p[0].dial(s, at=[1]),
    lambda w, s, p: s.explain("peers"), lambda w, s, p: w.nodes("3"), lambda w, s, p: s.on("dial_failed", 3),
])
def test_a_wrong_type_is_a_type_error(wrong):
    with pytest.raises(TypeError):
        wrong(*crowd("message"))


@each_level
@pytest.mark.parametrize("says", [{}, {"in_flight": 5000}])
def test_a_message_that_arrives_is_heard_with_its_sender_and_size(level, says):
    world, server, peers = crowd(level)
    heard = []

    @server.on("message")
    def answer(event):
        heard.append((event.name, event.node, event.peer, event.size, event.time > 5))
        server.send(event.peer, "2KiB")

    back = []
    peers[2].on("message", back.append)
    peers.dial(server)
    peers[2].send(server, "1KiB", at="5s", **says)
    peers[1].request(server, 64, {"size": 32, "think": 1.0}, at="20s")
    world.run(until="30s")
    assert heard == [("message", server, peers[2], 1024, True), ("message", server, peers[1], 64, True)]
    assert [(event.peer, event.size) for event in back] == [(server, 2048)]
    world.off(answer)
    peers[2].send(server, 100)
    world.run(until="40s")
    assert len(heard) == 2
    assert world.trace_hash == same_in_a_file(world)


@each_level
def test_nodes_may_come_later(level):
    world, server, peers = crowd(level, seed=5)
    refused, planned = [], []
    server.on("inbound_refused", refused.append)
    world.at("7s", lambda: planned.append(world.now))
    world.at("2s", peers[0].kill)
    cut = world.partition(peers[1], server, at="3s")
    peers.dial(server, arrivals={"every": "10ms"})
    world.run(until="5s")
    before, active, then = len(refused), server.metrics, world.now
    late = world.nodes(3, name="late")
    assert (world.now, server.metrics, len(refused), planned) == (then, active, before, []), "called a second time"
    assert not peers[0].alive and late[1].alive and world.nodes(2)[1].alive
    cut.end("6s")
    late.dial(server, at="6s")
    world.run(until="9s")
    assert planned == [7.0] and len(refused) > before and {event.peer for event in refused[before:]} <= set(late)
    assert world.trace_hash == same_in_a_file(world)


def test_nodes_that_come_too_late_are_told():
    world, server, peers = crowd("message")
    world.at("1s", world.node)
    with pytest.raises(tandem.BadInput, match="not from within a callback"):
        world.run(until="5s")
    with pytest.raises(tandem.BadInput, match="there already"):
        world.node(name="server")
    with pytest.raises(tandem.BadInput, match="did you mean"):
        world.node(max_conections=3)
    with pytest.raises(tandem.BadInput, match="max_connections"):
        world.node(max_connections=-3)
    world.run(until="6s")
    assert world.now == 6.0 and len(world.nodes(2)) == 2


def test_every_verb_and_fault_of_the_language_has_its_method():
    command = pathlib.Path(tandem.__file__).parents[2] / "tandem"
    schema = json.loads(subprocess.run([command, "schema"], capture_output=True, check=True).stdout)

    words = {word for part in ("workload", "faults") for word in schema["properties"][part]["items"]["properties"]}
    own = {"pause": "suspend"}
    assert {"dial", "stream", "clock_jump", "partition"} <= words
    nodes = tandem.World("message").nodes(2)
    assert [word for word in words if not hasattr(nodes, own.get(word, word)) and not hasattr(tandem.World, word)] == []


def test_what_comes_too_late_is_refused():
    world, server, peers = crowd("message")
    world.run(until="5s")
    for late in (lambda: world.run(until="4s"), lambda: world.at("4s", print), lambda: peers[0].kill(at="4s"),
                 lambda: peers.dial(server, at=1, arrivals={"every": 1}), lambda: world.partition(server, at="1s")):
        with pytest.raises(tandem.BadInput, match="is past: this world is at 5s"):
            late()
    with pytest.raises(tandem.BadInput, match="addresses"):
        peers[0].restart(address="new")
    with pytest.raises(IndexError):
        peers[12]
    assert peers[-1] is peers[11] and len(peers[2:5]) == 3 and peers[2:5][1] is peers[3]
    world.result()
    with pytest.raises(tandem.BadInput, match="is over"):
        world.run(until="9s")


def test_a_world_runs_in_one_thread_at_a_time():
    world, server, peers = crowd("message")
    peers.keep_connected(server)
    inside, go_on, found = threading.Event(), threading.Event(), []
    world.at("1s", lambda: (inside.set(), go_on.wait(10)))
    world.at("2s", lambda: world.run(until="9s"))

    def run():
        try:
            world.run(until="3s")
        except RuntimeError as error:
            found.append(str(error))

    thread = threading.Thread(target=run)
    thread.start()
    inside.wait(10)
    with pytest.raises(RuntimeError, match="another thread"):
        peers[0].kill()
    go_on.set()
    thread.join()
    assert "from within a callback" in found[0]


def test_worlds_run_side_by_side():
    worlds = [crowd("stream", seed) for seed in (1, 2)]
    alone = []
    for seed in (1, 2):
        world, server, peers = crowd("stream", seed)
        peers.keep_connected(server)
        world.run(until="20s")
        alone.append(world.trace_hash)
    for _, server, peers in worlds:
        peers.keep_connected(server)
    for until in range(1, 21):
        for world, *_ in worlds:
            world.run(until=until)
    assert [world.trace_hash for world, *_ in worlds] == alone


@pytest.mark.skipif("packet" not in LEVELS, reason="built without ns-3")
def test_ns_3_is_free_when_a_world_is_gone():
    for _ in range(3):
        world, server, peers = crowd("packet")

        @server.on("connection_established")
        def held(event, world=world):
            assert world

        peers.dial(server)
        world.run(until="1s")
        del world, server, peers, held  # not closed: found by the collector, though a callback holds it
        gc.collect()


@pytest.mark.parametrize("module", ["_world", "_told_nodes", "_told_verbs", "_manager", "events", "actions"])
def test_examples_run(module):
    found = doctest.testmod(importlib.import_module(f"tandem.{module}"),
                            extraglobs={"World": tandem.World, "Manager": tandem.Manager})
    assert found.failed == 0
