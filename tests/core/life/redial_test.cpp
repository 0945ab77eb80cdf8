// SPDX-License-Identifier: MIT
#include "core/driver.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace tandem::test {
namespace {

// What is not about start_spread goes without it.
manager_options at_once() {
  manager_options options;
  options.start_spread = {};
  return options;
}

class redialling : public driver {
 public:
  explicit redialling(const manager_options& options = at_once(), std::uint64_t seed = 1)
      : driver(options, peer(1000), seed) {}

  void protect(const peer_id& who, bool on = true, time_point until = never) {
    tell(events::peer_marked{who, mark::protect, on, until});
  }
  /// The core asked for addresses: there are these.
  void found(std::vector<endpoint> list = {address()}) {
    tell(events::addresses_found{last<actions::resolve>()->request, list, true});
  }
  /// Whether the core asks for addresses between the two times, both after the start, and not
  /// before.
  void expect_resolve_between(duration least, duration most) {
    const auto before = count<actions::resolve>();
    run_to(least - 1ns);
    EXPECT_EQ(count<actions::resolve>(), before) << "too early";
    run_to(most);
    EXPECT_EQ(count<actions::resolve>(), before + 1) << "too late";
  }
  duration since_start(time_point t) const { return t.time_since_epoch(); }
};

TEST(redial, of_a_peer_protected_while_unconnected_begins_within_start_spread) {
  duration least = 1h;
  duration most{};
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    redialling d(manager_options{}, seed);
    d.run_to(5s);
    d.protect(peer(1));
    d.run_for(2s);
    ASSERT_EQ(d.count<actions::resolve>(), 1U);
    const duration waited = d.when<actions::resolve>() - at(5s);
    least = std::min(least, waited);
    most = std::max(most, waited);
  }
  EXPECT_LT(least, 50ms);
  EXPECT_GT(most, 1950ms);
  EXPECT_LE(most, 2s);
}

TEST(redial, comes_exactly_when_explain_says_however_long_the_peer_is_held_back) {
  redialling d;
  d.protect(peer(1));
  for (int n = 0; n < 12; ++n) {
    const time_point says = d.manager.explain(peer(1), d.now).redial_at;
    EXPECT_GE(says, d.manager.explain(peer(1), d.now).next_dial);
    d.run_to(says.time_since_epoch());
    ASSERT_EQ(d.count<actions::resolve>(), static_cast<std::size_t>(n) + 1);
    ASSERT_EQ(d.when<actions::resolve>(), says);
    d.found();
    d.fail();
  }
}

TEST(redial, is_not_put_off_by_a_second_mark) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    redialling d(manager_options{}, seed);
    for (int n = 0; n < 20; ++n) {
      d.protect(peer(1));
      d.run_for(100ms);
    }
    EXPECT_EQ(d.count<actions::resolve>(), 1U) << seed;
  }
}

TEST(redial, leaves_dials_of_the_application_and_overrides_at_once) {
  manager_options options;
  options.start_spread = 1h;
  redialling d(options);
  d.dial(req(1), peer(1));
  EXPECT_EQ(d.count<actions::start_attempt>(), 1U);
  d.protect(peer(2));
  d.dial(req(2), peer(2));
  EXPECT_EQ(d.count<actions::start_attempt>(), 2U);
  d.protect(peer(3));
  d.tell(events::backoff_overridden{peer(3)});
  d.run_for(0ns);
  EXPECT_EQ(d.count<actions::resolve>(), 1U);
}

TEST(redial, of_a_peer_protected_while_unconnected_begins_at_once_without_spread) {
  redialling d;
  d.protect(peer(1));
  d.run_for(0ns);
  ASSERT_EQ(d.count<actions::resolve>(), 1U);
  EXPECT_EQ(d.last<actions::resolve>()->peer, peer(1));
  EXPECT_EQ(d.last<actions::resolve>()->request, request_id{std::uint64_t{1} << 63 | 1});
  EXPECT_TRUE(is_core_issued(d.last<actions::resolve>()->request));
  d.found();
  d.connect(peer(1));
  EXPECT_TRUE(is_core_issued(d.last(notice::dial_succeeded).request));
  EXPECT_EQ(d.counters().active_connections, 1U);
}

TEST(redial, leaves_peers_alone_that_are_connected_dialled_or_not_protected) {
  redialling d;
  d.accept(conn(2), peer(1));
  d.dial(req(1), peer(2));
  d.protect(peer(1));
  d.protect(peer(2));
  d.protect(peer(1000));  // itself
  d.tell(events::peer_marked{peer(3), mark::tag, true, never, 5});
  d.tell(events::peer_marked{peer(4), mark::keep_alive});
  d.run_to(10s);
  EXPECT_EQ(d.count<actions::resolve>(), 0U);
}

TEST(redial, after_any_end_of_a_connection_waits_the_base_and_a_part_of_start_spread) {
  for (const cause why : {cause::remote_closed, cause::reset, cause::idle_timeout}) {
    duration least = 1h;
    duration most{};
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
      manager_options options;
      options.start_spread = 1s;
      options.idle_jitter = 0;
      redialling d(options, seed);
      d.accept(conn(2), peer(1));
      d.protect(peer(1));
      if (why == cause::idle_timeout) {
        d.run_to(30s);
        EXPECT_EQ(d.last<actions::close>()->reason, why);
      }
      d.tell(events::closed{conn(2), why});
      const duration lost = d.since_start(d.now);
      d.run_for(3s);
      ASSERT_EQ(d.count<actions::resolve>(), 1U) << name_of(why);
      const duration waited = d.since_start(d.when<actions::resolve>()) - lost;
      least = std::min(least, waited);
      most = std::max(most, waited);
    }
    EXPECT_GE(least, 1s);
    EXPECT_LT(least, 1050ms);
    EXPECT_LE(most, 2s);
    EXPECT_GT(most, 1950ms);
  }
}

TEST(redial, after_a_silence_is_spread_over_eight_times_start_spread) {
  duration least = 1h;
  duration most{};
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    manager_options options;
    options.start_spread = 1s;
    options.connection_timeout = 1h;
    redialling d(options, seed);
    d.accept(conn(2), peer(1));
    d.protect(peer(1));
    d.run_to(40s);
    ASSERT_EQ(d.last<actions::abort>()->reason, cause::liveness_lost);
    d.run_for(10s);
    ASSERT_EQ(d.count<actions::resolve>(), 1U);
    const duration waited = d.since_start(d.when<actions::resolve>()) - 40s;
    least = std::min(least, waited);
    most = std::max(most, waited);
    d.found();
    d.fail(cause::connect_timeout);  // from here on as after any other failure
    const duration failed = d.since_start(d.now);
    d.run_for(3s);
    EXPECT_EQ(d.count<actions::resolve>(), 2U);
    EXPECT_GE(d.since_start(d.when<actions::resolve>()), failed + 1s);
  }
  EXPECT_GE(least, 1s);
  EXPECT_LT(least, 1200ms);
  EXPECT_LE(most, 9s);
  EXPECT_GT(most, 8800ms);
}

TEST(redial, waits_for_the_last_of_several_connections) {
  redialling d;
  d.protect(peer(1));
  d.accept(conn(2), peer(1));
  d.accept(conn(4), peer(1));
  d.tell(events::closed{conn(2), cause::reset});
  d.run_to(10s);
  EXPECT_EQ(d.count<actions::resolve>(), 0U);
  d.tell(events::closed{conn(4), cause::reset});
  d.expect_resolve_between(11s, 11s);
}

TEST(redial, keeps_to_the_peers_own_backoff_when_that_is_longer) {
  manager_options options = at_once();
  options.backoff_strategy = backoff_strategy::exponential;
  options.backoff_base = 4s;
  redialling d(options);
  d.protect(peer(1));
  d.run_for(0ns);
  for (const auto backoff : {4s, 8s, 16s, 32s}) {
    d.found();
    d.fail();
    const time_point failed = d.now;
    EXPECT_EQ(d.last(notice::dial_failed).until, failed + backoff);
    d.run_for(60s);
    const duration waited = d.when<actions::resolve>() - failed;
    EXPECT_GE(waited, backoff);
    EXPECT_LE(waited, std::max<duration>(backoff, 8s));
  }
}

TEST(redial, has_a_way_in_while_the_line_of_requests_is_kept_full) {
  for (const std::uint64_t places : {0U, 1U, 3U}) {
    manager_options options = at_once();
    options.max_queued_requests = places;
    redialling d(options);
    for (std::uint64_t r = 1; r <= places; ++r)
      d.dial(req(r), peer(static_cast<std::uint32_t>(r)), {}, dial_mode::join, never, 100);
    const auto asked = d.count<actions::resolve>();
    EXPECT_EQ(asked, places);
    d.protect(peer(50));
    d.protect(peer(51));
    d.run_for(0ns);
    ASSERT_EQ(d.count<actions::resolve>(), asked + 2) << places;
    EXPECT_EQ(d.refused(cause::pending_limit_reached), 0U);
    // They take no place either: one more of the application's is one too many, at any priority.
    d.dial(req(90), peer(90), {}, dial_mode::join, never, 100);
    EXPECT_EQ(d.last(notice::dial_failed).why, cause::pending_limit_reached);
    EXPECT_EQ(d.last(notice::dial_failed).current, places);
    EXPECT_EQ(d.last(notice::dial_failed).request, req(90));
    d.found();
    d.connect(peer(51));
    EXPECT_EQ(d.last(notice::dial_succeeded).peer, peer(51));
  }
}

TEST(redial, takes_no_place_of_the_applications_requests) {
  manager_options options = at_once();
  options.max_queued_requests = 1;
  options.max_pending_outbound = 1;
  redialling d(options);
  for (std::uint32_t n = 50; n < 60; ++n) d.protect(peer(n));
  d.run_for(0ns);
  EXPECT_EQ(d.count<actions::resolve>(), 10U);
  d.dial(req(1), peer(1), {});
  EXPECT_EQ(d.last<actions::resolve>()->request, req(1));
  d.dial(req(2), peer(2), {}, dial_mode::join, never, 5);  // the lowest goes, and no redial
  EXPECT_EQ(d.last(notice::dial_failed).request, req(1));
  EXPECT_EQ(d.last<actions::resolve>()->request, req(2));
  d.tell(events::addresses_found{req(2), {}, true});
  EXPECT_EQ(d.last(notice::dial_failed).why, cause::no_address);
  d.dial(req(3), peer(50), {});  // joins the redial, and waits
  EXPECT_EQ(d.count(notice::dial_failed), 2U);
  d.dial(req(4), peer(51), {});
  EXPECT_EQ(d.last(notice::dial_failed).request, req(4));
  EXPECT_EQ(d.last(notice::dial_failed).current, 1U);
}

TEST(redial, goes_on_for_ever_with_a_peer_that_always_fails) {
  redialling d;
  d.protect(peer(1));
  d.run_for(0ns);
  std::size_t last = 0;
  for (int day = 1; day <= 5; ++day) {
    for (const duration end = d.since_start(d.now) + 24h; d.since_start(d.now) < end;) {
      if (const auto asked = d.count<actions::resolve>(); asked != last) {
        last = asked;
        d.found();
        d.fail();
        d.log.clear();
        last = 0;
      }
      ASSERT_LE(d.manager.next_deadline() - d.now, 60s) << "backoff_cap, breaker_open_max";
      d.run_to(d.since_start(d.manager.next_deadline()));
    }
  }
  EXPECT_GT(d.counters().failed_total, 5U * 24 * 3600 / 60);
  EXPECT_EQ(d.counters().remembered_peers, 1U);
}

TEST(redial, goes_on_for_ever_when_nobody_knows_an_address_ever_more_slowly) {
  redialling d;
  d.protect(peer(1));
  d.run_for(0ns);
  duration longest{};
  for (int i = 0; i < 1000; ++i) {
    ASSERT_EQ(d.count<actions::resolve>(), 1U) << i;
    d.found({});
    EXPECT_EQ(d.last(notice::dial_failed).why, cause::no_address);
    d.log.clear();
    const time_point asked = d.now;
    d.run_to(d.since_start(d.manager.next_deadline()));
    const duration waited = d.now - asked;
    EXPECT_GE(waited, 1s);
    EXPECT_LE(waited, 61s);
    if (i == 0) {
      EXPECT_LE(waited, 3s);
    }
    longest = std::max(longest, waited);
  }
  EXPECT_GT(longest, 50s);
  EXPECT_EQ(d.counters().failed_total, 0U);
  d.found();
  d.connect(peer(1));
  d.tell(events::closed{d.last(notice::dial_succeeded).conn, cause::reset});
  const duration lost = d.since_start(d.now);
  d.expect_resolve_between(lost + 1s, lost + 2s);
}

TEST(redial, goes_on_when_resolve_is_never_answered) {
  redialling d;
  d.protect(peer(1));
  d.run_to(60s);
  EXPECT_EQ(d.last(notice::dial_failed).why, cause::dial_deadline);
  EXPECT_EQ(d.counters().remembered_peers, 0U);
  d.run_to(62s);
  EXPECT_EQ(d.count<actions::resolve>(), 2U);
}

TEST(redial, is_immediate_on_an_override_and_when_the_network_changes) {
  manager_options options = at_once();
  options.backoff_strategy = backoff_strategy::exponential;
  options.backoff_base = options.backoff_cap = 100s;
  redialling d(options);
  d.protect(peer(1));
  d.run_for(0ns);
  d.found();
  d.fail();
  d.run_to(10s);
  EXPECT_EQ(d.count<actions::resolve>(), 1U);
  d.tell(events::backoff_overridden{peer(1)});
  d.run_for(0ns);
  EXPECT_EQ(d.when<actions::resolve>(), at(10s));
  d.found();
  d.fail();
  d.run_to(20s);
  EXPECT_EQ(d.count<actions::resolve>(), 2U);
  d.tell(events::network_changed{});
  d.run_for(0ns);
  EXPECT_EQ(d.when<actions::resolve>(), at(20s));
  d.found();
  d.connect(peer(1));
  d.tell(events::closed{conn(5), cause::remote_closed});
  d.run_to(30s);
  d.tell(events::backoff_overridden{peer(1)});  // nothing failed: it is waiting all the same
  d.run_for(0ns);
  EXPECT_EQ(d.when<actions::resolve>(), at(30s));
  EXPECT_EQ(d.counters().ignored_events, 0U);
}

TEST(redial, ends_with_the_mark_and_with_its_time) {
  redialling d;
  d.accept(conn(2), peer(1));
  d.accept(conn(4), peer(2));
  d.protect(peer(1));
  d.protect(peer(2), true, at(1500ms));
  d.tell(events::closed{conn(2), cause::reset});
  d.protect(peer(1), false);
  d.run_to(1490ms);
  d.tell(events::closed{conn(4), cause::reset});
  d.run_to(60s);
  EXPECT_EQ(d.count<actions::resolve>(), 0U);
  EXPECT_TRUE(d.manager.next_deadline() == never);
}

TEST(redial, never_of_a_denied_peer_but_when_it_is_allowed_or_the_ban_is_over) {
  redialling d;
  d.tell(events::peer_marked{peer(1), mark::deny});
  d.tell(events::peer_marked{peer(2), mark::deny, true, at(300s)});
  d.protect(peer(1));
  d.protect(peer(2));
  d.run_to(299s);
  EXPECT_EQ(d.count<actions::resolve>(), 0U);
  EXPECT_EQ(d.count(notice::dial_failed), 0U);
  d.tell(events::peer_marked{peer(1), mark::deny, false});
  d.run_for(0ns);
  EXPECT_EQ(d.last<actions::resolve>()->peer, peer(1));
  d.run_to(360s);
  EXPECT_EQ(d.count<actions::resolve>(), 3U) << "peer 1 after its deadline again";
  EXPECT_GE(d.when<actions::resolve>(), at(300s));
}

TEST(redial, never_while_shutting_down) {
  redialling d;
  d.accept(conn(2), peer(1));
  d.accept(conn(4), peer(2));
  d.protect(peer(1));
  d.protect(peer(2));
  d.tell(events::closed{conn(2), cause::reset});
  d.tell(events::shutdown_wanted{});
  d.tell(events::closed{conn(4), cause::remote_closed});
  EXPECT_EQ(d.count<actions::shutdown_complete>(), 1U);
  d.protect(peer(3));
  d.run_to(60s);
  EXPECT_EQ(d.count<actions::resolve>(), 0U);
  EXPECT_EQ(d.count(notice::dial_failed), 0U);
  EXPECT_TRUE(d.manager.next_deadline() == never);
}

TEST(redial, while_offline_waits_for_a_trial_and_then_goes_on) {
  manager_options options = at_once();
  options.uplink_failures = 3;
  redialling d(options);
  for (std::uint32_t i = 1; i <= 3; ++i) d.dial(req(i), peer(i));
  for (std::uint64_t i = 0; i < 3; ++i)
    d.tell(events::attempt_failed{conn(2 * i + 1), cause::connect_timeout});
  ASSERT_EQ(d.count(notice::uplink_lost), 1U);
  const time_point due = d.last(notice::uplink_lost).until;
  for (std::uint32_t i = 1; i <= 3; ++i) {
    d.protect(peer(i));
    d.run_for(0s);
    d.found();
  }
  EXPECT_EQ(d.count<actions::resolve>(), 3U);
  d.run_to((due - 1ns).time_since_epoch());
  EXPECT_EQ(d.count<actions::start_attempt>(), 3U);
  d.run_to(due.time_since_epoch());
  EXPECT_EQ(d.count<actions::start_attempt>(), 4U) << "one trial per uplink_retry";
  EXPECT_EQ(d.count(notice::dial_failed), 3U) << "and no noise";
}

TEST(redial, waits_for_room_and_makes_no_noise) {
  manager_options options = at_once();
  options.max_connections = options.max_connections_per_peer = 1;
  redialling d(options);
  d.accept(conn(2), peer(9));
  d.protect(peer(1));
  d.run_to(20s);
  EXPECT_EQ(d.count<actions::resolve>(), 0U);
  EXPECT_EQ(d.count(notice::dial_failed), 0U);
  d.tell(events::closed{conn(2), cause::reset});
  d.run_to(22s);
  EXPECT_EQ(d.count<actions::resolve>(), 1U);
}

TEST(redial, is_joined_by_a_dial_of_the_application) {
  redialling d;
  d.protect(peer(1));
  d.run_for(0ns);
  d.dial(req(1), peer(1), {address(7)});
  EXPECT_EQ(d.last<actions::start_attempt>()->address, address(7));
  d.connect(peer(1));
  EXPECT_EQ(d.count(notice::dial_succeeded), 2U);
  EXPECT_EQ(d.counters().active_connections, 1U);
}

TEST(redial, ids_are_not_for_the_application_to_issue) {
  redialling d;
  d.dial(core_issued(1), peer(1));
  EXPECT_EQ(d.count<actions::start_attempt>(), 0U);
  EXPECT_EQ(d.counters().ignored_events, 1U);
}

TEST(redial, replays_alike) {
  redialling d;
  for (std::uint32_t i = 1; i <= 5; ++i) d.protect(peer(i));
  for (int i = 0; i < 50; ++i) {
    d.run_for(1s);
    if (d.count<actions::resolve>() > 0)
      d.found(i % 3 == 0 ? std::vector<endpoint>{} : std::vector<endpoint>{address()});
    if (i % 4 == 0 && d.count<actions::start_attempt>() > 0) d.fail();
  }
  const replay_result again = replay(d.trace.bytes());
  EXPECT_TRUE(again.identical) << again.error << " at " << again.mismatch_at;
}

}  // namespace
}  // namespace tandem::test
