# SPDX-License-Identifier: MIT
"""A scenario in a real Prometheus: its incidents, and the alert rules that are shipped."""

import json
import pathlib
import re
import subprocess
import time
import urllib.request

import pytest
import yaml

from support import PATIENCE, assert_one_clear_line, free_port, tandem

RULES = pathlib.Path(__file__).resolve().parents[2] / "lib/command/prometheus/tandem.rules.yml"
BEGIN = 1_577_836_800  # 2020-01-01T00:00:00Z, the default of --begin
STEP = 15

# Quiet for 20 minutes, then 20 more peers than there is room for, until they leave at 40 minutes.
FULL = """\
scenario: full
levels: [message]
duration: 1h
sample_every: 15s
groups:
  server: {listen: true, manager: {max_connections: 8}}
  few: {count: 2, manager: {connection_timeout: 2h}}
  many: {count: 26, manager: {connection_timeout: 2h}}
workload:
  - keep_connected: {from: few, to: server}
  - keep_connected: {from: many, to: server, at: 20m}
  - send: {from: few, to: server, every: 10s, bytes: 100}
  - send: {from: many, to: server, at: 21m, every: 10s, bytes: 100}
  - kill: {group: many, at: 40m}
"""

# Every peer of the node dies after 10 minutes and comes back after 40.
GONE = """\
scenario: gone
levels: [message]
duration: 1h
sample_every: 15s
groups:
  node: {manager: {dial_timeout: 5s, backoff_cap: 30s}}
  peers: {count: 3, listen: true}
workload:
  - keep_connected: {from: node, to: "peers[0]"}
  - keep_connected: {from: node, to: "peers[1]"}
  - keep_connected: {from: node, to: "peers[2]"}
  - send: {from: node, to: peers, every: 10s, bytes: 100}
  - dial: {from: node, to: peers, at: 11m, arrivals: {every: 7s}, count: 240}
faults:
  - die: {nodes: peers, at: 10m, for: 30m}
"""


def result_of(text, folder):
    folder.mkdir()
    (folder / "incident.yaml").write_text(text)
    run = tandem("run", str(folder / "incident.yaml"), "--level", "message", "--out", str(folder))
    assert "Written: " in run.stdout, run
    return str(next(folder.glob("*.sqlite")))


def openmetrics_of(text, folder):
    shown = tandem("show", result_of(text, folder), "--openmetrics", str(folder / "run.om"))
    assert (shown.returncode, shown.stdout, shown.stderr) == (0, "", "")
    return folder / "run.om"


@pytest.fixture(scope="module", params=[("full", FULL), ("gone", GONE)], ids=["full", "gone"])
def incident(request, tmp_path_factory):
    name, text = request.param
    return name, openmetrics_of(text, tmp_path_factory.mktemp("incident") / name)


def series_in(path):
    """`name{labels}` -> [(seconds since the start, value)], as the specification has the format."""
    lines = path.read_text().splitlines()
    assert lines[-1] == "# EOF"
    all_series, family, seen = {}, None, set()
    for line in lines[:-1]:
        if line.startswith("# TYPE "):
            _, _, family, kind = line.split(" ")
            assert kind in ("gauge", "counter") and family not in seen
            seen.add(family)
        elif not line.startswith("# HELP "):
            name, labels, value, at = re.fullmatch(r"(\w+)\{(.*)\} (\d+) ([\d.]+)", line).groups()
            assert name == family + ("_total" if kind == "counter" else "")
            all_series.setdefault(f"{name}{{{labels}}}", []).append((float(at) - BEGIN, int(value)))
    for points in all_series.values():
        assert [at for at, _ in points] == [float(at) for at in range(0, 3601, STEP)]
    return all_series


def test_numbers_have_the_names_that_a_node_serves(incident):
    name, path = incident
    served = {"icn_p2p_active_connections", "icn_p2p_connected_peers", "icn_p2p_connection_limit",
              "icn_p2p_bytes_sent_total", "icn_p2p_bytes_received_total", "icn_p2p_connections_established_total",
              "icn_p2p_connections_failed_total", "icn_p2p_connections_closed_total", "icn_p2p_refusals_total"}
    all_series = series_in(path)
    assert served <= {key.split("{")[0] for key in all_series}
    node = "server.0" if name == "full" else "node.0"
    (key,) = [key for key in all_series if key.startswith("icn_p2p_active_connections{") and f'="{node}"' in key]
    values = dict(all_series[key])
    assert (values[300], values[1800], values[3600]) == ((2, 8, 2) if name == "full" else (3, 0, 3))
    # Of a number that nodes have there is no sum as well.
    assert not [key for key in all_series if key.startswith("icn_p2p_active") and 'instance="server"' in key]
    if name == "full":
        (key,) = [key for key in all_series if key.startswith("icn_p2p_refusals_total{") and f'="{node}"' in key
                  and 'reason="LimitReached"' in key]
        values = dict(all_series[key])
        assert values[1200] == 0 and values[1215] > 0


def alerts_of(path, folder):
    """Alert -> when it fires: the shipped rules, by Prometheus' own rule manager, on what the scenario gave."""
    rules = yaml.safe_load(RULES.read_text())["groups"][0]["rules"]
    times = range(60, 3601, 60)
    inputs = [{"series": key, "values": " ".join(str(value) for _, value in points)}
              for key, points in series_in(path).items() if key.startswith("icn_p2p_")]
    # An alert that is expected nowhere fails where it fires, and says with which labels.
    tests = [{"eval_time": f"{at}s", "alertname": rule["alert"], "exp_alerts": []} for at in times for rule in rules]
    (folder / "tests.yml").write_text(yaml.safe_dump({
        "rule_files": [str(RULES)], "evaluation_interval": "15s",
        "tests": [{"interval": f"{STEP}s", "input_series": inputs, "alert_rule_test": tests}]}))
    out = subprocess.run(["promtool", "test", "rules", str(folder / "tests.yml")], capture_output=True, text=True,
                         timeout=300)
    text = out.stdout + out.stderr
    fired = {}
    for alert, at, got in re.findall(r"alertname: *(\w+), time: *(\S+), *\n(.*?)(?=\n\n|\Z|\n +alertname)", text, re.S):
        for instance in set(re.findall(r'instance="([^"]+)"', got)):
            fired.setdefault((alert, instance), []).append(seconds_of(at))
    return fired


def seconds_of(text):
    return sum(int(number) * {"h": 3600, "m": 60, "s": 1}[unit] for number, unit in re.findall(r"(\d+)([hms])", text))


def test_the_shipped_alerts_fire_in_the_incident_and_only_then(incident, tmp_path):
    name, path = incident
    fired = alerts_of(path, tmp_path)
    expected = {"full": {("TandemFull", "server.0"), ("TandemRefusesForItsLimits", "server.0")},
                "gone": {("TandemAlone", "node.0"), ("TandemCircuitsOpen", "node.0"), ("TandemDialsFail", "node.0")}}[name]
    begin, end = {"full": (20, 40), "gone": (10, 40)}[name]
    of_the_node = {key for key in fired if key[1] in ("server.0", "node.0")}
    assert expected <= of_the_node, fired
    for key in of_the_node:
        assert min(fired[key]) > begin * 60, (key, fired[key])
        assert max(fired[key]) <= (end + 11) * 60, (key, fired[key])  # rates look back 10 minutes


class Prometheus:
    """A server of its own on loopback, with the blocks of a scenario and the shipped rules."""

    def __init__(self, blocks, folder):
        (folder / "prometheus.yml").write_text(f"rule_files: ['{RULES}']\nglobal: {{evaluation_interval: 1s}}\n")
        self.port = free_port()
        self.process = subprocess.Popen(
            ["prometheus", f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={blocks}",
             f"--web.listen-address=127.0.0.1:{self.port}", "--storage.tsdb.retention.time=100y", "--log.level=warn"],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)

    def __enter__(self):
        end = time.monotonic() + 60
        while time.monotonic() < end and self.process.poll() is None:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{self.port}/-/ready", timeout=5)
                return self
            except OSError:
                time.sleep(0.1)
        raise AssertionError(self.process.communicate(timeout=5)[1])

    def __exit__(self, *_):
        self.process.terminate()
        self.process.communicate(timeout=PATIENCE)

    def ranges(self, query):
        """Times, since the start of the scenario, of each series that a query gives."""
        out = subprocess.run(["promtool", "query", "range", "--format=json", f"--start={BEGIN}",
                              f"--end={BEGIN + 3600}", f"--step={STEP}s", f"http://127.0.0.1:{self.port}", query],
                             capture_output=True, text=True, timeout=60, check=True)
        return {one["metric"].get("instance"): {int(at) - BEGIN: float(value) for at, value in one["values"]}
                for one in json.loads(out.stdout)}

    def rules(self):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/api/v1/rules", timeout=10) as answer:
            return [rule for group in json.load(answer)["data"]["groups"] for rule in group["rules"]]


def test_a_real_prometheus_has_the_incident(incident, tmp_path):
    name, path = incident
    blocks = tmp_path / "data"
    subprocess.run(["promtool", "tsdb", "create-blocks-from", "openmetrics", str(path), str(blocks)], check=True,
                   capture_output=True, timeout=120)
    assert list(blocks.glob("*/meta.json"))
    node, active = ("server.0", (2, 8, 2)) if name == "full" else ("node.0", (3, 0, 3))
    with Prometheus(blocks, tmp_path) as server:
        values = server.ranges("icn_p2p_active_connections")[node]
        assert (values[300], values[1800], values[3600]) == active
        rules = server.rules()
        assert len(rules) == len(yaml.safe_load(RULES.read_text())["groups"][0]["rules"])
        query = {rule["name"]: rule["query"] for rule in rules}
        if name == "full":
            full = server.ranges(query["TandemFull"])
            assert list(full) == [node] and 1200 < min(full[node]) < 1260 and 2390 <= max(full[node]) <= 2400
            refusing = server.ranges(query["TandemRefusesForItsLimits"])[node]
            assert 1200 < min(refusing) and max(refusing) < 2400 + 330
        else:
            alone = server.ranges(query["TandemAlone"])[node]
            assert 600 < min(alone) < 900 and 2200 < max(alone) < 2700


RULE_TESTS = pathlib.Path(__file__).with_name("alert_rules.yml")


def test_every_shipped_alert_fires_where_it_must_and_not_just_below():
    tested = subprocess.run(["promtool", "test", "rules", str(RULE_TESTS)], capture_output=True, text=True, timeout=60)
    assert tested.returncode == 0, tested.stdout + tested.stderr
    looked_at = [(test["alertname"], bool(test["exp_alerts"])) for each in yaml.safe_load(RULE_TESTS.read_text())["tests"]
                 for test in each["alert_rule_test"]]
    shipped = {rule["alert"] for rule in yaml.safe_load(RULES.read_text())["groups"][0]["rules"]}
    assert set(looked_at) == {(alert, fires) for alert in shipped for fires in (True, False)}


def test_the_shipped_rules_are_sound():
    checked = subprocess.run(["promtool", "check", "rules", str(RULES)], capture_output=True, text=True, timeout=60)
    assert checked.returncode == 0, checked.stderr
    assert "rules found" in checked.stdout


def test_openmetrics_begin_when_they_are_told(tmp_path):
    path = result_of(FULL.replace("1h", "1m").replace("2h", "2m").split("workload")[0], tmp_path / "run")
    shown = tandem("show", path, "--openmetrics", "-", "--begin", "2026-02-03T04:05:06Z")
    assert re.search(r"^icn_p2p_active_connections\{[^}]*\} 0 1770091506\.000000000$", shown.stdout, re.M)
    assert_one_clear_line(tandem("show", path, "--openmetrics", "-", "--begin", "yesterday"), "--begin yesterday",
                          "2020-01-01T00:00:00Z")
    assert_one_clear_line(tandem("show", path, path, "--openmetrics", "-"), "one FILE")
    assert_one_clear_line(tandem("show", path, "--openmetrics", "/proc/none/x"), "/proc/none/x")
