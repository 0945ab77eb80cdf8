// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/core/actions.hpp"

#include <cstddef>
#include <vector>

namespace tandem::detail {

/// The latest refusals and failures of one manager, for explain(). Grows from empty to `size_max`;
/// then a new one replaces the oldest.
class decision_log {
 public:
  static constexpr std::size_t size_max = 16;

  void add(const notification& what) {
    if (items_.size() < size_max)
      items_.push_back(what);
    else
      items_[next_] = what;
    next_ = (next_ + 1) % size_max;
  }
  /// The newest about this peer, or null.
  const notification* last_about(const peer_id& peer) const noexcept {
    for (std::size_t n = 0; n < items_.size(); ++n) {
      const notification& item = items_[(next_ + size_max - 1 - n) % size_max];
      if (item.peer == peer) return &item;
    }
    return nullptr;
  }

 private:
  std::vector<notification> items_;
  std::size_t next_ = 0;
};

}  // namespace tandem::detail
