// SPDX-License-Identifier: GPL-2.0-only
#include "tandem/packet/fabric.hpp"

#include "cloud/cloud_channel.hpp"
#include "cloud/lean_host.hpp"
#include "cloud/packet_capture.hpp"
#include "engine/exclusive_ns3.hpp"
#include "engine/loop.hpp"
#include "routers/router_network.hpp"
#include "seam/addresses.hpp"
#include "seam/application_pair.hpp"
#include "seam/host_network.hpp"
#include "seam/socket_check.hpp"
#include "tcp/tcp_l4_protocol.hpp"

#include <ns3/rng-seed-manager.h>
#include <ns3/uinteger.h>

#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace tandem::packet {

namespace {

constexpr std::uint16_t listen_port = 4001;  // libp2p's customary port

/// RED and BBR draw: what the process set before, and the environment, are no part of a fabric's
/// run. They are as they were afterwards.
class own_draws {
 public:
  own_draws() : seed_(ns3::RngSeedManager::GetSeed()), run_(ns3::RngSeedManager::GetRun()) {
    ns3::RngSeedManager::SetSeed(1);
    ns3::RngSeedManager::SetRun(1);
  }
  ~own_draws() {
    ns3::RngSeedManager::SetSeed(seed_);
    ns3::RngSeedManager::SetRun(run_);
  }
  own_draws(const own_draws&) = delete;
  own_draws& operator=(const own_draws&) = delete;

 private:
  std::uint32_t seed_;
  std::uint64_t run_;
};

class packet_fabric final : public sim::fabric {
 public:
  explicit packet_fabric(sim::fabric_options options) : options_(std::move(options)) {
    channel_ = ns3::CreateObject<ns3::TandemCloudChannel>();
    channel_->SetAttribute("Seed", ns3::UintegerValue(options_.seed));
    channel_->SetLinks(options_.links);
    if (options_.routers)
      routers_.emplace(options_.routers, channel_, options_.seed, options_.tcp, options_.on_queue);
  }

  ~packet_fabric() override {
    channel_->Dispose();
    hosts_.clear();  // their dials end through the loop
  }

  sim::host_index add_host() override {
    const auto tcp = ns3::CreateObject<ns3::TandemTcpL4Protocol>();
    const auto index = static_cast<sim::host_index>(hosts_.size());
    if (options_.on_syn) tcp->SetOnSyn([this, index] { options_.on_syn(index); });
    const lean_host made(channel_, tcp);
    if (options_.captures_to) capture(*made.device, options_.captures_to(index));
    const auto sockets = ns3::TandemTcpSocketFactory::Of(made.node);
    sockets->SetProfile(options_.tcp);
    sockets->ForgoTraces();  // which nobody can reach
    hosts_.push_back(std::make_unique<host_network>(loop_, made.node, options_.seed));
    return made.device->GetHost();
  }

  network& host(sim::host_index index) override { return *hosts_.at(index); }
  endpoint listen_address(sim::host_index index) override {
    return to_endpoint(channel_->GetAddress(index), listen_port);
  }
  tandem::clock& clock() override { return loop_; }

  void run_until(time_point until, const std::function<bool()>& stop) override {
    ns3_.run_until(until, stop, loop_);
  }

  void partition(std::function<int(sim::host_index)> side) override {
    channel_->SetPartition(std::move(side));
  }
  void forget_flows(sim::host_index host) override { channel_->ForgetFlows(host); }
  void set_manners(sim::host_index host, const sim::host_manners& manners) override {
    hosts_.at(host)->set_manners(manners);
  }
  std::uint64_t events() const override { return ns3_.events(); }

 private:
  // Destroyed from the bottom up: handlers, which may own streams, while ns-3 still stands.
  sim::fabric_options options_;
  exclusive_ns3 ns3_;
  own_draws draws_;
  ns3::Ptr<ns3::TandemCloudChannel> channel_;
  std::optional<router_network> routers_;
  std::vector<std::unique_ptr<host_network>> hosts_;
  loop loop_{loop::polled::by_owner};
};

std::unique_ptr<sim::fabric> make_unchecked(sim::fabric_options options) {
  return std::make_unique<packet_fabric>(std::move(options));
}

}  // namespace

void check_sockets(std::initializer_list<stack> on) {
  std::string all;
  for (const stack each : on) {
    const family over = each == stack::ipv6 ? family::ipv6 : family::ipv4;
    const auto make = [&](sim::fabric_options options) {
      return each == stack::level ? make_unchecked(std::move(options))
                                  : make_application_pair(over, std::move(options));
    };
    for (const auto& fault : socket_faults(make))
      all += (all.empty() ? "" : "; ") + fault + (over == family::ipv4 ? " (IPv4)" : " (IPv6)");
  }
  if (all.empty()) return;
  throw std::runtime_error(
      "TCP of this ns-3, with its attributes as they are set, is not what Tandem's sockets need. "
      "This does not hold: " +
      all);
}

std::unique_ptr<sim::fabric> make_packet_fabric(sim::fabric_options options) {
  static const bool checked = (check_sockets({stack::level}), true);
  static_cast<void>(checked);
  return make_unchecked(std::move(options));
}

}  // namespace tandem::packet
