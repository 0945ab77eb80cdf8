// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/core/time.hpp"

#include <cstddef>
#include <cstdint>

namespace tandem::sim {

/// Connections that wait for accept, half-open ones included; further SYNs are dropped, as Linux
/// does when the accept queue is full (net.core.somaxconn 4096).
inline constexpr std::size_t backlog_max = 4096;

/// How the system of a host answers those who come to it.
struct host_manners {
  bool silent = false;                ///< who dials where nobody listens hears nothing, no reset
  std::size_t backlog = backlog_max;  ///< at least 1

  // Where there are no byte streams, at the message level, also what its process does.
  bool accepts = true;       ///< false: what waits in the backlog waits for ever
  std::uint64_t resets = 0;  ///< the first connections of a life
  duration accepts_after{};  ///< one after the other
};

}  // namespace tandem::sim
