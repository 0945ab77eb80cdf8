// SPDX-License-Identifier: MIT
// Every built-in invariant breaks when what it forbids is told to the ledger.
#include "run/tracker.hpp"
#include "tandem/net/identity.hpp"
#include "tandem/scenarios/read.hpp"

#include <gtest/gtest.h>

namespace tandem::scenarios {
namespace {

using namespace std::chrono_literals;

// Two nodes of one group; node 0 is the one that tells.
class ledger : public testing::Test {
 protected:
  struct still_world final : world {
    connection_manager managers[2] = {{manager_options{}, identity::of_node(1, 0).id(), 1},
                                      {manager_options{}, identity::of_node(1, 1).id(), 1}};
    events::traffic moved;  ///< and not flushed, at node 0
    node_index add_node(const node_spec&) override { return 0; }
    std::size_t size() const override { return 2; }
    const peer_id& id(node_index node) const override { return managers[node].self(); }
    request_id dial(node_index, node_index, dial_mode, time_point) override { return {}; }
    void send(node_index, node_index, std::uint64_t, std::uint64_t) override {}
    void operate(node_index, const operation&) override {}
    void introduce(node_index, node_index) override {}
    void open_stream(node_index, connection_id) override {}
    void close_stream(node_index, connection_id) override {}
    void disconnect(node_index, node_index) override {}
    void disconnect(node_index, connection_id) override {}
    void shutdown(node_index) override {}
    void kill(node_index) override {}
    void restart(node_index, const new_life&) override {}
    void suffer(node_index, const ailments&) override {}
    void forget_flows(node_index) override {}
    time_point now() const override { return {}; }
    void at(time_point, std::function<void()>) override {}
    void run_until(time_point, const std::function<bool()>&) override {}
    const connection_manager& manager(node_index node) const override { return managers[node]; }
    void unflushed(node_index node,
                   const std::function<void(const events::traffic&)>& each) const override {
      if (node == 0 && moved.conn != connection_id::none) each(moved);
    }
    std::string trace_hash() const override { return {}; }
    std::uint64_t events() const override { return 0; }
  };

  ledger() { under_test.begin(place); }

  void tell(notice kind, std::uint64_t conn, cause why = cause::none, time_point at = {}) {
    notification what;
    what.kind = kind;
    what.why = why;
    what.conn = connection_id{conn};
    what.peer = place.id(1);
    under_test.on_notification(0, at, what);
  }
  void tell_backoff(std::uint32_t failures, duration ceiling, duration delay) {
    notification what;
    what.peer = place.id(1);
    what.kind = notice::backoff_started;
    what.failures = failures;
    what.ceiling = ceiling;
    what.until = time_point(delay);
    under_test.on_notification(0, {}, what);
  }
  void tell_to_stay_away(duration period) {
    notification what;
    what.kind = notice::remote_refused;
    what.peer = place.id(1);
    what.until = time_point(period);
    under_test.on_notification(0, {}, what);
  }
  static event used_at(duration when) {
    events::traffic moved;
    moved.conn = connection_id{1};
    moved.app_bytes = 1;
    moved.last_app_at = time_point(when);
    return moved;
  }
  void strategy(backoff_strategy which) { what.groups[0].manager.backoff_strategy = which; }
  std::vector<std::string> broken() const {
    std::vector<std::string> names;
    for (const auto& [name, how] : under_test.violations()) names.push_back(name);
    return names;
  }
  using names = std::vector<std::string>;

  scenario what = parse_scenario("{scenario: s, duration: 1s, groups: {g: {count: 2}}}", "f");
  still_world place;
  tracker under_test{what, 1s};
};

TEST_F(ledger, a_third_connection_with_one_peer_breaks_the_limit_per_peer) {
  tell(notice::connection_established, 1);
  tell(notice::connection_established, 3);
  EXPECT_EQ(broken(), names{});
  tell(notice::connection_established, 5);
  EXPECT_EQ(broken(), names{"max_connections_per_peer is never exceeded"});
}

// A manager that never heard of the limits of its scenario, as after a world dropped them.
TEST_F(ledger, a_manager_beyond_the_limits_of_its_scenario_breaks_them) {
  const auto drain = [](connection_manager& manager) {
    while (manager.poll_action()) {
    }
  };
  const auto strict = parse_scenario(
      "{scenario: s, duration: 1s, groups: {g: {count: 2, manager: {max_connections: 2,"
      " max_connections_per_peer: 2, max_pending_inbound: 2}}}}",
      "f");
  tracker judge(strict, 1s);
  judge.begin(place);
  auto& manager = place.managers[0];
  const auto broken_now = [&] {
    judge.on_step(0, {}, manager);
    names all;
    for (const auto& [name, how] : judge.violations()) all.push_back(name);
    return all;
  };
  for (std::uint64_t n = 1; n <= 3; ++n) {
    const connection_id id{2 * n};
    manager.handle({}, events::arrived{id, {}});
    drain(manager);
    EXPECT_EQ(broken_now().size(), n <= 2 ? 0u : 1u);
  }
  EXPECT_EQ(broken_now(), names{"max_pending_inbound is never exceeded"});
  for (std::uint64_t n = 1; n <= 3; ++n) {
    manager.handle({}, events::authenticated{connection_id{2 * n}, identity::of_node(1, n).id()});
    drain(manager);
  }
  EXPECT_EQ(broken_now(),
            (names{"max_pending_inbound is never exceeded", "max_connections is never exceeded"}));
}

TEST_F(ledger, a_close_without_a_connection_breaks) {
  tell(notice::connection_established, 1);
  tell(notice::connection_closed, 1);
  EXPECT_EQ(broken(), names{});
  tell(notice::connection_closed, 1);
  EXPECT_EQ(broken(), names{"every close has its connection"});
}

TEST_F(ledger, a_notification_the_counters_do_not_know_breaks) {
  tell(notice::connection_established, 1);
  under_test.on_step(0, {}, place.managers[0]);
  EXPECT_EQ(broken(),
            (names{"metrics equal the ledger: established", "metrics equal the ledger: active",
                   "metrics equal the ledger: peers"}));
}

TEST_F(ledger, backoff_within_its_formula_and_bounds_holds) {
  tell_backoff(1, 1s, 0s);
  tell_backoff(2, 2s, 2s);
  tell_backoff(30, 60s, 30s);
  EXPECT_EQ(broken(), names{});
  const auto& fraction = under_test.group(0).spreads[std::size_t(spread::backoff_fraction)];
  EXPECT_EQ(fraction.count, 3u);
  EXPECT_EQ(fraction.min, 0);
  EXPECT_EQ(fraction.max, 1);
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
    tell_backoff(failures, ceiling, most + 1ns);
  EXPECT_EQ(broken(), names{"backoff stays within its strategy's bounds"});
  tell_backoff(failures, 61s, 61s);  // above the cap, and above no delay at all
  EXPECT_EQ(broken().size(), 2U);
}

INSTANTIATE_TEST_SUITE_P(
    every, backoff_formula,
    testing::Values(strategy_case{backoff_strategy::none, 3, 0s, 0s, 0s},
                    strategy_case{backoff_strategy::exponential, 3, 4s, 4s, 4s},
                    strategy_case{backoff_strategy::equal, 3, 4s, 2s, 4s},
                    strategy_case{backoff_strategy::full, 3, 4s, 0s, 4s},
                    strategy_case{backoff_strategy::decorrelated, 1, 3s, 1s, 3s},
                    strategy_case{backoff_strategy::decorrelated, 2, 9s, 1s, 9s},
                    strategy_case{backoff_strategy::decorrelated, 9, 60s, 1s, 60s}));

TEST_F(ledger, a_ceiling_off_the_formula_breaks) {
  tell_backoff(3, 3s, 1s);
  EXPECT_EQ(broken(), names{"the backoff ceiling is its strategy's"});
}

// The timeout is 30 s and up to 5 % of jitter; what was closed drains for three probe timeouts.
TEST_F(ledger, a_connection_idle_beyond_timeout_linger_and_patience_breaks) {
  tell(notice::connection_established, 1);
  under_test.on_event(0, {}, events::rtt_sampled{connection_id{1}, 20ms});
  under_test.on_event(0, time_point(5s), used_at(5s));
  under_test.finish(time_point(5s + 31500ms + 3s + 1s));
  EXPECT_EQ(broken(), names{});
  under_test.finish(time_point(5s + 31500ms + 3s + 1s + 1ns));
  EXPECT_EQ(broken(), names{"no connection outlives its idle timeout"});
}

TEST_F(ledger, what_was_used_and_not_flushed_at_the_end_is_used) {
  tell(notice::connection_established, 1);
  place.moved = std::get<events::traffic>(used_at(60s));
  under_test.finish(time_point(90s));
  EXPECT_EQ(broken(), names{});
}

TEST_F(ledger, a_connection_with_an_open_stream_is_not_idle) {
  tell(notice::connection_established, 1);
  under_test.on_event(0, {}, events::rtt_sampled{connection_id{1}, 20ms});
  under_test.on_event(0, {}, events::stream_opened{connection_id{1}});
  under_test.on_event(0, {}, events::stream_opened{connection_id{1}});
  under_test.on_event(0, {}, events::stream_closed{connection_id{1}});
  under_test.finish(time_point(300s));
  EXPECT_EQ(broken(), names{});
  under_test.on_event(0, time_point(100s), events::stream_closed{connection_id{1}});
  under_test.finish(time_point(100s + 3s + 3s + 1s));
  EXPECT_EQ(broken(), names{}) << "three probe timeouts, the linger and the patience";
  under_test.finish(time_point(100s + 3s + 3s + 1s + 1ms));
  EXPECT_EQ(broken(), names{"no connection outlives its idle timeout"});
}

// SRTT + 4 RTTVAR of one sample of 5 s: 15 s, three of which are the floor.
TEST_F(ledger, a_connection_may_be_idle_for_three_probe_timeouts) {
  tell(notice::connection_established, 1);
  under_test.on_event(0, {}, events::rtt_sampled{connection_id{1}, 5s});
  under_test.on_event(0, {}, events::rtt_sampled{connection_id{1}, 1ms});
  under_test.finish(time_point(45s + 45s + 1s));
  EXPECT_EQ(broken(), names{});
  under_test.on_event(0, {}, events::rtt_sampled{connection_id{1}, 1h});
  under_test.finish(time_point(180s + 60s + 1s));
  EXPECT_EQ(broken(), names{}) << "a probe timeout is a minute at most";
  under_test.finish(time_point(180s + 60s + 1s + 1ms));
  EXPECT_EQ(broken(), names{"no connection outlives its idle timeout"});
}

TEST_F(ledger, a_connection_closed_for_idleness_too_late_breaks) {
  tell(notice::connection_established, 1);
  under_test.on_event(0, {}, events::rtt_sampled{connection_id{1}, 20ms});
  tell(notice::connection_closed, 1, cause::idle_timeout, time_point(31500ms + 3s + 1s));
  tell(notice::connection_established, 3);
  under_test.on_event(0, {}, events::rtt_sampled{connection_id{3}, 20ms});
  EXPECT_EQ(broken(), names{});
  tell(notice::connection_closed, 3, cause::idle_timeout, time_point(31500ms + 3s + 1s + 1ns));
  EXPECT_EQ(broken(), names{"no connection outlives its idle timeout"});
}

TEST_F(ledger, counts_a_killed_nodes_gauges_no_more) {
  EXPECT_EQ(under_test.group(0).numbers[*measure_named("icn_p2p_connection_limit")].value(), 512u);
  under_test.on_killed(0, {});
  EXPECT_EQ(under_test.group(0).numbers[*measure_named("icn_p2p_connection_limit")].value(), 256u);
  EXPECT_EQ(broken(), names{});
}

TEST(tracked_number, means_over_time) {
  tracked_number n;
  n.begin({}, 0);
  n.add(time_point(1s), 10, 0);
  n.add(time_point(3s), 0, 10);
  EXPECT_DOUBLE_EQ(n.mean(time_point(4s)), 5.0) << "10 for 2 of 4 seconds";
  EXPECT_EQ(n.min(), 0u);
  EXPECT_EQ(n.max(), 10u);
}

}  // namespace
}  // namespace tandem::scenarios
