// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/core/time.hpp"
#include "tandem/sim/distribution.hpp"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

namespace tandem::sim {

/// Index of a host of a simulated or real fabric, from 0 in the order of add_host().
using host_index = std::uint32_t;

/// How much may wait for an access link; what would be more is dropped.
struct link_queue {
  duration time = std::chrono::seconds(1);  ///< of waiting, when `bytes` is 0
  std::uint64_t bytes = 0;

  friend bool operator==(const link_queue&, const link_queue&) = default;
};

struct route;

/// The path of packets from one host to another.
struct link {
  duration latency = std::chrono::milliseconds(1);  ///< one way
  duration jitter{};            ///< added to each packet, uniform in [0, jitter]
  std::uint64_t bandwidth = 0;  ///< at which the sender's access sends, bit/s; 0 = unlimited
  double loss = 0;              ///< probability that a packet is lost, [0, 1)
  /// At which the receiver's access takes packets, bit/s; 0 = unlimited, none: as `bandwidth`.
  std::optional<std::uint64_t> down{};
  std::vector<distribution> delays{};  ///< one draw of each is added to each packet
  duration delays_most{};              ///< what they add is seldom more, for timeouts

  std::optional<link_queue> queue{};       ///< of the sender's access; none: as the network has it
  std::optional<link_queue> down_queue{};  ///< of the receiver's access

  /// Through routers, between the two accesses; null: there are none. `latency` counts it.
  const route* way = nullptr;

  // Beyond that only packets themselves, at the packet level, can be lost or moved.
  double mean_burst = 0;  ///< packets lost in a row (Gilbert-Elliott); 0: each is lost by itself
  double reorder = 0;     ///< probability that a packet is late by `reorder_by`, others overtake it
  duration reorder_by{};
  double duplicate = 0;  ///< probability that a packet arrives twice

  bool cut = false;                        ///< nothing passes: what is sent vanishes
  std::vector<std::uint64_t*> counters{};  ///< each goes up by a packet that is sent over it

  void count_packet() const noexcept {
    for (auto* counter : counters) ++*counter;
  }
  std::uint64_t down_rate() const noexcept { return down.value_or(bandwidth); }
  /// Latency and all that is added to it, as good as always.
  duration longest() const noexcept { return latency + jitter + delays_most; }

  friend bool operator==(const link&, const link&) = default;
};

/// Whether the next packet is lost: each by itself, or in bursts (Gilbert 1960; the bad state loses
/// all, the good one nothing), whose state is `in_burst`. As many are lost in the long run.
inline bool is_lost(const link& on, bool& in_burst, random_stream& random) noexcept {
  if (on.mean_burst == 0 || on.loss == 0) return random.unit() < on.loss;
  const double enters = on.loss / ((1 - on.loss) * on.mean_burst);
  in_burst = random.unit() < (in_burst ? 1 - 1 / on.mean_burst : enters);
  return in_burst;
}

/// The link between two hosts, as it is now. Called for every packet: must be cheap.
using link_map = std::function<const link&(host_index from, host_index to)>;

}  // namespace tandem::sim
