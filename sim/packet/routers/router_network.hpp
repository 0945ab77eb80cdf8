// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "cloud/cloud_channel.hpp"
#include "routers/queue_watch.hpp"
#include "routers/traffic_source.hpp"
#include "tandem/sim/tcp_profile.hpp"
#include "tandem/sim/topology.hpp"

#include <ns3/net-device-container.h>
#include <ns3/node-container.h>
#include <ns3/queue-disc-container.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

namespace tandem::packet {

/// The routers of a topology as nodes of ns-3: InternetStackHelper, static routes, point-to-point
/// links with a drop-tail queue or a queue disc, and the cross traffic. A router reaches the hosts
/// that are at it through a device on the cloud, so that their access links are what they are
/// without routers. A packet on a point-to-point link has two bytes more, of PPP.
class router_network {
 public:
  router_network(std::shared_ptr<const sim::topology> plan, ns3::Ptr<ns3::TandemCloudChannel> cloud,
                 std::uint64_t seed, const sim::tcp_profile& tcp,
                 std::function<void(sim::host_index, sim::queue_event)> on_queue);
  router_network(const router_network&) = delete;
  router_network& operator=(const router_network&) = delete;

 private:
  void add_routers();
  void add_lines(std::uint64_t seed);
  void watch_queues(const ns3::NetDeviceContainer& devices, const ns3::QueueDiscContainer& discs);
  void add_routes(const sim::routes& ways);
  void add_route(const sim::routes& ways, sim::router_index to, ns3::Ipv4Address network,
                 ns3::Ipv4Mask mask);
  void add_traffic(std::uint64_t seed, const sim::tcp_profile& tcp);
  ns3::Ipv4Address address_of(sim::router_index router) const;

  std::shared_ptr<const sim::topology> plan_;
  ns3::Ptr<ns3::TandemCloudChannel> cloud_;
  queue_listener heard_;  // empty: nobody listens
  ns3::NodeContainer nodes_;
  std::vector<std::uint32_t> host_interface_;     // of each router
  std::vector<std::uint32_t> interface_of_line_;  // of each line, as route::stop numbers it
  std::vector<std::unique_ptr<traffic_source>> sources_;
};

}  // namespace tandem::packet
