# SPDX-License-Identifier: MIT
"""What a Manager tells its driver to do: the actions of its contract (tandem/core/actions.hpp), a class each.

Values are as in tandem.events.

>>> from tandem import actions
>>> actions.Admit(conn=2, stage="handshake")
Admit(conn=2, stage='handshake')
"""

from __future__ import annotations

from ._contract import Told

class Action(Told):
    """Base of all actions."""

class Notification(Told):
    """What the application is told; fields that do not apply are 0, "" or None. See `notification` there."""
    kind: str
    why: str
    way: str
    conn: int
    request: int
    peer: str
    current: int
    limit: int
    failures: int
    ceiling: float
    until: float | None
    where: str
    untried: int

class Resolve(Action):
    """Find addresses of the peer: AddressesFound."""
    request: int
    peer: str

class StartAttempt(Action):
    """Connect: AttemptConnected or AttemptFailed."""
    attempt: int
    peer: str
    address: str
    timeout: float

class CancelAttempt(Action):
    """Stop connecting; AttemptFailed still comes."""
    attempt: int

class Admit(Action):
    """Go on: `stage` "handshake" (then Authenticated) or "established" (then Ready)."""
    conn: int
    stage: str

class Refuse(Action):
    """Refuse it: `how` "reset" or "tell"; Closed follows."""
    conn: int
    refusal: str
    how: str
    retry_after: float

class AskProgress(Action):
    """What has the peer acknowledged? Progressed answers."""
    conn: int

class Probe(Action):
    """Ask whether it is there: ProbeAnswered."""
    conn: int
    nonce: int

class Close(Action):
    """End it in order; Closed follows."""
    conn: int
    reason: str
    retry_after: float
    drain_until: float | None

class Abort(Action):
    """End it at once; Closed follows."""
    conn: int
    reason: str

class ListenPause(Action):
    """Accept nobody."""

class ListenResume(Action):
    """Accept again."""

class Notify(Action):
    """Tell the application."""
    what: Notification

class ShutdownComplete(Action):
    """The end; `left` ids whose Closed never came."""
    left: int
