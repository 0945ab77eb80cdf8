# SPDX-License-Identifier: MIT
"""`tandem node` on a host: who reads it, scrapes it, stops it, and what it leaves there."""

import os
import subprocess
import urllib.request

import pytest

from support import Node


def test_curl_scrapes_a_node():
    with Node("--metrics-port", "0") as node:
        metrics = node.line_with("metrics on ").split()[-1]
        curl = ["curl", "--silent", "--show-error", "--max-time", "20"]
        page = subprocess.run([*curl, "--fail", metrics], capture_output=True, text=True, check=True).stdout
        assert "\nicn_p2p_connection_limit 256\n" in page
        head = subprocess.run([*curl, "--head", metrics], capture_output=True, text=True, check=True).stdout
        assert head.startswith("HTTP/1.1 200 OK") and "text/plain; version=0.0.4" in head
        twice = subprocess.run([*curl, "--fail", "--write-out", "%{num_connects}", metrics, metrics],
                               capture_output=True, text=True, check=True).stdout
        assert twice.count("# TYPE icn_p2p_active_connections gauge") == 2
        assert twice.endswith("0")  # the second went over the same connection
        assert node.end()[0] == 0


def test_metrics_are_served_over_ipv6():
    if not os.path.exists("/proc/net/if_inet6"):
        pytest.skip("no IPv6 here")
    with Node("--metrics-port", "0", "--metrics-address", "::1") as node:
        metrics = node.line_with("metrics on ").split()[-1]
        assert metrics.startswith("http://[::1]:")
        with urllib.request.urlopen(metrics, timeout=20) as answer:
            assert b"icn_p2p_connection_limit 256" in answer.read()
        assert node.end()[0] == 0
