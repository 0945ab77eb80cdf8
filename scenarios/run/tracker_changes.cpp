// SPDX-License-Identifier: MIT
// Changes of the numbers of groups: at once, or kept by a thread that runs beside others.
#include "tracker.hpp"

#include <utility>

namespace tandem::scenarios {

void tracker::add(node_index node, time_point now, std::size_t measure, std::uint64_t up,
                  std::uint64_t down) {
  if (up == down) return;
  happening why = nodes_[node].why;
  if (why.node != node || why.at != now)
    why = {.at = now, .node = node, .from = happening::source::work};
  if (!apart_) return take(why, measure, up, down);
  of(node).kept.push_back(
      {why, found::kind::change, static_cast<std::uint32_t>(measure), up, down});
}

void tracker::add(node_index node, time_point now, spread which, double value) {
  happening why = nodes_[node].why;
  why.node = node;
  why.at = now;
  if (!apart_) return take(why, which, value);
  of(node).kept.push_back(
      {why, found::kind::value, static_cast<std::uint32_t>(which), 0, 0, value});
}

void tracker::take(const happening& why, std::size_t measure, std::uint64_t up,
                   std::uint64_t down) {
  auto& group = numbers_of(why.node);
  group.numbers[measure].add(why.at, up, down);
  if (measure == measure_of(tally::attempts)) group.attempts.add(why.at);
  if (told_) told_->on_change(measure, up, down, why);
}

void tracker::take(const happening& why, spread which, double value) {
  auto& group = numbers_of(why.node);
  group.of(which).add(value);
  if (which == spread::dial_time) group.dial_times.add(value);
  if (told_) told_->on_value(measure_of(which), value, why);
}

void tracker::in_order() {
  apart_ = false;
  take_in_order(
      parts_, [](part & of) -> auto& { return of.kept; },
      [](const found& one) { return std::pair(one.why.at, one.why.node); },
      [this](const found& one) {
        switch (one.what) {
          case found::kind::change:
            return take(one.why, one.which, one.up, one.down);
          case found::kind::value:
            return take(one.why, static_cast<spread>(one.which), one.value);
          case found::kind::violation:
            return take_violation(static_cast<invariant>(one.which),
                                  of(one.why.node).broken[one.which]);
        }
      });
}

void tracker::count(node_index node, time_point now, std::size_t measure, std::uint64_t by) {
  add(node, now, measure, by, 0);
}

}  // namespace tandem::scenarios
