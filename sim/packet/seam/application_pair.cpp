// SPDX-License-Identifier: GPL-2.0-only
#include "seam/application_pair.hpp"

#include "engine/exclusive_ns3.hpp"
#include "engine/loop.hpp"
#include "seam/addresses.hpp"
#include "seam/host_network.hpp"

#include <ns3/boolean.h>
#include <ns3/drop-tail-queue.h>
#include <ns3/ipv4-l3-protocol.h>
#include <ns3/ipv4-static-routing.h>
#include <ns3/ipv6-extension-demux.h>
#include <ns3/ipv6-l3-protocol.h>
#include <ns3/ipv6-static-routing.h>
#include <ns3/mac48-address.h>
#include <ns3/nstime.h>
#include <ns3/simple-channel.h>
#include <ns3/simple-net-device.h>
#include <ns3/tcp-l4-protocol.h>
#include <ns3/traffic-control-layer.h>

#include <stdexcept>
#include <utility>
#include <vector>

namespace tandem::packet {

namespace {

class application_pair final : public sim::fabric {
 public:
  application_pair(family over, sim::fabric_options options)
      : over_(over), options_(std::move(options)) {
    channel_ = ns3::CreateObject<ns3::SimpleChannel>();
    channel_->SetAttribute("Delay",
                           ns3::TimeValue(ns3::NanoSeconds(options_.links(0, 1).latency.count())));
  }
  ~application_pair() override { hosts_.clear(); }  // their dials end through the loop

  sim::host_index add_host() override {
    const auto index = static_cast<sim::host_index>(hosts_.size());
    const auto node = ns3::CreateObject<ns3::Node>();
    const auto device = ns3::CreateObject<ns3::SimpleNetDevice>();
    device->SetAttribute("PointToPointMode", ns3::BooleanValue(true));
    // Not the next of ns-3's, which would be missing elsewhere.
    device->SetAddress(ns3::Mac48Address(index == 0 ? "02:00:00:00:00:01" : "02:00:00:00:00:02"));
    // One of its own, whatever is the default: that of a configuration store is one for all.
    device->SetQueue(ns3::CreateObject<ns3::DropTailQueue<ns3::Packet>>());
    device->SetChannel(channel_);
    devices_.push_back(device);
    if (over_ == family::ipv4)
      add_ipv4(node, index);
    else
      add_ipv6(node, index);
    const auto sockets = ns3::TandemTcpSocketFactory::Of(node);
    sockets->SetProfile(options_.tcp);
    sockets->ForgoTraces();  // which nobody can reach
    hosts_.push_back(std::make_unique<host_network>(loop_, node, options_.seed));
    return index;
  }

  network& host(sim::host_index index) override { return *hosts_.at(index); }
  endpoint listen_address(sim::host_index index) override {
    return over_ == family::ipv4 ? to_endpoint(ipv4_of(index), 4001)
                                 : to_endpoint(ipv6_of(index), 4001);
  }
  tandem::clock& clock() override { return loop_; }
  void run_until(time_point until, const std::function<bool()>& stop) override {
    ns3_.run_until(until, stop, loop_);
  }
  void partition(std::function<int(sim::host_index)>) override { cannot(); }
  void forget_flows(sim::host_index) override { cannot(); }
  void set_manners(sim::host_index, const sim::host_manners&) override { cannot(); }
  std::uint64_t events() const override { return ns3_.events(); }

 private:
  [[noreturn]] static void cannot() {
    throw std::logic_error("the pair of a rehearsal has links that can be cut and nothing else");
  }
  static ns3::Ipv4Address ipv4_of(sim::host_index index) {
    return ns3::Ipv4Address(index == 0 ? "10.0.0.1" : "10.0.0.2");
  }
  static ns3::Ipv6Address ipv6_of(sim::host_index index) {
    return ns3::Ipv6Address(index == 0 ? "fd00::1" : "fd00::2");
  }

  void add_ipv4(const ns3::Ptr<ns3::Node>& node, sim::host_index index) {
    const auto ipv4 = ns3::CreateObject<ns3::Ipv4L3Protocol>();
    node->AggregateObject(ipv4);
    ipv4->SetRoutingProtocol(ns3::CreateObject<ns3::Ipv4StaticRouting>());
    ipv4->AddAddress(add_tcp<ns3::Ipv4>(node, ipv4, index),
                     ns3::Ipv4InterfaceAddress(ipv4_of(index), ns3::Ipv4Mask("/8")));
  }
  /// Without ICMPv6, which would claim addresses for a second, look for routers, and take as long
  /// to make as all the rest.
  void add_ipv6(const ns3::Ptr<ns3::Node>& node, sim::host_index index) {
    const auto ipv6 = ns3::CreateObject<ns3::Ipv6L3Protocol>();
    node->AggregateObject(ipv6);
    ipv6->SetRoutingProtocol(ns3::CreateObject<ns3::Ipv6StaticRouting>());
    // Where IPv6 looks for the protocol of a packet; what extensions there are draws.
    node->AggregateObject(ns3::CreateObject<ns3::Ipv6ExtensionDemux>());
    ns3::Ipv6InterfaceAddress address(ipv6_of(index), ns3::Ipv6Prefix(64));
    address.SetState(ns3::Ipv6InterfaceAddress::PREFERRED);
    ipv6->AddAddress(add_tcp<ns3::Ipv6>(node, ipv6, index), address);
  }
  /// The interface of the host's device, which is up.
  template <class Ip, class Protocol>
  std::uint32_t add_tcp(const ns3::Ptr<ns3::Node>& node, const ns3::Ptr<Protocol>& ip,
                        sim::host_index index) {
    node->AggregateObject(ns3::CreateObject<ns3::TrafficControlLayer>());  // interfaces need it
    node->AggregateObject(ns3::CreateObject<ns3::TcpL4Protocol>());
    node->AddDevice(devices_[index]);
    const std::uint32_t interface = ip->AddInterface(devices_[index]);
    ip->SetUp(interface);
    ip->TraceConnectWithoutContext(
        "Tx", ns3::Callback<void, ns3::Ptr<const ns3::Packet>, ns3::Ptr<Ip>, std::uint32_t>(
                  [this, index](ns3::Ptr<const ns3::Packet>, ns3::Ptr<Ip>, std::uint32_t) {
                    leaves(index);
                  }));
    return interface;
  }

  /// A packet does, within this instant.
  void leaves(sim::host_index from) {
    const sim::link& path = options_.links(from, 1 - from);
    path.count_packet();
    if (std::exchange(cut_[from], path.cut) == path.cut) return;
    if (path.cut)
      channel_->BlackList(devices_[from], devices_[1 - from]);
    else
      channel_->UnBlackList(devices_[from], devices_[1 - from]);
  }

  // Destroyed from the bottom up: handlers, which may own streams, while ns-3 still stands.
  family over_;
  sim::fabric_options options_;
  exclusive_ns3 ns3_;
  ns3::Ptr<ns3::SimpleChannel> channel_;
  std::vector<ns3::Ptr<ns3::SimpleNetDevice>> devices_;
  bool cut_[2]{};
  std::vector<std::unique_ptr<host_network>> hosts_;
  loop loop_{loop::polled::by_owner};
};

}  // namespace

std::unique_ptr<sim::fabric> make_application_pair(family over, sim::fabric_options options) {
  return std::make_unique<application_pair>(over, std::move(options));
}

}  // namespace tandem::packet
