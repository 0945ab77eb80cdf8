// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "engine/loop.hpp"
#include "seam/dial.hpp"
#include "tandem/net/network.hpp"
#include "tandem/sim/host_manners.hpp"
#include "tcp/tcp_socket_factory.hpp"

#include <ns3/node.h>

#include <cstdint>
#include <memory>
#include <set>

namespace tandem::packet {

/// A node of ns-3 as a tandem::network: its IPv4 and IPv6 stacks, whatever the topology,
/// through TandemTcpSockets.
class host_network final : public network, dial_owner {
 public:
  /// The node has TCP on IPv4, IPv6 or both; `l` outlives the network. `seed`: of what its
  /// congestion control draws, whatever other networks the node has.
  host_network(loop& l, ns3::Ptr<ns3::Node> node, std::uint64_t seed);
  ~host_network() override;

  asio::any_io_executor executor() override { return loop_.executor(); }
  tandem::clock& clock() override { return loop_; }
  boost::system::result<std::unique_ptr<acceptor>> listen(const endpoint& local) override;
  void set_manners(const sim::host_manners& manners);

 private:
  error_code unavailable(const endpoint& local) const;
  void connect(const endpoint& remote, connect_handler done) override;
  void forget(dial& finished) override;

  loop& loop_;
  ns3::Ptr<ns3::Node> node_;
  ns3::Ptr<ns3::TandemTcpSocketFactory> sockets_;
  ns3::TandemTcpDraws draws_;
  std::shared_ptr<std::set<endpoint>> listening_;
  std::set<std::unique_ptr<dial>, dial_order> dials_;
  std::size_t backlog_ = sim::backlog_max;
};

}  // namespace tandem::packet
