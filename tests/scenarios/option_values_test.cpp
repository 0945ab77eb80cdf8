// SPDX-License-Identifier: MIT
// Whatever the options are, the built-in invariants hold: every option at its extremes, at other
// values and at every choice, in every scenario of the project and at round trips of 1 ms to 5 s.
// So do the expectations of a scenario, but for options that can contradict them.
#include "run_support.hpp"
#include "tandem/core/option_table.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>

namespace tandem::scenarios {
namespace {

// A value of any option: a count, seconds, a ratio or the index of a choice.
double get(const manager_options& from, const option_row& row) {
  return std::visit(
      [&](auto field) -> double {
        if constexpr (std::is_same_v<decltype(field), option_choice>)
          return field.get(from);
        else if constexpr (std::is_same_v<decltype(field), duration manager_options::*>)
          return std::chrono::duration<double>(from.*field).count();
        else
          return static_cast<double>(from.*field);
      },
      row.field);
}

void set(manager_options& to, const option_row& row, double value) {
  std::visit(
      [&](auto field) {
        if constexpr (std::is_same_v<decltype(field), option_choice>)
          field.set(to, static_cast<std::uint8_t>(value));
        else if constexpr (std::is_same_v<decltype(field), duration manager_options::*>)
          to.*field = std::chrono::duration_cast<duration>(std::chrono::duration<double>(value));
        else if constexpr (std::is_same_v<decltype(field), std::uint64_t manager_options::*>)
          to.*field = static_cast<std::uint64_t>(std::llround(value));
        else
          to.*field = value;
      },
      row.field);
}

std::set<double> values_of(const option_row& row, const manager_options& from) {
  std::set<double> values;
  if (std::holds_alternative<option_choice>(row.field)) {
    for (double choice = row.least; choice <= row.most; ++choice) values.insert(choice);
    return values;
  }
  // A probe each millisecond would take minutes, and tell nothing more.
  const double least = row.name == "liveness_interval" ? 0.1 : row.least;
  const bool whole = std::holds_alternative<std::uint64_t manager_options::*>(row.field);
  for (const double value : {least, get(from, row) / 3, get(from, row) * 3, row.most}) {
    const double within = std::clamp(value, row.least, row.most);
    values.insert(whole ? std::round(within) : within);
  }
  return values;
}

// Sets the option, and takes those along that would disagree with it; whether there were none.
bool set_alone(manager_options& to, const option_row& row, double value) {
  set(to, row, value);
  const bool alone = problems_of(to).empty();
  for (const auto& problem : problems_of(to)) {
    if (problem.field != row.name) {
      set(to, *option_named(problem.field), std::min(value, get(to, *option_named(problem.field))));
      continue;
    }
    for (const auto& other : option_table())
      if (other.name != row.name && problem.message.find(other.name) != std::string::npos)
        set(to, other, value);
  }
  for (const auto& problem : problems_of(to)) ADD_FAILURE() << problem.message;
  return alone;
}

enum class checked { all, invariants };

void expect_held(scenario what, const option_row& row, const std::string& level, checked which) {
  for (const double value : values_of(row, what.groups.front().manager)) {
    bool alone = true;
    for (auto& group : what.groups) alone &= set_alone(group.manager, row, value);
    run_options options;
    options.record_events = false;
    const auto r = run_on(what, level, options);
    for (const auto& check : r.checks)
      if (check.verdict == verdict::failed &&
          ((which == checked::all && alone) || check.text.starts_with("invariant")))
        ADD_FAILURE() << what.name << " at " << level << ", " << row.name << " = " << value << ": "
                      << check.text << ": " << check.measured;
  }
}

// Dials that succeed, fail, wait and are refused, bursts and silence, a cut, deaths and a farewell.
scenario everything(const std::string& latency) {
  return parse_scenario(R"(scenario: everything
duration: 6m
sample_every: 6m
groups:
  server: {listen: true, manager: {max_connections: 3, eviction: scored}}
  clients: {count: 4}
  other: {listen: true, count: 2}
workload:
  - keep_connected: {from: clients, to: server}
  - dial: {from: other, to: other, at: 1s}
  - dial: {from: clients, to: other, arrivals: {every: 20s}, hold: {exponential: 15s}, count: 4}
  - send: {from: clients, to: server, at: 10s, every: 3s, count: 20, bytes: 1000}
  - send: {from: other, to: other, at: 30s, bytes: 1000000}
  - kill: {group: other, at: 150s}
  - restart: {group: other, at: 200s}
  - restart: {group: clients, at: 240s}
  - dial: {from: clients, to: other, at: 250s, deadline: 40s}
  - shutdown: {group: server, at: 340s}
faults: [{partition: {groups: [server], at: 80s, until: 130s}}]
)",
                        "everything.yaml", {"links.default.latency=" + latency});
}

// Of each shipped scenario the options that it is about, and those that can keep it from what it
// is about: others that limit connections, and times too short for a handshake, or for a use.
const std::map<std::string, std::set<std::string_view>> contradictions{
    {"global_limit",
     {"accept_rate", "attempt_timeout", "churn_interval", "connection_timeout", "dial_timeout",
      "eviction", "handshake_timeout", "max_connections", "max_inbound_connections",
      "max_lingering_refusals", "reserved_connections", "subnet_exempt"}},
    {"per_peer_limit",
     {"attempt_timeout", "connection_timeout", "dial_timeout", "handshake_timeout",
      "max_connections", "max_connections_per_peer", "max_inbound_connections",
      "max_lingering_refusals", "max_outbound_connections"}},
    {"idle_timeout",
     {"attempt_timeout", "connection_timeout", "dial_timeout", "handshake_timeout",
      "idle_floor_probes", "idle_jitter", "max_connections", "max_inbound_connections",
      "max_pending_inbound"}},
    {"backoff",
     {"attempt_timeout", "backoff_base", "backoff_cap", "backoff_multiplier", "backoff_refund",
      "breaker_failures", "breaker_open", "breaker_open_max", "connection_timeout", "dial_timeout",
      "handshake_timeout", "liveness_interval", "liveness_misses", "liveness_timeout",
      "max_connections", "max_inbound_connections", "max_pending_inbound", "start_spread",
      "uplink_failures"}},
    {"dial_failures", {"attempt_timeout", "dial_timeout"}},
};

class option_values : public testing::TestWithParam<std::size_t> {
 protected:
  const option_row& row = option_table()[GetParam()];
};

TEST_P(option_values, pass_every_shipped_scenario_that_they_cannot_contradict) {
  for (const auto& [name, contradicting] : contradictions) {
    const auto which = contradicting.contains(row.name) ? checked::invariants : checked::all;
    for (const auto* level : {"message", "stream"}) expect_held(shipped(name), row, level, which);
  }
}

TEST_P(option_values, break_no_invariant_at_any_round_trip) {
  for (const auto* latency : {"500us", "10ms", "150ms", "500ms", "2500ms"})
    for (const auto* level : {"message", "stream"})
      expect_held(everything(latency), row, level, checked::invariants);
}

#ifdef TANDEM_NS3
TEST_P(option_values, break_no_invariant_over_tcp) {
  expect_held(everything("2500ms"), row, "packet", checked::invariants);
}
#endif

INSTANTIATE_TEST_SUITE_P(every, option_values,
                         testing::Range(std::size_t{0}, option_table().size()),
                         [](const auto& info) {
                           return std::string(option_table()[info.param].name);
                         });

}  // namespace
}  // namespace tandem::scenarios
