// SPDX-License-Identifier: MIT
#include "run/fault/process_clock.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace tandem::scenarios {

process_clock::~process_clock() {
  disarm();
  const auto gone = std::exchange(tasks_, {});
}

timer_id process_clock::at(time_point when, task what) {
  const timer_id id{++last_};
  arm(id, tasks_.emplace(id, waiting{std::max(when, now()), std::move(what)}).first->second);
  return id;
}

void process_clock::cancel(timer_id id) {
  const auto it = tasks_.find(id);
  if (it == tasks_.end()) return;
  inner_.cancel(it->second.inner);
  const auto gone = tasks_.extract(it);  // what it owns may call this clock again
}

void process_clock::go_ahead(duration of_inner) {
  if (std::exchange(ahead_, of_inner) == of_inner) return;
  disarm();
  arm_all();
}

void process_clock::stand_still(bool still) {
  if (std::exchange(still_, still) == still) return;
  still ? disarm() : arm_all();
}

void process_clock::arm(timer_id id, waiting& one) {
  if (still_ || one.when == never) return;
  one.inner = inner_.at(std::max(one.when - ahead_, inner_.now()), [this, id] {
    auto due = tasks_.extract(id);
    due.mapped().what();
  });
}

void process_clock::arm_all() {
  if (still_) return;
  std::vector<std::pair<time_point, timer_id>> order;
  for (const auto& [id, one] : tasks_) order.emplace_back(one.when, id);
  std::ranges::sort(order);
  for (const auto& [when, id] : order) arm(id, tasks_.at(id));
}

void process_clock::disarm() {
  for (auto& [id, one] : tasks_) inner_.cancel(std::exchange(one.inner, timer_id::none));
}

}  // namespace tandem::scenarios
