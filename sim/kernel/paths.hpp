// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/core/random.hpp"
#include "tandem/core/time.hpp"
#include "tandem/sim/kernel.hpp"
#include "tandem/sim/link.hpp"
#include "tandem/sim/topology.hpp"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

namespace tandem::sim {

/// Bytes of an IPv4 and a TCP header without options: what a packet without payload costs.
inline constexpr std::uint64_t packet_overhead = 40;
/// Payload of one full packet on a path of 1500 bytes.
inline constexpr std::uint64_t segment_size = 1460;
/// What happens to packets between two hosts: they wait for the sender's access link (a fluid FIFO,
/// dropped at its tail as TandemCloudNetDevice of the packet level does), take latency and jitter,
/// or are lost, or cut by the partition in force when they are sent; then they wait for each line
/// between routers on their way, and for the receiver's access link. Jitter and loss come from one
/// random stream per sending host.
class paths {
 public:
  paths(std::uint64_t seed, link_map links);

  void add_host();
  std::uint32_t hosts() const noexcept { return static_cast<std::uint32_t>(hosts_.size()); }
  const link& between(host_index from, host_index to) const;

  /// Packets that travel together, at most 64: when the last of them is through, and which are (bit
  /// i for the i-th).
  struct ride {
    time_point at;
    std::uint64_t through;
    time_point left;  ///< the sender's access link
  };
  /// `packets` of `bytes` together, sent at `now`, on their way to the first stop().
  /// `known`: what flows() was at the last SYN of their connection.
  ride send(time_point now, host_index from, host_index to, unsigned packets, std::uint64_t bytes,
            std::uint64_t known);
  /// Those of which the last reaches a stop at `now`: one that has_stop().
  ride stop(time_point now, host_index from, host_index to, unsigned packets, std::uint64_t bytes,
            unsigned number);
  /// Whether there is a stop of this number where packets wait: those of the routers' lines, then
  /// the receiver's access link.
  bool has_stop(host_index from, host_index to, unsigned number) const {
    const link& path = between(from, to);
    const auto lines = path.way == nullptr ? std::size_t{0} : path.way->stops.size();
    return number < lines ||
           (number == lines && (path.bandwidth != 0 || path.down_rate() != 0 || lines != 0));
  }
  /// The least bandwidth on the way; 0 = unlimited.
  std::uint64_t tightest(host_index from, host_index to) const;
  /// Whether nothing can be lost or wait: packets that do not fill one another's way.
  bool quiet(host_index from, host_index to) const {
    const link& path = between(from, to);
    return !has_stop(from, to, 0) && path.loss == 0 && !cut(from, to);
  }
  /// How long an acknowledgement from `from` takes to `to`.
  duration acknowledgement_delay(host_index from, host_index to);

  /// Sends one packet, which arrives at `not_before` at the earliest, and runs `then` when it does.
  /// Returns when that is: nothing when it is lost, `never` when a stop decides.
  template <class F>
  std::optional<time_point> carry(kernel& time, host_index from, host_index to, std::uint64_t bytes,
                                  std::uint64_t known, time_point not_before, F then);

  /// As fabric::forget_flows.
  void forget_flows(host_index host) { ++hosts_[host].forgets; }
  /// A connection is known to what is between its hosts as long as this is what it was when the
  /// last SYN was sent.
  std::uint64_t flows(host_index a, host_index b) const {
    return hosts_[a].forgets + hosts_[b].forgets;
  }

  /// As fabric::partition.
  void partition(std::function<int(host_index)> side);
  /// Whether nothing that is sent now passes.
  bool cut(host_index from, host_index to) const {
    return (side_ && hosts_[from].side != hosts_[to].side) || between(from, to).cut;
  }

 private:
  /// Packets of carry() that reach a stop.
  template <class F>
  void reach(kernel& time, host_index from, host_index to, std::uint64_t bytes, unsigned number,
             F then);

  struct host {
    random_stream random;
    time_point up_free_at{};    // its access link, sending
    time_point down_free_at{};  // and receiving
    int side = 0;
    std::uint64_t forgets = 0;  ///< so often was it forgotten
  };

  static ride queue(time_point now, time_point& free_at, std::uint64_t bits_per_second,
                    const std::optional<link_queue>& given, unsigned packets, std::uint64_t bytes);

  std::uint64_t seed_;
  link_map links_;
  std::function<int(host_index)> side_;
  std::vector<host> hosts_;
  std::vector<time_point> line_free_at_;  // of lines between routers, both ways
};

template <class F>
std::optional<time_point> paths::carry(kernel& time, host_index from, host_index to,
                                       std::uint64_t bytes, std::uint64_t known,
                                       time_point not_before, F then) {
  const ride sent = send(time.now(), from, to, 1, bytes, known);
  if (sent.through == 0) return std::nullopt;
  const time_point at = std::max(sent.at, not_before);
  if (!has_stop(from, to, 0)) {
    time.at(at, std::move(then));
    return at;
  }
  time.at(at, [this, &time, from, to, bytes, then = std::move(then)]() mutable {
    reach(time, from, to, bytes, 0, std::move(then));
  });
  return never;
}

template <class F>
void paths::reach(kernel& time, host_index from, host_index to, std::uint64_t bytes,
                  unsigned number, F then) {
  const ride passed = stop(time.now(), from, to, 1, bytes, number);
  if (passed.through == 0) return;
  if (!has_stop(from, to, number + 1)) {
    time.at(passed.at, std::move(then));
    return;
  }
  time.at(passed.at, [this, &time, from, to, bytes, number, then = std::move(then)]() mutable {
    reach(time, from, to, bytes, number + 1, std::move(then));
  });
}

}  // namespace tandem::sim
