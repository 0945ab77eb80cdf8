// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/core/time.hpp"

#include <cstdint>
#include <functional>

namespace tandem::sim {

/// Index of a host of a simulated or real fabric, from 0 in the order of add_host().
using host_index = std::uint32_t;

/// The path between two hosts, the same in both directions.
struct link {
  duration latency = std::chrono::milliseconds(1);  ///< one way
  duration jitter{};                                ///< added to each packet, uniform in [0, jitter]
  std::uint64_t bandwidth = 0;                      ///< access rate of each host, bit/s; 0 = unlimited
  double loss = 0;                                  ///< probability that a packet is lost, [0, 1)

  friend bool operator==(const link&, const link&) = default;
};

/// The link between two hosts. Called for every packet: must be cheap and always the same.
using link_map = std::function<const link&(host_index from, host_index to)>;

}  // namespace tandem::sim
