// SPDX-License-Identifier: GPL-2.0-only
#include "seam/host_network.hpp"

#include "seam/addresses.hpp"
#include "seam/packet_acceptor.hpp"
#include "tcp/tcp_l4_protocol.hpp"

#include <ns3/ipv4.h>
#include <ns3/ipv6.h>
#include <boost/asio/error.hpp>

namespace tandem::packet {

host_network::host_network(loop& l, ns3::Ptr<ns3::Node> node, std::uint64_t seed)
    : loop_(l),
      node_(std::move(node)),
      sockets_(ns3::TandemTcpSocketFactory::Of(node_)),
      draws_{.seed = seed},
      listening_(std::make_shared<std::set<endpoint>>()) {}

host_network::~host_network() = default;

/// Why nobody can listen on this address of the node, if so.
error_code host_network::unavailable(const endpoint& local) const {
  const auto ipv4 = node_->GetObject<ns3::Ipv4>();
  const auto ipv6 = node_->GetObject<ns3::Ipv6>();
  if (local.v6 ? !ipv6 : !ipv4) return asio::error::address_family_not_supported;
  const bool any = local.address == endpoint{}.address;
  if (any || (local.v6 ? ipv6->GetInterfaceForAddress(to_ipv6(local))
                       : ipv4->GetInterfaceForAddress(to_ipv4(local))) >= 0)
    return {};
  return make_error_code(boost::system::errc::address_not_available);
}

boost::system::result<std::unique_ptr<acceptor>> host_network::listen(const endpoint& local) {
  if (const error_code why = unavailable(local)) return why;
  for (const endpoint& taken : *listening_)
    if (taken.v6 == local.v6 && taken.port == local.port && local.port != 0)
      return error_code(asio::error::address_in_use);
  const auto socket = sockets_->CreateTcp(local.v6, draws_);
  // Bound to any address: ns-3 takes accepted connections of the same address and port for the
  // listener's rivals, and would refuse to listen again while one of them lives.
  if (socket->Bind(to_address({{}, local.port, local.v6})) != 0)
    return error_code(asio::error::address_in_use);
  socket->Listen();
  ns3::Address name;
  socket->GetSockName(name);
  endpoint bound = local;
  bound.port = to_endpoint(name).port;
  return std::unique_ptr<acceptor>(
      std::make_unique<packet_acceptor>(loop_, socket, bound, backlog_, listening_));
}

void host_network::set_manners(const sim::host_manners& manners) {
  backlog_ = manners.backlog;
  if (const auto tcp = node_->GetObject<ns3::TandemTcpL4Protocol>()) tcp->SetSilent(manners.silent);
}

void host_network::connect(const endpoint& remote, connect_handler done) {
  const std::uint64_t number = dials_.empty() ? 1 : (*dials_.rbegin())->number() + 1;
  auto owned = std::make_unique<dial>(loop_, static_cast<dial_owner&>(*this),
                                      sockets_->CreateTcp(remote.v6, draws_), number);
  dial& begun = *owned;
  dials_.insert(std::move(owned));
  begun.start(remote, std::move(done));
}

void host_network::forget(dial& finished) { dials_.erase(dials_.find(finished.number())); }

}  // namespace tandem::packet
