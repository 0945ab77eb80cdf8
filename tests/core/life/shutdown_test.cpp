// SPDX-License-Identifier: MIT
#include "core/driver.hpp"

#include <gtest/gtest.h>

namespace tandem::test {
namespace {

TEST(shutdown, of_an_idle_manager_is_complete_at_once) {
  driver d;
  d.run_to(1s);
  d.tell(events::shutdown_wanted{});
  EXPECT_EQ(d.when<actions::shutdown_complete>(), at(1s));
  EXPECT_EQ(d.last<actions::shutdown_complete>()->left, 0U);
  EXPECT_TRUE(d.manager.shutting_down());
  EXPECT_EQ(d.manager.next_deadline(), never);
}

TEST(shutdown, tells_the_established_aborts_the_pending_and_ends_with_the_last_id) {
  driver d;
  d.accept(conn(2), peer(1));
  d.tell(events::arrived{conn(4), address()});
  d.tell(events::arrived{conn(6), address()});
  d.tell(events::authenticated{conn(6), peer(2)});
  d.dial(req(1), peer(3));
  d.dial(req(2), peer(4), {});
  d.dial(req(3), peer(5));
  d.tell(events::attempt_connected{conn(3)});
  d.tell(events::shutdown_wanted{});
  EXPECT_EQ(d.count<actions::close>(), 1U);
  EXPECT_EQ(d.last<actions::close>()->reason, cause::shutting_down);
  EXPECT_EQ(d.last<actions::close>()->drain_until, at(1500ms));
  EXPECT_EQ(d.count<actions::abort>(), 3U);
  EXPECT_EQ(d.count<actions::cancel_attempt>(), 1U);
  EXPECT_EQ(d.count(notice::dial_failed), 3U);
  EXPECT_EQ(d.last(notice::dial_failed).why, cause::shutting_down);
  EXPECT_EQ(d.counters().failed_total, 0U);
  EXPECT_EQ(d.counters().remembered_peers, 0U);
  EXPECT_EQ(d.count<actions::shutdown_complete>(), 0U);
  d.run_to(300ms);
  d.tell(events::closed{conn(2), cause::remote_closed});
  EXPECT_EQ(d.when<actions::shutdown_complete>(), at(300ms));
  EXPECT_EQ(d.counters().permits_live, 0U);
}

TEST(shutdown, admits_nothing_new) {
  driver d;
  d.accept(conn(2), peer(1));
  d.tell(events::shutdown_wanted{});
  d.tell(events::arrived{conn(4), address()});
  EXPECT_EQ(d.last<actions::refuse>()->refusal, cause::shutting_down);
  EXPECT_EQ(d.last<actions::refuse>()->how, refuse_how::reset);
  d.dial(req(1), peer(2));
  EXPECT_EQ(d.last(notice::dial_failed).why, cause::shutting_down);
  d.tell(events::accept_failed{});
  EXPECT_EQ(d.count<actions::listen_pause>(), 0U);
}

TEST(shutdown, says_of_nobody_that_a_redial_comes) {
  driver d;
  d.accept(conn(2), peer(1));  // it is there until the driver says otherwise
  d.tell(events::peer_marked{peer(2), mark::protect});
  ASSERT_NE(d.manager.explain(peer(2), d.now).redial_at, never);
  d.tell(events::shutdown_wanted{});
  EXPECT_EQ(d.manager.explain(peer(2), d.now).redial_at, never);
}

TEST(shutdown, asks_peers_to_stay_away_for_half_of_the_time_to_all_of_it) {
  manager_options options;
  options.max_connections = 1000;
  options.max_pending_inbound = 2000;
  options.shutdown_retry_after = 20s;
  driver d(options);
  for (std::uint32_t i = 1; i <= 1000; ++i) d.accept(conn(2 * i), peer(5000 + i));
  d.tell(events::shutdown_wanted{});
  for (std::uint32_t i = 1001; i <= 2000; ++i) d.tell(events::arrived{conn(2 * i), address()});
  // Uniform in [10 s, 20 s]: the least of 1000 is above 10.1 s with probability 4e-5.
  duration least[2] = {1h, 1h};
  duration most[2] = {};
  duration sum[2] = {};
  std::size_t count[2] = {};
  const auto note = [&](int which, duration asked) {
    least[which] = std::min(least[which], asked);
    most[which] = std::max(most[which], asked);
    sum[which] += asked;
    ++count[which];
  };
  for (const driver::step& s : d.log) {
    if (const auto* x = std::get_if<actions::close>(&s.what)) note(0, x->retry_after);
    if (const auto* x = std::get_if<actions::refuse>(&s.what)) note(1, x->retry_after);
  }
  for (int which = 0; which < 2; ++which) {
    EXPECT_EQ(count[which], 1000U);
    EXPECT_GE(least[which], 10s);
    EXPECT_LE(least[which], 10100ms);
    EXPECT_GE(most[which], 19900ms);
    EXPECT_LE(most[which], 20s);
    EXPECT_NEAR(std::chrono::duration<double>(sum[which]).count() / 1000, 15, 0.3);  // 3.3 sigma
  }
}

TEST(shutdown, of_a_node_without_a_retry_after_asks_for_none) {
  manager_options options;
  options.shutdown_retry_after = 0s;
  driver d(options);
  d.accept(conn(2), peer(1));
  d.tell(events::shutdown_wanted{});
  EXPECT_EQ(d.last<actions::close>()->retry_after, 0s);
}

TEST(close, for_another_reason_than_shutdown_asks_for_no_time) {
  driver d;
  d.accept(conn(2), peer(1));
  d.run_to(30s);
  EXPECT_EQ(d.last<actions::close>()->reason, cause::idle_timeout);
  EXPECT_EQ(d.last<actions::close>()->retry_after, 0s);
}

TEST(shutdown, with_peers_that_never_let_go_aborts_at_three_quarters_and_ends_at_the_deadline) {
  driver d;
  for (std::uint32_t i = 1; i <= 5; ++i) d.accept(conn(2 * i), peer(i));
  d.run_to(10s);
  d.answers = false;
  d.tell(events::shutdown_wanted{});
  d.run_to(11500ms - 1ns);
  EXPECT_EQ(d.count<actions::abort>(), 0U);
  d.run_to(11500ms);
  EXPECT_EQ(d.count<actions::abort>(), 5U);
  d.run_to(12s - 1ns);
  EXPECT_EQ(d.count<actions::shutdown_complete>(), 0U);
  d.run_to(12s);
  EXPECT_EQ(d.when<actions::shutdown_complete>(), at(12s));
  EXPECT_EQ(d.last<actions::shutdown_complete>()->left, 5U);
  for (std::uint32_t i = 1; i <= 5; ++i) d.tell(events::closed{conn(2 * i), cause::aborted});
  EXPECT_EQ(d.count<actions::shutdown_complete>(), 1U);
  EXPECT_EQ(d.counters().permits_live, 0U);
}

TEST(shutdown, takes_the_earlier_of_the_deadlines_and_may_be_hurried) {
  driver d;
  d.accept(conn(2), peer(1));
  d.answers = false;
  d.tell(events::shutdown_wanted{at(1s)});
  EXPECT_EQ(d.last<actions::close>()->drain_until, at(750ms));
  d.tell(events::shutdown_wanted{at(400ms)});
  d.run_to(5s);
  EXPECT_EQ(d.when<actions::abort>(), at(300ms));
  EXPECT_EQ(d.when<actions::shutdown_complete>(), at(400ms));
  EXPECT_EQ(d.count(notice::shutdown_began), 1U);
  EXPECT_EQ(d.last(notice::shutdown_began).until, at(1s));
}

TEST(shutdown, a_deadline_in_the_past_is_now) {
  driver d;
  d.run_to(5s);
  d.accept(conn(2), peer(1));
  d.answers = false;
  d.tell(events::shutdown_wanted{at(1s)});
  d.run_to(5s);
  EXPECT_EQ(d.when<actions::abort>(), at(5s));
  EXPECT_EQ(d.when<actions::shutdown_complete>(), at(5s));
}

TEST(shutdown, during_a_handshake_ignores_what_still_comes_of_it) {
  driver d;
  d.answers = false;
  d.tell(events::arrived{conn(2), address()});
  d.tell(events::shutdown_wanted{});
  EXPECT_EQ(d.last<actions::abort>()->conn, conn(2));
  d.tell(events::authenticated{conn(2), peer(1)});
  d.tell(events::ready{conn(2)});
  EXPECT_EQ(d.counters().active_connections, 0U);
  EXPECT_EQ(d.counters().permits_issued, 0U);
  d.tell(events::closed{conn(2), cause::aborted});
  EXPECT_EQ(d.count<actions::shutdown_complete>(), 1U);
}

}  // namespace
}  // namespace tandem::test
