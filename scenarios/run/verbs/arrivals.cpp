// SPDX-License-Identifier: MIT
#include "run/verbs/arrivals.hpp"

#include "run/workload.hpp"

#include <algorithm>
#include <cmath>

namespace tandem::scenarios {

arrival_process::arrival_process(workload& in, const schedule& when, node_list nodes,
                                 std::uint64_t index, handler act, whose turns)
    : in_(in),
      when_(when),
      nodes_(std::move(nodes)),
      index_(index),
      origin_(in.start()),
      act_(turns == whose::host
               ? std::move(act)
               : [&in, act = std::move(act)](
                     std::uint64_t k,
                     node_index who) { in.turn(who, [&act, k, who] { act(k, who); }); }),
      apart_(turns == whose::itself && in.place().has_places() && when.at_random()),
      all_{random_stream::of(in.seed(), "arrivals", index), in.start() + when.at} {}

bool arrival_process::ended(std::uint64_t done, std::uint64_t nodes, time_point next) const {
  if (when_.count != 0 && done >= when_.count * nodes) return true;
  return when_.until != duration::max() && next > origin_ + when_.until;
}

duration arrival_process::gap(random_stream& random) const {
  if (when_.how != schedule::kind::poisson) return when_.every;
  return duration(std::llround(random.exponential(1e9 / when_.per_second)));
}

void arrival_process::begin() {
  if (!when_.on) return start();
  in_.when(index_, when_, [this] {
    all_.next = origin_ = in_.now();
    start();
  });
}

void arrival_process::start() {
  const bool poisson = when_.how == schedule::kind::poisson;
  if (when_.once()) {
    in_.at(all_.next, [this] { turns(when_.count * nodes_.size()); });
  } else if (when_.how == schedule::kind::spread) {
    for (std::uint64_t i = 0; i < nodes_.size(); ++i) {
      auto random = random_stream::of(in_.seed(), "arrivals of a node", index_ << 32 | nodes_[i]);
      for (std::uint64_t turn = 0; turn < when_.count; ++turn)
        at(nodes_[i], all_.next + duration_distribution::uniform({}, when_.every).draw(random),
           [this, i, turn] { act_(i + turn * nodes_.size(), nodes_[i]); });
    }
  } else if (when_.how == schedule::kind::trace) {
    next_of_trace();
  } else if (when_.think || (poisson && when_.per_node)) {
    each_.reserve(nodes_.size());
    for (std::uint64_t i = 0; i < nodes_.size(); ++i) {
      each_.push_back(
          {random_stream::of(in_.seed(), "arrivals of a node", index_ << 32 | nodes_[i]),
           all_.next});
      each_.back().next += when_.think ? when_.think->draw(each_[i].random) : gap(each_[i].random);
      next_of(i);
    }
  } else if (when_.per_node) {
    next_round();
  } else {
    if (poisson) all_.next += gap(all_.random);
    next_of_all();
  }
}

void arrival_process::at(node_index who, time_point when, std::function<void()> what) {
  if (apart_)
    in_.at(who, when, std::move(what));
  else
    in_.at(when, std::move(what));
}

// Nodes take turns.
void arrival_process::turns(std::uint64_t many) {
  for (; many > 0; --many) {
    const auto k = all_.done++;
    act_(k, nodes_[k % nodes_.size()]);
  }
}

// Plans the next arrival, or burst of arrivals, of all nodes together.
void arrival_process::next_of_all() {
  if (ended(all_.done, nodes_.size(), all_.next)) return;
  if (apart_) return plan_ahead();
  in_.at(all_.next, [this] {
    const auto left = when_.count == 0 ? when_.burst : when_.count * nodes_.size() - all_.done;
    turns(std::min(when_.burst, left));
    all_.next += gap(all_.random);
    next_of_all();
  });
}

// Nothing that happens moves them, so that nobody has to stand still for each.
void arrival_process::plan_ahead() {
  constexpr int planned_at_once = 256;
  time_point last{};
  for (int i = 0; i < planned_at_once && !ended(all_.done, nodes_.size(), all_.next); ++i) {
    const auto k = all_.done++;
    const auto who = nodes_[k % nodes_.size()];
    last = all_.next;
    in_.at(who, last, [this, k, who] { act_(k, who); });
    all_.next += gap(all_.random);
  }
  in_.at(last, [this] { next_of_all(); });
}

// Arrivals of each node that come for all of them at the same moments.
void arrival_process::next_round() {
  if (ended(all_.done, nodes_.size(), all_.next)) return;
  in_.at(all_.next, [this] {
    const auto round = all_.done / nodes_.size();
    const auto left = when_.count == 0 ? when_.burst : when_.count - round;
    turns(std::min(when_.burst, left) * nodes_.size());
    all_.next += gap(all_.random);
    next_round();
  });
}

// The next arrival of one node that has its own.
void arrival_process::next_of(std::uint64_t member) {
  if (ended(each_[member].done, 1, each_[member].next)) return;
  at(nodes_[member], each_[member].next, [this, member, planned = ++each_[member].planned] {
    auto& mine = each_[member];
    if (planned != mine.planned) return;
    // The node's turns as if all had come in rounds: whom it picks does not hang on the others.
    act_(member + mine.done++ * nodes_.size(), nodes_[member]);
    if (when_.think) return;
    mine.next += gap(mine.random);
    next_of(member);
  });
}

void arrival_process::over(node_index who) {
  const auto member = nodes_.place_of(who);
  if (!when_.think || member >= each_.size()) return;
  each_[member].next = later(in_.now(), when_.think->draw(each_[member].random));
  next_of(member);
}

void arrival_process::next_of_trace() {
  const auto k = when_.per_node ? all_.done / nodes_.size() : all_.done;
  if (k == when_.trace.size()) return;
  const auto when = origin_ + when_.at + when_.trace[k].at;
  if (ended(all_.done, nodes_.size(), when)) return;
  in_.at(when, [this, k] {
    if (when_.per_node) {
      turns(nodes_.size());
    } else {
      act_(k, nodes_[when_.trace[k].node.value_or(k % nodes_.size())]);
      ++all_.done;
    }
    next_of_trace();
  });
}

}  // namespace tandem::scenarios
