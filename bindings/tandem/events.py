# SPDX-License-Identifier: MIT
"""What a driver tells a Manager: the events of its contract (tandem/core/events.hpp), a class each.

Times are seconds of the manager's time line, None is never. Ids are numbers: connections that
arrive have even ones, of the driver's choice; attempts odd ones, of the manager's. A peer is an id
(12D3KooW...) or a label of at most 46 bytes, an address "127.0.0.1:4001", a cause its name
("LimitReached"). Each is checked by Manager.handle().

>>> from tandem import events
>>> events.Arrived(2, "192.0.2.1:4001")
Arrived(conn=2, remote='192.0.2.1:4001')
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field
from typing import Any

from ._contract import Told

class Event(Told):
    """Base of all events."""

class DialWanted(Event):
    """The application wants a connection; `mode` "join" (one is enough) or "additional"."""
    request: int
    peer: str
    addresses: Sequence[str] = ()
    mode: str = "join"
    priority: int = 0
    deadline: float | None = None

class DialAbandoned(Event):
    """It does not want it any more."""
    request: int

class DisconnectWanted(Event):
    """Close one connection, or every one of `peer` when `conn` is 0."""
    peer: str = ""
    conn: int = 0
    reason: str = "Requested"

class PeerMarked(Event):
    """`what`: "protect", "tag", "keep_alive", "allow" or "deny"; `on` False takes it back."""
    peer: str
    what: str
    on: bool = True
    until: float | None = None
    weight: int = 0

class SubnetMarked(Event):
    """`what`: "allow" or "deny" for addresses that share `prefix` bits of `network` (an address, port ignored)."""
    network: str
    prefix: int
    what: str
    on: bool = True
    until: float | None = None

class BackoffOverridden(Event):
    """The next dial of the peer need not wait."""
    peer: str

class Configured(Event):
    """New options from now on; what is not named is the default."""
    options: dict[str, Any] = field(default_factory=dict)

class ShutdownWanted(Event):
    """End gracefully until `deadline`."""
    deadline: float | None = None

class AddressesFound(Event):
    """Answers Resolve."""
    request: int
    list: Sequence[str] = ()
    final: bool = True

class AttemptConnected(Event):
    """The transport of an attempt is connected."""
    attempt: int

class AttemptFailed(Event):
    """An attempt never connected; `local`: the fault is ours."""
    attempt: int
    why: str
    local: bool = False
    retry_after: float = 0.0

class Arrived(Event):
    """Somebody connected: `conn` is even and was never used."""
    conn: int
    remote: str

class Authenticated(Event):
    """Who the other end is."""
    conn: int
    peer: str

class Ready(Event):
    """The upgrade is complete."""
    conn: int

class Traffic(Event):
    """What moved since the last one; only application bytes are use."""
    conn: int
    sent: int = 0
    received: int = 0
    app_bytes: int = 0
    last_received_at: float | None = 0.0
    last_app_at: float | None = 0.0

class RttSampled(Event):
    """A round trip was measured."""
    conn: int
    rtt: float

class ProbeAnswered(Event):
    """Answers Probe."""
    conn: int
    nonce: int = 0

class StreamOpened(Event):
    """A stream, of the application or not."""
    conn: int
    app: bool = True

class StreamClosed(Event):
    """Its end."""
    conn: int
    app: bool = True

class RemoteRefused(Event):
    """The peer told why it will not have us."""
    conn: int
    reason: str
    retry_after: float = 0.0

class Progressed(Event):
    """Answers AskProgress: when the peer last acknowledged application bytes of ours; 0: it did not."""
    conn: int
    at: float | None = 0.0
    more: bool = False

class Closed(Event):
    """The last event of every id that was connected or arrived."""
    conn: int
    why: str = "none"

class NetworkChanged(Event):
    """The host has another network."""

class Pressure(Event):
    """What the host lacks, until the next one."""
    memory: bool = False
    descriptors: bool = False

class AcceptFailed(Event):
    """The host could not accept."""
    why: str = "LocalResource"
