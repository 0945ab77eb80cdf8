// SPDX-License-Identifier: MIT
#include "tracker.hpp"

namespace tandem::scenarios {
namespace {

std::uint64_t number(connection_id id) { return static_cast<std::uint64_t>(id); }
std::uint64_t number(request_id id) { return static_cast<std::uint64_t>(id); }
double seconds(duration d) { return std::chrono::duration<double>(d).count(); }

template <class Map>
void erase_node(Map& map, node_index node) {
  erase_if(map, [node](const auto& entry) { return entry.first.first == node; });
}

}  // namespace

tracker::tracker(const scenario& what, duration patience)
    : scenario_(what), patience_(patience), groups_(what.groups.size()) {
  for (group_index g = 0; g < what.groups.size(); ++g) {
    first_of_.push_back(static_cast<node_index>(nodes_.size()));
    nodes_.resize(nodes_.size() + what.groups[g].count, {.group = g});
  }
}

void tracker::begin(const world& self) {
  world_ = &self;
  const auto now = self.now();
  std::vector<std::vector<std::uint64_t>> sums(groups_.size(),
                                               std::vector<std::uint64_t>(numbers_count()));
  for (node_index node = 0; node < nodes_.size(); ++node) {
    index_.emplace(self.id(node), node);
    nodes_[node].last = self.manager(node).counters();
    auto& sum = sums[nodes_[node].group];
    for (std::size_t row = 0; row < counter_rows().size(); ++row)
      sum[measure_of(row)] += nodes_[node].last.*counter_rows()[row].field;
  }
  for (group_index g = 0; g < groups_.size(); ++g)
    for (std::size_t m = 0; m < numbers_count(); ++m) groups_[g].numbers[m].begin(now, sums[g][m]);
}

std::int32_t tracker::index_of(const peer_id& peer) const {
  const auto it = index_.find(peer);
  return it == index_.end() ? -1 : static_cast<std::int32_t>(it->second);
}

std::uint32_t tracker::connections(node_index node, node_index peer) const {
  const auto it = pairs_.find(key(node, peer));
  return it == pairs_.end() ? 0 : it->second.ready;
}

std::uint64_t tracker::connections_of_pairs(
    const std::function<bool(node_index, node_index)>& chosen) const {
  std::uint64_t ends = 0;
  for (const auto& [at, pair] : pairs_)
    if (pair.ready > 0 && chosen(at.first, static_cast<node_index>(at.second))) ends += pair.ready;
  return (ends + 1) / 2;  // one may have lost its other end already
}

void tracker::count(node_index node, time_point now, std::size_t measure, std::uint64_t by) {
  numbers_of(node).numbers[measure].add(now, by, 0);
}

void tracker::on_dial(node_index node, request_id request, time_point now) {
  requests_[key(node, number(request))] = {now, false};
  count(node, now, measure_of(tally::dials));
}

void tracker::on_send(node_index node, time_point now, send_result result) {
  count(node, now, measure_of(tally::sends));
  if (result == send_result::gone) count(node, now, measure_of(tally::sends_without_connection));
  if (result == send_result::refused) count(node, now, measure_of(tally::sends_refused));
}

void tracker::on_message(node_index node, time_point now) {
  count(node, now, measure_of(tally::messages_received));
}

void tracker::on_notification(node_index node, time_point now, const notification& what) {
  switch (what.kind) {
    case notice::dial_started: {
      count(node, now, measure_of(tally::attempts));
      if (const auto it = requests_.find(key(node, number(what.request))); it != requests_.end())
        it->second.started = true;
      if (const auto peer = index_of(what.peer); peer >= 0) {
        auto& pair = pairs_[key(node, static_cast<std::uint64_t>(peer))];
        if (pair.last_attempt != never)
          numbers_of(node).of(spread::attempt_gap).add(seconds(now - pair.last_attempt));
        pair.last_attempt = now;
      }
      break;
    }
    case notice::dial_succeeded:
    case notice::dial_failed:
      on_dial_ended(node, now, what);
      break;
    case notice::connection_established:
      on_established(node, now, what);
      break;
    case notice::connection_closed:
      on_closed(node, now, what);
      break;
    case notice::remote_refused:
      on_told(node, now, what);
      break;
    case notice::backoff_started:
      check_backoff(node, now, what);
      break;
    default:
      break;
  }
}

void tracker::on_dial_ended(node_index node, time_point now, const notification& what) {
  const bool failed = what.kind == notice::dial_failed;
  count(node, now, failed ? measure_of_dial_failed(what.why) : measure_of(tally::dials_succeeded));
  const auto it = requests_.find(key(node, number(what.request)));
  if (it == requests_.end()) return;
  const auto took = seconds(now - it->second.asked);
  if (!failed)
    numbers_of(node).of(spread::dial_time).add(took);
  else if (it->second.started)
    numbers_of(node).of(spread::failure_time).add(took);
  requests_.erase(it);
}

void tracker::on_established(node_index node, time_point now, const notification& what) {
  auto& state = nodes_[node];
  ++state.established;
  const auto peer = index_of(what.peer);
  connections_[key(node, number(what.conn))] = {.peer = peer, .used = now};
  if (peer < 0) return;
  auto& pair = pairs_[key(node, static_cast<std::uint64_t>(peer))];
  if (pair.ready++ == 0) ++state.peers;
  if (pair.ready > options_of(node).max_connections_per_peer)
    violated("max_connections_per_peer is never exceeded", node, now,
             std::to_string(pair.ready) + " connections with node " + std::to_string(peer));
}

void tracker::on_closed(node_index node, time_point now, const notification& what) {
  auto& state = nodes_[node];
  ++state.closed;
  count(node, now, measure_of_closed(what.why));
  const auto it = connections_.find(key(node, number(what.conn)));
  if (it == connections_.end()) {
    violated("every close has its connection", node, now, "close of an unknown connection");
    return;
  }
  if (what.why == cause::idle_timeout) {
    numbers_of(node).of(spread::idle_close_after).add(seconds(now - it->second.used));
    if (now > latest_end(node, it->second)) outlived(node, now, it->second);
  }
  if (it->second.peer >= 0) {
    auto& pair = pairs_[key(node, static_cast<std::uint64_t>(it->second.peer))];
    if (--pair.ready == 0) --state.peers;
  }
  connections_.erase(it);
}

void tracker::on_told(node_index node, time_point now, const notification& what) {
  count(node, now, measure_of_told(what.why));
  if (const auto peer = index_of(what.peer); peer >= 0 && what.until != never) {
    auto& pair = pairs_[key(node, static_cast<std::uint64_t>(peer))];
    pair.named = std::max(pair.named, what.until - now);
  }
}

void tracker::on_event(node_index node, time_point now, const event& what) {
  const auto of = [&](connection_id conn) {
    const auto it = connections_.find(key(node, number(conn)));
    return it == connections_.end() ? nullptr : &it->second;
  };
  if (const auto* moved = std::get_if<events::traffic>(&what)) {
    if (auto* c = of(moved->conn)) c->used = std::max(c->used, moved->last_app_at);
  } else if (const auto* opened = std::get_if<events::stream_opened>(&what)) {
    if (auto* c = of(opened->conn)) ++c->streams;
  } else if (const auto* closed = std::get_if<events::stream_closed>(&what)) {
    if (auto* c = of(closed->conn); c && --c->streams == 0) c->streams_ended = now;
  } else if (const auto* sampled = std::get_if<events::rtt_sampled>(&what)) {
    if (auto* c = of(sampled->conn)) c->path.add(sampled->rtt);
  }
}

void tracker::apply(node_index node, time_point now, const manager_counters& next) {
  auto& last = nodes_[node].last;
  auto& numbers = numbers_of(node).numbers;
  const auto rows = counter_rows();
  for (std::size_t row = 0; row < rows.size(); ++row) {
    const auto before = last.*rows[row].field;
    const auto after = next.*rows[row].field;
    if (before != after) numbers[measure_of(row)].add(now, after, before);
  }
  if (last.refused != next.refused)
    for (std::size_t c = 0; c < causes_count; ++c)
      if (last.refused[c] != next.refused[c])
        numbers[measure_of_refusal(static_cast<cause>(c))].add(now, next.refused[c],
                                                               last.refused[c]);
  last = next;
}

void tracker::on_step(node_index node, time_point now, const connection_manager& manager) {
  ++steps_;
  check_limits(node, now, manager);
  check_ledger(node, now, manager.counters());
  apply(node, now, manager.counters());
}

void tracker::on_killed(node_index node, time_point now) {
  auto& state = nodes_[node];
  manager_counters rest = counters(node);
  count(node, now, measure_of(tally::connections_lost), rest.active_connections);
  for (const auto& row : counter_rows())
    if (row.gauge) rest.*row.field = 0;
  apply(node, now, rest);
  state = {.group = state.group, .alive = false};
  erase_node(connections_, node);
  erase_node(pairs_, node);
  erase_node(requests_, node);
}

void tracker::on_restarted(node_index node, time_point now) {
  nodes_[node].alive = true;
  apply(node, now, world_->manager(node).counters());
}

void tracker::add_unflushed(node_index node, manager_counters& to) const {
  if (!nodes_[node].alive) return;
  world_->unflushed(node, [&to](const events::traffic& moved) {
    to.bytes_sent += moved.sent;
    to.bytes_received += moved.received;
  });
}

manager_counters tracker::unflushed(group_index at) const {
  manager_counters sum;
  for (std::uint32_t i = 0; i < scenario_.groups[at].count; ++i)
    add_unflushed(first_of_[at] + i, sum);
  return sum;
}

std::uint64_t tracker::now(group_index at, std::size_t measure) const {
  const auto tracked = groups_[at].numbers[measure].value();
  const auto rows = counter_rows();
  return measure < rows.size() ? tracked + unflushed(at).*rows[measure].field : tracked;
}

manager_counters tracker::counters(node_index node) const {
  manager_counters now = nodes_[node].last;
  add_unflushed(node, now);
  return now;
}

}  // namespace tandem::scenarios
