// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/core/ids.hpp"
#include "tandem/core/time.hpp"

#include <cstdint>

namespace tandem::detail {

/// What speaks for and against one ready connection when somebody has to go.
struct standing {
  std::int64_t tag = 0;                  ///< of its peer, as the operator set it
  std::uint64_t subnet_connections = 1;  ///< of its wide subnet, itself included
  duration age{};                        ///< since it was ready
  std::uint64_t bytes = 0;               ///< transport bytes, both directions
  duration srtt{};                       ///< the initial RTO when there is no sample yet
};

/// What a connection is worth: its tag, and
///   + 1 at an age of 1 s and for every doubling of it, 20 (6 days) at most;
///   + 1 at 1 KiB of bytes and for every doubling of them, 20 (512 MiB) at most;
///   - 1 at an SRTT of 1 ms and for every doubling of it, 20 at most;
///   - 4 at a second connection in its wide subnet and for every doubling of the others, 40 at
///   most.
/// Logarithms and caps, so that no merit can be bought without bound: a subnet that is full (64
/// connections by default: -24) loses more than the greatest age or the most bytes win. Bitcoin
/// Core's eviction protects in the same spirit what an attacker cannot have many times over.
std::int64_t score_of(const standing& s) noexcept;

/// The place of a connection in the order in which connections go: the least score first, of equal
/// ones the youngest, then the last to come.
struct rank {
  std::int64_t score = 0;
  time_point ready_at{};
  connection_id id{};

  bool goes_before(const rank& other) const noexcept {
    if (score != other.score) return score < other.score;
    if (ready_at != other.ready_at) return ready_at > other.ready_at;
    return id > other.id;
  }
};

}  // namespace tandem::detail
