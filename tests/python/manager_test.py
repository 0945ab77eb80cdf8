# SPDX-License-Identifier: MIT
"""Manager: the state machine alone, told and asked from Python."""

import datetime

import pytest

from tandem import BadInput, Manager, actions, events

ADDRESS = "192.0.2.1:4001"


def admitted(manager, conn, peer, at=0.0):
    """An inbound connection goes as far as the manager lets it; the last action about it."""
    for event in (events.Arrived(conn, ADDRESS), events.Authenticated(conn, peer), events.Ready(conn)):
        done = [a for a in manager.handle(event, at=at) if isinstance(a, (actions.Admit, actions.Refuse))]
        if done and isinstance(done[0], actions.Refuse):
            return done[0]
    return done


def test_the_limit_is_told_to_the_one_too_many():
    manager = Manager({"max_connections": 2}, seed=1)
    admitted(manager, 2, "alice")
    admitted(manager, 4, "bob")
    refused = admitted(manager, 6, "carol", at=1.0)
    assert (refused.refusal, refused.how) == ("LimitReached", "tell")
    assert manager.metrics["icn_p2p_active_connections"] == 2 and manager.refusals == {"LimitReached": 1}
    assert manager.metrics["permits_live"] == 2
    manager.handle(events.Closed(6, "Requested"), at=1.5)
    manager.handle(events.Closed(2, "RemoteClosed"), at=2)
    assert manager.metrics["permits_live"] == 1


def test_idle_is_exactly_the_timeout():
    manager = Manager(connection_timeout=datetime.timedelta(seconds=5), idle_jitter=0.0, liveness_interval="1h")
    admitted(manager, 2, "alice", at="1s")
    assert manager.next_deadline == 6.0 and manager.advance(5.999) == []
    closing, = [a for a in manager.advance(6.0) if isinstance(a, actions.Close)]
    assert closing.conn == 2 and closing.reason == "IdleTimeout" and manager.now == 6.0


def test_a_dial_is_an_attempt_and_its_failure_is_held_against_the_peer():
    manager = Manager(seed=3, backoff_base=1.0)
    attempt = manager.handle(events.DialWanted(1, "bob", [ADDRESS, "[::1]:9"]), at=1.0)[0]
    assert isinstance(attempt, actions.StartAttempt) and attempt.attempt % 2 == 1 and attempt.peer == "bob"
    for _ in range(2):
        said = manager.handle(events.AttemptFailed(attempt.attempt, "ConnectionRefused"), at=1.1)
        attempt = next((a for a in said if isinstance(a, actions.StartAttempt)), attempt)
    kinds = [a.what.kind for a in said if isinstance(a, actions.Notify)]
    assert "dial_failed" in kinds and "backoff_started" in kinds
    backoff, = [a.what for a in said if isinstance(a, actions.Notify) and a.what.kind == "backoff_started"]
    assert backoff.until > 1.1 and backoff.failures == 1
    again = manager.handle(events.DialWanted(2, "bob", [ADDRESS]), at=1.1)  # before any backoff is over
    assert [a.what.why for a in again] == ["BackingOff"]
    explained = manager.explain("bob")
    assert explained["failures"] == 1 and explained["dial_refusal"] == "BackingOff" and explained["sentence"]


def test_the_same_events_give_the_same_actions():
    def run():
        manager = Manager(seed=7)
        out = [manager.handle(events.DialWanted(n, f"peer{n}", [ADDRESS]), at=n * 0.1) for n in range(1, 6)]
        return out + [manager.handle(events.AttemptFailed(2 * n - 1, "Reset"), at=1 + n) for n in range(1, 6)]

    assert run() == run()


@pytest.mark.parametrize("wrong, words", [
    (lambda m: Manager(max_conections=1), "did you mean `max_connections`"),
    (lambda m: Manager(max_connections=0), "max_connections"),
    (lambda m: Manager(max_connections="many"), "many"),
    (lambda m: Manager(connection_timeout=-1), "connection_timeout"),
    (lambda m: m.handle(events.Arrived(3, ADDRESS)), "even number"),
    (lambda m: m.handle(events.Arrived(0, ADDRESS)), "even number"),
    (lambda m: m.handle(events.Arrived(2, "nowhere")), "no address"),
    (lambda m: m.handle(events.Closed(2, "IdleTimeot")), "did you mean `IdleTimeout`"),
    (lambda m: m.handle(events.DialWanted(1, "x" * 47)), "at most 46 bytes"),
    (lambda m: m.handle(events.DialWanted(1, "bob", mode="joyn")), "did you mean `join`"),
    (lambda m: m.handle(events.DialWanted(-1, "bob")), "whole number"),
    (lambda m: m.handle(events.SubnetMarked("192.0.2.0:0", 33, "deny")), "at most 32"),
    (lambda m: m.advance(-1), "0 s or more"),
    (lambda m: (m.advance(5), m.advance(4)), "does not go back"),
    (lambda m: m.advance("soon"), "30s"),
])
def test_what_cannot_be_used_is_one_clear_line(wrong, words):
    with pytest.raises(BadInput) as caught:
        wrong(Manager())
    assert words in str(caught.value) and "\n" not in str(caught.value)


def test_what_is_no_event_is_a_type_error():
    for wrong in ("Arrived", None, actions.Admit(2, "handshake")):
        with pytest.raises(TypeError, match="event"):
            Manager().handle(wrong)


def test_an_id_is_used_once():
    manager = Manager()
    manager.handle(events.Arrived(2, ADDRESS))
    with pytest.raises(BadInput, match="never used"):
        manager.handle(events.Arrived(2, ADDRESS))
