// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/core/ids.hpp"
#include "tandem/core/time.hpp"
#include "tandem/net/network.hpp"
#include "tandem/sim/host_manners.hpp"
#include "tandem/sim/link.hpp"
#include "tandem/sim/tcp_profile.hpp"
#include "tandem/sim/topology.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace tandem::sim {

/// What every host of a fabric shares.
struct fabric_options {
  std::uint64_t seed = 1;
  tcp_profile tcp = linux_legacy();
  link_map links;  ///< asked for every pair; empty: the default link everywhere
  /// What the links' routes are of; null: none has one. Only packets need more than those say.
  std::shared_ptr<const topology> routers{};
  std::function<void(host_index from)> on_syn{};  ///< hears of each SYN sent; may be empty
  /// The file that the packets of a host go to, as pcap; empty: they go to none. May be empty.
  /// Where there are no packets nobody asks.
  std::function<std::string(host_index)> captures_to{};
  /// Hears of each packet of a host at a queue between routers; may be empty. Only where there are
  /// packets.
  std::function<void(host_index from, queue_event)> on_queue{};
};

/// Hosts that can reach each other, their time and their faults: what a world needs to run nodes on
/// a network, simulated (stream, packet) or real (loopback). One thread uses it.
class fabric {
 public:
  virtual ~fabric() = default;

  virtual host_index add_host() = 0;
  /// The host's network stack; stays valid as long as the fabric. A process that dies is a node
  /// destroyed: its connections are reset, its listeners vanish; a new node may take the host.
  virtual network& host(host_index) = 0;
  /// Where a node on this host should listen so that others can dial it.
  virtual endpoint listen_address(host_index) = 0;

  virtual tandem::clock& clock() = 0;
  /// Runs everything up to and including `until`; returns at once when `stop` says so, asked
  /// after each event. Real fabrics wait for real time.
  virtual void run_until(time_point until, const std::function<bool()>& stop) = 0;

  /// Cuts (or restores) every packet between hosts of different sides; what is cut vanishes
  /// silently. `side` maps a host to its side; empty restores everything.
  /// Throws std::logic_error where the fabric cannot.
  virtual void partition(std::function<int(host_index)> side) = 0;

  /// A NAT in front of the host forgets what it knew: packets of connections whose last SYN was
  /// sent before vanish, both ways. Throws std::logic_error where the fabric cannot.
  virtual void forget_flows(host_index) = 0;

  /// From now on; what its process does, accepting among it, is not for the fabric.
  /// Throws std::logic_error where the fabric cannot.
  virtual void set_manners(host_index host, const host_manners& manners) = 0;

  /// Events of the network run so far; 0 on a real network.
  virtual std::uint64_t events() const = 0;
};

/// Modelled byte streams in virtual time (sim/stream).
std::unique_ptr<fabric> make_stream_fabric(fabric_options options);

}  // namespace tandem::sim
