// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "tandem/sim/fabric.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace tandem::packet {

/// A round trip of the two hosts that rehearse.
inline constexpr duration one_way = std::chrono::milliseconds(10), round_trip = 2 * one_way;
/// More bytes than a receiver holds, unless RcvBufSize was raised.
inline constexpr std::size_t more_than_window = 150'000;

/// One end of a connection: what it heard, and what became of what it said.
struct rehearsed_end {
  byte_stream stream;
  std::optional<time_point> since;   ///< when it was connected or accepted
  std::size_t heard = 0;             ///< bytes
  time_point heard_at{};             ///< the last of them
  std::optional<error_code> ended;   ///< of what it hears
  std::optional<error_code> failed;  ///< the last that was said: what became of it
};

struct rehearsed_connection {
  rehearsed_end dialer, server;
};

/// Two hosts, the second listens, with all the connections they ever had, and the link that they
/// say it over.
class rehearsed_pair {
 public:
  using maker = std::function<std::unique_ptr<sim::fabric>(sim::fabric_options)>;

  explicit rehearsed_pair(const maker& make);
  rehearsed_pair(const rehearsed_pair&) = delete;
  rehearsed_pair& operator=(const rehearsed_pair&) = delete;

  time_point now() { return on_->clock().now(); }
  void run(duration more) { on_->run_until(now() + more, {}); }
  sim::fabric& fabric() { return *on_; }
  endpoint listening() { return on_->listen_address(1); }
  /// That both hosts sent, whether they arrived or not.
  std::uint64_t packets() const { return packets_; }
  /// Whether what a host, or either, sends vanishes from now on.
  void cut(sim::host_index from, bool off) { paths_[from].cut = off; }
  void cut(bool off) { paths_[0].cut = paths_[1].cut = off; }

  /// Dials and accepts; to be run for a round trip and a half.
  rehearsed_connection& connecting();
  /// The same, connected.
  rehearsed_connection& connected();
  void say(rehearsed_end& from, std::size_t bytes);
  /// Reads once, at most so much, and no more than 64 KiB.
  void hear(rehearsed_end& to, std::size_t most);
  /// Reads to the end.
  void hear(rehearsed_end& to);

 private:
  std::uint64_t packets_ = 0;
  sim::link paths_[2];
  std::vector<std::byte> text_ = std::vector<std::byte>(more_than_window, std::byte{7});
  std::vector<std::byte> heard_ = std::vector<std::byte>(65536);  // by whomever, and not looked at
  std::unique_ptr<sim::fabric> on_;
  std::unique_ptr<acceptor> listener_;
  std::deque<rehearsed_connection> connections_;  // handlers know where they are
};

}  // namespace tandem::packet
