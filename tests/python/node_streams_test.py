# SPDX-License-Identifier: MIT
"""Streams of Nodes: real nodes on loopback, read and written with asyncio's streams."""

import asyncio
import gc
import os

import pytest

import tandem


def between(main, *, connected=True, server=None):
    """Runs `main(server, client)` of two nodes, of which the client dialled the server (with these options)."""

    async def both():
        async with tandem.Node("127.0.0.1:0", **(server or {})) as listening, tandem.Node() as client:
            if connected:
                await client.dial(listening)
            await main(listening, client)

    asyncio.run(asyncio.wait_for(both(), 60))


async def echo(reader, writer, peer):
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()


def test_what_is_written_comes_back_whole_and_ends_when_it_is_finished():
    async def main(server, client):
        heard = []

        async def serve(reader, writer, peer):
            heard.append(peer)
            await echo(reader, writer, peer)

        server.handle("/echo/1", serve)
        reader, writer = await client.open(server, "/echo/1")
        sent = os.urandom(1 << 20)

        async def say():
            writer.write(sent)
            await writer.drain()
            writer.write_eof()

        saying = asyncio.create_task(say())
        assert await reader.read(-1) == sent
        await saying
        assert heard == [client.id]

    between(main)


def test_many_streams_of_a_connection_do_not_mix():
    async def main(server, client):
        server.handle("/echo/1", echo)

        async def one(number):
            reader, writer = await client.open(server, "/echo/1")
            writer.write(b"%d" % number * 1000)
            writer.write_eof()
            return await reader.read(-1)

        assert await asyncio.gather(*map(one, range(50))) == [b"%d" % n * 1000 for n in range(50)]

    between(main)


def test_a_writer_waits_while_the_peer_does_not_read():
    async def main(server, client):
        may_read = asyncio.Event()

        async def late(reader, writer, peer):
            await may_read.wait()
            writer.write(b"%d" % len(await reader.read(-1)))

        server.handle("/late/1", late)
        reader, writer = await client.open(server, "/late/1")
        size = 16 << 20  # more than windows and sockets hold
        writer.write(bytes(size))
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(writer.drain(), 0.3)
        may_read.set()
        await writer.drain()
        writer.write_eof()
        assert int(await reader.read(-1)) == size

    between(main)


def test_what_nobody_speaks_or_nobody_is_connected_for_is_not_opened():
    async def main(server, client):
        with pytest.raises(tandem.NodeError, match="there is no connection"):
            await client.open(server, "/echo/1")
        await client.dial(server)
        with pytest.raises(tandem.NodeError, match="the stream failed"):
            await client.open(server, "/echo/1")
        with pytest.raises(tandem.BadInput, match="protocol"):
            server.handle("", echo)

    between(main, connected=False)


def test_a_function_that_raises_resets_its_stream_and_is_told_of():
    async def main(server, client):
        told = []
        asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context["exception"]))

        async def fail(reader, writer, peer):
            writer.write(b"half of it")
            await reader.read(1)
            raise ValueError("no idea")

        server.handle("/fail/1", fail)
        reader, writer = await client.open(server, "/fail/1")
        assert await reader.readexactly(10) == b"half of it"
        writer.write(b"?")
        with pytest.raises(tandem.NodeError, match="the stream broke"):
            while await reader.read(1):
                pass
        while not told:
            gc.collect()
            await asyncio.sleep(0.01)
        assert str(told[0]) == "no idea"

    between(main)


@pytest.mark.parametrize("end", ["disconnect", "shutdown"])
def test_a_stream_breaks_with_its_connection_at_both_ends(end):
    async def main(server, client):
        broken = asyncio.get_running_loop().create_future()

        async def wait(reader, writer, peer):
            try:
                await reader.read(1)
            except tandem.NodeError as error:
                broken.set_result(str(error))

        server.handle("/wait/1", wait)
        reader, _ = await client.open(server, "/wait/1")
        if end == "disconnect":
            client.disconnect(server)
        else:
            await client.shutdown("10ms")
        with pytest.raises(tandem.NodeError):
            await reader.read(1)
        assert "the stream broke" in await broken

    between(main)


def test_streams_that_were_closed_leave_no_descriptor():
    async def main(server, client):
        server.handle("/echo/1", echo)

        async def one():
            reader, writer = await client.open(server, "/echo/1")
            writer.write(b"x")
            assert await reader.read(1) == b"x"
            writer.close()
            await writer.wait_closed()

        await one()
        before = len(os.listdir("/proc/self/fd"))
        for _ in range(100):
            await one()
        while len(os.listdir("/proc/self/fd")) > before:
            await asyncio.sleep(0.01)

    between(main)


def test_opening_that_is_given_up_closes_what_was_opened():
    async def main(server, client):
        ended = asyncio.Event()

        async def serve(reader, writer, peer):
            assert await reader.read(-1) == b""
            ended.set()

        server.handle("/wait/1", serve)
        opening = asyncio.create_task(client.open(server, "/wait/1"))
        await asyncio.sleep(0)
        opening.cancel()
        with pytest.raises(asyncio.CancelledError):
            await opening
        await ended.wait()

    between(main)


def test_streams_that_there_is_no_memory_for_are_not_opened():
    """Each is charged 160 KiB: what sockets and asyncio hold of it."""

    async def main(server, client):
        async def wait(reader, writer, peer):
            await reader.read(-1)

        server.handle("/wait/1", wait)
        tried = [await asyncio.gather(client.open(server, "/wait/1"), return_exceptions=True) for _ in range(20)]
        good = [one for (one,) in tried if not isinstance(one, tandem.NodeError)]
        assert 4 <= len(good) <= 7
        for _, writer in good:
            writer.close()
        while True:  # until the other end has heard so
            try:
                await client.open(server, "/wait/1")
                break
            except tandem.NodeError:
                await asyncio.sleep(0.01)

    between(main, server={"max_memory": "1MiB"})
