// SPDX-License-Identifier: MIT
#include "run/fault/process_clock.hpp"

#include <algorithm>
#include <utility>

namespace tandem::scenarios {

process_clock::~process_clock() { inner_.cancel(armed_); }

timer_id process_clock::at(time_point when, task what) {
  const auto id = tasks_.add(std::max(when, now()), std::move(what));
  arm();
  return id;
}

void process_clock::go_ahead(duration of_inner) {
  ahead_ = of_inner;
  arm();
}

void process_clock::stand_still(bool still) {
  still_ = still;
  arm();
}

void process_clock::arm() {
  if (still_ || tasks_.empty() || tasks_.next() == never) return;
  const auto first = std::max(tasks_.next() - ahead_, inner_.now());
  if (first >= armed_for_) return;
  inner_.cancel(armed_);
  armed_for_ = first;
  armed_ = inner_.at(first, [this] { run_next(); });
}

// One at a time, so that what it did goes on before the next, as with the inner clock's own.
void process_clock::run_next() {
  armed_for_ = never;
  armed_ = timer_id::none;
  if (still_) return;
  if (!tasks_.empty() && tasks_.next() <= now()) tasks_.take()();
  arm();
}

}  // namespace tandem::scenarios
