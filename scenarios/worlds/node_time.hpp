// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/core/actions.hpp"
#include "tandem/core/events.hpp"
#include "tandem/scenarios/world.hpp"

#include <variant>

namespace tandem::scenarios {

/// `when` of a node whose clock is ahead, as the world has it.
inline time_point in_world(time_point when, duration ahead) {
  return when == never ? never : when - ahead;
}

inline notification in_world(notification what, duration ahead) {
  what.until = in_world(what.until, ahead);
  return what;
}

inline event in_world(event what, duration ahead) {
  if (auto* moved = std::get_if<events::traffic>(&what)) {
    moved->last_received_at -= ahead;
    moved->last_app_at -= ahead;
  }
  return what;
}

/// `when` of the world as a node has it whose clock is ahead.
inline time_point in_node(time_point when, duration ahead) { return later(when, ahead); }
inline operation in_node(operation what, duration ahead) {
  std::visit(
      [ahead](auto& one) {
        if constexpr (requires { one.until; }) one.until = in_node(one.until, ahead);
      },
      what);
  return what;
}

}  // namespace tandem::scenarios
