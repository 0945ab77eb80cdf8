// SPDX-License-Identifier: MIT
// Queueing theory says what a full node refuses; scenarios written as anybody would write them must
// agree, at seeds nobody chose. Deviations of one run are from fifty others.
#include "work_support.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <tuple>
#include <vector>

namespace tandem::scenarios {
namespace {

struct counted {
  double dials = 0;
  double node_full = 0;
  double peer_full = 0;
};

counted over_seeds(const std::string& name, const std::vector<std::string>& sets = {},
                   const std::string& level = "message", std::uint64_t last_seed = 104) {
  counted sum;
  const auto what = shipped(name, sets);
  for (std::uint64_t seed = 101; seed <= last_seed; ++seed) {
    run_options options;
    options.seed = seed;
    options.record_events = false;
    const auto r = run_on(what, level, options);
    EXPECT_TRUE(r.warnings.empty()) << r.warnings.front();
    for (const auto& check : r.checks)
      if (check.text.starts_with("users.dials")) sum.dials += std::stod(check.measured);
    for (const auto& [why, many] : r.groups[0].refusals)
      (why == "LimitReached" ? sum.node_full : sum.peer_full) += static_cast<double>(many);
  }
  return sum;
}

double erlang_b(int places, double load) {
  double b = 1;
  for (int n = 1; n <= places; ++n) b = load * b / (n + load * b);
  return b;
}

class holding : public testing::TestWithParam<const char*> {};

// Insensitive to how long the calls are: only their mean counts.
TEST_P(holding, of_independent_users_leaves_erlangs_part_without_a_place) {
  const auto is =
      over_seeds("erlang_b", {"workload.0.dial.hold=" + std::string(GetParam()), "duration=60h",
                              "workload.0.dial.until=60h", "groups.users.manager=passive"});
  EXPECT_EQ(is.peer_full, 0);
  EXPECT_NEAR(is.node_full / is.dials, erlang_b(10, 8), 5 * 0.0035 / 2);
}

INSTANTIATE_TEST_SUITE_P(each, holding,
                         testing::Values("{exponential: 60s}", "60s", "{uniform: [30s, 90s]}",
                                         "{weibull: [30s, 0.5]}", "{lognormal: [36.4s, 1]}"),
                         [](const auto& info) { return "form_" + std::to_string(info.index); });

struct node_size {
  int places;
  double load;
  const char* calls_of_each;  ///< of 200 users, a minute long
  const char* until;
  double deviation;  ///< of one run
};

class size_and_level : public testing::TestWithParam<std::tuple<node_size, std::string>> {};

// What a node of this size refuses; larger ones need longer until they have forgotten the start.
TEST_P(size_and_level, leave_erlangs_part_without_a_place_however_long_calls_are) {
  const auto& [size, level] = GetParam();
  const std::uint64_t runs = level == "message" ? 4 : 1;
  for (const char* hold : {"{exponential: 60s}", "60s"}) {
    const auto is =
        over_seeds("erlang_b",
                   {"parameters.places=" + std::to_string(size.places),
                    "workload.0.dial.arrivals.poisson=" + std::string(size.calls_of_each),
                    "workload.0.dial.hold=" + std::string(hold),
                    "workload.0.dial.until=" + std::string(size.until),
                    "duration=" + std::string(size.until), "levels=[" + level + "]"},
                   level, 100 + runs);
    EXPECT_EQ(is.peer_full, 0);
    EXPECT_NEAR(is.node_full / is.dials, erlang_b(size.places, size.load),
                5 * size.deviation / std::sqrt(runs))
        << hold;
  }
}

INSTANTIATE_TEST_SUITE_P(at, size_and_level,
                         testing::Combine(testing::Values(node_size{10, 8, "2.4/h", "40h", 0.0045},
                                                          node_size{50, 50, "15/h", "8h", 0.0045},
                                                          node_size{100, 90, "27/h", "11h",
                                                                    0.0027}),
                                          testing::Values("message", "stream")));
#ifdef TANDEM_NS3
INSTANTIATE_TEST_SUITE_P(of_packets, size_and_level,
                         testing::Values(std::tuple(node_size{10, 8, "2.4/h", "10h", 0.0095},
                                                    "packet")));
#endif

TEST(finite_sources, are_refused_at_stream_as_at_message) {
  for (const char* name : {"engset", "product_form"}) {
    const auto message = over_seeds(name, {}, "message", 101);
    const auto stream = over_seeds(name, {}, "stream", 101);
    EXPECT_NEAR(stream.dials, message.dials, message.dials * 0.01) << name;
    EXPECT_NEAR(stream.node_full, message.node_full, message.node_full * 0.05) << name;
    EXPECT_NEAR(stream.peer_full, message.peer_full, message.peer_full * 0.05) << name;
  }
}

// M/G/infinity: without a limit those that are open are Poisson, whatever ends them; here it is the
// idle timeout, which is 30 to 45 s.
TEST(idle_connections, are_as_many_as_come_within_the_idle_timeout) {
  const auto what = parse_scenario(
      "scenario: s\nduration: 11h\nsample_every: 90s\ngroups:\n"
      "  server: {listen: true, manager: {passive: true, connection_timeout: 30s, "
      "idle_jitter: 0.5}}\n  users: {count: 200, manager: passive}\nworkload:\n"
      "  - dial: {from: users, to: server, mode: additional, arrivals: {poisson: 18/h, per: node}, "
      "until: 11h}\nexpectations:\n"
      "  - server.active.mean from 1m ~= 37.5 +- 1.1\n"  // 5 of sqrt(arrivals E[S^2] / length)
      "  - server.closed.IdleTimeout >= 30000\n",
      "f.yaml");
  for (const char* level : {"message", "stream"}) {
    const auto r = run_on(what, level);
    EXPECT_TRUE(r.ok) << failures_of(r);
    const auto& s = r.samples;
    const auto active = static_cast<std::size_t>(
        std::ranges::find(s.names, "icn_p2p_active_connections") - s.names.begin());
    double count = 0, sum = 0, squares = 0;
    for (std::size_t row = 0; row < s.size(); ++row) {
      if (s.group[row] != 0 || s.node[row] >= 0 || s.time_ns[row] < 60'000'000'000) continue;
      const auto now = static_cast<double>(s.values[active][row]);
      count += 1;
      sum += now;
      squares += now * now;
    }
    ASSERT_GT(count, 400);  // which know nothing of each other, being 90 s apart
    const double mean = sum / count, variance = squares / count - mean * mean;
    EXPECT_NEAR(variance / mean, 1, 5 * std::sqrt(2 / count)) << level;
  }
}

TEST(finite_sources, are_refused_as_engset_says) {
  double all = 0, last = 0, c = 1;
  for (int k = 0; k <= 10; ++k) {
    all += last = c;
    c = c * (19 - k) / (k + 1);
  }
  const auto is = over_seeds("engset");
  EXPECT_NEAR(is.node_full / is.dials, last / all, 5 * 0.0035 / 2);
}

// The states of all users, by enumeration of how many calls the seven others have.
TEST(limits_of_peer_and_node, refuse_as_the_product_form_says) {
  const std::vector<double> one{1, 1, 0.5};
  std::vector<double> others{1};
  for (int user = 0; user < 7; ++user) {
    std::vector<double> next(11);
    for (std::size_t i = 0; i < others.size(); ++i)
      for (std::size_t n = 0; n < one.size() && i + n <= 10; ++n) next[i + n] += others[i] * one[n];
    others = next;
  }
  double all = 0, node = 0, peer = 0;
  for (std::size_t n = 0; n < one.size(); ++n)
    for (std::size_t i = 0; i + n <= 10; ++i) {
      const double state = one[n] * others[i];
      all += state;
      if (n + i == 10)
        node += state;
      else if (n == 2)
        peer += state;
    }
  const auto is = over_seeds("product_form");
  EXPECT_NEAR(is.node_full / is.dials, node / all, 5 * 0.0018 / 2);
  EXPECT_NEAR(is.peer_full / is.dials, peer / all, 5 * 0.0033 / 2);
}

TEST(passive, gets_in_nobodys_way_and_keeps_the_limits_it_is_given) {
  const auto s = parse_scenario(
      "scenario: s\nduration: 1s\ngroups:\n  a: {manager: passive}\n"
      "  b: {manager: {passive: true, max_connections: 3}}\n  c: {manager: {passive: false}}\n",
      "f.yaml");
  EXPECT_EQ(s.groups[0].manager.max_connections, 10'000'000u);
  EXPECT_EQ(s.groups[0].manager.start_spread, duration{});
  EXPECT_EQ(s.groups[1].manager.max_connections, 3u);
  EXPECT_EQ(s.groups[1].manager.max_connections_per_peer, 3u);
  EXPECT_EQ(s.groups[1].manager.backoff_strategy, backoff_strategy::none);
  EXPECT_EQ(s.groups[2].manager, manager_options{});
}

}  // namespace
}  // namespace tandem::scenarios
