// SPDX-License-Identifier: GPL-2.0-only
#include "seam/host_network.hpp"

#include "seam/addresses.hpp"
#include "seam/packet_acceptor.hpp"
#include "tcp/tcp_l4_protocol.hpp"

#include <boost/asio/error.hpp>

namespace tandem::packet {

host_network::host_network(loop& l, ns3::Ptr<ns3::Node> node)
    : loop_(l),
      node_(std::move(node)),
      sockets_(ns3::TandemTcpSocketFactory::Of(node_)),
      listening_(std::make_shared<std::set<endpoint>>()) {}

host_network::~host_network() = default;

boost::system::result<std::unique_ptr<acceptor>> host_network::listen(const endpoint& local) {
  if (local.v6) return error_code(asio::error::address_family_not_supported);
  const ns3::Ipv4Address address = to_ipv4(local);
  const auto any = ns3::Ipv4Address::GetAny();
  if (address != any && node_->GetObject<ns3::Ipv4>()->GetInterfaceForAddress(address) < 0)
    return error_code(make_error_code(boost::system::errc::address_not_available));
  for (const endpoint& taken : *listening_)
    if (taken.port == local.port && local.port != 0) return error_code(asio::error::address_in_use);
  const auto socket = sockets_->CreateTcp();
  // Bound to any address: ns-3 takes accepted connections of the same address and port for the
  // listener's rivals, and would refuse to listen again while one of them lives.
  if (socket->Bind(ns3::InetSocketAddress(any, local.port)) != 0)
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
  auto owned =
      std::make_unique<dial>(loop_, static_cast<dial_owner&>(*this), sockets_->CreateTcp(), number);
  dial& begun = *owned;
  dials_.insert(std::move(owned));
  begun.start(remote, std::move(done));
}

void host_network::forget(dial& finished) { dials_.erase(dials_.find(finished.number())); }

}  // namespace tandem::packet
