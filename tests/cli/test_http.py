# SPDX-License-Identifier: MIT
"""What `tandem node` serves over HTTP: metrics in both formats, and pages for people and orchestrators."""

import contextlib
import json
import pathlib
import re
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request

import pytest
import yaml

from support import PATIENCE, Node, RawPeer, free_port, scraped, wait_until

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "lib/command"
NOBODY = "12D3KooWRBhwfeP2Y4TCx1SM6s9rUoHhR5STiGwxBhgFRcw3UERE"
STRANGER = "12D3KooWDpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6nXTN"
OPENMETRICS = "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.2"


def get(port, path, accept="*/*"):
    """(status, content type, body)."""
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers={"Accept": accept})
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return answer.status, answer.headers["Content-Type"], answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.headers["Content-Type"], error.read().decode()


@contextlib.contextmanager
def two_nodes(*client_options):
    """(port of the server's metrics, of the client's, the server's process, its peer id)."""
    ports = free_port(), free_port()
    with Node("--listen", "127.0.0.1:0", "--metrics-port", str(ports[0])) as server:
        at = server.line_with("listening on").split()[-1]
        with Node("--dial", at, "--metrics-port", str(ports[1]), *client_options) as client:
            client.line_with("connection_established")
            wait_until(lambda: scraped(ports[0])["icn_p2p_active_connections"] == 1)
            yield *ports, server, at.split("/p2p/")[1]


def test_a_page_says_what_a_dialled_peer_said_of_itself():
    def of(page):
        return json.loads(get(page, "/peers")[2])["connections"][0]

    with two_nodes() as (_, other, _, _):
        wait_until(lambda: of(other)["agent"] is not None)
        told = of(other)
        assert told["agent"].startswith("tandem/") and "/ipfs/ping/1.0.0" in told["protocols"]
        assert told["observed"].startswith("/ip4/127.0.0.1/tcp/")
    with two_nodes("--no-identify") as (_, other, _, _):
        time.sleep(0.3)
        assert of(other)["agent"] is None


def test_a_page_says_who_is_connected():
    with two_nodes() as (port, other, _, peer):
        status, kind, body = get(other, "/peers")
        assert (status, kind) == (200, "application/json")
        told = json.loads(body)
        (one,) = told["connections"]
        assert told["total"] == 1
        assert (one["peer"], one["direction"], one["stage"], one["streams"]) == (peer, "outbound", "ready", 0)
        assert one["address"].startswith("/ip4/127.0.0.1/tcp/")
        assert one["idle_in_s"] is None  # it is kept alive
        (there,) = json.loads(get(port, "/peers")[2])["connections"]
        assert there["direction"] == "inbound" and 0 < there["idle_in_s"] < 32
        assert there["agent"] is None and there["observed"] is None  # who was dialled asks nobody
        assert json.loads(get(port, "/peers?most=0")[2]) == {"total": 1, "connections": []}
        for many in ("10001", "-1", "x", ""):
            status, _, body = get(port, f"/peers?most={many}")
            assert status == 400 and "from 0 to 10000" in body


def test_a_page_explains_a_peer():
    with two_nodes() as (_, port, _, peer):
        status, kind, body = get(port, f"/explain?peer={peer}")
        told = json.loads(body)
        assert (status, kind, told["peer"], told["connections"]) == (200, "application/json", peer, 1)
        assert told["sentence"]
        stranger = json.loads(get(port, f"/explain?x=%20&peer={NOBODY.replace('1', '%31')}")[2])
        assert (stranger["peer"], stranger["connections"]) == (NOBODY, 0)
        assert get(port, "/explain")[0] == 400 and "which peer?" in get(port, "/explain")[2]
        status, _, body = get(port, "/explain?peer=me")
        assert (status, body) == (400, "peer=me: no peer id\n")


def test_health_and_readiness():
    with Node("--metrics-port", str(port := free_port()), "--shutdown-timeout", "30s", "--listen",
              "127.0.0.1:0") as node:
        at = node.line_with("listening on").split()[-1]
        wait_until(lambda: scraped(port))
        assert get(port, "/healthz")[::2] == (200, "ok\n")
        assert get(port, "/readyz")[::2] == (200, "ready\n")
        with Node("--dial", at, "--no-metrics") as client:
            node.line_with("connection_established")
            client.process.send_signal(signal.SIGSTOP)
            node.process.send_signal(signal.SIGTERM)
            node.line_with("shutting down")
            assert get(port, "/readyz")[::2] == (503, "shutting down\n")
            assert get(port, "/healthz")[0] == 200
        assert node.process.wait(timeout=PATIENCE) == 0


def test_a_node_is_not_ready_while_it_takes_itself_to_be_offline():
    """Nobody whom it dials says anything: their host has a connection in line already, and takes no second one."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full, socket.create_connection(full.getsockname()):
        dials = [f"--dial=/ip4/127.0.0.1/tcp/{full.getsockname()[1]}/p2p/{each}" for each in (NOBODY, STRANGER)]
        with Node("--listen", "127.0.0.1:0", *dials, "--uplink-failures", "2", "--uplink-retry", "1h", "--attempt-timeout",
                  "300ms", "--metrics-port", str(port := free_port())) as node:
            at = int(node.line_with("listening on").split("/")[4])
            wait_until(lambda: (scraped(port) or {}).get("icn_p2p_offline") == 1)
            assert get(port, "/readyz")[::2] == (503, "offline: peer after peer failed\n")
            assert get(port, "/healthz")[0] == 200
            RawPeer(at)
            wait_until(lambda: get(port, "/readyz")[::2] == (200, "ready\n"))
            assert scraped(port)["icn_p2p_offline"] == 0


def test_who_asks_for_something_else_is_told_what_there_is():
    with Node("--metrics-port", str(port := free_port())):
        wait_until(lambda: scraped(port))
        status, _, body = get(port, "/")
        assert (status, body) == (404, "nothing is here; there is /metrics, /healthz, /readyz, /peers, /limits, /explain\n")
        post = urllib.request.Request(f"http://127.0.0.1:{port}/peers", data=b"x", method="POST")
        with pytest.raises(urllib.error.HTTPError) as error:
            urllib.request.urlopen(post, timeout=PATIENCE)
        assert error.value.code == 405 and error.value.headers["Allow"] == "GET, HEAD"


def test_silent_clients_keep_no_scrape_waiting():
    with Node("--metrics-port", str(port := free_port())):
        wait_until(lambda: scraped(port))
        silent = [socket.create_connection(("127.0.0.1", port)) for _ in range(100)]
        for each in silent[::2]:
            each.sendall(b"GET /peers HTTP/1.1\r\nHo")
        for path in ("/metrics", "/healthz", "/peers"):
            assert get(port, path)[0] == 200
        assert scraped(port)["process_open_fds"] < 100


def test_promtool_finds_nothing_wrong_with_the_metrics():
    with two_nodes() as (port, other, *_):
        for each in (port, other):
            page = get(each, "/metrics")[2]
            checked = subprocess.run(["promtool", "check", "metrics"], input=page, capture_output=True, text=True, timeout=60)
            assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", "")


def samples_of(page):
    return [line.rsplit(" ", 1)[0] for line in page.splitlines() if not line.startswith("#")]


def test_requests_in_line_show_beside_their_limit():
    """One attempt may be under way, and whom it reached says nothing: the other waits."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        dials = [f"--dial=/ip4/127.0.0.1/tcp/{silent.getsockname()[1]}/p2p/{each}" for each in (NOBODY, STRANGER)]
        with Node("--once", *dials, "--max-pending-outbound", "1", "--max-queued-requests", "7", "--metrics-port",
                  str(port := free_port())):
            used, limit = (f'icn_p2p_resource_{name}{{resource="queued_requests"}}' for name in ("used", "limit"))
            wait_until(lambda: (scraped(port) or {}).get(used) == 1)
            samples = scraped(port)
            assert samples[limit] == 7 and samples["icn_p2p_pending_outbound"] == 1
            assert samples["icn_p2p_commands_waiting"] == 0


def test_who_prefers_openmetrics_gets_it():
    with two_nodes() as (port, *_):
        status, kind, page = get(port, "/metrics", OPENMETRICS)
        assert (status, kind) == (200, "application/openmetrics-text; version=1.0.0; charset=utf-8")
        assert page.endswith("\n# EOF\n") and page.count("# EOF") == 1
        assert "# TYPE icn_p2p_bytes_sent counter\nicn_p2p_bytes_sent_total " in page
        assert not re.search(r"^# (TYPE|HELP) \S+_total ", page, re.M)
        for accept in ("text/plain", "*/*", "application/json", "text/plain,application/openmetrics-text;q=0",
                       "application/openmetrics-text;q=0.2,text/plain;q=0.9"):
            _, kind, plain = get(port, "/metrics", accept)
            assert kind == "text/plain; version=0.0.4; charset=utf-8", accept
            assert samples_of(plain) == samples_of(page)  # the same series in the same order


def name_of(metric):
    """As the node writes it: its own labels, in its order."""
    own = {key: value for key, value in metric.items() if key not in ("__name__", "instance", "job")}
    order = [key for key in ("side", "direction", "state", "resource", "reason", "cause", "le") if key in own]
    assert len(order) == len(own), own
    labels = ",".join(f'{key}="{own[key]}"' for key in order)
    return metric["__name__"] + (f"{{{labels}}}" if labels else "")


def test_a_real_prometheus_has_every_series_of_a_real_node_with_its_value(tmp_path):
    """It asks for OpenMetrics, and takes nothing that is no such."""
    with two_nodes() as (port, other, *_):
        at = free_port()
        (tmp_path / "prometheus.yml").write_text(yaml.safe_dump({
            "global": {"scrape_interval": "1s"}, "rule_files": [str(FOLDER / "prometheus/tandem.rules.yml")],
            "scrape_configs": [{"job_name": "nodes", "static_configs": [
                {"targets": [f"127.0.0.1:{port}", f"127.0.0.1:{other}"]}]}]}))
        with (tmp_path / "log").open("w") as log:
            server = subprocess.Popen(["prometheus", f"--config.file={tmp_path}/prometheus.yml", "--log.level=error",
                                       f"--storage.tsdb.path={tmp_path}/data", f"--web.listen-address=127.0.0.1:{at}"],
                                      stdout=log, stderr=log)
        try:
            def asked(query):
                try:
                    url = f"http://127.0.0.1:{at}/api/v1/query?query={query}"
                    with urllib.request.urlopen(url, timeout=10) as answer:
                        return json.load(answer)["data"]["result"]
                except OSError:
                    return []

            def has_all():
                """Each series of either node, after a scrape of them, as the node's own ledger says it now."""
                for each in (port, other):
                    now = scraped(each)
                    there = {name_of(one["metric"]): float(one["value"][1])
                             for one in asked(f'{{instance="127.0.0.1:{each}",__name__=~"icn_p2p_.*"}}')}
                    ours = {name: value for name, value in now.items() if name.startswith("icn_p2p_")}
                    # Each look at it has a descriptor.
                    ours.pop(fds := 'icn_p2p_resource_used{resource="descriptors"}'), there.pop(fds, None)
                    if there != ours:
                        return False
                return True
            wait_until(has_all)
            assert [one["value"][1] for one in asked("icn_p2p_active_connections")] == ["1", "1"]
        finally:
            server.terminate()
            server.wait(timeout=PATIENCE)


def test_closes_dials_and_handshakes_are_counted_by_cause():
    with two_nodes("--dial", f"/ip4/127.0.0.1/tcp/{free_port()}/p2p/{NOBODY}") as (port, other, server, _):
        samples = wait_until(lambda: (now := scraped(other))['icn_p2p_dials_failed_total{cause="ConnectionRefused"}'] and now)
        assert samples['icn_p2p_attempts_failed_total{cause="ConnectionRefused"}'] >= 1
        assert samples['icn_p2p_handshake_seconds_count{direction="outbound"}'] == 1
        assert samples['icn_p2p_handshake_seconds_bucket{direction="outbound",le="+Inf"}'] == 1
        wait_until(lambda: scraped(other)["icn_p2p_round_trip_seconds_count"] > 0)  # of the ping that opens a session
        assert samples["icn_p2p_dial_seconds_count"] == 1 and samples["icn_p2p_dial_seconds_sum"] > 0
        assert samples["icn_p2p_permits_live"] == samples["icn_p2p_permits_issued_total"] == 1
        assert scraped(port)['icn_p2p_handshake_seconds_count{direction="inbound"}'] == 1
        assert server.end()[0] == 0
        samples = wait_until(lambda: (now := scraped(other))["icn_p2p_active_connections"] == 0 and now)
        assert samples['icn_p2p_closes_total{side="remote",cause="ShuttingDown"}'] == 1
        assert sum(value for name, value in samples.items() if name.startswith("icn_p2p_closes_total")) == 1


def test_the_side_that_closes_is_this_one_when_it_is():
    with two_nodes("--connection-timeout", "300ms", "--once") as (port, other, *_):
        wait_until(lambda: scraped(other)['icn_p2p_closes_total{side="local",cause="IdleTimeout"}'] == 1)
        wait_until(lambda: scraped(port)['icn_p2p_closes_total{side="remote",cause="IdleTimeout"}'] == 1)


def test_breakers_and_backoffs_show_while_they_last():
    with Node("--dial", f"/ip4/127.0.0.1/tcp/{free_port()}/p2p/{NOBODY}", "--metrics-port", str(port := free_port()),
              "--breaker-failures", "2", "--backoff-base", "10ms", "--breaker-open", "1h", "--breaker-open-max", "1h"):
        wait_until(lambda: (scraped(port) or {}).get('icn_p2p_circuits{state="open"}') == 1)
    with Node("--dial", f"/ip4/127.0.0.1/tcp/{free_port()}/p2p/{NOBODY}", "--metrics-port", str(port := free_port()),
              "--backoff-base", "1h", "--backoff-cap", "1h"):
        wait_until(lambda: (scraped(port) or {}).get("icn_p2p_peers_backing_off") == 1)


def test_only_this_machine_is_answered_unless_another_address_is_told():
    with Node("--metrics-port", str(port := free_port())) as node:
        assert f"127.0.0.1:{port}" in node.line_with("metrics on")
        with pytest.raises(ConnectionRefusedError):  # another address of the loopback, as good as one of a network
            socket.create_connection(("127.0.0.2", port), timeout=5)
    with Node("--metrics-port", str(port := free_port()), "--metrics-address", "0.0.0.0") as node:
        node.line_with("metrics on")
        socket.create_connection(("127.0.0.2", port), timeout=5).close()


def test_as_many_series_however_many_peers():
    with Node("--listen", "127.0.0.1:0", "--metrics-port", str(port := free_port())) as node:
        at = int(node.line_with("listening on").split("/")[4])
        before = set(wait_until(lambda: scraped(port)))
        peers = [RawPeer(at, key=bytes([number] * 32)) for number in range(50)]
        wait_until(lambda: scraped(port)["icn_p2p_connected_peers"] == 50)
        for peer in peers[::2]:
            peer.socket.close()
        wait_until(lambda: scraped(port)["icn_p2p_connected_peers"] == 25)
        assert set(scraped(port)) == before and len(before) < 600


def names_in(query):
    query = re.sub(r'"[^"]*"|\{[^}]*\}|\[[^]]*\]', "", query)
    return set(re.findall(r"\b(?:icn_p2p|process)_[a-z0-9_]+\b", query))


def test_the_dashboard_asks_for_metrics_that_there_are(tmp_path):
    board = json.loads((FOLDER / "grafana/tandem.json").read_text())
    queries = [target["expr"] for panel in board["panels"] for target in panel.get("targets", [])]
    assert len(queries) >= 15
    with two_nodes() as (port, *_):
        there = {name.split("{")[0] for name in scraped(port)}
    for query in queries:
        assert names_in(query) and names_in(query) <= there, query
    rules = [{"record": f"panel:{at}", "expr": query.replace("$instance", ".*").replace("$__rate_interval", "5m")}
             for at, query in enumerate(queries)]
    (tmp_path / "queries.yml").write_text(yaml.safe_dump({"groups": [{"name": "board", "rules": rules}]}))
    checked = subprocess.run(["promtool", "check", "rules", str(tmp_path / "queries.yml")], capture_output=True, text=True,
                             timeout=60)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_the_alert_rules_ask_for_metrics_that_there_are():
    rules = yaml.safe_load((FOLDER / "prometheus/tandem.rules.yml").read_text())["groups"][0]["rules"]
    with two_nodes() as (port, *_):
        there = {name.split("{")[0] for name in scraped(port)}
    for rule in rules:
        assert names_in(rule["expr"]) and names_in(rule["expr"]) <= there, rule
