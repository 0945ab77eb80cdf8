// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/core/actions.hpp"
#include "tandem/core/events.hpp"

#include <string>

/// Everything that enters and leaves a manager as one line for a person.
namespace tandem::reference {

std::string text_of(time_point at);
std::string text_of(duration d);
std::string text_of(const endpoint& e);
std::string text_of(const peer_id& p);
std::string text_of(const event& what);
std::string text_of(const action& what);
std::string text_of(const manager_options& options);  ///< only what differs from the defaults

inline std::string text_of(connection_id id) {
  return "#" + std::to_string(static_cast<std::uint64_t>(id));
}
inline std::string text_of(request_id id) {
  return "r" + std::to_string(static_cast<std::uint64_t>(id));
}

}  // namespace tandem::reference
