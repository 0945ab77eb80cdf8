// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/core/random.hpp"
#include "tandem/core/time.hpp"
#include "tandem/sim/link.hpp"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

namespace tandem::sim {

/// Bytes of an IPv4 and a TCP header without options: what a packet without payload costs.
inline constexpr std::uint64_t packet_overhead = 40;
/// Payload of one full packet on a path of 1500 bytes.
inline constexpr std::uint64_t segment_size = 1460;

/// Bytes on the wire of `payload` bytes in full packets; at least one packet.
constexpr std::uint64_t wire_bytes(std::uint64_t payload) noexcept {
  const std::uint64_t packets = payload == 0 ? 1 : (payload + segment_size - 1) / segment_size;
  return payload + packets * packet_overhead;
}

/// What happens to a packet between two hosts: it waits for the sender's access link (a fluid
/// FIFO), then takes latency and jitter; or it is lost, or cut by the partition in force when it is
/// sent. Jitter and loss come from one random stream per sending host.
class paths {
 public:
  paths(std::uint64_t seed, link_map links);

  void add_host();
  std::uint32_t hosts() const noexcept { return static_cast<std::uint32_t>(hosts_.size()); }
  const link& between(host_index from, host_index to) const;

  /// When a packet of `bytes` on the wire sent at `now` arrives; nothing when it never does.
  std::optional<time_point> send(time_point now, host_index from, host_index to,
                                 std::uint64_t bytes);
  /// When what `from` sent so far has left its access link; `now` when it has.
  time_point link_free_at(time_point now, host_index from) const {
    return std::max(now, hosts_[from].link_free_at);
  }
  /// The first retransmission timeout of a connection on this path: twice the longest round trip,
  /// at least `least`.
  duration retransmission_timeout(host_index from, host_index to, duration least) const;

  /// As fabric::partition.
  void partition(std::function<int(host_index)> side);
  bool cut(host_index a, host_index b) const { return side_ && hosts_[a].side != hosts_[b].side; }

 private:
  struct host {
    random_stream random;
    time_point link_free_at{};  ///< to send
    time_point down_free_at{};  ///< to take
    int side = 0;
  };

  std::uint64_t seed_;
  link_map links_;
  std::function<int(host_index)> side_;
  std::vector<host> hosts_;
};

}  // namespace tandem::sim
