// SPDX-License-Identifier: GPL-2.0-only
#include "seam/dial.hpp"

#include "seam/addresses.hpp"
#include "seam/packet_stream.hpp"

#include <ns3/ipv4.h>
#include <ns3/ipv6.h>
#include <ns3/node.h>
#include <boost/asio/error.hpp>

namespace tandem::packet {

namespace {

error_code error_of_connect(ns3::Socket::SocketErrno why) {
  switch (why) {
    case ns3::Socket::ERROR_NOROUTETOHOST:
      return asio::error::network_unreachable;
    case ns3::Socket::ERROR_ADDRNOTAVAIL:
      return asio::error::no_descriptors;  // no port is free
    default:
      return asio::error::host_unreachable;
  }
}

}  // namespace

dial::dial(loop& l, dial_owner& owner, ns3::Ptr<ns3::TandemTcpSocket> socket, std::uint64_t number)
    : loop_(l), owner_(owner), socket_(std::move(socket)), number_(number) {}

dial::~dial() {
  if (!socket_) return;
  socket_->Abort(!loop_.over());
  done_.complete(asio::error::operation_aborted, connected{});
  loop_.wake();
}

void dial::start(const endpoint& remote, connect_handler done) {
  remote_ = remote;
  done_.arm(loop_.io(), std::move(done));
  done_.on_cancel([this] { finish(asio::error::operation_aborted); });
  const auto node = socket_->GetNode();
  if (remote.v6 ? !node->GetObject<ns3::Ipv6>() : !node->GetObject<ns3::Ipv4>())
    return finish(asio::error::address_family_not_supported);
  if (socket_->Connect(to_address(remote)) != 0)
    return finish(error_of_connect(socket_->GetErrno()));
  socket_->SetObserver(this);
}

void dial::SocketChanged() {
  if (socket_->GetFailure() != ns3::TandemTcpSocket::Failure::NONE)
    finish(error_of(socket_->GetFailure()));
  else if (socket_->IsConnected())
    finish({});
}

void dial::finish(error_code error) {
  connected result;
  if (error) {
    socket_->Abort();
  } else {
    ns3::Address local;
    socket_->GetSockName(local);
    result.local = to_endpoint(local);
    result.remote = remote_;
    result.stream = byte_stream(std::make_unique<packet_stream>(loop_, socket_), loop_.executor());
  }
  socket_ = nullptr;
  done_.complete(error, std::move(result));
  loop_.wake();
  owner_.forget(*this);
}

}  // namespace tandem::packet
