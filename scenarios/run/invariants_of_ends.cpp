// SPDX-License-Identifier: MIT
// The built-in invariants of connections: who gets one, and when it ends.
#include "tracker.hpp"

#include "tandem/command/units.hpp"

#include <algorithm>
#include <cmath>

namespace tandem::scenarios {

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

time_point tracker::latest_silence(node_index node, const connection_state& connection) const {
  if (nodes_[node].stands) return never;
  const auto& options = options_of(node);
  // What was lost is sent again, three times, before a probe counts as missed.
  const duration patience =
      std::min<duration>(7 * connection.path.longest_probe_timeout(), std::chrono::minutes(1));
  const duration wait = std::max(options.liveness_timeout, patience);
  auto since = std::max(connection.heard, nodes_[node].went_on);
  if (const auto told = configured_.find(node); told != configured_.end())
    since = std::max(since, told->second.since);
  for (std::uint64_t missed = 0; missed < options.liveness_misses && since != never; ++missed)
    since = later(since, wait);
  return later(since, options.liveness_interval + patience_);
}

void tracker::check_silence(node_index node, time_point now, const connection_state& connection) {
  check(invariant::silence, now <= latest_silence(node, connection), node, now, [&] {
    return "last heard of its peer at " + format_duration(connection.heard.time_since_epoch());
  });
}

void tracker::check_idle(node_index node, time_point now, const connection_state& connection) {
  check(invariant::idle, now <= latest_end(node, connection), node, now,
        [&] { return "last used at " + format_duration(connection.used.time_since_epoch()); });
}

void tracker::check_end(node_index node, time_point now, const actions::close& what) {
  const auto& options = options_of(node);
  if (what.reason == cause::shutting_down) {
    const auto most = options.shutdown_retry_after;
    check(invariant::said_when, what.retry_after >= most / 2 && what.retry_after <= most, node, now,
          [&] { return "it said " + format_duration(what.retry_after); });
  }
  const auto& mine = of(node);
  const auto it = mine.connections.find(key(node, static_cast<std::uint64_t>(what.conn)));
  if (it == mine.connections.end()) return;
  const auto& connection = it->second;
  if (what.reason == cause::idle_timeout)
    check(invariant::in_use,
          connection.streams == 0 && now >= later(connection.used, options.connection_timeout),
          node, now, [&] {
            return connection.streams > 0
                       ? std::string("a stream is open")
                       : "last used at " + format_duration(connection.used.time_since_epoch());
          });
  if (what.reason != cause::evicted || connection.peer < 0) return;
  const auto marks = mine.marks.find(key(node, static_cast<std::uint64_t>(connection.peer)));
  const auto peer = static_cast<node_index>(connection.peer);
  const bool is_free = marks == mine.marks.end() || marks->second.who != world_->id(peer) ||
                       now >= marks->second.protected_until;
  check(invariant::protects, is_free, node, now,
        [&] { return "node " + std::to_string(connection.peer); });
}

// A leaky bucket: what arrives fills it, accept_rate empties it.
void tracker::check_admitted(node_index node, time_point now, const actions::admit& what) {
  const auto& options = options_of(node);
  if (what.stage != stage::handshake || is_outbound(what.conn) || options.accept_rate <= 0) return;
  auto& state = nodes_[node];
  const auto since = std::max(state.admitted, state.forgiven);
  const double passed = std::chrono::duration<double>(now - since).count() * options.accept_rate;
  state.arrivals = state.forgiven > state.admitted ? 0 : std::max(0.0, state.arrivals - passed);
  state.admitted = now;
  state.arrivals += 1;
  constexpr double rounding = 0.01;
  check(invariant::accept_rate,
        state.arrivals <= static_cast<double>(options.accept_burst) + rounding, node, now, [&] {
          return std::to_string(std::llround(state.arrivals)) +
                 " beyond the rate, accept_burst being " + std::to_string(options.accept_burst);
        });
}

// What was authenticated before it was denied may stay; nothing takes longer to be ready.
void tracker::check_denied(node_index node, time_point now, const peer_id& peer) {
  const auto& all = of(node).marks;
  const auto marks = all.find(key(node, static_cast<std::uint64_t>(index_of(peer))));
  if (marks == all.end() || marks->second.who != peer) return;
  const auto& denied = marks->second;
  const bool is_denied = now >= later(denied.denied_since, options_of(node).handshake_timeout) &&
                         now < denied.denied_until;
  check(invariant::denied, !is_denied, node, now,
        [&] { return "node " + std::to_string(index_of(peer)); });
}

void tracker::on_marked(node_index node, time_point now, const events::peer_marked& what) {
  const auto peer = index_of(what.peer);
  const auto& options = options_of(node);
  // Of too many some are ignored.
  if (++nodes_[node].marks > std::min(options.max_access_rules, options.max_marked_peers)) return;
  if (peer < 0) return;
  auto& marks = of(node).marks[key(node, static_cast<std::uint64_t>(peer))];
  if (marks.who != what.peer) marks = {.who = what.peer};
  if (what.what == mark::protect) {
    marks.protected_until = what.on ? what.until : time_point::min();
  } else if (what.what == mark::allow || what.what == mark::deny) {
    const bool denies = what.what == mark::deny && what.on;
    marks.denied_since = denies ? std::min(marks.denied_since, now) : never;
    marks.denied_until = what.until;
  }
}

}  // namespace tandem::scenarios
