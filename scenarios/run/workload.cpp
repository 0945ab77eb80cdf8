// SPDX-License-Identifier: MIT
#include "workload.hpp"

#include <algorithm>

namespace tandem::scenarios {

workload::workload(const scenario& what, world& in, tracker& ledger, fault_book& faults,
                   std::uint64_t seed, time_point start)
    : scenario_(what),
      world_(in),
      tracker_(ledger),
      book_(faults),
      seed_(seed),
      start_(start),
      alive_(ledger.nodes(), true),
      leaving_(ledger.nodes(), false),
      lives_(ledger.nodes(), 0) {
  node_index next = 0;
  for (const auto& group : what.groups) {
    first_node_.push_back(next);
    next += group.count;
  }
}

workload::~workload() = default;

void workload::begin() {
  for (std::size_t i = 0; i < scenario_.workload.size(); ++i) {
    doings_.push_back(scenario_.workload[i]->start(*this, i));
    doings_.back()->index = i;
    doings_.back()->begin();
  }
  plan_faults();
}

void workload::on_notification(node_index node, time_point now, const notification& what) {
  if (const auto peer = tracker_.index_of(what.peer); peer >= 0) note_dial(node, what, peer);
  for (const auto& each : doings_) each->on_notification(node, now, what);
}

void workload::note_dial(node_index node, const notification& what, std::int32_t peer) {
  const std::pair dial(node, static_cast<std::uint64_t>(what.request));
  if (what.kind == notice::dial_succeeded || what.kind == notice::dial_failed) {
    under_way_.erase(dial);
  } else if (what.kind == notice::dial_started) {
    under_way_[dial] = static_cast<node_index>(peer);
    for (std::size_t i = 0; i < book_.size(); ++i)
      if (book_.on(i) && parts(scenario_.faults[i], node, static_cast<node_index>(peer)))
        book_.touched(i, touch::attempts);
  }
}

void workload::add_warnings(std::vector<std::string>& to) const {
  for (const auto& each : doings_)
    if (auto warning = each->warning(); !warning.empty()) to.push_back(std::move(warning));
}

node_list workload::nodes_of(const node_selection& which) const {
  if (which.neighbours()) return {};
  return scenarios::nodes_of(which, first_node_[which.group],
                             static_cast<std::uint32_t>(size_of(which.group)), seed_);
}

node_index workload::target_of(const node_list& to, node_index from, std::uint64_t k) const {
  const auto target = to[k % to.size()];
  return target != from ? target : to[(k + 1) % to.size()];
}

void workload::at_node(time_point when, node_index node, std::function<void()> what) {
  world_.at(when, [this, node, life = lives_[node], what = std::move(what)] {
    if (alive_[node] && lives_[node] == life) what();
  });
}

request_id workload::dial(node_index from, node_index to, dial_mode mode, duration deadline) {
  const auto now = world_.now();
  const auto until = deadline > duration{} ? later(now, deadline) : never;
  const auto request = world_.dial(from, to, mode, until);
  tracker_.on_dial(from, request, now);
  return request;
}

void workload::wants(node_index node, node_index peer) {
  tracker_.on_wanted(node, peer, world_.now());
}

// A number on its way is the entry's number behind the entry.
constexpr unsigned entry_shift = 48;

void workload::send(const doing& whose, node_index from, node_index to, std::uint64_t bytes,
                    std::uint64_t number) {
  if (alive_[from]) world_.send(from, to, bytes, (whose.index + 1) << entry_shift | number);
}

void workload::on_send(std::uint64_t number, send_result result) {
  if (const auto entry = number >> entry_shift; entry != 0)
    doings_[entry - 1]->on_sent(number & ~(entry << entry_shift), result);
}

void workload::on_message(node_index node, std::uint64_t number) {
  if (const auto entry = number >> entry_shift; entry != 0)
    doings_[entry - 1]->on_arrived(node, number & ~(entry << entry_shift));
}

void workload::configure(node_index node, const manager_options& options) {
  tracker_.on_configured(node, now(), options);
  world_.operate(node, events::configured{options});
}

void workload::shutdown(node_index node) {
  leaving_[node] = true;
  tracker_.on_leaving(node, world_.now());
  if (alive_[node]) world_.shutdown(node);
}

void workload::kill(node_index node) {
  if (!alive_[node]) return;
  alive_[node] = false;
  tracker_.on_killed(node, world_.now());
  world_.kill(node);
  ++lives_[node];
  erase_if(under_way_, [node](const auto& dial) { return dial.first.first == node; });
  for (const auto& each : doings_) each->on_killed(node);
}

void workload::restart(node_index node, bool new_identity) {
  kill(node);
  world_.restart(node, new_identity);
  tracker_.on_restarted(node, world_.now());
  alive_[node] = true;
  leaving_[node] = false;
  for (const auto& each : doings_) each->on_restarted(node);
}

void workload::plan_faults() {
  for (std::size_t i = 0; i < scenario_.faults.size(); ++i) {
    const auto& fault = scenario_.faults[i];
    world_.at(start_ + fault.at, [this, i] { change_fault(i, true); });
    if (fault.until != duration::max())
      world_.at(start_ + fault.until, [this, i] { change_fault(i, false); });
  }
}

void workload::change_fault(std::size_t fault, bool on) {
  if (on) count_cut(fault);
  on ? book_.began(fault, world_.now()) : book_.ended(fault, world_.now());
  apply_faults();
}

bool workload::parts(const partition_fault& fault, node_index one, node_index other) const {
  const auto inside = [&](node_index node) {
    return std::ranges::find(fault.groups, tracker_.group_of(node)) != fault.groups.end();
  };
  return inside(one) != inside(other);
}

void workload::count_cut(std::size_t fault) {
  book_.touched(fault, touch::connections,
                tracker_.connections_of_pairs([&](node_index one, node_index other) {
                  return parts(scenario_.faults[fault], one, other);
                }));
  for (const auto& [dial, peer] : under_way_)
    if (parts(scenario_.faults[fault], dial.first, peer)) book_.touched(fault, touch::attempts);
}

// The side of a node: one bit for each partition in force that it is part of.
void workload::apply_faults() {
  std::vector<int> sides(alive_.size(), 0);
  bool any = false;
  for (std::size_t i = 0; i < book_.size(); ++i) {
    if (!book_.on(i)) continue;
    any = true;
    for (const auto group : scenario_.faults[i].groups)
      for (std::uint64_t member = 0; member < size_of(group); ++member)
        sides[node_of(group, member)] |= 1 << i;
  }
  if (!any)
    world_.partition({});
  else
    world_.partition([sides = std::move(sides)](node_index node) { return sides[node]; });
}

}  // namespace tandem::scenarios
