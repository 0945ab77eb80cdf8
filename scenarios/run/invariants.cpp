// SPDX-License-Identifier: MIT
// The built-in invariants: the part of the tracker that judges.
#include "tracker.hpp"

#include "tandem/command/units.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

namespace tandem::scenarios {
namespace {

constexpr std::size_t violations_max = 16;

// The longest probe timeout there can be: SRTT + 4 RTTVAR of the first sample (RFC 6298), three
// round trips; a minute, the core's most, where packets are lost or wait.
duration longest_probe_timeout(const scenario& what) {
  duration longest = what.faults.empty() ? duration{} : std::chrono::minutes(1);
  const auto look_at = [&](const sim::link& path) {
    const bool steady = path.loss == 0 && path.bandwidth == 0;
    const duration one_way = path.latency + path.jitter;
    longest = std::max<duration>(longest, steady ? 6 * one_way : std::chrono::minutes(1));
  };
  look_at(what.default_link);
  for (const auto& each : what.links) look_at(each.link);
  return longest;
}

std::string against(std::uint64_t value, const char* relation, std::uint64_t bound) {
  return std::to_string(value) + " " + relation + " " + std::to_string(bound);
}

}  // namespace

void tracker::violated(const char* invariant, node_index node, time_point now,
                       const std::string& how) {
  const auto known =
      std::ranges::find(violations_, invariant, [](const auto& v) { return v.first; });
  if (known != violations_.end() || violations_.size() == violations_max) return;
  const auto& group = scenario_.groups[nodes_[node].group].name;
  violations_.emplace_back(invariant, how + ", first at " +
                                          format_duration(now.time_since_epoch()) + " on node " +
                                          std::to_string(node) + " (" + group + ")");
}

void tracker::check_limits(node_index node, time_point now, const connection_manager& manager) {
  const auto& is = manager.counters();
  // What the scenario asked for, so that a world that does not pass it on is noticed.
  const auto& options = options_of(node);
  const struct {
    const char* name;
    std::uint64_t value, most;
  } limits[] = {
      {"max_connections is never exceeded", is.permits_live, options.max_connections},
      {"max_pending_inbound is never exceeded", is.pending_inbound, options.max_pending_inbound},
      {"max_pending_outbound is never exceeded", is.pending_outbound, options.max_pending_outbound},
      {"max_lingering_refusals is never exceeded", is.lingering, options.max_lingering_refusals},
  };
  for (const auto& limit : limits)
    if (limit.value > limit.most)
      violated(limit.name, node, now, against(limit.value, ">", limit.most));
  if (is.active_connections > is.permits_live)
    violated("established never exceeds permits", node, now,
             against(is.active_connections, ">", is.permits_live));
  if (is.permits_issued - is.permits_released != is.permits_live)
    violated("permits are conserved", node, now,
             against(is.permits_issued - is.permits_released, "!=", is.permits_live));
}

void tracker::check_ledger(node_index node, time_point now, const manager_counters& is) {
  const auto& ledger = nodes_[node];
  if (is.established_total != ledger.established)
    violated("metrics equal the ledger: established", node, now,
             against(is.established_total, "!=", ledger.established));
  if (is.closed_total != ledger.closed)
    violated("metrics equal the ledger: closed", node, now,
             against(is.closed_total, "!=", ledger.closed));
  if (is.active_connections != ledger.established - ledger.closed)
    violated("metrics equal the ledger: active", node, now,
             against(is.active_connections, "!=", ledger.established - ledger.closed));
  if (is.connected_peers != ledger.peers)
    violated("metrics equal the ledger: peers", node, now,
             against(is.connected_peers, "!=", ledger.peers));
}

void tracker::check_backoff(node_index node, time_point now, const notification& what) {
  const auto& options = options_of(node);
  const auto delay = what.until - now;
  if (what.ceiling > duration{})
    numbers_of(node)
        .of(spread::backoff_fraction)
        .add(static_cast<double>(delay.count()) / static_cast<double>(what.ceiling.count()));
  if (delay < duration{} || delay > what.ceiling)
    violated("backoff stays within [0, ceiling]", node, now,
             format_duration(delay) + " against a ceiling of " + format_duration(what.ceiling));
  const double grown = static_cast<double>(options.backoff_base.count()) *
                       std::pow(options.backoff_multiplier, double(what.failures) - 1);
  const double formula = std::min(grown, static_cast<double>(options.backoff_cap.count()));
  // The core counts in integers: one part in a million, or a nanosecond, is rounding.
  if (std::abs(static_cast<double>(what.ceiling.count()) - formula) > 1 + formula * 1e-6)
    violated(
        "the backoff ceiling is min(cap, base * multiplier^(n-1))", node, now,
        format_duration(what.ceiling) + " after " + std::to_string(what.failures) + " failures");
}

time_point tracker::latest_end(node_index node, const connection_state& connection) const {
  const auto& options = options_of(node);
  const duration floor =
      static_cast<std::int64_t>(options.idle_floor_probes) * longest_probe_timeout(scenario_);
  return later(later(connection.used, std::max(options.connection_timeout, floor)),
               options.close_linger + patience_);
}

void tracker::outlived(node_index node, time_point now, const connection_state& connection) {
  violated("no connection outlives its idle timeout", node, now,
           "last used at " + format_duration(connection.used.time_since_epoch()));
}

void tracker::finish(time_point now) {
  for (node_index node = 0; node < nodes_.size(); ++node) {
    if (!nodes_[node].alive) continue;
    apply(node, now, counters(node));
    world_->unflushed(node, [&](const events::traffic& moved) {
      if (moved.app_bytes > 0) on_app_bytes(node, moved.last_app_at, moved.conn);
    });
  }
  std::optional<std::pair<key, connection_state>> oldest;
  for (const auto& [at, connection] : connections_)
    if (now > latest_end(at.first, connection) && (!oldest || at < oldest->first))
      oldest = {at, connection};
  if (oldest) outlived(oldest->first.first, now, oldest->second);
}

}  // namespace tandem::scenarios
