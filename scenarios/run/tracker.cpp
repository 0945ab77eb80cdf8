// SPDX-License-Identifier: MIT
#include "tracker.hpp"

#include <algorithm>
#include <utility>

namespace tandem::scenarios {
namespace {

std::uint64_t number(request_id id) { return static_cast<std::uint64_t>(id); }

template <class Map>
void erase_node(Map& map, node_index node) {
  erase_if(map, [node](const auto& entry) { return entry.first.first == node; });
}

}  // namespace

tracker::tracker(const scenario& what, duration patience, thread_split split)
    : scenario_(what),
      patience_(patience),
      groups_(what.groups.size()),
      split_(split),
      parts_(split.threads) {
  for (group_index g = 0; g < what.groups.size(); ++g) {
    first_of_.push_back(static_cast<node_index>(nodes_.size()));
    nodes_.resize(nodes_.size() + what.groups[g].count, {.group = g});
  }
}

void tracker::begin(const world& self) {
  world_ = &self;
  const auto now = self.now();
  const auto rows = counter_table();
  std::vector<std::vector<std::uint64_t>> sums(groups_.size(),
                                               std::vector<std::uint64_t>(numbers_count()));
  for (node_index node = 0; node < nodes_.size(); ++node) {
    index_.emplace(self.id(node), node);
    nodes_[node].last = self.manager(node).counters();
    auto& sum = sums[nodes_[node].group];
    for (std::size_t row = 0; row < rows.size(); ++row)
      sum[measure_of(row)] += nodes_[node].last.*rows[row].field;
    ++sum[measure_of(tally::alive)];
  }
  for (group_index g = 0; g < groups_.size(); ++g)
    for (std::size_t m = 0; m < numbers_count(); ++m) groups_[g].numbers[m].begin(now, sums[g][m]);
}

std::int32_t tracker::index_of(const peer_id& peer) const {
  const auto it = index_.find(peer);
  return it == index_.end() ? -1 : static_cast<std::int32_t>(it->second);
}

std::uint64_t tracker::steps() const noexcept {
  std::uint64_t sum = 0;
  for (const auto& each : parts_) sum += each.steps;
  return sum;
}

std::uint32_t tracker::connections(node_index node, node_index peer) const {
  const auto& pairs = of(node).pairs;
  const auto it = pairs.find(key(node, peer));
  return it == pairs.end() ? 0 : it->second.ready;
}

std::vector<std::pair<connection_id, time_point>> tracker::connections_of(node_index node) const {
  std::vector<std::pair<connection_id, time_point>> out;
  for (const auto& [at, connection] : of(node).connections)
    if (at.first == node) out.emplace_back(static_cast<connection_id>(at.second), connection.ready);
  std::ranges::sort(out);
  return out;
}

std::uint64_t tracker::connections_of_pairs(
    const std::function<bool(node_index, node_index)>& chosen) const {
  std::uint64_t ends = 0;
  for (const auto& part : parts_)
    for (const auto& [at, pair] : part.pairs)
      if (pair.ready > 0 && chosen(at.first, static_cast<node_index>(at.second)))
        ends += pair.ready;
  return (ends + 1) / 2;  // one may have lost its other end already
}

void tracker::on_dial(node_index node, request_id request, time_point now) {
  of(node).requests[key(node, number(request))] = {now, false};
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

void tracker::on_syn(node_index node) { count(node, world_->now(), measure_of(tally::syns)); }

void tracker::on_queue(node_index node, sim::queue_event what) {
  using kind = sim::queue_event::kind;
  const time_point now = world_->now();
  if (what.what == kind::found_no_room || what.what == kind::dropped_early) {
    count(node, now, measure_of(tally::queue_drops));
    if (what.what == kind::dropped_early) count(node, now, measure_of(tally::queue_drops_early));
    return;
  }
  const bool in = what.what == kind::entered;
  add(node, now, measure_of(tally::queued_packets), in ? 1 : 0, in ? 0 : 1);
  add(node, now, measure_of(tally::queued_bytes), in ? what.bytes : 0, in ? 0 : what.bytes);
}

void tracker::on_work(node_index node, time_point now, tally what) {
  count(node, now, measure_of(what));
}

void tracker::on_work(node_index node, time_point now, spread which, duration took) {
  add(node, now, which, std::chrono::duration<double>(took).count());
}

void tracker::on_configured(node_index node, time_point now, const manager_options& options) {
  const auto& before = options_of(node);
  const std::array ceilings{before.max_connections, before.max_pending_inbound,
                            before.max_pending_outbound, before.max_lingering_refusals};
  configured_[node] = {options, now, ceilings};
}

void tracker::apply(node_index node, time_point now, const manager_counters& next) {
  auto& last = nodes_[node].last;
  const auto rows = counter_table();
  for (std::size_t row = 0; row < rows.size(); ++row)
    add(node, now, measure_of(row), next.*rows[row].field, last.*rows[row].field);
  if (last.refused != next.refused)
    for (std::size_t c = 0; c < causes_count; ++c) {
      const auto why = static_cast<cause>(c);
      add(node, now, measure_of(family::refusals, why), next.refused[c], last.refused[c]);
      add(node, now, measure_of(tally::refused), next.refused[c], last.refused[c]);
    }
  last = next;
}

void tracker::on_step(node_index node, time_point now, const connection_manager& manager) {
  ++of(node).steps;
  auto& state = nodes_[node];
  if (!std::exchange(state.fresh, false) || state.why.at != now)
    state.why = {.at = now, .node = node, .from = happening::source::deadline};
  check_limits(node, now, manager);
  check_ledger(node, now, manager.counters());
  note_near(node, now, manager.counters());
  apply(node, now, manager.counters());
}

void tracker::on_killed(node_index node, time_point now) {
  auto& state = nodes_[node];
  nodes_[node].why = {.at = now, .node = node, .from = happening::source::work};
  manager_counters rest = counters(node);
  constexpr auto app_bytes = tally::application_bytes;
  count(node, now, measure_of(app_bytes), late(node, measure_of(app_bytes)));
  count(node, now, measure_of(tally::kills));
  count(node, now, measure_of(tally::connections_lost), rest.active_connections);
  for (const auto& row : counter_table())
    if (row.gauge) rest.*row.field = 0;
  apply(node, now, rest);
  add(node, now, measure_of(tally::alive), 0, 1);
  state = {.group = state.group,
           .alive = false,
           .wanted = state.wanted,
           .missing = state.missing,
           .stands = state.stands,
           .went_on = state.went_on,
           .clock_ahead = state.clock_ahead,
           .why = state.why};
  auto& mine = of(node);
  erase_node(mine.connections, node);
  erase_node(mine.pairs, node);
  erase_node(mine.marks, node);
  erase_node(mine.requests, node);
  configured_.erase(node);
  count_wanted_of(node, now);
}

void tracker::on_restarted(node_index node, time_point now) {
  nodes_[node].alive = true;
  index_.emplace(world_->id(node), node);
  nodes_[node].why = {.at = now, .node = node, .from = happening::source::work};
  add(node, now, measure_of(tally::alive), 1, 0);
  apply(node, now, world_->manager(node).counters());
  count_wanted_of(node, now);
}

void tracker::on_suffering(node_index node, time_point now, const ailments& is) {
  auto& state = nodes_[node];
  if (std::exchange(state.stands, is.stands) && !is.stands) state.went_on = now;
  // When its clock jumps, what was is so much longer ago for the node.
  const auto jump = is.clock_ahead - std::exchange(state.clock_ahead, is.clock_ahead);
  if (jump == duration{}) return;
  state.went_on = now;  // it finds due now what was so meanwhile
  state.admitted -= jump;
  for (auto& [at, connection] : of(node).connections) {
    if (at.first != node) continue;
    connection.used -= jump;
    connection.heard -= jump;
    if (connection.streams_ended != time_point::min()) connection.streams_ended -= jump;
  }
}

void tracker::on_leaving(node_index node, time_point now) {
  nodes_[node].leaving = true;
  count_wanted_of(node, now);
}

void tracker::on_wanted(node_index node, node_index peer, time_point now) {
  of(node).wants[node].push_back(peer);
  of(node).wanted_by[peer].push_back(node);
  count_wanted(node, now);
}

void tracker::count_wanted_of(node_index node, time_point now) {
  count_wanted(node, now);
  std::vector<node_index> others;
  for (const auto& part : parts_)
    if (const auto it = part.wanted_by.find(node); it != part.wanted_by.end())
      others.insert(others.end(), it->second.begin(), it->second.end());
  std::ranges::sort(others);
  for (const auto other : others) count_wanted(other, now);
}

void tracker::count_wanted(node_index node, time_point now) {
  const auto& wants = of(node).wants;
  const auto it = wants.find(node);
  if (it == wants.end()) return;
  const auto up = [&](node_index n) { return nodes_[n].alive && !nodes_[n].leaving; };
  std::uint32_t wanted = 0, missing = 0;
  for (const auto peer : it->second) {
    if (!up(node) || !up(peer)) continue;
    ++wanted;
    if (connections(node, peer) == 0) ++missing;
  }
  auto& state = nodes_[node];
  add(node, now, measure_of(tally::wanted), wanted, std::exchange(state.wanted, wanted));
  add(node, now, measure_of(tally::missing), missing, std::exchange(state.missing, missing));
}

void tracker::add_unflushed(node_index node, manager_counters& to) const {
  if (!nodes_[node].alive) return;
  world_->unflushed(node, [&to](const events::traffic& moved) {
    to.bytes_sent += moved.sent;
    to.bytes_received += moved.received;
  });
}

std::uint64_t tracker::late(node_index node, std::size_t measure) const {
  if (measure < counter_table().size()) {
    manager_counters sum;
    add_unflushed(node, sum);
    return sum.*counter_table()[measure].field;
  }
  std::uint64_t sum = 0;
  if (nodes_[node].alive)
    world_->unflushed(node, [&sum](const events::traffic& moved) { sum += moved.app_bytes; });
  return sum;
}

manager_counters tracker::unflushed(group_index at) const {
  manager_counters sum;
  for (std::uint32_t i = 0; i < scenario_.groups[at].count; ++i)
    add_unflushed(first_of_[at] + i, sum);
  return sum;
}

manager_counters tracker::counters(node_index node) const {
  manager_counters now = nodes_[node].last;
  add_unflushed(node, now);
  return now;
}

}  // namespace tandem::scenarios
