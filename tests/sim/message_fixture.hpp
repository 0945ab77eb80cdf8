// SPDX-License-Identifier: MIT
#pragma once

#include "core/exact.hpp"
#include "tandem/core/random.hpp"
#include "tandem/core/trace.hpp"
#include "tandem/sim/message_network.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

namespace tandem::sim::testing {

using namespace std::chrono_literals;

constexpr time_point at(duration d) { return time_point(d); }

/// The peer id of a host of a test: 36 bytes made of its index.
inline peer_id test_peer(host_index host) {
  std::array<std::uint8_t, 36> bytes{0x00, 0x24};
  for (int i = 0; i < 4; ++i)
    bytes[static_cast<std::size_t>(4 + i)] = static_cast<std::uint8_t>(host >> 8 * (3 - i));
  return peer_id::from_bytes(bytes);
}

/// What one host told, with times.
struct host_log final : manager_observer {
  void on_notification(time_point now, const notification& what) override {
    told.emplace_back(now, what);
  }
  void on_step(time_point, const connection_manager& manager) override {
    const manager_counters& c = manager.counters();
    most_active = std::max(most_active, c.active_connections);
    most_permits = std::max(most_permits, c.permits_live);
  }
  void on_event(time_point, const event& what) override {
    if (const auto* moved = std::get_if<events::traffic>(&what)) app_bytes += moved->app_bytes;
  }

  std::vector<std::pair<time_point, notification>> of(notice kind) const {
    std::vector<std::pair<time_point, notification>> found;
    for (const auto& n : told)
      if (n.second.kind == kind) found.push_back(n);
    return found;
  }
  /// The only notification of this kind.
  std::optional<std::pair<time_point, notification>> only(notice kind) const {
    const auto found = of(kind);
    return found.size() == 1 ? std::optional(found.front()) : std::nullopt;
  }

  std::vector<std::pair<time_point, notification>> told;
  std::uint64_t most_active = 0;
  std::uint64_t most_permits = 0;
  std::uint64_t app_bytes = 0;
};

/// A message network with one link for all pairs, and a log for every host.
struct message_net {
  explicit message_net(link path = {}, std::uint64_t seed = 1,
                       const tcp_profile& tcp = linux_legacy())
      : all(path),
        net({seed, tcp, [this](host_index, host_index) -> const link& { return all; }}) {}

  host_index add(bool listens, const manager_options& options = {}) {
    host_log& log = logs.emplace_back();
    memory_trace& trace = traces.emplace_back();
    const auto index = static_cast<host_index>(logs.size() - 1);
    return net.add_host(test::exact(options), test_peer(index), listens, &log, &trace);
  }
  request_id dial(host_index from, host_index to, dial_mode mode = dial_mode::join) {
    const endpoint address = message_network::address_of(to);
    const request_id request{++requests};
    net.command(from, events::dial_wanted{request, test_peer(to), {&address, 1}, mode, 0, never});
    return request;
  }
  void run_until(time_point t) { net.run_until(t); }
  void run_for(duration d) { net.run_until(net.time().now() + d); }
  void isolate(host_index alone) {
    net.partition([alone](host_index h) { return h == alone ? 1 : 0; });
  }
  const manager_counters& counters(host_index h) { return net.manager(h).counters(); }

  link all;
  std::deque<host_log> logs;
  std::deque<memory_trace> traces;
  message_network net;
  std::uint64_t requests = 0;
};

}  // namespace tandem::sim::testing
