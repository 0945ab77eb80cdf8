// SPDX-License-Identifier: MIT
#pragma once

#include "kernel/huge_heap.hpp"
#include "kernel/paths.hpp"
#include "message/records.hpp"
#include "tandem/net/task.hpp"
#include "tandem/sim/kernel.hpp"
#include "tandem/sim/message_network.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <vector>

namespace tandem::sim {

/// The port every listening host of a message network listens on.
inline constexpr std::uint16_t message_port = 4001;
/// From so many hosts on their memory has huge pages.
inline constexpr std::size_t hosts_of_huge_heap = 1000;

/// What all shards of a message network read. Each host, and all that the network has of it by its
/// index, is changed by its shard alone, or while no shard runs.
struct message_network::state {
  struct host {
    connection_manager manager;
    peer_id self;
    manager_observer* observer;
    trace_sink* sink;
    std::uint32_t options;  // index of all_options
    std::uint32_t incarnation = 0;
    std::uint64_t last_inbound = 0;
    time_point wakes_at = never;  // earliest wake-up armed
    message::end_index oldest = message::none;
    message::end_index newest = message::none;
    host_ailments ails{};
    std::vector<task> waiting{};             // for a process that stands still
    std::vector<message::handle> backlog{};  // arrived, and there is no descriptor for them
    bool listens;
    bool paused = false;
    bool alive = true;
    host_manners manners{};
    std::uint64_t in_backlog = 0;  // in its backlog, when it accepts none
    std::uint64_t resets = 0;      // in this life
    time_point accepts_next{};
  };

  explicit state(message_network_options options);
  ~state();

  host_index add_host(const manager_options& options, const peer_id& self, bool listens,
                      manager_observer* observer, trace_sink* sink);
  std::uint32_t remember(const manager_options& options);
  std::uint32_t part_of(host_index h) const {
    return shards.size() == 1 ? 0 : h % static_cast<std::uint32_t>(shards.size());
  }
  shard& of(host_index h) { return *shards[part_of(h)]; }
  std::uint64_t tasks_run() const;
  void check_one_thread() const;  ///< throws when there are more
  /// Throws while shards run side by side: `what` is for tasks of time().
  void check_stands_still(const char* what) const;

  // windows.cpp
  void run_until(time_point until, const std::function<bool()>& stop);
  void run_in_windows(time_point until, const std::function<bool()>& stop);
  time_point next_of_shards() const;
  void begin(time_point now);

  huge_heap heap;
  kernel time;  // of what no host does; of everything, when there is one shard
  paths net;
  const tcp_profile tcp;
  std::function<void(host_index, std::uint64_t)> on_message;
  const std::function<void(host_index)> on_syn;
  const std::function<void(bool)> on_window;
  host_names* const names;  // null: hosts have the addresses of the network
  const std::uint64_t seed;
  const duration least_latency;
  std::deque<host> hosts;
  std::vector<manager_options> all_options;
  boost::unordered_flat_map<peer_id, host_index, std::hash<peer_id>> by_peer;
  message::record_table connections;
  std::vector<std::unique_ptr<kernel>> clocks;  // of the shards, when there are several
  std::vector<std::unique_ptr<shard>> shards;
  bool side_by_side = false;      // shards run
  std::unique_ptr<crew> threads;  // who runs them, when there are several and they ran before
};

}  // namespace tandem::sim
