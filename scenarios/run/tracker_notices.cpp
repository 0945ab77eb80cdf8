// SPDX-License-Identifier: MIT
// What the tracker counts of what nodes are told, decide and say.
#include "tandem/core/counted.hpp"
#include "tracker.hpp"

#include <algorithm>
#include <utility>

namespace tandem::scenarios {
namespace {

std::uint64_t number(connection_id id) { return static_cast<std::uint64_t>(id); }
std::uint64_t number(request_id id) { return static_cast<std::uint64_t>(id); }
double seconds(duration d) { return std::chrono::duration<double>(d).count(); }

}  // namespace

void tracker::on_notification(node_index node, time_point now, const notification& what) {
  auto& mine = of(node);
  const auto peer = index_of(what.peer);
  nodes_[node].why = {.at = now,
                      .node = node,
                      .from = happening::source::notification,
                      .what = static_cast<std::uint8_t>(what.kind),
                      .why = what.why,
                      .peer = peer,
                      .conn = number(what.conn)};
  nodes_[node].fresh = true;
  const auto one = [&](tally which) { count(node, now, measure_of(which)); };
  const auto by_cause = [&](family which) { count(node, now, measure_of(which, what.why)); };
  switch (what.kind) {
    case notice::dial_started:
      return on_dial_started(node, now, what);
    case notice::dial_succeeded:
    case notice::dial_failed:
      return on_dial_ended(node, now, what);
    case notice::attempt_failed:
      return by_cause(family::attempt_failed);
    case notice::connection_established:
      return on_established(node, now, what);
    case notice::connection_closed:
      return on_closed(node, now, what);
    case notice::handshake_failed:
      one(tally::handshakes_failed);
      return by_cause(family::handshake_failed);
    case notice::remote_refused:
      return on_told(node, now, what);
    case notice::backoff_started:
      one(tally::backoffs);
      check_circuit(node, now, what);
      return check_backoff(node, now, what);
    case notice::circuit_opened:
      if (peer >= 0) mine.pairs[key(node, static_cast<std::uint64_t>(peer))].circuit_open = true;
      return one(tally::circuits_opened);
    case notice::circuit_half_opened:
      return one(tally::circuits_half_opened);
    case notice::circuit_closed:
      if (peer >= 0) mine.pairs[key(node, static_cast<std::uint64_t>(peer))].circuit_open = false;
      return one(tally::circuits_closed);
    case notice::uplink_lost:
      nodes_[node].forgiven = now;
      return one(tally::went_offline);
    default:
      return;
  }
}

void tracker::on_dial_started(node_index node, time_point now, const notification& what) {
  count(node, now, measure_of(tally::attempts));
  auto& mine = of(node);
  if (const auto it = mine.requests.find(key(node, number(what.request)));
      it != mine.requests.end())
    it->second.started = true;
  if (const auto peer = index_of(what.peer); peer >= 0) {
    auto& pair = mine.pairs[key(node, static_cast<std::uint64_t>(peer))];
    if (pair.last_attempt != never)
      add(node, now, spread::attempt_gap, seconds(now - pair.last_attempt));
    pair.last_attempt = now;
  }
}

void tracker::on_dial_ended(node_index node, time_point now, const notification& what) {
  const bool failed = what.kind == notice::dial_failed;
  count(node, now, measure_of(failed ? tally::dials_failed : tally::dials_succeeded));
  if (failed) count(node, now, measure_of(family::dial_failed, what.why));
  auto& mine = of(node);
  const auto it = mine.requests.find(key(node, number(what.request)));
  if (it == mine.requests.end()) return;
  const auto took = seconds(now - it->second.asked);
  if (!failed) {
    add(node, now, spread::dial_time, took);
  } else if (it->second.started) {
    add(node, now, spread::failure_time, took);
  }
  if (const auto conn = mine.connections.find(key(node, number(what.conn)));
      !failed && conn != mine.connections.end() && conn->second.ready < it->second.asked)
    count(node, now, measure_of(tally::dials_joined));
  mine.requests.erase(it);
}

void tracker::on_established(node_index node, time_point now, const notification& what) {
  auto& state = nodes_[node];
  ++state.established;
  const auto peer = index_of(what.peer);
  auto& mine = of(node);
  mine.connections[key(node, number(what.conn))] = {
      .peer = peer, .ready = now, .used = now, .heard = now};
  if (peer < 0) return;
  auto& pair = mine.pairs[key(node, static_cast<std::uint64_t>(peer))];
  if (pair.ready++ == 0) ++state.peers;
  pair.failures = 0;
  check_denied(node, now, what.peer);
  const auto most = options_of(node).max_connections_per_peer;
  check(invariant::per_peer, pair.ready <= most, node, now,
        [&] { return counted(pair.ready, "connection") + " with node " + std::to_string(peer); });
  if (pair.ready * 10 >= most * 9)
    count(node, now, measure_of(family::approached, cause::per_peer_limit_reached));
  count_wanted(node, now);
}

void tracker::on_closed(node_index node, time_point now, const notification& what) {
  auto& state = nodes_[node];
  ++state.closed;
  count(node, now, measure_of(family::closed, what.why));
  auto& mine = of(node);
  const auto it = mine.connections.find(key(node, number(what.conn)));
  check(invariant::close_known, it != mine.connections.end(), node, now,
        [] { return std::string("close of an unknown connection"); });
  if (it == mine.connections.end()) return;
  const bool ours = it->second.by_us;
  count(node, now, measure_of(ours ? tally::closed_by_us : tally::closed_by_them));
  count(node, now, measure_of(ours ? family::closed_by_us : family::closed_by_them, what.why));
  add(node, now, spread::connection_age, seconds(now - it->second.ready));
  if (what.why == cause::idle_timeout) {
    add(node, now, spread::idle_close_after, seconds(now - it->second.used));
    check_idle(node, now, it->second);
  }
  if (!it->second.ends()) check_silence(node, now, it->second);
  check_left_alone(node, now, it->second, what);
  if (it->second.peer >= 0) {
    auto& pair = mine.pairs[key(node, static_cast<std::uint64_t>(it->second.peer))];
    if (--pair.ready == 0) --state.peers;
  }
  mine.connections.erase(it);
  count_wanted(node, now);
}

void tracker::on_told(node_index node, time_point now, const notification& what) {
  count(node, now, measure_of(family::told, what.why));
  if (const auto peer = index_of(what.peer); peer >= 0 && what.until != never) {
    auto& pair = of(node).pairs[key(node, static_cast<std::uint64_t>(peer))];
    pair.named = std::max(pair.named, what.until - now);
  }
}

void tracker::on_event(node_index node, time_point now, const event& what) {
  auto& mine = of(node);
  nodes_[node].why = happening_of(node, now, what);
  nodes_[node].fresh = true;
  const auto connection = [&](connection_id conn) {
    const auto it = mine.connections.find(key(node, number(conn)));
    return it == mine.connections.end() ? nullptr : &it->second;
  };
  if (const auto* moved = std::get_if<events::traffic>(&what)) {
    count(node, now, measure_of(tally::application_bytes), moved->app_bytes);
    if (auto* c = connection(moved->conn)) {
      c->used = std::max(c->used, moved->last_app_at);
      if (moved->received > 0) c->heard = std::max(c->heard, moved->last_received_at);
    }
  } else if (const auto* opened = std::get_if<events::stream_opened>(&what)) {
    if (auto* c = connection(opened->conn)) ++c->streams;
  } else if (const auto* closed = std::get_if<events::stream_closed>(&what)) {
    if (auto* c = connection(closed->conn); c && --c->streams == 0) c->streams_ended = now;
  } else if (const auto* sampled = std::get_if<events::rtt_sampled>(&what)) {
    add(node, now, spread::round_trip, seconds(sampled->rtt));
    if (auto* c = connection(sampled->conn)) c->path.add(sampled->rtt);
  } else if (const auto* said = std::get_if<events::remote_refused>(&what)) {
    // Of a connection that is not ready yet a notification tells it.
    auto* c = connection(said->conn);
    if (c && !c->ends()) {
      c->wants_alone = said->retry_after;
      c->alone_from = now;
    }
    if (c && !std::exchange(c->told, true))
      count(node, now,
            measure_of(family::told,
                       said->reason == cause::none ? cause::remote_refused : said->reason));
  } else if (std::holds_alternative<events::arrived>(what)) {
    count(node, now, measure_of(tally::arrivals));
  } else if (const auto* answered = std::get_if<events::probe_answered>(&what)) {
    count(node, now, measure_of(tally::probes_answered));
    if (auto* c = connection(answered->conn)) c->heard = now;
  } else if (const auto* progress = std::get_if<events::progressed>(&what)) {
    // Nobody knew before it was asked.
    if (auto* c = connection(progress->conn); c && progress->at > c->heard) c->heard = now;
  } else if (const auto* marks = std::get_if<events::peer_marked>(&what)) {
    on_marked(node, now, *marks);
  } else {
    forgive(node, now, what);
  }
}

// Who decided first ends a connection: what this node does after its peer said why is no decision.
void tracker::on_action(node_index node, time_point now, const action& what) {
  const auto ends = [&](connection_id conn) {
    auto& connections = of(node).connections;
    const auto it = connections.find(key(node, number(conn)));
    if (it == connections.end() || it->second.ends()) return;
    check_silence(node, now, it->second);
    it->second.by_us = true;
  };
  if (const auto* closes = std::get_if<actions::close>(&what)) {
    check_end(node, now, *closes);
    ends(closes->conn);
  }
  if (const auto* aborts = std::get_if<actions::abort>(&what)) ends(aborts->conn);
  if (const auto* admits = std::get_if<actions::admit>(&what)) check_admitted(node, now, *admits);
  if (std::holds_alternative<actions::probe>(what)) count(node, now, measure_of(tally::probes));
  if (std::holds_alternative<actions::start_attempt>(what))
    count(node, now, measure_of(tally::address_attempts));
}

void tracker::note_near(node_index node, time_point now, const manager_counters& is) {
  const auto& options = options_of(node);
  const struct {
    cause why;
    std::uint64_t value, most;
  } limits[] = {
      {cause::limit_reached, is.permits_live, options.max_connections},
      {cause::pending_limit_reached, is.pending_inbound, options.max_pending_inbound},
      {cause::pending_limit_reached, is.pending_outbound, options.max_pending_outbound},
      {cause::inbound_limit_reached, is.permits_inbound, options.max_inbound_connections},
      {cause::outbound_limit_reached, is.permits_outbound, options.max_outbound_connections},
  };
  std::uint32_t near = 0, bit = 1;
  for (const auto& limit : limits) {
    const bool is_near = limit.value > 0 && limit.most > 0 && limit.value * 10 >= limit.most * 9;
    if (is_near) near |= bit;
    if (is_near && (nodes_[node].near & bit) == 0)
      count(node, now, measure_of(family::approached, limit.why));
    bit <<= 1;
  }
  nodes_[node].near = near;
}

}  // namespace tandem::scenarios
