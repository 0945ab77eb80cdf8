// SPDX-License-Identifier: MIT
#pragma once

#include "core/fields.hpp"
#include "core/table/growth.hpp"
#include "tandem/core/explanation.hpp"

#include <cstddef>
#include <vector>

namespace tandem::detail {

/// The latest refusals, failures and ends of one manager, for explain(). Those of inbound
/// connections that never said whose they are have a place of their own: strangers, who cost
/// nothing, erase what happened to other strangers only.
class decision_log {
 public:
  static constexpr std::size_t size_max = 256;
  static constexpr std::size_t strangers_max = 64;

  static constexpr bool keeps(notice kind) noexcept {
    return kind == notice::dial_failed || kind == notice::inbound_refused ||
           kind == notice::remote_refused || kind == notice::handshake_failed ||
           kind == notice::connection_closed;
  }
  void add(time_point at, const notification& what) {
    if (what.way == direction::inbound && what.peer.empty())
      strangers_.add(at, what, strangers_max);
    else
      known_.add(at, what, size_max);
  }
  /// The newest for which `about(notification)` holds, or null.
  template <class Predicate>
  const decision* last(Predicate&& about) const {
    const decision* known = known_.last(about);
    const decision* stranger = strangers_.last(about);
    if (known == nullptr || stranger == nullptr) return known == nullptr ? stranger : known;
    return stranger->at > known->at ? stranger : known;
  }

  TANDEM_FIELDS(known_, strangers_)

 private:
  /// Grows from empty to its size; then a new one replaces the oldest.
  struct latest {
    std::vector<decision> items;
    std::size_t next = 0;

    void add(time_point at, const notification& what, std::size_t most) {
      if (items.size() < most) {
        make_room(items);
        items.emplace_back();
      }
      items[next].at = at;
      items[next].what = what;
      next = (next + 1) % most;
    }
    template <class Predicate>
    const decision* last(Predicate&& about) const {
      for (std::size_t n = 0; n < items.size(); ++n) {
        const decision& item = items[(next + items.size() - 1 - n) % items.size()];
        if (about(item.what)) return &item;
      }
      return nullptr;
    }
  };

  latest known_;
  latest strangers_;
};

}  // namespace tandem::detail
