// SPDX-License-Identifier: MIT
#include "workload.hpp"

#include <algorithm>
#include <cmath>

namespace tandem::scenarios {

struct workload::dial_state {
  const dial_work* work;
  random_stream arrivals;
  random_stream holding;
  random_stream choice;
  std::uint64_t done = 0;
  time_point next{};
};

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
    const auto& work = scenario_.workload[i];
    if (const auto* dials = std::get_if<dial_work>(&work)) plan_dials(*dials, i);
    if (const auto* sends = std::get_if<send_work>(&work)) plan_sends(*sends);
    if (const auto* keep = std::get_if<keep_connected_work>(&work)) plan_keep(*keep, i);
    if (const auto* what = std::get_if<group_work>(&work)) plan(*what);
  }
  plan_faults();
}

node_index workload::target_of(group_index to, node_index from, std::uint64_t k) const {
  const auto target = node_of(to, k % size_of(to));
  return target != from ? target : node_of(to, (k + 1) % size_of(to));
}

request_id workload::dial(node_index from, node_index to, dial_mode mode, duration deadline) {
  const auto now = world_.now();
  const auto until = deadline > duration{} ? later(now, deadline) : never;
  const auto request = world_.dial(from, to, mode, until);
  tracker_.on_dial(from, request, now);
  return request;
}

void workload::plan_dials(const dial_work& work, std::size_t index) {
  dials_.push_back(std::make_unique<dial_state>(
      dial_state{&work, random_stream::of(seed_, "arrivals", index),
                 random_stream::of(seed_, "holding", index),
                 random_stream::of(seed_, "choice", index), 0, start_ + work.at}));
  auto& state = *dials_.back();
  if (work.arrive.how != arrivals::kind::at_once) {
    if (work.arrive.how == arrivals::kind::poisson)
      state.next +=
          duration(std::llround(state.arrivals.exponential(1e9 / work.arrive.per_second)));
    next_dial(state);
    return;
  }
  world_.at(state.next, [this, &state] {
    for (auto left = state.work->count * size_of(state.work->from); left > 0; --left)
      dial_once(state);
  });
}

// Plans the next dial of a stream of arrivals, while there is one.
void workload::next_dial(dial_state& state) {
  const auto& work = *state.work;
  if (work.count != 0 && state.done == work.count * size_of(work.from)) return;
  if (work.until != duration::max() && state.next > start_ + work.until) return;
  world_.at(state.next, [this, &state] {
    dial_once(state);
    const auto& arrive = state.work->arrive;
    state.next += arrive.how == arrivals::kind::every
                      ? arrive.every
                      : duration(std::llround(state.arrivals.exponential(1e9 / arrive.per_second)));
    next_dial(state);
  });
}

void workload::dial_once(dial_state& state) {
  const auto& work = *state.work;
  const auto k = state.done++;
  const auto from = node_of(work.from, k % size_of(work.from));
  if (!alive_[from]) return;
  const auto choice = work.pick == pick::random ? state.choice.up_to(size_of(work.to) - 1) : k;
  const auto request = dial(from, target_of(work.to, from, choice), work.mode, work.deadline);
  if (work.hold)
    holds_[key(from, static_cast<std::uint64_t>(request))] = {&state.holding, &*work.hold};
}

void workload::plan_sends(const send_work& work) {
  world_.at(start_ + work.at, [this, &work] { send_round(work, 0); });
}

void workload::send_round(const send_work& work, std::uint64_t round) {
  for (std::uint64_t i = 0; i < size_of(work.from); ++i) {
    const auto from = node_of(work.from, i);
    if (alive_[from]) world_.send(from, target_of(work.to, from, i), work.bytes);
  }
  if (round + 1 < work.count)
    world_.at(start_ + work.at + work.every * static_cast<std::int64_t>(round + 1),
              [this, &work, round] { send_round(work, round + 1); });
}

void workload::plan_keep(const keep_connected_work& work, std::size_t index) {
  auto choice = random_stream::of(seed_, "choice", index);
  for (std::uint64_t i = 0; i < size_of(work.from); ++i) {
    const auto node = node_of(work.from, i);
    const auto k = work.pick == pick::random ? choice.up_to(size_of(work.to) - 1) : i;
    auto& keeps = keeps_[node];
    keeps.push_back({&work,
                     target_of(work.to, node, k),
                     {},
                     false,
                     random_stream::of(seed_, "pause", std::uint64_t{index} << 32 | node)});
    keep_first(node, keeps.size() - 1, start_ + work.at);
  }
}

// Nodes that start together do not dial in one instant.
void workload::keep_first(node_index node, std::size_t slot, time_point when) {
  const auto& manager = scenario_.groups[keeps_[node][slot].work->from].manager;
  keep_later(node, slot,
             later(when, duration_distribution::uniform({}, manager.start_spread)
                             .draw(keeps_[node][slot].random)));
}

duration workload::pause_of(keep_state& state) const {
  if (state.work->pause) return state.work->pause->draw(state.random);
  const auto& manager = scenario_.groups[state.work->from].manager;
  return manager.backoff_base +
         duration_distribution::uniform({}, manager.start_spread).draw(state.random);
}

void workload::keep_later(node_index node, std::size_t slot, time_point when) {
  keeps_[node][slot].planned = true;
  world_.at(when, [this, node, slot, life = lives_[node]] {
    if (lives_[node] == life) keep_dial(node, slot);
  });
}

void workload::keep_dial(node_index node, std::size_t slot) {
  auto& state = keeps_[node][slot];
  state.planned = false;
  if (!alive_[node] || leaving_[node] || state.request != request_id::none) return;
  if (tracker_.connections(node, state.target) == 0)
    state.request = dial(node, state.target, dial_mode::join, {});
}

void workload::on_keep_notification(node_index node, time_point now, const notification& what) {
  const auto it = keeps_.find(node);
  if (it == keeps_.end() || leaving_[node]) return;
  for (std::size_t slot = 0; slot < it->second.size(); ++slot) {
    auto& state = it->second[slot];
    const auto after_pause = [&] { return later(now, pause_of(state)); };
    if (what.kind == notice::connection_closed) {
      if (tracker_.index_of(what.peer) == static_cast<std::int32_t>(state.target) &&
          !state.planned && state.request == request_id::none &&
          tracker_.connections(node, state.target) == 0)
        keep_later(node, slot, what.until != never ? what.until : after_pause());
    } else if (what.request == state.request && state.request != request_id::none) {
      state.request = {};
      if (what.kind == notice::dial_failed && !state.planned)
        keep_later(node, slot,
                   what.until != never && what.until > now ? what.until : after_pause());
    }
  }
}

void workload::on_notification(node_index node, time_point now, const notification& what) {
  if (what.kind == notice::dial_started)
    if (const auto peer = tracker_.index_of(what.peer); peer >= 0)
      for (std::size_t i = 0; i < book_.size(); ++i)
        if (book_.on(i) && parts(scenario_.faults[i], node, static_cast<node_index>(peer)))
          book_.touched(i, touch::attempts);
  const bool ended = what.kind == notice::dial_succeeded || what.kind == notice::dial_failed;
  if (ended) {
    const auto it = holds_.find(key(node, static_cast<std::uint64_t>(what.request)));
    if (it != holds_.end()) {
      auto [random, hold] = it->second;
      holds_.erase(it);
      if (what.kind == notice::dial_succeeded)
        world_.at(later(now, hold->draw(*random)),
                  [this, node, conn = what.conn, life = lives_[node]] {
                    if (alive_[node] && lives_[node] == life) world_.disconnect(node, conn);
                  });
    }
  }
  if (ended || what.kind == notice::connection_closed) on_keep_notification(node, now, what);
}

void workload::plan(const group_work& work) {
  world_.at(start_ + work.at, [this, &work] {
    for (std::uint64_t i = 0; i < size_of(work.group); ++i)
      run_on(work.what, node_of(work.group, i));
  });
}

void workload::run_on(group_work::kind what, node_index node) {
  switch (what) {
    case group_work::kind::shutdown:
      leaving_[node] = true;
      if (alive_[node]) world_.shutdown(node);
      break;
    case group_work::kind::kill:
      if (!alive_[node]) break;
      alive_[node] = false;
      end_life(node);
      break;
    case group_work::kind::restart:
      if (alive_[node]) end_life(node);
      world_.restart(node);
      tracker_.on_restarted(node, world_.now());
      alive_[node] = true;
      leaving_[node] = false;
      if (const auto it = keeps_.find(node); it != keeps_.end())
        for (std::size_t slot = 0; slot < it->second.size(); ++slot) {
          it->second[slot].request = {};
          keep_first(node, slot, std::max(world_.now(), start_ + it->second[slot].work->at));
        }
      break;
  }
}

// A new life of the node numbers its requests and connections from the start again.
void workload::end_life(node_index node) {
  tracker_.on_killed(node, world_.now());
  world_.kill(node);
  ++lives_[node];
  erase_if(holds_, [node](const auto& entry) { return entry.first.first == node; });
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
  if (on) count_cut_connections(fault);
  on ? book_.began(fault, world_.now()) : book_.ended(fault, world_.now());
  apply_faults();
}

bool workload::parts(const partition_fault& fault, node_index one, node_index other) const {
  const auto inside = [&](node_index node) {
    return std::ranges::find(fault.groups, tracker_.group_of(node)) != fault.groups.end();
  };
  return inside(one) != inside(other);
}

void workload::count_cut_connections(std::size_t fault) {
  book_.touched(fault, touch::connections,
                tracker_.connections_of_pairs([&](node_index one, node_index other) {
                  return parts(scenario_.faults[fault], one, other);
                }));
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
