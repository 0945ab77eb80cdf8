# SPDX-License-Identifier: MIT
"""`tandem run --pcap`: the packets of the packet level, as Wireshark reads them."""

import json
import signal
import subprocess

import pytest

from support import TANDEM, assert_one_clear_line, tandem, wait_until

PACKET = "packet" in tandem("version").stdout
pytestmark = pytest.mark.skipif(not PACKET, reason="this build has no ns-3")

CALLS = """\
scenario: calls
levels: [stream, packet]
duration: 20s
groups:
  server: {listen: true, manager: {max_connections: 6}}
  callers: {count: 10}
links: {default: {latency: 20ms, loss: 1%}}
workload:
  - dial: {from: callers, to: server, arrivals: {every: 100ms}, hold: {fixed: 5s}}
  - send: {from: callers, to: server, at: 2s, every: 500ms, bytes: 3000}
"""


@pytest.fixture
def calls(tmp_path):
    path = tmp_path / "calls.yaml"
    path.write_text(CALLS)
    return path


def tshark(path, *arguments):
    read = subprocess.run(["tshark", "-n", "-r", str(path), *arguments], capture_output=True, text=True, timeout=120)
    assert read.returncode == 0, read.stderr
    return read.stdout.split()


def test_tshark_reads_every_conversation(calls, tmp_path):
    folder = tmp_path / "packets"
    run = tandem("run", str(calls), "--level", "packet", "--json", "--pcap", str(folder))
    assert f"Captured: {folder}\n" in run.stderr
    (result,) = json.loads(run.stdout)
    attempts = 10
    assert sorted(path.name for path in folder.iterdir()) == sorted(
        ["server.0.pcap", *(f"callers.{i}.pcap" for i in range(10))])
    server = folder / "server.0.pcap"
    streams = set(tshark(server, "-T", "fields", "-e", "tcp.stream"))
    assert streams == {str(i) for i in range(attempts)}
    assert result["groups"]["server"]["icn_p2p_connections_established_total"]["last"] == 6
    # Each of them from the SYN to the end of both directions, whole.
    assert len(set(tshark(server, "-Y", "tcp.flags.syn == 1 && tcp.flags.ack == 0", "-T", "fields", "-e",
                          "tcp.stream"))) == attempts
    assert len(set(tshark(server, "-Y", "tcp.flags.fin == 1 || tcp.flags.reset == 1", "-T", "fields", "-e",
                          "tcp.stream"))) == attempts
    for path in folder.iterdir():
        assert tshark(path, "-Y", "_ws.malformed || tcp.analysis.ack_lost_segment || !tcp") == [], path
    # What a caller sent, but for what the way lost, is what the server got.
    sent = tshark(folder / "callers.0.pcap", "-Y", "tcp.dstport == 4001", "-T", "fields", "-e", "ip.id")
    got = tshark(server, "-Y", "ip.src == 10.0.0.2 && tcp.dstport == 4001", "-T", "fields", "-e", "ip.id")
    assert len(got) > 20 and len(got) <= len(sent)
    assert set(got) <= set(sent)
    # The payload is the protocol.
    text = tshark(server, "-q", "-z", "follow,tcp,ascii,0")
    assert any("/multistream/1.0.0" in word for word in text), text[:40]


def test_times_are_those_of_the_scenario_and_looking_changes_nothing(calls, tmp_path):
    plain = json.loads(tandem("run", str(calls), "--level", "packet", "--json").stdout)
    run = tandem("run", str(calls), "--json", "--pcap", str(tmp_path), "--pcap-nodes", "callers[3]")
    stream, packet = json.loads(run.stdout)
    assert packet["trace_hash"] == plain[0]["trace_hash"]
    (path,) = tmp_path.glob("*.pcap")
    assert path.name == "callers.3.pcap"
    times = [float(at) for at in tshark(path, "-T", "fields", "-e", "frame.time_epoch")]
    assert times == sorted(times) and times[0] == pytest.approx(0.3) and times[-1] <= 20


def test_an_interrupted_run_leaves_packets_that_can_be_read(calls, tmp_path):
    calls.write_text(CALLS.replace("duration: 20s", "duration: 1000000s\nsample_every: 1000s")
                     .replace("every: 500ms", "every: 500ms, for: 900000s")
                     .replace("hold: {fixed: 5s}", "hold: {fixed: 900000s}"))
    packets = tmp_path / "packets/server.0.pcap"
    with subprocess.Popen([TANDEM, "run", str(calls), "--level", "packet", "--pcap", packets.parent],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE) as run:
        wait_until(lambda: packets.exists() and packets.stat().st_size > 100_000)
        run.send_signal(signal.SIGINT)
        run.communicate(timeout=60)
    assert run.returncode == 128 + signal.SIGINT
    times = [float(at) for at in tshark(packets, "-T", "fields", "-e", "frame.time_epoch")]
    assert len(times) > 100 and times == sorted(times)


def test_what_cannot_be_captured_is_told_before_the_run(calls, tmp_path):
    only = ("run", str(calls), "--pcap", str(tmp_path / "out"))
    assert_one_clear_line(tandem(*only, "--level", "stream"), "--pcap", "only level packet has packets")
    assert_one_clear_line(tandem(*only, "--pcap-nodes", "nobody"), "--pcap-nodes nobody", "no group is called")
    assert_one_clear_line(tandem("run", str(calls), "--pcap", "/proc/none"), "--pcap", "/proc/none")
    assert tandem(*only, "--level", "packet", "--pcap-nodes", "server").returncode in (0, 1, 3)
    assert_one_clear_line(tandem(*only, "--level", "packet"), "server.0.pcap is there already", "--overwrite")
