// SPDX-License-Identifier: MIT
// Queueing theory says what a full node refuses; scenarios written as anybody would write them must
// agree, at seeds nobody chose. Deviations of one run are from fifty others.
#include "work_support.hpp"

#include <algorithm>
#include <numeric>
#include <vector>

namespace tandem::scenarios {
namespace {

struct counted {
  double dials = 0;
  double node_full = 0;
  double peer_full = 0;
};

counted over_seeds(const std::string& name, const std::vector<std::string>& sets = {}) {
  counted sum;
  const auto what = shipped(name, sets);
  for (std::uint64_t seed = 101; seed <= 104; ++seed) {
    run_options options;
    options.seed = seed;
    options.record_events = false;
    const auto r = run_on(what, "message", options);
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

TEST(warning, tells_of_a_hold_that_is_longer_than_a_connection_may_be_idle) {
  const std::string head =
      "scenario: s\nduration: 100s\ngroups: {s: {listen: true}, c: {manager: "
      "passive}}\nworkload:\n";
  const auto warnings_of = [&](const std::string& hold) {
    return parse_scenario(head + "  - dial: {from: c, to: s, hold: " + hold + "}\n", "f.yaml")
        .warnings;
  };
  EXPECT_TRUE(warnings_of("30s").empty());
  EXPECT_TRUE(warnings_of("{exponential: 6s}").empty());
  ASSERT_EQ(warnings_of("{exponential: 7s}").size(), 1u);
  EXPECT_EQ(warnings_of("31s"),
            std::vector<std::string>{
                "f.yaml:5:34: `workload.0.dial.hold` can be longer than the 30s of "
                "connection_timeout of group `s`, which closes what is idle before it is over; "
                "`manager: {passive: true}` or a longer connection_timeout keeps it"});
}

TEST(warning, tells_of_dials_that_share_what_one_of_them_ends) {
  const auto r =
      run_of(crowd("  - dial: {from: clients, to: server, arrivals: {every: 1s}, count: "
                   "5, hold: 10s}\n",
                   1));
  ASSERT_EQ(r.warnings.size(), 1u);
  EXPECT_TRUE(r.warnings[0].starts_with("f.yaml:8:11: 4 dials joined a connection"))
      << r.warnings[0];
  EXPECT_TRUE(run_of(crowd("  - dial: {from: clients, to: server, arrivals: {every: 1s}, count: 5, "
                           "hold: 10s, mode: additional}\n",
                           1))
                  .warnings.empty());
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
