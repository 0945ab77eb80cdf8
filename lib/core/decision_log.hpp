// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/core/explanation.hpp"

#include <cstddef>
#include <vector>

namespace tandem::detail {

/// The latest refusals, failures and ends of one manager, for explain(). Grows from empty to
/// `size_max`; then a new one replaces the oldest.
class decision_log {
 public:
  static constexpr std::size_t size_max = 256;

  static constexpr bool keeps(notice kind) noexcept {
    return kind == notice::dial_failed || kind == notice::inbound_refused ||
           kind == notice::remote_refused || kind == notice::handshake_failed ||
           kind == notice::connection_closed;
  }
  void add(time_point at, const notification& what) {
    if (items_.size() < size_max)
      items_.push_back({at, what});
    else
      items_[next_] = {at, what};
    next_ = (next_ + 1) % size_max;
  }
  /// The newest for which `about(notification)` holds, or null.
  template <class Predicate>
  const decision* last(Predicate&& about) const {
    for (std::size_t n = 0; n < items_.size(); ++n) {
      const decision& item = items_[(next_ + items_.size() - 1 - n) % items_.size()];
      if (about(item.what)) return &item;
    }
    return nullptr;
  }

  /// Every field, for checkpoints.
  void fields(auto& a) { a(items_), a(next_); }

 private:
  std::vector<decision> items_;
  std::size_t next_ = 0;
};

}  // namespace tandem::detail
