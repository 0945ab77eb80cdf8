// SPDX-License-Identifier: MIT
// Which ends of connections are held against whom.
#include "core/driver.hpp"

#include <gtest/gtest.h>

namespace tandem::test {
namespace {

manager_options exponential() {
  manager_options options;
  options.backoff_strategy = backoff_strategy::exponential;
  return options;
}

std::uint32_t failures(const driver& d, std::uint32_t who = 1) {
  return d.manager.explain(peer(who), d.now).failures;
}

TEST(blame, an_inbound_connection_that_fails_between_authentication_and_ready) {
  for (const cause why : {cause::reset, cause::remote_closed, cause::handshake_failed,
                          cause::protocol_error, cause::transport_timeout}) {
    driver d(exponential());
    d.tell(events::arrived{conn(2), address()});
    d.tell(events::authenticated{conn(2), peer(1)});
    d.tell(events::closed{conn(2), why});
    EXPECT_EQ(failures(d), 1U) << name_of(why);
    d.tell(events::arrived{conn(4), address()});
    d.tell(events::authenticated{conn(4), peer(1)});
    EXPECT_EQ(d.last(notice::inbound_refused).why, cause::backing_off) << name_of(why);
    EXPECT_EQ(d.last(notice::inbound_refused).until, at(1s)) << name_of(why);
    EXPECT_EQ(d.last<actions::refuse>()->retry_after, 1s) << name_of(why);
    d.run_to(1s);
    d.accept(conn(6), peer(1));
    EXPECT_EQ(d.counters().active_connections, 1U) << name_of(why);
  }
}

TEST(blame, a_handshake_that_takes_too_long_after_authentication) {
  driver d(exponential());
  d.tell(events::arrived{conn(2), address()});
  d.tell(events::authenticated{conn(2), peer(1)});
  d.run_to(15s);
  EXPECT_EQ(failures(d), 1U);
}

TEST(blame, nobody_when_we_decided_or_the_peer_said_why_or_has_a_connection_already) {
  const std::vector<void (*)(driver&)> ends{
      [](driver& d) {
        d.tell(events::disconnect_wanted{{}, conn(2)});
      },
      [](driver& d) { d.tell(events::shutdown_wanted{}); },
      [](driver& d) {
        d.tell(events::remote_refused{conn(2), cause::duplicate, 0s});
        d.tell(events::closed{conn(2), cause::duplicate});
      },
      [](driver& d) {
        d.accept(conn(4), peer(1));  // of two that crossed the peer drops one
        d.tell(events::closed{conn(2), cause::reset});
      }};
  for (std::size_t i = 0; i < ends.size(); ++i) {
    driver d(exponential());
    d.tell(events::arrived{conn(2), address()});
    d.tell(events::authenticated{conn(2), peer(1)});
    ends[i](d);
    EXPECT_EQ(failures(d), 0U) << i;
  }
}

TEST(blame, a_ready_connection_that_dies_or_breaks_a_protocol_and_no_other_end) {
  for (const cause_row& row : causes()) {
    driver d(exponential());
    d.accept(conn(2), peer(1));
    d.tell(events::closed{conn(2), row.value});
    const bool blamed = row.value == cause::liveness_lost ||
                        row.value == cause::transport_timeout || row.value == cause::protocol_error;
    EXPECT_EQ(failures(d), blamed ? 1U : 0U) << row.name;
  }
}

TEST(blame, what_the_peer_says_of_a_ready_connection_is_no_failure_of_its_own) {
  for (const cause said : {cause::protocol_error, cause::liveness_lost, cause::shutting_down}) {
    driver d(exponential());
    d.accept(conn(2), peer(1));
    d.tell(events::remote_refused{conn(2), said, 0s});
    d.tell(events::closed{conn(2), said});
    EXPECT_EQ(failures(d), 0U) << name_of(said);
    EXPECT_EQ(d.counters().remembered_peers, 0U) << name_of(said);
  }
}

TEST(blame, a_peer_that_asks_for_time_when_it_ends_a_ready_connection_is_given_it) {
  for (const auto& [asked, given] :
       std::vector<std::pair<duration, duration>>{{30s, 30s}, {60s, 60s}, {24h, 60s}}) {
    driver d(exponential());
    d.accept(conn(2), peer(1));
    d.tell(events::remote_refused{conn(2), cause::shutting_down, asked});
    d.tell(events::closed{conn(2), cause::shutting_down});
    EXPECT_EQ(failures(d), 0U);
    const time_point until = d.last(notice::connection_closed).until;
    EXPECT_GE(until, at(given));
    EXPECT_LE(until, at(given + given / 4));
    d.run_to(until.time_since_epoch() - 1ns);
    d.dial(req(1), peer(1));
    EXPECT_EQ(d.last(notice::dial_failed).why, cause::backing_off);
    EXPECT_EQ(d.last(notice::dial_failed).until, until);
    d.accept(conn(4), peer(1));  // it may come back by itself
    EXPECT_EQ(d.counters().active_connections, 1U);
  }
}

/// A connection dialled to the peer, ready.
connection_id dialled(driver& d, std::uint64_t r, dial_mode mode = dial_mode::join) {
  d.dial(req(r), peer(1), {address()}, mode);
  return d.connect(peer(1));
}

TEST(blame, a_peer_that_drops_what_we_dialled_as_soon_as_it_is_ready) {
  for (const cause why : {cause::reset, cause::remote_closed}) {
    driver d(exponential());
    for (std::uint32_t n = 1; n <= 3; ++n) {
      const connection_id c = dialled(d, n);
      d.tell(events::closed{c, why});
      EXPECT_EQ(failures(d), n) << name_of(why);
      EXPECT_EQ(d.last(notice::backoff_started).why, why);
      EXPECT_EQ(d.last(notice::backoff_started).until, d.now + 1s * (1U << (n - 1)));
      d.accept(conn(2 * n), peer(1));  // it may come by itself
      EXPECT_EQ(d.counters().active_connections, 1U) << name_of(why);
      d.tell(events::closed{conn(2 * n), why});
      d.run_to(d.last(notice::backoff_started).until.time_since_epoch());
    }
  }
}

TEST(blame, a_dropped_connection_only_until_it_was_stable) {
  for (const bool stable : {false, true}) {
    driver d(exponential());
    d.tell(events::peer_marked{peer(1), mark::keep_alive});
    const connection_id c = dialled(d, 1);
    for (int i = 0; i < 6; ++i) {
      d.run_for(9s);
      d.other_bytes(c);
    }
    d.run_to(stable ? duration(60s) : 60s - 1ns);
    d.tell(events::closed{c, cause::remote_closed});
    EXPECT_EQ(failures(d), stable ? 0U : 1U);
  }
}

TEST(blame, nobody_for_the_end_of_a_connection_that_was_used_or_dialled_by_the_peer) {
  const std::vector<void (*)(driver&, connection_id)> uses{
      [](driver& d, connection_id c) { d.app_bytes(c); },  // when it is ready, to the nanosecond
      [](driver& d, connection_id c) { d.tell(events::stream_opened{c}); },
      [](driver& d, connection_id c) {
        d.tell(events::stream_opened{c});
        d.tell(events::stream_closed{c});
      }};
  for (std::size_t i = 0; i < uses.size(); ++i) {
    driver d(exponential());
    const connection_id c = dialled(d, 1);
    uses[i](d, c);
    d.run_for(1s);
    d.tell(events::closed{c, cause::remote_closed});
    EXPECT_EQ(failures(d), 0U) << i;
  }
  driver d(exponential());
  const connection_id c = dialled(d, 1);
  d.tell(events::stream_opened{c, false});
  d.other_bytes(c);
  d.tell(events::closed{c, cause::remote_closed});
  EXPECT_EQ(failures(d), 1U) << "control streams and bytes are no use";
}

TEST(blame, nobody_for_an_unused_connection_that_we_end_or_the_peer_does_in_words_or_for_another) {
  const std::vector<void (*)(driver&, connection_id)> ends{
      [](driver& d, connection_id c) {
        d.tell(events::disconnect_wanted{{}, c});
        d.tell(events::closed{c, cause::remote_closed});
      },
      [](driver& d, connection_id c) {
        d.tell(events::remote_refused{c, cause::limit_reached, 0s});
        d.tell(events::closed{c, cause::remote_closed});
      },
      [](driver& d, connection_id c) {
        d.accept(conn(2), peer(1));
        d.tell(events::closed{c, cause::remote_closed});
      }};
  for (std::size_t i = 0; i < ends.size(); ++i) {
    driver d(exponential());
    ends[i](d, dialled(d, 1));
    EXPECT_EQ(failures(d), 0U) << i;
  }
}

TEST(blame, one_old_connection_does_not_excuse_what_its_peer_does_on_others) {
  manager_options options = exponential();
  options.max_connections_per_peer = 8;
  options.breaker_failures = 4;
  driver d(options);
  d.tell(events::peer_marked{peer(1), mark::keep_alive});
  d.accept(conn(2), peer(1));
  d.tell(events::stream_opened{conn(2)});
  for (int i = 0; i < 10; ++i) {
    d.run_for(9s);
    d.other_bytes(conn(2));
  }
  for (std::uint32_t n = 1; n <= 4; ++n) {
    d.tell(events::closed{dialled(d, n, dial_mode::additional), cause::protocol_error});
    EXPECT_EQ(failures(d), n);
    d.other_bytes(conn(2));
    d.run_for(1s * (1U << n));
  }
  EXPECT_EQ(d.count(notice::circuit_opened), 0U);  // each was ready before
  EXPECT_EQ(d.last(notice::backoff_started).ceiling, 8s);
}

TEST(blame, is_cleared_by_an_old_connection_once_there_was_no_failure_for_as_long) {
  for (const bool stable : {false, true}) {
    driver d(exponential());
    d.accept(conn(2), peer(1));
    d.tell(events::stream_opened{conn(2)});
    for (int i = 0; i < 16; ++i) {
      if (i == 10)
        d.tell(events::closed{dialled(d, 1, dial_mode::additional), cause::protocol_error});
      d.run_for(9s);
      d.other_bytes(conn(2));
    }
    d.run_to(stable ? duration(150s) : 150s - 1ns);  // it failed at 90 s
    d.tell(events::closed{conn(2), cause::remote_closed});
    EXPECT_EQ(failures(d), stable ? 0U : 1U);
  }
}

TEST(blame, whoever_answered_a_dial_without_a_peer_and_failed_after_authentication) {
  driver d(exponential());
  d.dial(req(1), {});
  d.tell(events::attempt_connected{conn(1)});
  d.tell(events::authenticated{conn(1), peer(1)});
  d.tell(events::closed{conn(1), cause::protocol_error});
  EXPECT_EQ(failures(d), 1U);
}

TEST(blame, one_failure_of_a_dial_and_not_one_of_its_connection_too) {
  driver d(exponential());
  d.dial(req(1), peer(1));
  d.tell(events::attempt_connected{conn(1)});
  d.tell(events::authenticated{conn(1), peer(1)});
  d.tell(events::closed{conn(1), cause::handshake_failed});
  EXPECT_EQ(failures(d), 1U);
  EXPECT_EQ(d.count(notice::backoff_started), 1U);
}

TEST(breaker, lets_breaker_trials_dials_through_a_half_open_circuit_at_one_time) {
  manager_options options = exponential();
  options.breaker_trials = 2;
  options.breaker_failures = 1;
  driver d(options);
  d.dial(req(1), peer(1));
  d.fail();
  d.run_to(30s);
  for (std::uint64_t r = 2; r <= 3; ++r)
    d.dial(req(r), peer(1), {address()}, dial_mode::additional);
  EXPECT_EQ(d.count<actions::start_attempt>(), 3U);
  EXPECT_EQ(d.count(notice::circuit_half_opened), 1U);
  d.dial(req(4), peer(1), {address()}, dial_mode::additional);
  d.dial(req(5), peer(1), {address()}, dial_mode::additional, d.now + 1s);
  EXPECT_EQ(d.count<actions::start_attempt>(), 3U) << "they wait";
  d.tell(events::dial_abandoned{req(2)});
  EXPECT_EQ(d.count<actions::start_attempt>(), 4U);
  d.run_for(1s);
  EXPECT_EQ(d.last(notice::dial_failed).request, req(5));
  EXPECT_EQ(d.last(notice::dial_failed).why, cause::circuit_open);
  EXPECT_EQ(d.manager.explain(peer(1), d.now).failures, 1U) << "nobody is blamed";
}

TEST(configured, orders_and_bounds_the_records_anew) {
  manager_options options = exponential();
  driver d(options);
  for (std::uint32_t who = 1; who <= 10; ++who) {
    d.dial(req(who), peer(who), {address(static_cast<std::uint16_t>(who))});
    d.fail();
    d.run_for(1s);
  }
  EXPECT_EQ(d.counters().remembered_peers, 10U);
  EXPECT_EQ(d.counters().remembered_addresses, 10U);
  options.max_remembered_peers = 4;
  options.max_remembered_addresses = 3;
  d.tell(events::configured{options});
  EXPECT_EQ(d.counters().remembered_peers, 4U);
  EXPECT_EQ(d.counters().remembered_addresses, 3U);
  EXPECT_EQ(d.counters().records_dropped, 6U);
  EXPECT_EQ(failures(d, 6), 0U);
  EXPECT_EQ(failures(d, 7), 1U);
}

TEST(configured, does_not_bring_back_what_was_over_under_the_options_before) {
  manager_options options = exponential();
  options.backoff_refund = 1s;
  driver d(options);
  d.dial(req(1), peer(1));
  d.fail();
  d.run_to(5s);
  options.backoff_refund = 10min;
  d.tell(events::configured{options});
  EXPECT_EQ(d.counters().remembered_peers, 0U);
  d.dial(req(2), peer(1));
  d.fail();
  EXPECT_EQ(d.last(notice::backoff_started).failures, 1U);
}

}  // namespace
}  // namespace tandem::test
