# SPDX-License-Identifier: MIT
"""Node: real nodes on loopback, in asyncio."""

import asyncio
import doctest
import gc
import importlib
import os
import threading

import pytest

import tandem


def run(main):
    return asyncio.run(asyncio.wait_for(main(), 60))


async def answer_all(node):
    async for event in node.events():
        if event.name == "message" and event.wants_reply:
            await event.reply(event.data[::-1])


def test_two_nodes_talk_and_part():
    async def main():
        async with tandem.Node("127.0.0.1:0", max_connections=4) as server, tandem.Node() as client:
            conn = await client.dial(server.address)
            assert conn % 2 == 1 and client.metrics["icn_p2p_active_connections"] == 1
            await client.send(server, b"hello")
            await client.send(server.id, b"")
            got = []
            async for event in server.events():
                if event.name == "message":
                    got.append((event.peer, event.data, event.wants_reply))
                    if len(got) == 2:
                        break
            assert got == [(client.id, b"hello", False), (client.id, b"", False)]
            assert client.explain(server.id)["connections"] == 1
            client.disconnect(server)
            closed = [e async for e in until(client, "connection_closed")][-1]
            assert closed.conn == conn and closed.peer == server.id
        with pytest.raises(RuntimeError, match="async with"):
            client.metrics

    run(main)


async def until(node, name):
    async for event in node.events():
        yield event
        if event.name == name:
            return


def test_a_peer_is_pinged_and_says_who_it_is():
    async def main():
        async with tandem.Node("127.0.0.1:0") as server, tandem.Node() as client:
            with pytest.raises(tandem.NodeError, match="the ping failed: there is no connection with it"):
                await client.ping(server)
            with pytest.raises(tandem.NodeError, match="the identify failed: there is no connection with it"):
                await client.identify(server)
            await client.dial(server)
            assert 0 < await client.ping(server) < 30
            said = await client.identify(server.id, timeout="10s")
            assert said["agent"].startswith("tandem") and "/ipfs/ping/1.0.0" in said["protocols"]
            assert said["addresses"] == [server.address.rsplit("/p2p/")[0]]
            assert said["observed"].startswith("/ip4/127.0.0.1/tcp/")
            with pytest.raises(tandem.BadInput):
                await client.ping(server, timeout="soon")
            with pytest.raises(TimeoutError):
                await client.ping(server, timeout="1ns")
            client.network_changed()
            assert await client.ping(server) > 0 and client.metrics["icn_p2p_active_connections"] == 1

    run(main)


def test_a_request_is_answered_or_fails_with_its_connection():
    async def main():
        async with tandem.Node(["127.0.0.1:0"]) as server, tandem.Node() as client:
            serving = asyncio.create_task(answer_all(server))
            await client.dial(server)
            answers = await asyncio.gather(*(client.request(server, b"%d!" % n) for n in range(200)))
            assert answers == [b"!" + str(n)[::-1].encode() for n in range(200)]
            serving.cancel()
            with pytest.raises(TimeoutError):
                await client.request(server, b"who hears", timeout=0.1)
            waiting = asyncio.create_task(client.request(server, b"who hears"))
            await asyncio.sleep(0.05)
            client.disconnect(server)
            with pytest.raises(tandem.NodeError, match="connection ended"):
                await waiting
            with pytest.raises(tandem.NodeError, match="no connection"):
                await client.request(server, b"nobody")

    run(main)


def test_a_protocol_of_its_own_is_answered_and_what_nobody_answers_is_refused():
    async def main():
        async with tandem.Node("127.0.0.1:0") as server, tandem.Node() as client:
            await client.dial(server)
            with pytest.raises(tandem.NodeError, match="the request failed"):
                await client.request(server, b"1+1", protocol="/sum/1")
            server.handle("/sum/1")

            async def serve():
                async for event in server.events():
                    if event.name == "message" and event.data != b"quiet":
                        await event.reply(event.protocol.encode() + event.data)
                    del event

            serving = asyncio.create_task(serve())
            assert await client.request(server, b"1+1", protocol="/sum/1", timeout="20s") == b"/sum/11+1"
            with pytest.raises(tandem.NodeError, match="the request failed"):
                await client.request(server, b"quiet", protocol="/sum/1", timeout="1h")
            serving.cancel()
            with pytest.raises(tandem.BadInput, match="protocol"):
                server.handle("")

    run(main)


def test_a_node_ends_with_requests_that_nobody_answered():
    async def main():
        async with tandem.Node() as client:
            async with tandem.Node("127.0.0.1:0") as server:
                await client.dial(server)
                asked = [asyncio.create_task(client.request(server, b"?")) for _ in range(20)]
                kept = [event async for event in first(server, 10)]
                await server.shutdown("100ms")
            for one in asked:
                with pytest.raises(tandem.NodeError):
                    await one
        with pytest.raises(RuntimeError, match="does not run"):
            await kept[0].reply(b"too late")

    async def first(node, count):
        async for event in node.events():
            if event.name == "message":
                yield event
                count -= 1
            if not count:
                return

    run(main)


def test_a_peer_is_dialled_by_name():
    async def main():
        async with tandem.Node("127.0.0.1:0") as server, tandem.Node() as client:
            port = server.address.split("/")[4]
            await client.dial(f"/dns4/localhost/tcp/{port}/p2p/{server.id}")
            assert client.metrics["icn_p2p_active_connections"] == 1

    run(main)


def test_what_fails_says_why():
    async def main():
        async with tandem.Node("127.0.0.1:0", max_connections=1, max_connections_per_peer=1) as server:
            async with tandem.Node() as first, tandem.Node() as second:
                await first.dial(server)
                with pytest.raises(tandem.NodeError, match="LimitReached"):
                    await second.dial(server)
                assert server.refusals == {"LimitReached": 1}
                server.configure(max_connections=2)
                with pytest.raises(tandem.NodeError, match="no connection"):
                    await second.send(server, b"x")
                with pytest.raises(tandem.NodeError, match="too long"):
                    await first.send(server, b"x" * (2 << 20))
                with pytest.raises(tandem.BadInput, match="/p2p/ID"):
                    await second.dial("/ip4/127.0.0.1/tcp/4001")
                with pytest.raises(TypeError):
                    await first.send(server, "text")
            with pytest.raises(OSError):
                async with tandem.Node(server._manager().listening[0]):
                    pass
        with pytest.raises(tandem.BadInput, match="did you mean `max_connections`"):
            async with tandem.Node(max_conections=3):
                pass
        with pytest.raises(tandem.BadInput, match="32"):
            async with tandem.Node(identity=b"short"):
                pass

    run(main)


def test_an_identity_is_kept():
    async def main():
        ids = set()
        for _ in range(2):
            async with tandem.Node(identity=bytes(range(32))) as node:
                ids.add(node.id)
        assert len(ids) == 1
        async with tandem.Node() as other:
            assert other.id not in ids

    run(main)


def test_a_shutdown_ends_what_waits():
    async def main():
        async with tandem.Node("127.0.0.1:0") as server, tandem.Node() as client:
            await client.dial(server)
            waiting = asyncio.create_task(client.request(server, b"?"))
            reading = asyncio.create_task(collect(client))
            await asyncio.sleep(0.05)
            await asyncio.gather(client.shutdown(), client.shutdown("1s"))
            with pytest.raises(tandem.NodeError):
                await waiting
            assert [e.name for e in await reading][0] == "dial_started"
            told = [e async for e in until(server, "connection_closed")][-1]
            assert told.why == "ShuttingDown"

    run(main)


async def collect(node):
    return [event async for event in node.events()]


def test_a_slow_reader_loses_the_oldest_and_is_told():
    async def main():
        async with tandem.Node("127.0.0.1:0", events_max=10) as server, tandem.Node() as client:
            await client.dial(server)
            for number in range(50):
                await client.send(server, b"%d" % number)
            while server.events_lost < 41:  # of 51: a connection, and what was sent
                await asyncio.sleep(0.01)
            kept = []
            async for event in server.events():
                kept.append(event.data)
                if event.data == b"49":
                    break
            assert kept == [b"%d" % n for n in range(40, 50)]

    run(main)


def usage():
    with open("/proc/self/status") as status:
        memory = next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))
    return memory, len(os.listdir("/proc/self/fd")), threading.active_count(), len(os.listdir("/proc/self/task"))


def test_a_thousand_starts_leave_nothing_behind():
    async def start_and_end(times):
        for _ in range(times):
            async with tandem.Node("127.0.0.1:0") as server, tandem.Node() as client:
                await client.dial(server)
                await client.send(server, b"x" * 1000)

    async def main():
        await start_and_end(50)
        gc.collect()
        before = usage()
        await start_and_end(500)
        gc.collect()
        after = usage()
        assert after[1:] == before[1:]
        assert after[0] - before[0] < 10_000, f"{before} became {after}"

    asyncio.run(main())


def test_examples_run():
    found = doctest.testmod(importlib.import_module("tandem._node"), extraglobs={"Node": tandem.Node, "tandem": tandem})
    assert found.failed == 0 and found.attempted > 0
