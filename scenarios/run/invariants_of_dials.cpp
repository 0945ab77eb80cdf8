// SPDX-License-Identifier: MIT
// The built-in invariants of dials that fail: when the next one may come.
#include "tandem/core/counted.hpp"
#include "tracker.hpp"

#include "tandem/command/units.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace tandem::scenarios {
namespace {

struct backoff_bounds {
  double least = 0;  // of the delay; nanoseconds, like all of them
  double lowest_ceiling = 0;
  double highest_ceiling = 0;
  double rounding = 0;  // the core counts in integers
};

// What the strategy allows after `n` failures in a row.
backoff_bounds bounds_of(const backoff_options& options, std::uint32_t n) {
  const auto base = static_cast<double>(options.backoff_base.count());
  const auto cap = static_cast<double>(options.backoff_cap.count());
  // min(cap, base * multiplier^(n-1)); the core multiplies at most 1023 times, and rounds each
  // time.
  const double steps = std::min<double>(n, 1024) - 1;
  const double formula = std::min(cap, base * std::pow(options.backoff_multiplier, steps));
  const double rounding = 1 + formula * (1e-9 + steps / base);
  switch (options.backoff_strategy) {
    case backoff_strategy::none:
      return {};
    case backoff_strategy::exponential:
      return {formula, formula, formula, rounding};
    case backoff_strategy::equal:
      return {formula / 2, formula, formula, rounding};
    case backoff_strategy::full:
      return {0, formula, formula, rounding};
    case backoff_strategy::decorrelated:
      // Three times the delay before, which was the base at least.
      return {std::min(cap, base), std::min(cap, 3 * base), n == 1 ? std::min(cap, 3 * base) : cap,
              1};
  }
  return {};
}

/// Nobody is there, or nobody answers: what a peer itself says, or may say, is something else.
bool says_nobody_is_there(cause why) {
  return why == cause::connection_refused || why == cause::connect_timeout ||
         why == cause::attempt_timeout || why == cause::unreachable ||
         why == cause::transport_timeout;
}

}  // namespace

void tracker::check_backoff(node_index node, time_point now, const notification& what) {
  const auto& options = options_of(node);
  const auto delay = what.until - now;
  const auto ceiling = static_cast<double>(what.ceiling.count());
  const auto waits = static_cast<double>(delay.count());
  if (waits <= ceiling)  // more is what the peer asked for
    add(node, now, spread::backoff_fraction, ceiling > 0 ? waits / ceiling : 0);
  // A peer may ask for more time, but not for more than its circuit would be open; up to a quarter
  // is added to that.
  duration named{};
  if (const auto peer = index_of(what.peer); peer >= 0) {
    auto& pair = of(node).pairs[key(node, static_cast<std::uint64_t>(peer))];
    named = std::min(std::exchange(pair.named, {}), options.breaker_open_max) * 5 / 4;
  }
  const auto allowed = bounds_of(options, what.failures);
  check(
      invariant::backoff_delay,
      waits >= allowed.least - allowed.rounding && delay <= std::max(what.ceiling, named), node,
      now, [&] {
        return format_duration(delay) + " against a ceiling of " + format_duration(what.ceiling) +
               (named > duration{} ? ", the peer having asked for " + format_duration(named) : "");
      });
  const bool is_drawn = options.backoff_strategy == backoff_strategy::equal ||
                        options.backoff_strategy == backoff_strategy::full;
  if (is_drawn && ceiling > 0)
    check(invariant::backoff_drawn, delay != what.ceiling, node, now,
          [&] { return format_duration(delay); });
  check(invariant::backoff_ceiling,
        ceiling >= allowed.lowest_ceiling - allowed.rounding &&
            ceiling <= allowed.highest_ceiling + allowed.rounding,
        node, now, [&] {
          return format_duration(what.ceiling) + " after " + counted(what.failures, "failure");
        });
}

// The core counts other failures as well, and forgets some later: here are never more.
void tracker::check_circuit(node_index node, time_point now, const notification& what) {
  const auto peer = index_of(what.peer);
  if (peer < 0 || !says_nobody_is_there(what.why)) return;
  auto& pair = of(node).pairs[key(node, static_cast<std::uint64_t>(peer))];
  const auto& options = options_of(node);
  const bool is_over = pair.ready > 0 || pair.last_failure <= nodes_[node].forgiven ||
                       nodes_[node].last.records_dropped > 0 ||
                       now - pair.last_failure >= options.backoff_refund;
  pair.failures = (is_over ? 0 : pair.failures) + 1;
  pair.last_failure = now;
  if (pair.failures < options.breaker_failures) return;
  check(invariant::circuit, pair.circuit_open, node, now, [&] {
    return counted(pair.failures, "failure") + " in a row to reach node " + std::to_string(peer);
  });
}

void tracker::forgive(node_index node, time_point now, const event& what) {
  if (const auto* overridden = std::get_if<events::backoff_overridden>(&what)) {
    if (const auto peer = index_of(overridden->peer); peer >= 0)
      of(node).pairs[key(node, static_cast<std::uint64_t>(peer))].failures = 0;
  } else if (std::holds_alternative<events::network_changed>(what) ||
             std::holds_alternative<events::configured>(what)) {
    nodes_[node].forgiven = now;
  }
}

void tracker::check_left_alone(node_index node, time_point now, const connection_state& connection,
                               const notification& what) {
  if (connection.wants_alone <= duration{}) return;
  const auto wanted = std::min(connection.wants_alone, options_of(node).breaker_open_max);
  check(invariant::left_alone,
        what.until != never && what.until >= later(connection.alone_from, wanted), node, now, [&] {
          return "it asked for " + format_duration(connection.wants_alone) +
                 ", and is left alone " +
                 (what.until == never ? "not at all" : "for " + format_duration(what.until - now));
        });
}

}  // namespace tandem::scenarios
