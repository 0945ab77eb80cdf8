# SPDX-License-Identifier: MIT
"""The file of a node's identity: who may read it, how it is made, and when not."""

import json
import os
import signal
import socket

import pytest

from support import Node, RawPeer, assert_one_clear_line, tandem

NODE = ("node", "--allow-plaintext", "--no-metrics")


def secret(path, mode=0o600, data=bytes(range(32))):
    path.write_bytes(data)
    path.chmod(mode)
    return path


def peer_id_of(public_key):
    """base58btc of the identity multihash of the key's protobuf."""
    number, text = int.from_bytes(b"\x00\x24\x08\x01\x12\x20" + public_key, "big"), ""
    while number:
        number, digit = divmod(number, 58)
        text = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"[digit] + text
    return "1" + text


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o620, 0o601, 0o660, 0o777])
def test_a_secret_that_others_may_touch_is_refused(tmp_path, mode):
    path = secret(tmp_path / "id", mode)
    assert_one_clear_line(tandem(*NODE, "--identity-file", str(path)), str(path), f"(mode {mode:04o})", "chmod 600")


@pytest.mark.parametrize("mode", [0o600, 0o400, 0o700])
def test_a_secret_of_the_owner_alone_is_taken(tmp_path, mode):
    with Node("--no-metrics", "--identity-file", str(secret(tmp_path / "id", mode))) as node:
        node.line_with("peer id ")
        assert node.end()[0] == 0


@pytest.mark.parametrize("size", [0, 31, 33, 64])
def test_a_file_of_another_size_is_refused(tmp_path, size):
    path = secret(tmp_path / "id", data=bytes(size))
    assert_one_clear_line(tandem(*NODE, "--identity-file", str(path)), "exactly 32 bytes", f"not {size}")
    assert path.stat().st_size == size


def test_what_is_no_file_is_refused(tmp_path):
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "fifo", 0o600)
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(str(tmp_path / "socket"))
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere" / "id")
    before = sorted(os.listdir(tmp_path))
    for name in ("folder", "fifo", "socket", "dangling", "no/such/folder"):
        assert_one_clear_line(tandem(*NODE, "--identity-file", str(tmp_path / name)), name)
    assert sorted(os.listdir(tmp_path)) == before


def test_many_first_starts_agree_on_one_identity(tmp_path):
    path = tmp_path / "id"
    nodes = [Node("--no-metrics", "--identity-file", str(path)) for _ in range(80)]
    try:
        assert len({node.line_with("peer id ") for node in nodes}) == 1
    finally:
        for node in nodes:
            node.process.send_signal(signal.SIGTERM)
        for node in nodes:
            node.__exit__()
    assert os.listdir(tmp_path) == ["id"]
    assert path.stat().st_size == 32 and path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("mask", [0, 0o077, 0o777])
def test_a_new_secret_is_its_owners_whatever_the_umask(tmp_path, mask):
    path = tmp_path / "id"
    with Node("--no-metrics", "--identity-file", str(path), preexec_fn=lambda: os.umask(mask)) as node:
        node.line_with("peer id ")
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("bad", [
    ["--listen", "nowhere"], ["--dial", "127.0.0.1:1"], ["--metrics-address", "nowhere"], ["--max-connections", "0"],
    ["--deny", "10.0.0.1/8"], ["--protect", "nobody"], ["--record-segment", "1"], ["--record", "/no/such/folder/x"],
    ["--metrics-port", "x"], ["--listen", ""], ["--buffers-max", "x"], ["--max-memory", "x"], ["--no-such-option"],
    ["--streams-max", "0"], ["--receive-window", "1"],
])
def test_nothing_is_made_when_another_option_is_bad(tmp_path, bad):
    made = ["--identity-file", str(tmp_path / "id")]
    if "--record" not in bad:
        made += ["--record", str(tmp_path / "record")]
    result = tandem("node", "--allow-plaintext", *made, *bad)
    assert_one_clear_line(result, bad[0])
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("wanted", [["--no-metrics", "--listen", "127.0.0.1:{}"], ["--metrics-port", "{}"]])
def test_nothing_is_made_when_a_port_is_taken(tmp_path, wanted):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        result = tandem("node", "--allow-plaintext", "--identity-file", str(tmp_path / "id"),
                        "--record", str(tmp_path / "record"), *(each.format(port) for each in wanted))
    assert_one_clear_line(result, f"127.0.0.1:{port}", "in use")
    assert os.listdir(tmp_path) == []


def test_nothing_is_made_with_a_bad_security_or_a_bad_identity(tmp_path):
    result = tandem("node", "--security", "none", "--identity-file", str(tmp_path / "id"), "--record",
                    str(tmp_path / "record"))
    assert_one_clear_line(result, "--security none")
    result = tandem(*NODE, "--identity-file", str(tmp_path / "no" / "id"), "--record", str(tmp_path / "record"))
    assert_one_clear_line(result, "--identity-file")
    assert os.listdir(tmp_path) == []


def test_a_peer_whose_key_has_another_size_is_turned_away():
    with Node("--listen", "127.0.0.1:0", "--no-metrics") as node:
        port = int(node.line_with("listening on ").split("/")[4])
        for size in (0, 31, 33):
            try:
                peer = RawPeer(port, key=bytes(size)).socket
                while peer.recv(4096):
                    pass
            except (ConnectionResetError, BrokenPipeError):
                pass
        with RawPeer(port).socket:
            node.line_with("connection_established")
        code, out, _ = node.end()
        assert code == 0 and "connection_established" not in out


def test_id_says_who_a_node_with_the_same_file_is(tmp_path):
    path = tmp_path / "id"
    said = tandem("id", "--identity-file", str(path))
    assert said.returncode == 0 and path.stat().st_mode & 0o777 == 0o600
    with Node("--no-metrics", "--identity-file", str(path)) as node:
        assert node.line_with("peer id ") == f"peer id {said.stdout.strip()}"
    told = json.loads(tandem("id", "--identity-file", str(path), "--json").stdout)
    assert told["peer"] == said.stdout.strip() and told["key"] == "Ed25519"
    assert peer_id_of(bytes.fromhex(told["public_key"])) == told["peer"]


def test_id_without_a_file_is_a_new_one_each_time(tmp_path):
    said = [tandem("id", cwd=tmp_path).stdout for _ in range(3)]
    assert len(set(said)) == 3 and os.listdir(tmp_path) == []


@pytest.mark.parametrize("mode, size, why", [(0o644, 32, "chmod 600"), (0o600, 31, "exactly 32 bytes")])
def test_id_refuses_the_files_that_a_node_refuses(tmp_path, mode, size, why):
    path = secret(tmp_path / "id", mode, bytes(size))
    assert_one_clear_line(tandem("id", "--identity-file", str(path)), "--identity-file", why)
