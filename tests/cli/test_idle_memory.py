# SPDX-License-Identifier: MIT
"""What connections that do nothing cost a real node, of its resident memory: 21.9, 5.5 and 2.6 kB when this was written."""

import contextlib
import resource

import pytest
from strangers import in_plaintext, secured
from support import Node, free_port, scraped, skip_under_a_sanitizer, wait_until
from test_memory import memory

WARM, MORE = 250, 750  # with the first come what is there once, and tables that hold a few hundred


@pytest.fixture
def descriptors():
    """Enough for this process and the node that it starts."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 8192), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def over(security):
    return lambda port, number: secured(security, port, number)


@pytest.mark.parametrize(
    ("stranger", "most"),
    [
        pytest.param(over("tls"), 24 * 1024, id="tls"),
        pytest.param(over("noise"), 8 * 1024, id="noise"),
        pytest.param(in_plaintext, 4.1 * 1024, id="plaintext"),
    ],
)
def test_an_idle_connection_costs_a_node_no_more_than_it_may(stranger, most, descriptors):
    skip_under_a_sanitizer()
    port, metrics = free_port(), free_port()
    patient = ["--connection-timeout", "1h", "--liveness-interval", "1h"]  # nobody here answers a probe
    with (
        Node("--listen", f"127.0.0.1:{port}", "--metrics-port", str(metrics), "--quiet", *patient,
             "--max-connections", "4096") as node,
        contextlib.ExitStack() as staying,
    ):  # fmt: skip
        wait_until(lambda: scraped(metrics))

        def resident(count, first):
            for number in range(first, count):
                staying.callback(stranger(port, number).socket.close)
            wait_until(lambda: scraped(metrics)["icn_p2p_active_connections"] == count)
            return memory(node.process, "VmRSS")

        before = resident(WARM, 0)
        each = (resident(WARM + MORE, WARM) - before) / MORE
        print(f"{each:.0f} bytes each")
        assert each <= most
