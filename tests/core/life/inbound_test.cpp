// SPDX-License-Identifier: MIT
#include "core/driver.hpp"

#include <gtest/gtest.h>

namespace tandem::test {
namespace {

TEST(inbound, goes_from_arrived_to_ready_to_closed) {
  driver d;
  d.tell(events::arrived{conn(2), address()});
  EXPECT_EQ(d.last<actions::admit>()->stage, stage::handshake);
  EXPECT_EQ(d.counters().pending_inbound, 1U);
  EXPECT_EQ(d.counters().permits_live, 0U);
  d.tell(events::authenticated{conn(2), peer(1)});
  EXPECT_EQ(d.last<actions::admit>()->stage, stage::established);
  EXPECT_EQ(d.counters().permits_live, 1U);
  EXPECT_EQ(d.counters().pending_inbound, 1U);
  EXPECT_EQ(d.counters().active_connections, 0U);
  d.tell(events::ready{conn(2)});
  EXPECT_EQ(d.counters().pending_inbound, 0U);
  EXPECT_EQ(d.counters().active_connections, 1U);
  EXPECT_EQ(d.counters().established_total, 1U);
  EXPECT_EQ(d.counters().connected_peers, 1U);
  EXPECT_EQ(d.last(notice::connection_established).peer, peer(1));
  EXPECT_EQ(d.last(notice::connection_established).way, direction::inbound);
  d.tell(events::closed{conn(2), cause::remote_closed});
  EXPECT_EQ(d.last(notice::connection_closed).why, cause::remote_closed);
  EXPECT_EQ(d.counters().active_connections, 0U);
  EXPECT_EQ(d.counters().closed_total, 1U);
  EXPECT_EQ(d.counters().permits_live, 0U);
  EXPECT_EQ(d.counters().permits_released, 1U);
  EXPECT_EQ(d.manager.next_deadline(), never);
}

TEST(global_limit, holds_at_below_and_above) {
  driver d;
  for (std::uint32_t i = 1; i <= 255; ++i) d.accept(conn(2 * i), peer(i));
  EXPECT_EQ(d.counters().active_connections, 255U);
  d.accept(conn(512), peer(256));
  EXPECT_EQ(d.counters().active_connections, 256U);
  EXPECT_EQ(d.refused(cause::limit_reached), 0U);
  d.tell(events::arrived{conn(514), address()});
  d.tell(events::authenticated{conn(514), peer(257)});
  EXPECT_EQ(d.counters().permits_live, 256U);
  EXPECT_EQ(d.refused(cause::limit_reached), 1U);
  const auto refuse = d.last<actions::refuse>();
  ASSERT_TRUE(refuse);
  EXPECT_EQ(refuse->conn, conn(514));
  EXPECT_EQ(refuse->refusal, cause::limit_reached);
  EXPECT_EQ(refuse->how, refuse_how::tell);
  EXPECT_EQ(describe(d.last(notice::inbound_refused)), "LimitReached{limit: 256, current: 256}");
  EXPECT_EQ(d.counters().failed_total, 0U);
  d.tell(events::closed{conn(514), cause::remote_closed});
  d.tell(events::closed{conn(2), cause::remote_closed});
  d.accept(conn(516), peer(258));
  EXPECT_EQ(d.counters().active_connections, 256U);
}

TEST(global_limit, an_outbound_dial_at_the_limit_is_refused_here) {
  manager_options options;
  options.max_connections = options.max_connections_per_peer = 1;
  driver d(options);
  d.dial(req(1), peer(1));
  d.dial(req(2), peer(2));
  const auto first = conn(1), second = conn(3);
  d.tell(events::attempt_connected{first});
  d.tell(events::attempt_connected{second});
  d.upgrade(first, peer(1));
  d.tell(events::authenticated{second, peer(2)});
  EXPECT_EQ(d.last<actions::refuse>()->conn, second);
  EXPECT_EQ(d.last(notice::dial_failed).request, req(2));
  EXPECT_EQ(describe(d.last(notice::dial_failed)), "LimitReached{limit: 1, current: 1}");
  d.tell(events::closed{second, cause::remote_closed});
  d.dial(req(3), peer(3));
  EXPECT_EQ(d.last(notice::dial_failed).request, req(3));
  EXPECT_EQ(d.last(notice::dial_failed).why, cause::limit_reached);
  EXPECT_EQ(d.count<actions::start_attempt>(), 2U);
  EXPECT_EQ(d.refused(cause::limit_reached), 2U);
  EXPECT_EQ(d.counters().failed_total, 0U);
  EXPECT_EQ(d.counters().remembered_peers, 0U);
}

TEST(per_peer_limit, the_third_connection_of_one_peer_is_refused) {
  driver d;
  d.accept(conn(2), peer(1));
  d.accept(conn(4), peer(1));
  EXPECT_EQ(d.refused(cause::per_peer_limit_reached), 0U);
  d.accept(conn(6), peer(1));
  EXPECT_EQ(d.refused(cause::per_peer_limit_reached), 1U);
  EXPECT_EQ(d.last<actions::refuse>()->how, refuse_how::tell);
  EXPECT_EQ(describe(d.last(notice::inbound_refused)), "PerPeerLimitReached{limit: 2, current: 2}");
  EXPECT_EQ(d.counters().connected_peers, 1U);
  EXPECT_EQ(d.counters().active_connections, 2U);
  d.accept(conn(8), peer(2));
  EXPECT_EQ(d.counters().connected_peers, 2U);
  d.tell(events::closed{conn(2), cause::remote_closed});
  d.accept(conn(10), peer(1));
  EXPECT_EQ(d.counters().active_connections, 3U);
}

TEST(per_peer_limit, a_third_additional_dial_is_refused_before_it_starts) {
  driver d;
  for (std::uint64_t r = 1; r <= 2; ++r) {
    d.dial(req(r), peer(1), {address()}, dial_mode::additional);
    d.connect(peer(1));
  }
  EXPECT_EQ(d.counters().active_connections, 2U);
  d.dial(req(3), peer(1), {address()}, dial_mode::additional);
  EXPECT_EQ(d.count<actions::start_attempt>(), 2U);
  EXPECT_EQ(d.last(notice::dial_failed).why, cause::per_peer_limit_reached);
}

TEST(handshake, is_aborted_exactly_at_its_deadline) {
  driver d;
  d.run_to(1s);
  d.tell(events::arrived{conn(2), address()});
  d.run_to(5s);
  d.tell(events::authenticated{conn(2), peer(1)});  // one deadline from accept to ready
  d.run_to(16s - 1ns);
  EXPECT_EQ(d.count<actions::abort>(), 0U);
  d.run_to(16s);
  EXPECT_EQ(d.when<actions::abort>(), at(16s));
  EXPECT_EQ(d.last<actions::abort>()->reason, cause::handshake_timeout);
  EXPECT_EQ(d.last(notice::handshake_failed).why, cause::handshake_timeout);
  EXPECT_EQ(d.counters().failed_total, 1U);
  EXPECT_EQ(d.counters().permits_live, 0U);
}

TEST(refusal, lingers_until_it_is_aborted_after_refusal_linger) {
  manager_options options;
  options.max_connections = options.max_connections_per_peer = 1;
  driver d(options);
  d.accept(conn(2), peer(1));
  d.tell(events::arrived{conn(4), address()});
  d.tell(events::authenticated{conn(4), peer(2)});
  EXPECT_EQ(d.counters().lingering, 1U);
  EXPECT_EQ(d.counters().pending_inbound, 0U);
  d.run_to(1s - 1ns);
  EXPECT_EQ(d.count<actions::abort>(), 0U);
  d.answers = false;
  d.run_to(1s);
  EXPECT_EQ(d.when<actions::abort>(), at(1s));
  EXPECT_EQ(d.last<actions::abort>()->reason, cause::limit_reached);
  EXPECT_EQ(d.counters().lingering, 1U);  // until the last event of the id
  d.tell(events::closed{conn(4), cause::aborted});
  EXPECT_EQ(d.counters().lingering, 0U);
  EXPECT_EQ(d.count(notice::handshake_failed), 0U);
}

TEST(refusal, lingers_for_three_probe_timeouts_of_a_slow_peer_but_not_for_ever) {
  // A handshake counts three times, as a first sample of a round trip (RFC 6298, 2.2).
  for (const auto& [handshake, lingers] :
       {std::pair<duration, duration>(111ms, 1s), {112ms, 9 * 112ms}, {1s, 9s}, {2s, 15s}}) {
    SCOPED_TRACE(handshake / 1ms);
    manager_options options;
    options.max_connections = options.max_connections_per_peer = 1;
    driver d(options);
    d.accept(conn(2), peer(1));
    d.tell(events::arrived{conn(4), address()});
    d.run_for(handshake);
    d.tell(events::authenticated{conn(4), peer(2)});
    d.run_for(lingers - 1ns);
    EXPECT_EQ(d.count<actions::abort>(), 0U);
    d.run_for(1ns);
    EXPECT_EQ(d.count<actions::abort>(), 1U);
  }
}

TEST(refusal, above_the_bound_of_lingering_ones_is_a_reset) {
  manager_options options;
  options.max_connections = options.max_connections_per_peer = 1;
  options.max_lingering_refusals = 2;
  driver d(options);
  d.accept(conn(2), peer(1));
  for (std::uint64_t i = 2; i <= 3; ++i) {
    d.accept(conn(2 * i), peer(2));
    EXPECT_EQ(d.last<actions::refuse>()->how, refuse_how::tell);
  }
  d.accept(conn(8), peer(2));
  EXPECT_EQ(d.last<actions::refuse>()->how, refuse_how::reset);
  EXPECT_EQ(d.counters().lingering, 2U);
}

TEST(denied, peers_are_refused_in_both_directions_until_the_ban_ends) {
  driver d;
  d.tell(events::peer_marked{peer(1), mark::deny, true, at(10s)});
  d.accept(conn(2), peer(1));
  EXPECT_EQ(d.refused(cause::denied), 1U);
  d.dial(req(1), peer(1));
  EXPECT_EQ(d.last(notice::dial_failed).why, cause::denied);
  EXPECT_EQ(d.counters().remembered_peers, 0U);  // a ban is not a failure
  EXPECT_EQ(d.manager.explain(peer(1), d.now).dial_refusal, cause::denied);
  d.run_to(10s);
  d.accept(conn(4), peer(1));
  EXPECT_EQ(d.counters().active_connections, 1U);
  d.tell(events::closed{conn(4), cause::remote_closed});
  EXPECT_EQ(d.counters().remembered_peers, 0U);

  d.tell(events::peer_marked{peer(2), mark::deny});
  d.tell(events::peer_marked{peer(2), mark::allow});
  d.accept(conn(6), peer(2));
  EXPECT_EQ(d.counters().active_connections, 1U);
  EXPECT_EQ(d.counters().remembered_peers, 0U);
}

TEST(self, connections_are_refused) {
  driver d;
  d.dial(req(1), peer(1000));
  EXPECT_EQ(d.last(notice::dial_failed).why, cause::self_dial);
  d.accept(conn(2), peer(1000));
  EXPECT_EQ(d.refused(cause::self_dial), 2U);
}

TEST(ids, unknown_duplicate_and_finished_ones_are_counted_and_ignored) {
  driver d;
  std::uint64_t ignored = 0;
  const auto expect_ignored = [&](const event& e) {
    d.tell(e);
    EXPECT_EQ(d.counters().ignored_events, ++ignored) << "event " << e.index();
  };
  d.accept(conn(2), peer(1));
  d.tell(events::closed{conn(2), cause::reset});
  d.dial(req(1), peer(2));
  for (const connection_id c : {conn(2), conn(4), conn(99), conn(0)}) {
    expect_ignored(events::attempt_connected{c});
    expect_ignored(events::attempt_failed{c, cause::unreachable});
    expect_ignored(events::authenticated{c, peer(1)});
    expect_ignored(events::ready{c});
    expect_ignored(events::traffic{c, 1, 1, 1, d.now, d.now});
    expect_ignored(events::rtt_sampled{c, 1ms});
    expect_ignored(events::probe_answered{c, 1});
    expect_ignored(events::stream_opened{c});
    expect_ignored(events::stream_closed{c});
    expect_ignored(events::remote_refused{c, cause::limit_reached});
    expect_ignored(events::closed{c, cause::reset});
  }
  expect_ignored(events::disconnect_wanted{{}, conn(98), cause::requested});
  expect_ignored(events::disconnect_wanted{peer(77), {}, cause::requested});
  expect_ignored(events::arrived{conn(0), address()});
  expect_ignored(events::arrived{conn(7), address()});   // odd: ours to issue
  expect_ignored(events::dial_wanted{req(1), peer(3)});  // in use
  expect_ignored(events::dial_wanted{req(0), peer(3)});
  expect_ignored(events::dial_abandoned{req(9)});
  expect_ignored(events::addresses_found{req(9)});
  expect_ignored(events::backoff_overridden{peer(9)});
  d.tell(events::arrived{conn(4), address()});
  expect_ignored(events::arrived{conn(4), address()});
  expect_ignored(events::ready{conn(4)});
  d.upgrade(conn(4), peer(1));
  expect_ignored(events::authenticated{conn(4), peer(1)});
  expect_ignored(events::ready{conn(4)});
  expect_ignored(events::stream_closed{conn(4)});
  EXPECT_EQ(d.counters().bytes_sent, 0U);
  EXPECT_EQ(d.counters().active_connections, 1U);
  d.tell(events::disconnect_wanted{peer(1), {}, cause::requested});
  expect_ignored(events::probe_answered{conn(4), 1});
}

TEST(time, starts_at_zero_and_ends_before_never) {
  driver d;
  d.now = time_point::min();
  d.tell(events::arrived{conn(2), address()});
  d.tell(events::authenticated{conn(2), peer(1)});
  EXPECT_EQ(d.manager.next_deadline(), at(15s));
  d.now = never;
  d.tell(events::accept_failed{cause::local_resource});
  EXPECT_EQ(d.manager.next_deadline(), at(15s));  // listening is never resumed
  d.manager.advance(never);
  EXPECT_EQ(d.manager.next_deadline(), never);
}

TEST(time, going_backwards_counts_as_the_latest_seen) {
  driver d;
  d.run_to(10s);
  d.accept(conn(2), peer(1));
  d.now = at(3s);
  d.app_bytes(conn(2));
  d.accept(conn(4), peer(2));
  d.now = at(10s);
  d.run_to(60s);
  for (const auto& [when, n] : d.all(notice::connection_closed)) EXPECT_GE(when, at(40s));
  EXPECT_EQ(d.count<actions::close>(), 2U);
}

TEST(driver_bugs, an_event_before_the_actions_are_drained_is_an_assertion) {
  connection_manager manager({}, peer(1), 1);
  manager.handle(at(0s), events::arrived{conn(2), address()});
  EXPECT_DEATH(manager.advance(at(0s)), "manager.cpp:[0-9]+: assertion failed: .*drain");
}

TEST(host, a_failed_accept_pauses_listening_for_100_ms) {
  driver d;
  d.run_to(1s);
  d.tell(events::accept_failed{cause::local_resource});
  d.tell(events::accept_failed{cause::local_resource});
  EXPECT_EQ(d.count<actions::listen_pause>(), 1U);
  d.run_to(1100ms - 1ns);
  EXPECT_EQ(d.count<actions::listen_resume>(), 0U);
  d.run_to(1100ms);
  EXPECT_EQ(d.count<actions::listen_resume>(), 1U);
  d.tell(events::accept_failed{cause::local_resource});
  EXPECT_EQ(d.count<actions::listen_pause>(), 2U);
}

}  // namespace
}  // namespace tandem::test
