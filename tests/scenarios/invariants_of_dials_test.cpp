// SPDX-License-Identifier: MIT
// Every built-in invariant of dials that fail breaks when what it forbids is told to the ledger.
#include "ledger_support.hpp"

namespace tandem::scenarios {
namespace {

TEST_F(ledger, backoff_within_its_formula_and_bounds_holds) {
  tell_backoff(1, 1s, 0s);
  tell_backoff(2, 2s, 2s - 1ns);
  tell_backoff(30, 60s, 30s);
  EXPECT_EQ(broken(), names{});
  const auto& fraction = under_test.group(0).spreads[std::size_t(spread::backoff_fraction)];
  EXPECT_EQ(fraction.count, 3u);
  EXPECT_EQ(fraction.min, 0);
  EXPECT_NEAR(fraction.max, 1, 1e-6);
}

TEST_F(ledger, a_delay_above_its_ceiling_breaks) {
  tell_backoff(1, 1s, 1s + 1ns);
  EXPECT_EQ(broken(), names{"backoff stays within its strategy's bounds"});
}

TEST_F(ledger, a_delay_that_the_peer_asked_for_may_be_above_its_ceiling_once) {
  tell_to_stay_away(50s);
  tell_backoff(1, 1s, 50s);
  EXPECT_EQ(broken(), names{});
  tell_backoff(2, 2s, 50s);
  EXPECT_EQ(broken(), names{"backoff stays within its strategy's bounds"});
}

TEST_F(ledger, a_delay_above_what_the_peer_asked_for_or_may_ask_for_breaks) {
  tell_to_stay_away(50s);
  tell_backoff(1, 1s, 62500ms);  // a quarter more at most, so that not all come back together
  EXPECT_EQ(broken(), names{});
  tell_to_stay_away(50s);
  tell_backoff(1, 1s, 62500ms + 1ns);
  EXPECT_EQ(broken(), names{"backoff stays within its strategy's bounds"});
}

TEST_F(ledger, a_peer_may_not_ask_for_more_than_breaker_open_max) {
  tell_to_stay_away(1000s);
  tell_backoff(1, 1s, 75s);
  EXPECT_EQ(broken(), names{});
  tell_to_stay_away(1000s);
  tell_backoff(1, 1s, 75s + 1ns);
  EXPECT_EQ(broken(), names{"backoff stays within its strategy's bounds"});
}

struct strategy_case {
  backoff_strategy which;
  std::uint32_t failures;
  duration ceiling, least, most;  // of the delay
};

class backoff_formula : public ledger, public testing::WithParamInterface<strategy_case> {};

TEST_P(backoff_formula, holds_at_its_bounds_and_breaks_beyond_them) {
  const auto& [which, failures, ceiling, least, most] = GetParam();
  strategy(which);
  tell_backoff(failures, ceiling, least);
  tell_backoff(failures, ceiling, most);
  EXPECT_EQ(broken(), names{});
  if (least > 0s)
    tell_backoff(failures, ceiling, least - 100ns);
  else
    tell_backoff(failures, ceiling, ceiling + 1ns);
  EXPECT_EQ(broken(), names{"backoff stays within its strategy's bounds"});
  tell_backoff(failures, 61s, 60s);  // above the cap, and above no delay at all
  EXPECT_EQ(broken().size(), 2U);
}

INSTANTIATE_TEST_SUITE_P(
    every, backoff_formula,
    testing::Values(strategy_case{backoff_strategy::none, 3, 0s, 0s, 0s},
                    strategy_case{backoff_strategy::exponential, 3, 4s, 4s, 4s},
                    strategy_case{backoff_strategy::equal, 3, 4s, 2s, 4s - 1ns},
                    strategy_case{backoff_strategy::full, 3, 4s, 0s, 4s - 1ns},
                    strategy_case{backoff_strategy::decorrelated, 1, 3s, 1s, 3s},
                    strategy_case{backoff_strategy::decorrelated, 2, 9s, 1s, 9s},
                    strategy_case{backoff_strategy::decorrelated, 9, 60s, 1s, 60s}));

TEST_F(ledger, a_ceiling_off_the_formula_breaks) {
  tell_backoff(3, 3s, 1s);
  EXPECT_EQ(broken(), names{"the backoff ceiling is its strategy's"});
}

TEST_F(ledger, a_drawn_delay_that_is_its_ceiling_breaks) {
  for (const auto which : {backoff_strategy::exponential, backoff_strategy::decorrelated}) {
    strategy(which);
    tell_backoff(1, which == backoff_strategy::exponential ? 1s : 3s,
                 which == backoff_strategy::exponential ? 1s : 3s);
  }
  EXPECT_EQ(broken(), names{});
  for (const auto which : {backoff_strategy::equal, backoff_strategy::full}) {
    tracker fresh(what, 1s);
    fresh.begin(place);
    strategy(which);
    notification told;
    told.kind = notice::backoff_started;
    told.peer = place.id(1);
    told.failures = 2;
    told.ceiling = 2s;
    told.until = time_point(2s);
    fresh.on_notification(0, {}, told);
    ASSERT_EQ(fresh.violations().size(), 1u);
    EXPECT_EQ(fresh.violations().front().first, "backoff is drawn, not its ceiling");
  }
}

/// Five failures open a circuit.
class circuit : public ledger {
 protected:
  void fail(duration at, cause why = cause::attempt_timeout) {
    notification told;
    told.kind = notice::backoff_started;
    told.why = why;
    told.peer = place.id(1);
    told.failures = 1;
    told.ceiling = 1s;
    told.until = time_point(at + 1ms);
    under_test.on_notification(0, time_point(at), told);
  }
  void fail_four_times() {
    for (int n = 0; n < 4; ++n) fail(1s * n);
  }
  names never_opens{"the circuit opens after breaker_failures"};
};

TEST_F(circuit, that_stays_closed_at_the_fifth_failure_in_a_row_breaks) {
  fail_four_times();
  EXPECT_EQ(broken(), names{});
  fail(4s);
  EXPECT_EQ(broken(), never_opens);
}

TEST_F(circuit, that_opened_holds_until_it_closed) {
  fail_four_times();
  tell(notice::circuit_opened, 0);
  fail(4s);
  fail(5s);
  EXPECT_EQ(broken(), names{});
  tell(notice::circuit_closed, 0);
  fail(6s);
  EXPECT_EQ(broken(), never_opens);
}

TEST_F(circuit, counts_only_that_nobody_is_there) {
  fail_four_times();
  for (const auto why : {cause::limit_reached, cause::shutting_down, cause::remote_refused,
                         cause::handshake_timeout, cause::remote_closed})
    fail(4s, why);
  EXPECT_EQ(broken(), names{});
}

TEST_F(circuit, begins_anew_when_a_connection_came) {
  fail_four_times();
  tell(notice::connection_established, 1);
  fail(4s);
  EXPECT_EQ(broken(), names{});
}

TEST_F(circuit, begins_anew_when_this_node_was_offline) {
  fail_four_times();
  tell(notice::uplink_lost, 0, cause::offline, time_point(3s));
  fail(4s);
  EXPECT_EQ(broken(), names{});
}

TEST_F(circuit, begins_anew_when_each_failure_was_refunded) {
  options().backoff_refund = 1s;
  fail_four_times();
  fail(4s);
  EXPECT_EQ(broken(), names{});
}

class forgiven_circuit : public circuit, public testing::WithParamInterface<int> {};

TEST_P(forgiven_circuit, begins_anew) {
  const event ways[] = {events::backoff_overridden{place.id(1)}, events::network_changed{},
                        events::configured{}};
  fail_four_times();
  under_test.on_event(0, time_point(3s), ways[GetParam()]);
  fail(4s);
  EXPECT_EQ(broken(), names{});
  for (int n = 5; n < 9; ++n) fail(1s * n);
  EXPECT_EQ(broken(), never_opens);
}

INSTANTIATE_TEST_SUITE_P(every, forgiven_circuit, testing::Range(0, 3));

/// The peer says, as it ends a connection, how long it wants to be left alone.
class asked_to_stay_away : public ledger {
 protected:
  void ends_and_is_left_alone(duration asked, time_point until) {
    tell(notice::connection_established, 1);
    under_test.on_event(0, time_point(10s),
                        events::remote_refused{connection_id{1}, cause::shutting_down, asked});
    notification told;
    told.kind = notice::connection_closed;
    told.why = cause::shutting_down;
    told.conn = connection_id{1};
    told.peer = place.id(1);
    told.until = until;
    under_test.on_notification(0, time_point(11s), told);
  }
  names comes_back{"a peer that asks to be left alone is"};
};

TEST_F(asked_to_stay_away, is_left_alone_so_long_or_longer) {
  ends_and_is_left_alone(20s, time_point(30s));
  ends_and_is_left_alone(20s, time_point(35s));
  ends_and_is_left_alone({}, never);
  ends_and_is_left_alone(1h, time_point(70s));  // breaker_open_max is the most it may ask for
  EXPECT_EQ(broken(), names{});
  ends_and_is_left_alone(20s, time_point(30s - 1ns));
  EXPECT_EQ(broken(), comes_back);
}

TEST_F(asked_to_stay_away, and_not_left_alone_at_all_breaks) {
  ends_and_is_left_alone(20s, never);
  EXPECT_EQ(broken(), comes_back);
}

TEST_F(asked_to_stay_away, by_whom_this_node_had_left_already_says_nothing) {
  tell(notice::connection_established, 1);
  close(1, cause::requested, 5s);
  under_test.on_event(0, time_point(10s),
                      events::remote_refused{connection_id{1}, cause::shutting_down, 20s});
  tell(notice::connection_closed, 1, cause::requested, time_point(11s));
  EXPECT_EQ(broken(), names{});
}

}  // namespace
}  // namespace tandem::scenarios
