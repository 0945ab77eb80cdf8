// SPDX-License-Identifier: MIT
#include "run/fault/fault_plan.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace tandem::scenarios {

fault_plan::fault_plan(workload& in, fault_book& book, weather& sky, bool grows)
    : in_(in), book_(book), sky_(sky), grows_(grows) {
  const auto& faults = in.plan().faults;
  for (std::size_t i = 0; i < faults.size(); ++i)
    entries_.push_back(
        {faults[i].get(), faults[i]->start(*this, i), random_stream::of(in.seed(), "fault", i)});
}

void fault_plan::begin() {
  for (std::size_t i = 0; i < entries_.size(); ++i) begin(i);
}

void fault_plan::begin(std::size_t index) {
  const auto& when = entries_[index].what->when;
  if (when.on)
    in_.when(*when.on, [this, index] { plan(index, in_.now()); });
  else
    plan(index, in_.start() + when.at);
}

void fault_plan::add(const fault& what) {
  const auto index = entries_.size();
  book_.add(what);
  entries_.push_back(
      {&what, what.start(*this, index), random_stream::of(in_.seed(), "fault", index)});
  begin(index);
}

void fault_plan::end(std::size_t fault) {
  auto& it = entries_[fault];
  if (std::exchange(it.over, true) || it.episodes == 0) return;
  it.episodes = 1;
  finish_episode(fault);
}

void fault_plan::plan(std::size_t index, time_point from) {
  entries_[index].what->when.per_second > 0 ? plan_random_episode(index, from)
                                            : plan_episode(index, from);
}

void fault_plan::plan_episode(std::size_t index, time_point at) {
  auto& it = entries_[index];
  const auto& when = it.what->when;
  const auto last = when.until == duration::max() ? never : in_.start() + when.until;
  if (at >= last) return;
  in_.at(at, [this, index] { begin_episode(index); });
  if (when.moment) return in_.at(at, [this, index] { end_episode(index); });
  const auto end = std::min(last, when.length ? later(at, when.length->draw(it.random)) : never);
  if (end != never) in_.at(end, [this, index] { end_episode(index); });
}

void fault_plan::plan_random_episode(std::size_t index, time_point from) {
  constexpr double nanoseconds_per_second = 1e9;
  auto& it = entries_[index];
  const auto gap = it.random.exponential(nanoseconds_per_second / it.what->when.per_second);
  plan_episode(index, later(from, duration(std::llround(gap))));
}

void fault_plan::begin_episode(std::size_t index) {
  auto& it = entries_[index];
  if (it.over) return;
  if (const auto every = it.what->when.every; every > duration{})
    plan_episode(index, later(in_.now(), every));
  if (it.episodes++ != 0) return;
  count_what_is_there(index);
  it.doing->begin();
  book_.began(index, in_.now());
}

void fault_plan::end_episode(std::size_t index) {
  if (!entries_[index].over) finish_episode(index);
}

void fault_plan::finish_episode(std::size_t index) {
  auto& it = entries_[index];
  if (--it.episodes != 0) return;
  it.doing->end();
  book_.ended(index, in_.now());
  if (it.what->when.per_second > 0 && !it.over) plan_random_episode(index, in_.now());
}

void fault_plan::count_what_is_there(std::size_t index) {
  const auto concerned = [&](node_index one, node_index other) {
    return entries_[index].doing->concerns(one, other);
  };
  if (entries_[index].doing->concerns_connections())
    book_.touched(index, touch::connections, in_.ledger().connections_of_pairs(concerned));
  for (const auto& [dial, peer] : under_way_)
    if (concerned(dial.first, peer)) book_.touched(index, touch::attempts);
}

void fault_plan::ail(node_index node, ailment what, bool on) {
  auto& reasons = sufferings_[node].reasons[static_cast<std::size_t>(what)];
  on ? ++reasons : --reasons;
  if (reasons == (on ? 1U : 0U)) tell(node);
}

void fault_plan::advance_clock(node_index node, duration by) {
  sufferings_[node].clock_ahead += by;
  tell(node);
}

void fault_plan::tell(node_index node) {
  const auto& it = sufferings_[node];
  const auto is = [&](ailment what) { return it.reasons[static_cast<std::size_t>(what)] != 0; };
  in_.suffer(node, {is(ailment::stands), is(ailment::reads_nothing), is(ailment::no_descriptors),
                    it.clock_ahead});
}

void fault_plan::on_notification(node_index node, time_point, const notification& what) {
  const auto known = in_.ledger().index_of(what.peer);
  if (known < 0) return;
  const auto peer = static_cast<node_index>(known);
  const std::pair dial(node, static_cast<std::uint64_t>(what.request));
  if (what.kind == notice::dial_succeeded || what.kind == notice::dial_failed) {
    under_way_.erase(dial);
  } else if (what.kind == notice::dial_started) {
    under_way_[dial] = peer;
    for (std::size_t i = 0; i < entries_.size(); ++i)
      if (book_.on(i) && entries_[i].doing->concerns(node, peer)) book_.touched(i, touch::attempts);
  }
}

void fault_plan::on_killed(node_index node) {
  erase_if(under_way_, [node](const auto& dial) { return dial.first.first == node; });
}

}  // namespace tandem::scenarios
