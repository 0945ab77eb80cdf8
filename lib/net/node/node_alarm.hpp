// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/net/clock.hpp"

#include <functional>
#include <memory>
#include <utility>

namespace tandem {

/// The clock of a node while the node lives: its network may be gone soon after.
using node_clock = std::shared_ptr<tandem::clock*>;

/// Something that happens at a time, unless it is forgotten or destroyed before, or the node is
/// gone.
class node_alarm {
 public:
  node_alarm() = default;
  ~node_alarm() { forget(); }
  node_alarm(const node_alarm&) = delete;
  node_alarm& operator=(const node_alarm&) = delete;

  void set(const node_clock& clock, time_point when, std::function<void()> what) {
    forget();
    clock_ = clock;
    if (!clock || when == never) return;
    timer_ = (*clock)->at(when, [clock = clock_, what = std::move(what)] {
      if (!clock.expired()) what();
    });
  }
  void forget() {
    if (const auto clock = clock_.lock()) (*clock)->cancel(timer_);
    clock_.reset();
  }

 private:
  std::weak_ptr<tandem::clock*> clock_;
  timer_id timer_ = timer_id::none;
};

}  // namespace tandem
