# SPDX-License-Identifier: MIT
"""The page /limits: each limit of a node beside its use."""

import json
import re

from support import scraped, tandem
from test_http import get, two_nodes


def test_a_page_has_each_limit_beside_its_use():
    with two_nodes("--max-inbound-connections", "7") as (port, other, *_):
        page = get(other, "/limits")[2]
        assert '"used":1,"limit":256}' in page  # as a person writes numbers
        assert '"limit":1024}' in page and not re.search(r"\d[eE][+-]?\d", page)
        rows = {row["resource"]: row for row in json.loads(page)}
        assert rows["connections"] == {"resource": "connections", "option": "max_connections", "used": 1, "limit": 256}
        assert rows["inbound_connections"]["limit"] == 7 and rows["inbound_connections"]["used"] == 0
        assert rows["outbound_connections"] == {"resource": "outbound_connections", "used": 1, "limit": None,
                                                "option": "max_outbound_connections"}
        assert rows["queued_requests"] == {"resource": "queued_requests", "option": "max_queued_requests", "used": 0,
                                           "limit": 1024}
        assert rows["descriptors"]["used"] > 4 and rows["descriptors"]["option"] is None
        assert rows["connections_of_a_peer"]["used"] == rows["marked_peers"]["used"] == 1
        assert rows["streams_of_a_connection"] == {"resource": "streams_of_a_connection", "option": "streams_max",
                                                   "used": 0, "limit": 256}
        assert rows["unread_bytes_of_a_stream"] == {"resource": "unread_bytes_of_a_stream", "used": None,
                                                    "option": "receive_window", "limit": 256 << 10}
        assert rows["buffer_bytes_of_a_connection"]["limit"] == 32 << 20
        assert rows["log_lines"] == {"resource": "log_lines", "option": None, "used": 0, "limit": 4096}
        samples = scraped(other)
        for name, row in rows.items():
            limit = float("inf") if row["limit"] is None else row["limit"]
            assert samples[f'icn_p2p_resource_limit{{resource="{name}"}}'] == limit
            assert (f'icn_p2p_resource_used{{resource="{name}"}}' in samples) == (row["used"] is not None)


# Options named as limits are, that have no row in /limits: why.
WITHOUT_ROW = {"breaker_open_max": "how long, not how much"}


def test_no_option_that_is_a_limit_is_without_its_row():
    told = tandem("node", "--help").stdout
    named = set(re.findall(r"^ *--(max-[a-z0-9-]+|[a-z0-9-]+-max|receive-window) ", told, re.M))
    limits = {name.replace("-", "_") for name in named} - set(WITHOUT_ROW)
    assert len(limits) > 20
    with two_nodes() as (port, *_):
        told = [row["option"] for row in json.loads(get(port, "/limits")[2]) if row["option"]]
    assert limits <= set(told) and len(told) == len(set(told)), limits - set(told)
