// SPDX-License-Identifier: MIT
#pragma once

#include "core/fields.hpp"
#include "core/policy/slots.hpp"
#include "core/table/deadline_queue.hpp"

namespace tandem::detail {

/// The timers of the node itself.
enum class node_timer : std::uint8_t { resume, drain, shutdown, churn };

/// One deadline for each connection, dial, request and peer, and for each timer of the node.
class timers {
 public:
  /// Sets or moves a deadline. `never` disarms it.
  void arm(auto owner, time_point at) { queue_.arm(kind(owner), number(owner), at); }
  void disarm(auto owner) { queue_.disarm(kind(owner), number(owner)); }
  /// `never` when it has none.
  time_point armed(auto owner) const noexcept { return queue_.armed(kind(owner), number(owner)); }
  /// The earliest deadline, `never` when there is none.
  time_point next() const noexcept { return queue_.next(); }
  /// Takes the earliest deadline out; there is one. The slot is of the kind's table.
  deadline_queue::due pop() { return queue_.pop(); }

  TANDEM_FIELDS(queue_)

 private:
  static constexpr timer_kind kind(connection_slot) noexcept { return timer_kind::connection; }
  static constexpr timer_kind kind(dial_slot) noexcept { return timer_kind::dial; }
  static constexpr timer_kind kind(request_slot) noexcept { return timer_kind::request; }
  static constexpr timer_kind kind(peer_slot) noexcept { return timer_kind::peer; }
  static constexpr timer_kind kind(node_timer) noexcept { return timer_kind::node; }
  template <class T>
  static constexpr std::uint32_t number(slot<T> owner) noexcept {
    return owner.index();
  }
  static constexpr std::uint32_t number(node_timer owner) noexcept {
    return static_cast<std::uint32_t>(owner);
  }

  deadline_queue queue_;
};

}  // namespace tandem::detail
