// SPDX-License-Identifier: MIT
#pragma once

#include "core/fields.hpp"
#include "core/policy/slots.hpp"
#include "core/table/deadline_queue.hpp"

#include <cstddef>
#include <cstdint>

namespace tandem::detail {

/// The timers of the node itself.
enum class node_timer : std::uint8_t { resume, drain, shutdown, churn, uplink };

enum class timer_kind : std::uint8_t { connection, dial, request, node, peer };

/// What a deadline belongs to: a slot or a timer of the node, in one number.
class timer_owner {
 public:
  static constexpr std::size_t groups = 5;

  constexpr timer_owner() = default;
  constexpr timer_owner(connection_slot s) : timer_owner(timer_kind::connection, s.index()) {}
  constexpr timer_owner(dial_slot s) : timer_owner(timer_kind::dial, s.index()) {}
  constexpr timer_owner(request_slot s) : timer_owner(timer_kind::request, s.index()) {}
  constexpr timer_owner(peer_slot s) : timer_owner(timer_kind::peer, s.index()) {}
  constexpr timer_owner(node_timer t) : timer_owner(timer_kind::node, std::uint32_t(t)) {}

  constexpr timer_kind kind() const noexcept { return static_cast<timer_kind>(group()); }
  constexpr std::size_t group() const noexcept { return number_ % 8; }
  /// Of the slot in its table, or the node's timer.
  constexpr std::uint32_t index() const noexcept { return number_ / 8; }

  TANDEM_FIELDS(number_)

 private:
  constexpr timer_owner(timer_kind kind, std::uint32_t index) noexcept
      : number_(index << 3 | static_cast<std::uint32_t>(kind)) {}

  std::uint32_t number_ = 0;
};

/// One deadline for each connection, dial, request and peer, and for each timer of the node.
using timers = deadline_queue<timer_owner>;

}  // namespace tandem::detail
