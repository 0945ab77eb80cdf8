// SPDX-License-Identifier: MIT
#include "core/driver.hpp"

#include <gtest/gtest.h>

#include <array>

namespace tandem::test {
namespace {

TEST(explain, tells_the_last_decision_with_its_numbers) {
  driver d;
  d.dial(req(1), peer(1));
  d.fail();
  d.dial(req(2), peer(1));
  const explanation x = d.manager.explain(peer(1), d.now);
  EXPECT_EQ(x.failures, 1U);
  ASSERT_TRUE(x.last);
  EXPECT_EQ(x.last->what.why, cause::backing_off);
  EXPECT_GT(x.next_dial, d.now);
  EXPECT_NE(x.sentence.find("1 failure in a row"), std::string::npos) << x.sentence;
  EXPECT_NE(x.sentence.find("BackingOff"), std::string::npos) << x.sentence;
  d.accept(conn(2), peer(2));
  EXPECT_EQ(d.manager.explain(peer(2), d.now).connections, 1U);
  EXPECT_EQ(d.manager.explain(peer(2), d.now).last->what.kind, notice::connection_established);
  EXPECT_EQ(d.manager.explain(peer(3), d.now).sentence, "0 established, 0 pending");
}

TEST(explain, says_what_a_dial_now_would_be_refused_with) {
  manager_options options;
  options.max_connections = 2;
  options.max_connections_per_peer = 1;
  driver d(options);
  EXPECT_EQ(d.manager.explain(peer(1), d.now).dial_refusal, cause::none);
  d.tell(events::arrived{conn(2), address()});
  d.tell(events::authenticated{conn(2), peer(1)});
  EXPECT_EQ(d.manager.explain(peer(1), d.now).dial_refusal, cause::none) << "waits for that one";
  d.tell(events::ready{conn(2)});
  EXPECT_EQ(d.manager.explain(peer(1), d.now).dial_refusal, cause::none);
  d.dial(req(1), peer(1));  // joins the connection
  EXPECT_EQ(d.count(notice::dial_succeeded), 1U);
  d.accept(conn(4), peer(2));
  const explanation x = d.manager.explain(peer(3), d.now);
  EXPECT_EQ(x.dial_refusal, cause::limit_reached);
  EXPECT_EQ(x.current, 2U);
  EXPECT_EQ(x.limit, 2U);
  EXPECT_NE(x.sentence.find("LimitReached (2 of 2)"), std::string::npos) << x.sentence;
  EXPECT_EQ(d.manager.explain(peer(1000), d.now).dial_refusal, cause::self_dial);
  d.tell(events::peer_marked{peer(3), mark::deny});
  EXPECT_EQ(d.manager.explain(peer(3), d.now).dial_refusal, cause::denied);
  d.tell(events::shutdown_wanted{});
  EXPECT_EQ(d.manager.explain(peer(4), d.now).dial_refusal, cause::shutting_down);
}

TEST(explain, says_that_the_line_is_full) {
  manager_options options;
  options.max_pending_outbound = 1;
  options.max_queued_requests = 1;
  driver d(options);
  d.dial(req(1), peer(1));
  EXPECT_EQ(d.manager.explain(peer(3), d.now).dial_refusal, cause::none);
  d.dial(req(2), peer(2), {address()}, dial_mode::join, never, -1);
  EXPECT_EQ(d.manager.explain(peer(3), d.now).dial_refusal, cause::none)
      << "one below it gives way";
  d.dial(req(3), peer(2));
  for (const std::uint32_t n : {1U, 2U, 3U}) {
    const explanation x = d.manager.explain(peer(n), d.now);
    EXPECT_EQ(x.dial_refusal, cause::pending_limit_reached) << n;
    EXPECT_EQ(x.current, 1U);
    EXPECT_EQ(x.limit, 1U);
  }
  d.dial(req(4), peer(3));
  EXPECT_EQ(describe(d.last(notice::dial_failed)), "PendingLimitReached{limit: 1, current: 1}");
}

TEST(explain, tells_what_a_dial_is_doing_and_when_it_goes_on) {
  manager_options options;
  options.max_pending_outbound = 2;
  options.max_attempts_per_peer = 1;
  options.breaker_failures = 1;
  driver d(options);
  const auto stage = [&](std::uint32_t n) { return d.manager.explain(peer(n), d.now).dial; };
  EXPECT_EQ(stage(1), dial_stage::none);
  d.dial(req(1), peer(1), {});
  EXPECT_EQ(stage(1), dial_stage::resolving);
  const std::array found{address(1), address(2)};
  d.tell(events::addresses_found{req(1), found, true});
  EXPECT_EQ(stage(1), dial_stage::attempting);
  const explanation x = d.manager.explain(peer(1), d.now);
  EXPECT_EQ(x.dial_next, at(options.attempt_delay));
  EXPECT_NE(x.sentence.find("; its dial is attempting, goes on in 250 ms"), std::string::npos)
      << x.sentence;
  EXPECT_EQ(x.dial_refusal, cause::none) << "one may join it";
  d.dial(req(2), peer(1), {address(3)}, dial_mode::additional);
  EXPECT_EQ(stage(1), dial_stage::attempting) << "of the oldest";
  d.dial(req(3), peer(2), {address(4)});
  const connection_id second = d.last<actions::start_attempt>()->attempt;
  d.dial(req(4), peer(3), {address(5)});
  EXPECT_EQ(stage(3), dial_stage::queued);
  const explanation waits = d.manager.explain(peer(3), d.now);
  EXPECT_EQ(waits.decided_by, try_policy::limit);
  EXPECT_EQ(waits.next_try, never);
  EXPECT_NE(waits.sentence.find("; the next try comes when a place is free, decided by a limit"),
            std::string::npos)
      << waits.sentence;
  EXPECT_EQ(x.decided_by, try_policy::none) << "it is being tried";
  d.tell(events::attempt_connected{second});
  EXPECT_EQ(stage(2), dial_stage::upgrading);
  d.upgrade(second, peer(2));
  EXPECT_EQ(stage(2), dial_stage::none);
  EXPECT_EQ(stage(3), dial_stage::attempting);
}

TEST(explain, tells_that_a_dial_yields_pauses_or_waits_behind_another) {
  manager_options options;
  options.max_attempts_per_peer = 1;
  driver d(options);
  const auto stage = [&](std::uint32_t n) { return d.manager.explain(peer(n), d.now).dial; };
  d.dial(req(1), peer(1), {address(1)}, dial_mode::additional);
  d.dial(req(2), peer(1), {address(2)}, dial_mode::additional);
  d.tell(events::dial_abandoned{req(1)});
  EXPECT_EQ(stage(1), dial_stage::attempting);
  d.dial(req(3), peer(2), {address(1)});
  const connection_id c = d.last<actions::start_attempt>()->attempt;
  d.tell(events::attempt_connected{c});
  d.tell(events::authenticated{c, peer(2)});
  d.tell(events::remote_refused{c, cause::duplicate, 0s});
  d.tell(events::closed{c, cause::remote_closed});
  EXPECT_EQ(stage(2), dial_stage::pausing);
  EXPECT_EQ(d.manager.explain(peer(2), d.now).dial_next, at(1s));
  d.tell(events::arrived{conn(2), address()});
  d.tell(events::authenticated{conn(2), peer(3)});
  d.dial(req(4), peer(3));
  EXPECT_EQ(stage(3), dial_stage::yielding);
  // The older one of lower priority waits behind the other.
  d.dial(req(5), peer(4), {address(1), address(2)}, dial_mode::additional);
  d.dial(req(6), peer(4), {address(3)}, dial_mode::additional, never, 1);
  d.fail();
  EXPECT_EQ(d.last<actions::start_attempt>()->address, address(3));
  EXPECT_EQ(stage(4), dial_stage::behind);
  EXPECT_EQ(d.manager.explain(peer(4), d.now).decided_by, try_policy::limit);
}

TEST(explain, says_what_refuses_a_dial_that_waits_and_so_whoever_joins_it) {
  manager_options options;
  options.max_connections = options.max_connections_per_peer = 1;
  options.max_pending_outbound = 1;
  driver d(options);
  d.dial(req(1), peer(1));
  d.dial(req(2), peer(2));
  EXPECT_EQ(d.manager.explain(peer(2), d.now).dial_refusal, cause::none);
  d.accept(conn(2), peer(3));
  EXPECT_EQ(d.manager.explain(peer(2), d.now).dial_refusal, cause::limit_reached);
  d.dial(req(3), peer(2));
  EXPECT_EQ(d.last(notice::dial_failed).why, cause::limit_reached);
}

TEST(explain, says_that_there_is_no_memory_for_a_dial) {
  manager_options options;
  options.connection_memory = 1000;
  options.max_memory = 2000;
  driver d(options);
  d.tell(events::arrived{conn(2), address()});
  EXPECT_EQ(d.manager.explain(peer(1), d.now).dial_refusal, cause::none);
  d.tell(events::arrived{conn(4), address()});
  EXPECT_EQ(d.manager.explain(peer(1), d.now).dial_refusal, cause::none) << "silence makes room";
  for (const std::uint64_t c : {2, 4})
    d.tell(events::authenticated{conn(c), peer(static_cast<std::uint32_t>(c))});
  const explanation x = d.manager.explain(peer(1), d.now);
  EXPECT_EQ(x.dial_refusal, cause::memory_limit_reached);
  EXPECT_EQ(x.current, 2000U);
  EXPECT_EQ(x.limit, 2000U);
  d.dial(req(1), peer(1));  // and so it is
  EXPECT_EQ(describe(d.last(notice::dial_failed)),
            "MemoryLimitReached{limit: 2000, current: 2000}");
}

TEST(explain, tells_a_penalty_and_when_a_protected_peer_is_redialled) {
  manager_options options;
  options.max_connections = options.max_connections_per_peer = 1;
  options.eviction = eviction_mode::scored;
  driver d(options);
  d.accept(conn(2), peer(1));
  d.run_to(5s);
  d.tell(events::arrived{conn(4), address()});
  d.tell(events::authenticated{conn(4), peer(2)});
  d.tell(events::closed{conn(2), cause::evicted});
  d.tell(events::closed{conn(4), cause::reset});
  const explanation evicted = d.manager.explain(peer(1), d.now);
  EXPECT_EQ(evicted.dial_refusal, cause::backing_off);
  EXPECT_EQ(evicted.next_dial, at(65s));
  EXPECT_EQ(evicted.decided_by, try_policy::penalty);
  d.tell(events::peer_marked{peer(3), mark::protect});
  EXPECT_GE(d.manager.explain(peer(3), d.now).redial_at, d.now);
  EXPECT_LE(d.manager.explain(peer(3), d.now).redial_at, d.now + 2s);
  d.run_for(2s);
  d.tell(events::addresses_found{d.last<actions::resolve>()->request, {}, true});
  const explanation x = d.manager.explain(peer(3), d.now);
  EXPECT_GT(x.redial_at, d.now);
  EXPECT_LT(x.redial_at, d.now + 130s);
  EXPECT_NE(x.sentence.find("the next try comes in"), std::string::npos) << x.sentence;
}

// Of each policy that may hold a dial back: when, and that it is this one.
TEST(explain, says_in_one_sentence_when_the_next_try_comes_and_what_decides_it) {
  manager_options options;
  options.backoff_strategy = backoff_strategy::exponential;
  options.start_spread = 3s;
  driver d(options);
  const auto says = [&](std::uint32_t n, try_policy by, time_point when, const std::string& part) {
    const explanation x = d.manager.explain(peer(n), d.now);
    EXPECT_EQ(x.decided_by, by) << x.sentence;
    EXPECT_EQ(x.next_try, when) << x.sentence;
    EXPECT_NE(x.sentence.find(part), std::string::npos) << x.sentence;
  };
  says(1, try_policy::none, d.now, "0 established, 0 pending");
  d.dial(req(1), peer(1));
  d.fail();
  says(1, try_policy::backoff, at(1s),
       "; the next try may come in 1000 ms, decided by its backoff");
  for (std::uint64_t n = 2; n <= 5; ++n) {
    d.run_to(d.manager.explain(peer(1), d.now).next_try.time_since_epoch());
    d.dial(req(n), peer(1));
    d.fail();
  }
  const time_point open = d.last(notice::circuit_opened).until;
  says(1, try_policy::circuit, open, " ms, decided by its circuit");
  d.run_to(open.time_since_epoch());
  says(1, try_policy::none, open, "circuit half-open");
  d.dial(req(6), peer(1));
  d.dial(req(7), peer(1), {}, dial_mode::additional);
  d.tell(events::dial_abandoned{req(6)});

  d.dial(req(10), peer(2));
  const connection_id told = d.connect(peer(2));
  d.tell(events::remote_refused{told, cause::shutting_down, 20s});
  d.tell(events::closed{told, cause::remote_closed});
  const time_point asked = d.last(notice::connection_closed).until;
  EXPECT_GE(asked, d.now + 20s);
  EXPECT_LE(asked, d.now + 25s);
  says(2, try_policy::asked, asked, "decided by the time it named");

  d.accept(conn(2), peer(3));
  d.tell(events::peer_marked{peer(3), mark::protect});
  d.tell(events::closed{conn(2), cause::reset});
  const time_point redial = d.manager.explain(peer(3), d.now).redial_at;
  EXPECT_GE(redial, d.now + 1s);
  EXPECT_LE(redial, d.now + 4s);
  says(3, try_policy::spread, redial, "; the next try comes in ");

  d.tell(events::peer_marked{peer(4), mark::deny});
  says(4, try_policy::limit, never, "; the next try may come later, decided by a limit or rule");
}

TEST(explain, says_when_this_node_is_offline) {
  manager_options options;
  options.uplink_failures = 2;
  driver d(options);
  for (std::uint32_t n = 1; n <= 2; ++n) {
    d.dial(req(n), peer(n));
    d.fail(cause::connect_timeout);
  }
  EXPECT_EQ(d.manager.explain(peer(3), d.now).dial_refusal, cause::none) << "not tried yet";
  d.dial(req(3), peer(1));
  const explanation x = d.manager.explain(peer(1), d.now);
  EXPECT_EQ(x.dial_refusal, cause::none);
  EXPECT_EQ(x.held_by, cause::offline);
  EXPECT_EQ(x.decided_by, try_policy::uplink);
  EXPECT_EQ(x.next_try, x.dial_next);
  EXPECT_GT(x.dial_next, d.now);
  EXPECT_LE(x.dial_next, d.now + options.uplink_retry);
  EXPECT_NE(x.sentence.find("; the next try comes in "), std::string::npos) << x.sentence;
  EXPECT_NE(x.sentence.find(" ms, decided by the lost uplink"), std::string::npos) << x.sentence;
}

TEST(explain, says_that_a_dial_waits_for_the_trial_under_way) {
  manager_options options;
  options.subnet_breaker_failures = 1;
  driver d(options);
  const auto dial = [&](std::uint32_t n, std::uint64_t r) {
    d.dial(req(r), peer(n), {endpoint::v4(8, 8, 8, static_cast<std::uint8_t>(n), 1)});
  };
  dial(1, 1);
  d.fail();
  d.run_to(d.last(notice::circuit_opened).until.time_since_epoch());
  dial(1, 2);
  EXPECT_EQ(d.manager.explain(peer(1), d.now).decided_by, try_policy::none) << "it is the trial";
  dial(2, 3);
  const explanation x = d.manager.explain(peer(2), d.now);
  EXPECT_EQ(x.dial, dial_stage::held);
  EXPECT_EQ(x.decided_by, try_policy::circuit);
  const std::string part = "; the next try comes after the trial under way, decided by its circuit";
  EXPECT_NE(x.sentence.find(part), std::string::npos) << x.sentence;
}

TEST(explain, tells_marks) {
  driver d;
  d.tell(events::peer_marked{peer(1), mark::protect});
  d.tell(events::peer_marked{peer(1), mark::keep_alive});
  d.tell(events::peer_marked{peer(1), mark::tag, true, at(10s), 100});
  d.run_to(5s);
  explanation x = d.manager.explain(peer(1), d.now);
  EXPECT_TRUE(x.is_protected);
  EXPECT_TRUE(x.kept_alive);
  EXPECT_EQ(x.tag, 50);
  d.tell(events::peer_marked{peer(1), mark::protect, false});
  d.run_to(10s);
  x = d.manager.explain(peer(1), d.now);
  EXPECT_FALSE(x.is_protected);
  EXPECT_EQ(x.tag, 0);
}

TEST(explain, follows_a_connection_from_its_first_packet_to_after_its_end) {
  driver d;
  const auto stage = [&](connection_id c) { return d.manager.explain(c, d.now).stage; };
  EXPECT_EQ(stage(conn(2)), connection_stage::unknown);
  d.tell(events::arrived{conn(2), address(7)});
  EXPECT_EQ(stage(conn(2)), connection_stage::handshaking);
  EXPECT_EQ(d.manager.explain(conn(2), d.now).where, address(7));
  d.tell(events::authenticated{conn(2), peer(1)});
  EXPECT_EQ(stage(conn(2)), connection_stage::authenticated);
  d.tell(events::ready{conn(2)});
  const connection_explanation ready = d.manager.explain(conn(2), d.now);
  EXPECT_EQ(ready.stage, connection_stage::ready);
  EXPECT_EQ(ready.peer, peer(1));
  EXPECT_EQ(ready.idle_at, at(30s));
  d.tell(events::stream_opened{conn(2)});
  EXPECT_EQ(d.manager.explain(conn(2), d.now).idle_at, never);
  EXPECT_EQ(d.manager.explain(conn(2), d.now).streams, 1U);
  d.tell(events::stream_closed{conn(2)});
  for (int i = 1; i <= 3; ++i) {
    d.run_to(9s * i);
    d.other_bytes(conn(2));
  }
  d.run_to(30s);
  EXPECT_EQ(stage(conn(2)), connection_stage::closing);
  EXPECT_EQ(d.manager.explain(conn(2), d.now).why, cause::idle_timeout);
  d.tell(events::closed{conn(2), cause::remote_closed});
  const connection_explanation ended = d.manager.explain(conn(2), d.now);
  EXPECT_EQ(ended.stage, connection_stage::ended);
  EXPECT_EQ(ended.why, cause::idle_timeout);
  ASSERT_TRUE(ended.last);
  EXPECT_EQ(ended.last->at, at(30s));
  EXPECT_NE(ended.sentence.find("no application byte"), std::string::npos) << ended.sentence;
}

TEST(explain, remembers_a_refused_stranger_by_peer_and_by_connection) {
  manager_options options;
  options.max_connections = options.max_connections_per_peer = 1;
  driver d(options);
  d.accept(conn(2), peer(1));
  d.accept(conn(4), peer(2));
  EXPECT_EQ(d.manager.explain(conn(4), d.now).stage, connection_stage::refusing);
  d.tell(events::closed{conn(4), cause::remote_closed});
  const connection_explanation c = d.manager.explain(conn(4), d.now);
  EXPECT_EQ(c.why, cause::limit_reached);
  EXPECT_EQ(c.peer, peer(2));
  const explanation x = d.manager.explain(peer(2), d.now);
  ASSERT_TRUE(x.last);
  EXPECT_EQ(x.last->what.limit, 1U);
  EXPECT_EQ(x.last->what.current, 1U);
}

TEST(explain, keeps_its_answers_however_many_strangers_are_reset_or_give_up) {
  manager_options options;
  options.max_pending_inbound = 1;
  driver d(options);
  d.dial(req(1), peer(1));
  d.fail();
  d.tell(events::arrived{conn(2), address()});
  for (std::uint64_t i = 2; i <= 1001; ++i) {
    d.tell(events::arrived{conn(2 * i), address()});
    ASSERT_EQ(d.last(notice::inbound_refused).conn, conn(2 * i - 2));
  }
  ASSERT_TRUE(d.manager.explain(peer(1), d.now).last);
  EXPECT_EQ(d.manager.explain(peer(1), d.now).last->what.why, cause::connection_refused);
  // The last 64 of them are known.
  EXPECT_EQ(d.manager.explain(conn(2000), d.now).stage, connection_stage::ended);
  EXPECT_EQ(d.manager.explain(conn(2000), d.now).why, cause::pending_limit_reached);
  EXPECT_EQ(d.manager.explain(conn(2000 - 126), d.now).stage, connection_stage::ended);
  EXPECT_EQ(d.manager.explain(conn(2000 - 128), d.now).stage, connection_stage::unknown);
  d.tell(events::closed{conn(2002), cause::reset});
  for (std::uint64_t i = 2001; i <= 3000; ++i) {
    d.tell(events::arrived{conn(2 * i), address()});
    d.tell(events::closed{conn(2 * i), cause::reset});
  }
  EXPECT_TRUE(d.manager.explain(peer(1), d.now).last);
  EXPECT_EQ(d.manager.explain(conn(6000), d.now).why, cause::reset);
}

TEST(explain, of_known_peers_goes_back_as_far_as_the_log) {
  driver d;
  d.tell(events::peer_marked{peer(1), mark::deny});
  d.dial(req(1), peer(1));
  for (std::uint64_t r = 2; r <= 256; ++r) d.dial(req(r), peer(1000));  // itself
  EXPECT_TRUE(d.manager.explain(peer(1), d.now).last);
  d.dial(req(257), peer(1000));
  EXPECT_FALSE(d.manager.explain(peer(1), d.now).last);
}

}  // namespace
}  // namespace tandem::test
