// SPDX-License-Identifier: MIT
#include "core/policy/failure_record.hpp"

#include "core/driver.hpp"

#include "core/policy/peer_table.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace tandem::test {
namespace {

using detail::class_of;
using detail::failure_class;
using detail::failure_record;
using detail::peer_slot;
using detail::peer_table;

struct subject {
  manager_options options;
  random_stream random{1};
  failure_record record;

  subject() { options.backoff_strategy = backoff_strategy::exponential; }
  bool fail(duration t, cause why, failure_class what, duration retry_after = {}) {
    return record.failed(at(t), options, random, why, what, retry_after);
  }
  bool fail(duration t, cause why) { return fail(t, why, class_of(why)); }
  cause dial(duration t) const { return record.dial_refusal(at(t), options).why; }
  cause accept(duration t) const { return record.accept_refusal(at(t)).why; }
};

TEST(failure_class, of_every_cause) {
  for (const cause_row& row : causes()) {
    failure_class expected = failure_class::none;
    switch (row.value) {
      case cause::connection_refused:
      case cause::reset:
      case cause::remote_closed:
      case cause::wrong_peer:
        expected = failure_class::refused;
        break;
      case cause::connect_timeout:
      case cause::attempt_timeout:
      case cause::dial_deadline:
      case cause::unreachable:
      case cause::transport_timeout:
      case cause::liveness_lost:
        expected = failure_class::timeout;
        break;
      case cause::handshake_failed:
      case cause::handshake_timeout:
        expected = failure_class::handshake;
        break;
      case cause::protocol_error:
        expected = failure_class::protocol;
        break;
      case cause::remote_refused:
        expected = failure_class::remote_limit;
        break;
      case cause::local_resource:
        expected = failure_class::local_resource;
        break;
      default:
        break;
    }
    EXPECT_EQ(class_of(row.value), expected) << row.name;
    if (is_refusal(row.value)) {
      EXPECT_EQ(class_of(row.value), failure_class::none) << row.name;
    }
  }
}

TEST(failure_record, holds_inbound_back_after_a_failed_handshake_and_not_an_unanswered_dial) {
  for (const cause why :
       {cause::handshake_failed, cause::handshake_timeout, cause::protocol_error}) {
    subject s;
    s.fail(0s, why);
    EXPECT_EQ(s.accept(1s - 1ns), cause::backing_off) << name_of(why);
    EXPECT_EQ(s.record.accept_refusal(at(0s)).until, at(1s));
    EXPECT_EQ(s.accept(1s), cause::none) << name_of(why);
    EXPECT_EQ(s.dial(1s - 1ns), cause::backing_off) << name_of(why);
  }
  for (const cause why : {cause::connection_refused, cause::connect_timeout, cause::wrong_peer}) {
    subject s;
    s.fail(0s, why);
    EXPECT_EQ(s.accept(0s), cause::none) << name_of(why);
    EXPECT_EQ(s.dial(1s - 1ns), cause::backing_off) << name_of(why);
    EXPECT_EQ(s.dial(1s), cause::none) << name_of(why);
  }
}

TEST(failure_record, a_remote_limit_feeds_the_backoff_and_never_the_breaker) {
  subject s;
  for (int i = 0; i < 20; ++i)
    EXPECT_FALSE(s.fail(0s, cause::limit_reached, failure_class::remote_limit)) << i;
  EXPECT_EQ(s.record.circuit(at(0s)), circuit_state::closed);
  EXPECT_EQ(s.record.failures(at(0s), s.options), 20U);
  EXPECT_EQ(s.accept(0s), cause::none);
  EXPECT_EQ(s.dial(60s - 1ns), cause::backing_off);
  EXPECT_EQ(s.dial(60s), cause::none);
}

TEST(failure_record, a_trial_that_meets_a_limit_closes_the_circuit) {
  subject s;
  for (int i = 0; i < 5; ++i) s.fail(0s, cause::connect_timeout);
  s.record.dial_starts(at(30s));
  s.fail(30s, cause::limit_reached, failure_class::remote_limit);
  s.record.trial_ends();
  EXPECT_EQ(s.record.circuit(at(30s)), circuit_state::closed);
}

TEST(failure_record, a_late_remote_limit_does_not_close_an_open_circuit) {
  subject s;
  for (int i = 0; i < 5; ++i) s.fail(0s, cause::connect_timeout);
  s.fail(1s, cause::limit_reached, failure_class::remote_limit);
  EXPECT_EQ(s.record.circuit(at(1s)), circuit_state::open);
}

TEST(failure_record, honours_retry_after_up_to_what_the_breaker_would_take) {
  for (const auto& [asked, given] : std::vector<std::pair<duration, duration>>{
           {0s, 1s}, {500ms, 1s}, {25s, 25s}, {60s, 60s}, {60s + 1ns, 60s}, {24h, 60s}}) {
    subject s;
    s.fail(0s, cause::limit_reached, failure_class::remote_limit, asked);
    EXPECT_GE(s.record.until(), at(given));
    EXPECT_LE(s.record.until(), at(std::max<duration>(1s, given + given / 4)));
  }
}

TEST(failure_record, those_who_are_told_the_same_time_come_back_over_a_quarter_of_it) {
  duration least = 1h;
  duration most{};
  for (std::uint64_t seed = 1; seed <= 2000; ++seed) {
    subject s;
    s.random = random_stream(seed);
    s.fail(0s, cause::limit_reached, failure_class::remote_limit, 40s);
    const duration waits = s.record.until().time_since_epoch();
    least = std::min(least, waits);
    most = std::max(most, waits);
  }
  EXPECT_GE(least, 40s);
  EXPECT_LT(least, 40100ms);
  EXPECT_LE(most, 50s);
  EXPECT_GT(most, 49900ms);
}

TEST(failure_record, has_one_next_try_time_at_which_its_circuit_is_half_open) {
  const auto one_time = [](const subject& s, duration now, const char* what) {
    const time_point next = s.record.next_dial(at(now));
    ASSERT_GT(next, at(now)) << what;
    EXPECT_EQ(s.record.circuit(next - 1ns), circuit_state::open) << what;
    EXPECT_EQ(s.record.circuit(next), circuit_state::half_open) << what;
    EXPECT_EQ(s.record.dial_refusal(next - 1ns, s.options).until, next) << what;
    EXPECT_EQ(s.record.dial_refusal(next, s.options).why, cause::none) << what;
  };
  // A backoff longer than the period, whoever asked for it and whenever; or the period.
  for (const duration base : {1s, 55s}) {
    for (std::uint64_t seed = 1; seed <= 50; ++seed) {
      subject s;
      s.options.backoff_strategy = backoff_strategy::full;
      s.options.backoff_base = base;
      s.random = random_stream(seed);
      for (int i = 0; i < 5; ++i) s.fail(0s, cause::connect_timeout);
      one_time(s, 0s, "the longer of both");
      EXPECT_GE(s.record.next_dial(at(0s)), at(15s));
      EXPECT_GE(s.record.next_dial(at(0s)), s.record.until());
      s.record.postpone(at(70s));
      EXPECT_EQ(s.record.next_dial(at(0s)), at(70s));
      one_time(s, 0s, "asked for later");
      s.record.penalise(at(80s));
      EXPECT_EQ(s.record.next_dial(at(0s)), at(80s));
      one_time(s, 0s, "penalised");
      s.record.network_changed();
      EXPECT_EQ(s.record.next_dial(at(0s)), at(80s));
      one_time(s, 0s, "on another network");
      s.record.override_backoff();
      EXPECT_LE(s.record.next_dial(at(0s)), at(0s));
    }
  }
}

TEST(failure_record, of_a_circuit_that_is_half_open_a_failure_opens_it_and_a_limit_closes_it) {
  for (const failure_class what : {failure_class::timeout, failure_class::remote_limit}) {
    subject s;
    for (int i = 0; i < 5; ++i) s.fail(0s, cause::connect_timeout);
    ASSERT_EQ(s.record.circuit(at(60s)), circuit_state::half_open);
    // The backoff that it adds runs on from now: half-open all the same when it was judged.
    EXPECT_EQ(s.fail(60s, cause::connect_timeout, what), what == failure_class::timeout);
    EXPECT_EQ(s.record.circuit(at(60s)),
              what == failure_class::timeout ? circuit_state::open : circuit_state::closed);
  }
}

TEST(failure_record, a_failure_while_its_circuit_is_open_postpones_the_one_time) {
  subject s;
  for (int i = 0; i < 5; ++i) s.fail(0s, cause::connect_timeout);
  s.fail(1s, cause::limit_reached, failure_class::remote_limit, 60s);
  const time_point next = s.record.next_dial(at(1s));
  EXPECT_GE(next, at(61s));
  EXPECT_EQ(s.record.circuit(next - 1ns), circuit_state::open);
  EXPECT_EQ(s.record.circuit(next), circuit_state::half_open);
}

TEST(failure_record, a_penalty_holds_both_directions_and_is_no_failure) {
  subject s;
  s.record.penalise(at(60s));
  EXPECT_EQ(s.record.failures(at(0s), s.options), 0U);
  EXPECT_EQ(s.accept(60s - 1ns), cause::backing_off);
  EXPECT_EQ(s.dial(60s - 1ns), cause::backing_off);
  EXPECT_EQ(s.record.dial_refusal(at(0s), s.options).until, at(60s));
  EXPECT_EQ(s.accept(60s), cause::none);
  EXPECT_EQ(s.dial(60s), cause::none);
  EXPECT_FALSE(s.record.blank(at(60s - 1ns), s.options));
  EXPECT_TRUE(s.record.blank(at(60s), s.options));
}

TEST(failure_record, an_override_opens_everything_and_keeps_the_count) {
  subject s;
  for (int i = 0; i < 5; ++i) s.fail(0s, cause::handshake_failed);
  s.record.penalise(at(60s));
  s.record.override_backoff();
  EXPECT_EQ(s.dial(0s), cause::none);
  EXPECT_EQ(s.accept(0s), cause::none);
  EXPECT_EQ(s.record.failures(at(0s), s.options), 5U);
}

TEST(failure_record, another_network_matters_only_to_failures_of_the_path) {
  for (const cause why : {cause::connection_refused, cause::connect_timeout}) {
    subject s;
    for (int i = 0; i < 5; ++i) s.fail(0s, why);
    s.record.network_changed();
    EXPECT_EQ(s.dial(0s), cause::none) << name_of(why);
    EXPECT_EQ(s.record.failures(at(0s), s.options), 5U);
  }
  for (const cause why : {cause::handshake_failed, cause::protocol_error}) {
    subject s;
    s.fail(0s, why);
    s.record.network_changed();
    EXPECT_EQ(s.dial(0s), cause::backing_off) << name_of(why);
  }
  subject s;
  s.fail(0s, cause::limit_reached, failure_class::remote_limit);
  s.record.network_changed();
  EXPECT_EQ(s.dial(0s), cause::backing_off);
}

TEST(failure_record, expires_with_the_last_of_delay_circuit_and_refunds) {
  subject s;
  s.options.backoff_refund = 1s;
  s.fail(0s, cause::connect_timeout);
  EXPECT_EQ(s.record.expiry(s.options), at(1s));
  s.fail(0s, cause::limit_reached, failure_class::remote_limit, 200s);
  EXPECT_GE(s.record.expiry(s.options), at(60s));
  EXPECT_LE(s.record.expiry(s.options), at(75s));
  for (int i = 0; i < 4; ++i) s.fail(250s, cause::connect_timeout);
  EXPECT_EQ(s.record.circuit(at(250s)), circuit_state::closed);  // all but these were refunded
  for (int i = 0; i < 1; ++i) s.fail(250s, cause::connect_timeout);
  EXPECT_GE(s.record.expiry(s.options), at(265s));
  EXPECT_LE(s.record.expiry(s.options), at(280s));
  s.options.backoff_refund = 10min;
  EXPECT_EQ(s.record.expiry(s.options), at(250s + 5 * 10min));
}

// The table of records.

struct table {
  manager_options options;
  random_stream random{1};
  peer_table peers;
  std::uint64_t dropped = 0;

  explicit table(std::uint64_t records_max) { options.max_remembered_peers = records_max; }
  void fail(std::uint32_t who, duration t, int times = 1) {
    const peer_slot p = peers.intern(peer(who));
    for (int i = 0; i < times; ++i)
      peers.remember(p).failed(at(t), options, random, cause::connection_refused,
                               failure_class::refused, {});
    dropped += peers.settle(p, at(t), options);
  }
  void penalise(std::uint32_t who, duration t, duration period) {
    const peer_slot p = peers.intern(peer(who));
    peers.remember(p).penalise(at(t + period));
    dropped += peers.settle(p, at(t), options);
  }
  bool knows(std::uint32_t who) const { return peers.find(peer(who)) != detail::no_slot; }
};

TEST(peer_records, are_bounded_at_the_limit_and_not_below_it) {
  table t(3);
  for (std::uint32_t who = 1; who <= 3; ++who) t.fail(who, 0s);
  EXPECT_EQ(t.peers.records(), 3U);
  EXPECT_EQ(t.dropped, 0U);
  t.fail(4, 1s);
  EXPECT_EQ(t.peers.records(), 3U);
  EXPECT_EQ(t.dropped, 1U);
  EXPECT_FALSE(t.knows(1));
}

TEST(peer_records, a_new_record_that_would_expire_soonest_is_the_one_dropped) {
  table t(2);
  t.fail(1, 0s, 5);
  t.fail(2, 0s, 5);
  t.fail(3, 1s);
  EXPECT_FALSE(t.knows(3));
  EXPECT_TRUE(t.knows(1));
  EXPECT_TRUE(t.knows(2));
}

TEST(peer_records, an_attacker_with_many_identities_does_not_make_the_table_forget_its_record) {
  table t(64);
  t.fail(1, 0s, 6);
  // For 49 minutes a fresh identity fails every 10 ms.
  std::uint32_t identity = 10;
  for (duration now = 0s; now < 49min; now += 10ms) t.fail(identity++, now);
  ASSERT_TRUE(t.knows(1));
  EXPECT_EQ(t.peers.record_of(t.peers.find(peer(1)))->failures(at(49min), t.options), 2U);
  EXPECT_LE(t.peers.records(), 64U);
  EXPECT_LE(t.peers.size(), 64U);
  EXPECT_GT(t.dropped, 200'000U);
  // Once refunds made it as light as theirs it goes like theirs.
  for (duration now = 49min; now < 51min; now += 10ms) t.fail(identity++, now);
  EXPECT_FALSE(t.knows(1));
}

TEST(peer_records, a_penalty_is_not_displaced_by_failures_while_it_runs) {
  table t(64);
  t.penalise(1, 0s, 60s);
  std::uint32_t identity = 10;
  for (duration now = 0s; now < 60s; now += 10ms) t.fail(identity++, now, 3);
  ASSERT_TRUE(t.knows(1));
  EXPECT_EQ(t.peers.record_of(t.peers.find(peer(1)))->accept_refusal(at(60s - 1ns)).until, at(60s));
  EXPECT_LE(t.peers.records(), 64U);
  t.fail(identity++, 60s);
  EXPECT_FALSE(t.knows(1));
}

TEST(peer_records, of_failures_are_worth_what_they_were_when_a_penalty_is_over) {
  table t(2);
  t.fail(1, 0s);
  t.penalise(1, 1s, 60s);
  t.fail(2, 10s, 2);
  t.fail(3, 20s, 2);
  EXPECT_TRUE(t.knows(1));
  EXPECT_FALSE(t.knows(2));
  t.fail(4, 61s, 2);
  EXPECT_FALSE(t.knows(1));
  EXPECT_TRUE(t.knows(3));
  EXPECT_TRUE(t.knows(4));
}

TEST(peer_records, of_penalties_alone_are_bounded_too_and_the_one_over_soonest_goes) {
  table t(2);
  t.penalise(1, 0s, 50s);
  t.penalise(2, 0s, 40s);
  t.penalise(3, 0s, 60s);
  EXPECT_EQ(t.dropped, 1U);
  EXPECT_FALSE(t.knows(2));
  t.fail(4, 1s, 9);  // itself the one to go
  EXPECT_FALSE(t.knows(4));
  EXPECT_TRUE(t.knows(1));
  EXPECT_TRUE(t.knows(3));
  EXPECT_EQ(t.peers.records(), 2U);
}

TEST(peer_records, expired_ones_leave_by_themselves) {
  table t(64);
  for (std::uint32_t who = 1; who <= 10; ++who) t.fail(who, 0s);
  EXPECT_EQ(t.peers.records(), 10U);
  for (std::uint32_t who = 11; who <= 20; ++who) t.fail(who, 10min);
  EXPECT_EQ(t.peers.records(), 10U);
  EXPECT_FALSE(t.knows(1));
  EXPECT_EQ(t.dropped, 0U);
}

TEST(peer_records, a_longer_refund_orders_them_anew_and_a_smaller_table_drops_the_soonest) {
  table t(64);
  for (std::uint32_t who = 1; who <= 10; ++who) t.fail(who, std::chrono::seconds(who));
  t.options.backoff_refund = 24h;
  t.options.max_remembered_peers = 4;
  EXPECT_EQ(t.peers.settle_all(at(11min), t.options), 6U);
  for (std::uint32_t who = 1; who <= 10; ++who) EXPECT_EQ(t.knows(who), who > 6) << who;
}

}  // namespace
}  // namespace tandem::test
