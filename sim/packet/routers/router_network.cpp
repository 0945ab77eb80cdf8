// SPDX-License-Identifier: GPL-2.0-only
#include "routers/router_network.hpp"

#include "cloud/cloud_net_device.hpp"
#include "tandem/core/random.hpp"
#include "tcp/tcp_socket_factory.hpp"

#include <ns3/boolean.h>
#include <ns3/data-rate.h>
#include <ns3/double.h>
#include <ns3/internet-stack-helper.h>
#include <ns3/ipv4-static-routing-helper.h>
#include <ns3/point-to-point-helper.h>
#include <ns3/point-to-point-net-device.h>
#include <ns3/queue-size.h>
#include <ns3/red-queue-disc.h>
#include <ns3/traffic-control-helper.h>
#include <ns3/uinteger.h>

#include <algorithm>
#include <bit>
#include <limits>

namespace tandem::packet {

namespace {

constexpr std::uint32_t first_router = 0xc0a80001;          // 192.168.0.1; hosts are in 10.0.0.0/8
constexpr std::uint64_t unlimited = 1'000'000'000'000'000;  // bit/s: no packet takes a nanosecond
constexpr std::uint32_t packet_size = 1500;
constexpr std::uint16_t port = 9;  // RFC 863, discard

ns3::QueueSize packets(std::uint64_t count) {
  return {ns3::QueueSizeUnit::PACKETS, static_cast<std::uint32_t>(count)};
}
ns3::QueueSize bytes(std::uint64_t count) {
  return {ns3::QueueSizeUnit::BYTES, static_cast<std::uint32_t>(count)};
}

// A queue given as a time holds what the line sends in it.
std::uint64_t bytes_of(const sim::router_line& line) {
  __extension__ using wide = unsigned __int128;
  const auto in_time = static_cast<wide>(line.queue.time.count()) * line.bandwidth / 8 /
                       static_cast<wide>(1'000'000'000);
  const auto held = line.queue.bytes != 0 ? wide{line.queue.bytes} : in_time;
  return static_cast<std::uint64_t>(
      std::clamp<wide>(held, packet_size, std::numeric_limits<std::uint32_t>::max()));
}

void set_root(ns3::TrafficControlHelper& control, const sim::router_line& line) {
  const std::uint64_t held = bytes_of(line);
  switch (line.discipline) {
    case sim::queue_discipline::fifo:
      return;
    case sim::queue_discipline::red:  // thresholds and weight follow the rate (adaptive RED)
      control.SetRootQueueDisc("ns3::RedQueueDisc", "MaxSize", ns3::QueueSizeValue(bytes(held)),
                               "ARED", ns3::BooleanValue(true), "MeanPktSize",
                               ns3::UintegerValue(packet_size), "LinkBandwidth",
                               ns3::DataRateValue(ns3::DataRate(line.bandwidth)), "LinkDelay",
                               ns3::TimeValue(ns3::NanoSeconds(line.latency.count())));
      return;
    case sim::queue_discipline::codel:
      control.SetRootQueueDisc("ns3::CoDelQueueDisc", "MaxSize", ns3::QueueSizeValue(bytes(held)));
      return;
    case sim::queue_discipline::fq_codel:  // counts packets
      control.SetRootQueueDisc(
          "ns3::FqCoDelQueueDisc", "MaxSize",
          ns3::QueueSizeValue(packets((held + packet_size - 1) / packet_size)));
      return;
  }
}

}  // namespace

router_network::router_network(std::shared_ptr<const sim::topology> plan,
                               ns3::Ptr<ns3::TandemCloudChannel> cloud, std::uint64_t seed,
                               const sim::tcp_profile& tcp,
                               std::function<void(sim::host_index, sim::queue_event)> on_queue)
    : plan_(std::move(plan)), cloud_(std::move(cloud)) {
  if (on_queue)
    heard_ = [this, on_queue = std::move(on_queue)](ns3::Ipv4Address source,
                                                    sim::queue_event what) {
      if (const auto* from = cloud_->Find(source.Get())) on_queue(from->GetHost(), what);
    };
  add_routers();
  add_lines(seed);
  add_routes(sim::routes(*plan_));
  add_traffic(seed, tcp);
}

// Every interface of a router has the same address: its links are unnumbered (RFC 1812, 2.2.7).
ns3::Ipv4Address router_network::address_of(sim::router_index router) const {
  return ns3::Ipv4Address(first_router + router);
}

void router_network::add_routers() {
  nodes_.Create(static_cast<std::uint32_t>(plan_->routers.size()));
  ns3::InternetStackHelper stack;
  stack.SetIpv6StackInstall(false);
  stack.SetRoutingHelper(ns3::Ipv4StaticRoutingHelper());
  stack.Install(nodes_);
  for (sim::router_index i = 0; i < nodes_.GetN(); ++i) {
    const auto device = ns3::CreateObject<ns3::TandemCloudNetDevice>();
    nodes_.Get(i)->AddDevice(device);
    device->AttachGateway(cloud_);
    const auto ipv4 = nodes_.Get(i)->GetObject<ns3::Ipv4>();
    host_interface_.push_back(ipv4->AddInterface(device));
    ipv4->AddAddress(host_interface_.back(), {address_of(i), ns3::Ipv4Mask::GetOnes()});
    ipv4->SetUp(host_interface_.back());
  }
  cloud_->SetRouters(plan_->router_of);
}

void router_network::add_lines(std::uint64_t seed) {
  std::uint64_t number = 0;
  for (const auto& line : plan_->lines) {
    const std::uint64_t rate = line.bandwidth == 0 ? unlimited : line.bandwidth;
    ns3::PointToPointHelper link;
    link.SetDeviceAttribute("DataRate", ns3::DataRateValue(ns3::DataRate(rate)));
    link.SetChannelAttribute("Delay", ns3::TimeValue(ns3::NanoSeconds(line.latency.count())));
    const bool tail = line.discipline == sim::queue_discipline::fifo;
    if (tail) link.DisableFlowControl();  // the device's queue is all there is
    link.SetQueue("ns3::DropTailQueue<Packet>", "MaxSize",
                  ns3::QueueSizeValue(!tail                 ? packets(1)
                                      : line.bandwidth == 0 ? packets(1'000'000)
                                                            : bytes(bytes_of(line))));
    const auto devices = link.Install(nodes_.Get(line.a), nodes_.Get(line.b));
    ns3::QueueDiscContainer discs;
    if (!tail) {
      ns3::TrafficControlHelper control;
      set_root(control, line);
      discs = control.Install(devices);
      for (std::uint32_t end = 0; end < discs.GetN(); ++end)
        if (const auto red = ns3::DynamicCast<ns3::RedQueueDisc>(discs.Get(end)))
          red->AssignStreams(static_cast<std::int64_t>(
              random_stream::of(seed, "red", number * 2 + end).next() >> 1));
    }
    if (heard_) watch_queues(devices, discs);
    ++number;
    for (std::uint32_t end = 0; end < 2; ++end) {
      const sim::router_index router = end == 0 ? line.a : line.b;
      const auto ipv4 = nodes_.Get(router)->GetObject<ns3::Ipv4>();
      interface_of_line_.push_back(ipv4->AddInterface(devices.Get(end)));
      ipv4->AddAddress(interface_of_line_.back(), {address_of(router), ns3::Ipv4Mask::GetOnes()});
      ipv4->SetUp(interface_of_line_.back());
    }
  }
}

// Where packets wait: in the queue disc, or without one in the device's own queue.
void router_network::watch_queues(const ns3::NetDeviceContainer& devices,
                                  const ns3::QueueDiscContainer& discs) {
  for (std::uint32_t end = 0; end < 2; ++end)
    if (discs.GetN() != 0)
      watch(discs.Get(end), heard_);
    else
      watch(ns3::DynamicCast<ns3::PointToPointNetDevice>(devices.Get(end))->GetQueue(), heard_);
}

void router_network::add_route(const sim::routes& ways, sim::router_index to,
                               ns3::Ipv4Address network, ns3::Ipv4Mask mask) {
  for (sim::router_index at = 0; at < nodes_.GetN(); ++at) {
    const bool here = at == to;
    if (here && network == address_of(to)) continue;
    if (!ways.reaches(at, to)) continue;
    const auto routing =
        ns3::Ipv4StaticRoutingHelper().GetStaticRouting(nodes_.Get(at)->GetObject<ns3::Ipv4>());
    if (here) {
      routing->AddNetworkRouteTo(network, mask, host_interface_[at]);
      continue;
    }
    const std::uint32_t line = ways.first_line(at, to);
    routing->AddNetworkRouteTo(network, mask, address_of(ways.end_of(line)),
                               interface_of_line_[line]);
  }
}

void router_network::add_routes(const sim::routes& ways) {
  // The hosts of a router that follow one another, as the fewest prefixes.
  const auto hosts = static_cast<std::uint32_t>(plan_->router_of.size());
  for (std::uint32_t host = 0; host < hosts;) {
    std::uint32_t end = host;
    while (end < hosts && plan_->router_of[end] == plan_->router_of[host]) ++end;
    const sim::router_index router = plan_->router_of[host];
    while (host < end) {
      const std::uint32_t first = cloud_->GetAddress(host).Get();
      const auto bits =
          std::min<int>(std::countr_zero(first), static_cast<int>(std::bit_width(end - host)) - 1);
      add_route(ways, router, ns3::Ipv4Address(first), ns3::Ipv4Mask(~std::uint32_t{0} << bits));
      host += std::uint32_t{1} << bits;
    }
  }
  std::vector<sim::router_index> ends;
  for (const auto& each : plan_->traffic) ends.insert(ends.end(), {each.from, each.to});
  std::ranges::sort(ends);
  const auto rest = std::ranges::unique(ends);
  ends.erase(rest.begin(), rest.end());
  for (const auto router : ends)
    add_route(ways, router, address_of(router), ns3::Ipv4Mask::GetOnes());
}

void router_network::add_traffic(std::uint64_t seed, const sim::tcp_profile& tcp) {
  std::uint64_t number = 0;
  for (const auto& each : plan_->traffic) {
    for (const auto end : {each.from, each.to}) {
      const auto sockets = ns3::TandemTcpSocketFactory::Of(nodes_.Get(end));
      sockets->SetProfile(tcp);
      sockets->SetSeed(seed);
    }
    for (std::uint32_t i = 0; i < each.flows; ++i, ++number) {
      const ns3::InetSocketAddress to(address_of(each.to),
                                      static_cast<std::uint16_t>(port + number));
      if (each.rate == 0)
        sources_.push_back(make_bulk(nodes_.Get(each.from), nodes_.Get(each.to), to, each));
      else
        sources_.push_back(make_on_off(nodes_.Get(each.from), nodes_.Get(each.to), to, each,
                                       random_stream::of(seed, "cross traffic", number)));
    }
  }
}

}  // namespace tandem::packet
