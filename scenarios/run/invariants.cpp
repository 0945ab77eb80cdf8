// SPDX-License-Identifier: MIT
// The built-in invariants: the part of the tracker that judges.
#include "tracker.hpp"

#include "tandem/command/units.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <utility>

namespace tandem::scenarios {
namespace {

constexpr std::array<const char*, invariants_count> names{
    "max_connections is never exceeded",
    "max_pending_inbound is never exceeded",
    "max_pending_outbound is never exceeded",
    "max_lingering_refusals is never exceeded",
    "max_connections_per_peer is never exceeded",
    "established never exceeds permits",
    "permits are conserved",
    "metrics equal the ledger: established",
    "metrics equal the ledger: closed",
    "metrics equal the ledger: active",
    "metrics equal the ledger: peers",
    "every close has its connection",
    "backoff stays within its strategy's bounds",
    "the backoff ceiling is its strategy's",
    "no connection outlives its idle timeout",
};

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

std::string against(std::uint64_t value, const char* relation, std::uint64_t bound) {
  return std::to_string(value) + " " + relation + " " + std::to_string(bound);
}

}  // namespace

void tracker::violated(invariant what, node_index node, time_point now, const std::string& how) {
  const char* const name = names[static_cast<std::size_t>(what)];
  const auto known = std::ranges::find(violations_, name, [](const auto& v) { return v.first; });
  if (known != violations_.end()) return;
  const auto& group = scenario_.groups[nodes_[node].group].name;
  violations_.emplace_back(name, how + ", first at " + format_duration(now.time_since_epoch()) +
                                     " on node " + std::to_string(node) + " (" + group + ")");
}

std::vector<std::pair<std::string, std::uint64_t>> tracker::looked() const {
  std::vector<std::pair<std::string, std::uint64_t>> out;
  for (std::size_t i = 0; i < names.size(); ++i) out.emplace_back(names[i], looked_[i]);
  return out;
}

void tracker::check_limits(node_index node, time_point now, const connection_manager& manager) {
  const auto& is = manager.counters();
  // What the scenario asked for, so that a world that does not pass it on is noticed.
  const auto& options = options_of(node);
  const struct {
    invariant what;
    std::uint64_t value, most;
  } limits[] = {
      {invariant::connections, is.permits_live, options.max_connections},
      {invariant::pending_inbound, is.pending_inbound, options.max_pending_inbound},
      {invariant::pending_outbound, is.pending_outbound, options.max_pending_outbound},
      {invariant::lingering, is.lingering, options.max_lingering_refusals},
  };
  const auto told = configured_.find(node);
  for (std::size_t i = 0; i < std::size(limits); ++i) {
    const auto& limit = limits[i];
    auto most = limit.most;
    if (told != configured_.end()) {
      auto& ceiling = told->second.ceilings[i];
      most = std::max(most, ceiling);
      ceiling = std::min(ceiling, limit.value);
    }
    check(limit.what, limit.value <= most, node, now,
          [&] { return against(limit.value, ">", most); });
  }
  check(invariant::permits_held, is.active_connections <= is.permits_live, node, now,
        [&] { return against(is.active_connections, ">", is.permits_live); });
  const auto held = is.permits_issued - is.permits_released;
  check(invariant::permits_conserved, held == is.permits_live, node, now,
        [&] { return against(held, "!=", is.permits_live); });
}

void tracker::check_ledger(node_index node, time_point now, const manager_counters& is) {
  const auto& ledger = nodes_[node];
  const auto same = [&](invariant what, std::uint64_t told, std::uint64_t counted) {
    check(what, told == counted, node, now, [&] { return against(told, "!=", counted); });
  };
  same(invariant::ledger_established, is.established_total, ledger.established);
  same(invariant::ledger_closed, is.closed_total, ledger.closed);
  same(invariant::ledger_active, is.active_connections, ledger.established - ledger.closed);
  same(invariant::ledger_peers, is.connected_peers, ledger.peers);
}

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
    auto& pair = pairs_[key(node, static_cast<std::uint64_t>(peer))];
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
  check(invariant::backoff_ceiling,
        ceiling >= allowed.lowest_ceiling - allowed.rounding &&
            ceiling <= allowed.highest_ceiling + allowed.rounding,
        node, now, [&] {
          return format_duration(what.ceiling) + " after " + std::to_string(what.failures) +
                 " failures";
        });
}

time_point tracker::latest_end(node_index node, const connection_state& connection) const {
  if (connection.streams > 0 || nodes_[node].stands) return never;
  if (connection.peer >= 0 &&
      kept_alive_.contains(key(node, static_cast<std::uint64_t>(connection.peer))))
    return never;
  const auto& options = options_of(node);
  const duration probe_timeout = connection.path.longest_probe_timeout();
  const duration floor = static_cast<std::int64_t>(options.idle_floor_probes) * probe_timeout;
  const duration longest(std::llround(static_cast<double>(options.connection_timeout.count()) *
                                      (1 + options.idle_jitter)));
  const auto due = std::max(later(connection.used, std::max(longest, floor)),
                            later(connection.streams_ended, floor));
  const duration timeout = connection.path.measured()
                               ? probe_timeout
                               : std::max<duration>(probe_timeout, 3 * options.handshake_timeout);
  const duration drains =
      std::max(options.close_linger, std::min<duration>(3 * timeout, std::chrono::minutes(1)));
  const auto told = configured_.find(node);
  auto since = std::max(due, nodes_[node].went_on);  // what stood still finds it due then
  if (told != configured_.end()) since = std::max(since, told->second.since);
  return later(since, drains + patience_);
}

void tracker::check_idle(node_index node, time_point now, const connection_state& connection) {
  check(invariant::idle, now <= latest_end(node, connection), node, now,
        [&] { return "last used at " + format_duration(connection.used.time_since_epoch()); });
}

void tracker::finish(time_point now) {
  for (node_index node = 0; node < nodes_.size(); ++node) {
    if (!nodes_[node].alive) continue;
    apply(node, now, counters(node));
    world_->unflushed(node, [&](const events::traffic& moved) { on_event(node, now, moved); });
  }
  // The first in the order of nodes is told, whatever the order of the table.
  std::optional<key> idle;
  for (const auto& [at, connection] : connections_) {
    const bool held = now <= latest_end(at.first, connection);
    if (held) check_idle(at.first, now, connection);
    if (!held && (!idle || at < *idle)) idle = at;
  }
  if (idle) check_idle(idle->first, now, connections_.at(*idle));
}

}  // namespace tandem::scenarios
