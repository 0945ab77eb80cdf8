# SPDX-License-Identifier: MIT
"""What each peer's library says when a dial of its fails, as regular expressions, so that no other failure passes."""
import re

NAMES = {"tls": "/tls/1.0.0", "noise": "/noise", "plaintext": "/plaintext/2.0.0"}
NA = b"\x13/multistream/1.0.0\n\x03na\n"  # all that a listener says who has nothing of what is proposed


def wrong_peer(kind, security, dialled, there):
    """That it met `there` where it had dialled `dialled`."""
    if kind == "rust":
        return rf'^WrongPeerId {{ obtained: PeerId\("{there}"\), address: \S+/p2p/{dialled} }}$'
    if kind == "go":
        met = {"plaintext": f"remote peer sent unexpected peer ID. expected={dialled} received={there}"}
        else_met = f"peer id mismatch: expected {dialled}, but remote key matches {there}"
        return f"failed to negotiate security protocol: {met.get(security, else_met)}$"
    if security == "noise":
        return f"Payload identity key {there} does not match expected remote identity key {dialled}$"
    return "^EncryptionFailedError: Unexpected Peer$"  # js names neither here


def no_common_security(kind, proposed):
    """That the other end answered what it proposed with `na`."""
    if kind == "rust":
        return "Custom { kind: Other, error: Failed }"  # multistream_select's NegotiationError; it names none
    name = re.escape(NAMES[proposed])
    if kind == "go":
        return rf"failed to negotiate security protocol: protocols not supported: \[{name}\]$"
    return f"^EncryptionFailedError: Protocol selection failed - could not negotiate {name}$"
