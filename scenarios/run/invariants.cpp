// SPDX-License-Identifier: MIT
// The built-in invariants: their names, and those of counts.
#include "tracker.hpp"

#include "tandem/command/units.hpp"

#include <algorithm>
#include <array>
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
    "backoff is drawn, not its ceiling",
    "the circuit opens after breaker_failures",
    "a peer that asks to be left alone is",
    "no connection outlives its idle timeout",
    "no connection in use ends as idle",
    "no connection outlives the silence of its peer",
    "accept_rate is never exceeded",
    "no peer is connected that is denied",
    "no protected peer is evicted",
    "shutdown says when to come back",
};

std::string against(std::uint64_t value, const char* relation, std::uint64_t bound) {
  return std::to_string(value) + " " + relation + " " + std::to_string(bound);
}

}  // namespace

void tracker::violated(invariant what, node_index node, time_point now, const std::string& how) {
  const auto at = static_cast<std::size_t>(what);
  auto& mine = of(node);
  const auto& group = scenario_.groups[nodes_[node].group].name;
  const std::string text = how + ", first at " + format_duration(now.time_since_epoch()) +
                           " on node " + std::to_string(node) + " (" + group + ")";
  if (!apart_) return take_violation(what, text);
  if (!mine.broken[at].empty()) return;
  mine.broken[at] = text;
  mine.kept.push_back(
      {{.at = now, .node = node}, found::kind::violation, static_cast<std::uint32_t>(what)});
}

void tracker::take_violation(invariant what, const std::string& text) {
  const char* const name = names[static_cast<std::size_t>(what)];
  const auto known = std::ranges::find(violations_, name, [](const auto& v) { return v.first; });
  if (known == violations_.end()) violations_.emplace_back(name, text);
}

std::vector<std::pair<std::string, std::uint64_t>> tracker::looked() const {
  std::vector<std::pair<std::string, std::uint64_t>> out;
  for (std::size_t i = 0; i < names.size(); ++i) {
    std::uint64_t sum = 0;
    for (const auto& each : parts_) sum += each.looked[i];
    out.emplace_back(names[i], sum);
  }
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

void tracker::finish(time_point now) {
  for (node_index node = 0; node < nodes_.size(); ++node) {
    if (!nodes_[node].alive) continue;
    apply(node, now, counters(node));
    world_->unflushed(node, [&](const events::traffic& moved) { on_event(node, now, moved); });
  }
  // The first in the order of nodes is told, whatever the order of the table.
  std::vector<key> all;
  for (const auto& part : parts_)
    for (const auto& [at, connection] : part.connections) all.push_back(at);
  std::ranges::sort(all);
  for (const auto& at : all) {
    const auto& connection = of(at.first).connections.at(at);
    check_idle(at.first, now, connection);
    if (!connection.ends()) check_silence(at.first, now, connection);
  }
}

}  // namespace tandem::scenarios
