# SPDX-License-Identifier: MIT
"""Whatever a correct driver does, the manager keeps its promises: a hypothesis state machine drives it."""

import pytest

hypothesis = pytest.importorskip("hypothesis", reason="hypothesis is in the environment of ci/setup, not Debian's")
from hypothesis import settings, strategies as st  # noqa: E402
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule  # noqa: E402

from tandem import Manager, actions, events  # noqa: E402

PEERS = [f"peer{n}" for n in range(6)]
ENDS = ["Reset", "RemoteClosed", "ConnectTimeout", "IdleTimeout"]
pick = st.integers(0, 10**6)


class Driver(RuleBasedStateMachine):
    """A driver that does what the contract asks of it, in any order that it allows, with few peers and tight limits."""

    @initialize(limit=st.integers(1, 4), per_peer=st.integers(1, 2), seed=st.integers(0, 2**32))
    def begin(self, limit, per_peer, seed):
        self.limit, self.per_peer = limit, min(limit, per_peer)
        options = {"max_connections": limit, "max_connections_per_peer": self.per_peer, "max_pending_inbound": 3}
        self.manager, self.twin = Manager(options, seed=seed), Manager(options, seed=seed)
        self.attempts, self.connections, self.over = {}, {}, set()
        self.next_inbound, self.request, self.now = 2, 0, 0.0

    def tell(self, event):
        self.carry_out(self.manager.handle(event, at=self.now), self.twin.handle(event, at=self.now))

    def carry_out(self, done, same):
        assert done == same, "the same events give the same actions"
        for action in done:
            if isinstance(action, actions.StartAttempt):
                assert action.attempt % 2 == 1 and action.attempt not in self.attempts and action.attempt not in self.over
                self.attempts[action.attempt] = action.peer
            elif isinstance(action, actions.Admit):
                known = self.connections[action.conn]
                assert known["stage"] in ("arrived", "told"), "nothing is admitted twice"
                known["stage"] = "handshaking" if action.stage == "handshake" else "admitted"
            elif isinstance(action, (actions.Refuse, actions.Close, actions.Abort)) and action.conn in self.connections:
                self.connections[action.conn]["ending"] = True
            elif isinstance(action, actions.Resolve):
                self.resolving = action.request

    def some(self, which, number):
        return sorted(which)[number % len(which)]

    def at_stage(self, *stages):
        return [conn for conn, known in self.connections.items() if known["stage"] in stages]

    @rule(peer=st.sampled_from(PEERS), mode=st.sampled_from(["join", "additional"]))
    def dial(self, peer, mode):
        self.request += 1
        self.tell(events.DialWanted(self.request, peer, ["192.0.2.9:4001"], mode))

    @rule(host=st.integers(1, 5))
    def arrive(self, host):
        conn, self.next_inbound = self.next_inbound, self.next_inbound + 2
        self.connections[conn] = {"stage": "arrived", "ending": False, "peer": None}
        self.tell(events.Arrived(conn, f"192.0.2.{host}:{5000 + conn % 1000}"))

    @precondition(lambda self: self.attempts)
    @rule(number=pick, works=st.booleans(), why=st.sampled_from(ENDS[:1] + ENDS[2:3]))
    def attempt_ends(self, number, works, why):
        attempt = self.some(self.attempts, number)
        peer = self.attempts.pop(attempt)
        if works:
            self.connections[attempt] = {"stage": "arrived", "ending": False, "peer": peer}
            self.tell(events.AttemptConnected(attempt))
        else:
            self.over.add(attempt)
            self.tell(events.AttemptFailed(attempt, why))

    @precondition(lambda self: self.at_stage("handshaking"))
    @rule(number=pick, peer=st.sampled_from(PEERS))
    def authenticate(self, number, peer):
        conn = self.some(self.at_stage("handshaking"), number)
        known = self.connections[conn]
        known["peer"] = known["peer"] or peer
        known["stage"] = "told"
        self.tell(events.Authenticated(conn, known["peer"]))

    @precondition(lambda self: self.at_stage("admitted"))
    @rule(number=pick)
    def become_ready(self, number):
        conn = self.some(self.at_stage("admitted"), number)
        self.connections[conn]["stage"] = "ready"
        self.tell(events.Ready(conn))

    @precondition(lambda self: self.at_stage("ready"))
    @rule(number=pick, bytes_=st.integers(0, 5000))
    def traffic(self, number, bytes_):
        conn = self.some(self.at_stage("ready"), number)
        self.tell(events.Traffic(conn, received=bytes_, app_bytes=bytes_, last_received_at=self.now, last_app_at=self.now))

    @precondition(lambda self: self.connections)
    @rule(number=pick, why=st.sampled_from(ENDS[:2]))
    def close(self, number, why):
        conn = self.some(self.connections, number)
        del self.connections[conn]
        self.over.add(conn)
        self.tell(events.Closed(conn, why))

    @rule(peer=st.sampled_from(PEERS), what=st.sampled_from(["protect", "keep_alive", "deny", "allow"]), on=st.booleans())
    def mark(self, peer, what, on):
        self.tell(events.PeerMarked(peer, what, on))

    @rule(by=st.floats(0, 40))
    def time_passes(self, by):
        end = self.now + by
        for _ in range(1000):
            due = self.manager.next_deadline
            assert due == self.twin.next_deadline
            if due is None or due > end:
                break
            assert due > self.now - 1e-9 or due <= self.now, "a deadline is a time"
            self.now = max(self.now, due)
            self.carry_out(self.manager.advance(self.now), self.twin.advance(self.now))
        else:
            raise AssertionError("a thousand deadlines in 40 s: it wants to be woken for ever")
        self.now = end
        self.carry_out(self.manager.advance(end), self.twin.advance(end))

    @invariant()
    def permits_are_within_the_limits_and_none_leaks(self):
        if not hasattr(self, "manager"):
            return
        now = self.manager.metrics
        assert now["permits_live"] <= self.limit and now["icn_p2p_slot_drift"] == 0
        assert now["permits_issued"] - now["permits_released"] == now["permits_live"]
        assert now["icn_p2p_active_connections"] <= len(self.at_stage("ready"))
        if not self.connections and not self.attempts:
            assert now["permits_live"] == now["icn_p2p_pending_inbound"] == now["icn_p2p_pending_outbound"] == 0
        per_peer = {}
        for conn in self.at_stage("ready"):
            if not self.connections[conn]["ending"]:
                peer = self.connections[conn]["peer"]
                per_peer[peer] = per_peer.get(peer, 0) + 1
        assert all(count <= self.per_peer for count in per_peer.values())


Driver.TestCase.settings = settings(max_examples=60, stateful_step_count=60, deadline=None, derandomize=True)
TestDriver = Driver.TestCase
