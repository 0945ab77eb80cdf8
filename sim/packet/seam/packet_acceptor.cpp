// SPDX-License-Identifier: GPL-2.0-only
#include "seam/packet_acceptor.hpp"

#include "seam/addresses.hpp"
#include "seam/packet_stream.hpp"

#include <boost/asio/error.hpp>

namespace tandem::packet {

packet_acceptor::packet_acceptor(loop& l, ns3::Ptr<ns3::TandemTcpSocket> socket,
                                 const endpoint& local, std::size_t most,
                                 std::shared_ptr<std::set<endpoint>> listening)
    : loop_(l),
      socket_(std::move(socket)),
      local_(local),
      listening_(std::move(listening)),
      backlog_(std::make_shared<backlog>(*this)) {
  listening_->insert(local_);
  socket_->SetBacklog(backlog_);
  using admit = ns3::Callback<bool, ns3::Ptr<ns3::Socket>, const ns3::Address&>;
  socket_->SetAcceptCallback(
      admit([weak = std::weak_ptr<backlog>(backlog_), most](ns3::Ptr<ns3::Socket>,
                                                            const ns3::Address&) {
        const auto queue = weak.lock();
        return queue && queue->half_open + queue->waiting.size() < most;
      }),
      ns3::MakeNullCallback<void, ns3::Ptr<ns3::Socket>, const ns3::Address&>());
}

packet_acceptor::~packet_acceptor() {
  listening_->erase(local_);
  socket_->Close();
  for (const auto& child : backlog_->waiting) child->Abort(!loop_.over());
  abort_accept();
}

void packet_acceptor::abort_accept() {
  acceptor_.complete(asio::error::operation_aborted, connected{});
  loop_.wake();
}

void packet_acceptor::backlog::Accepted(ns3::Ptr<ns3::TandemTcpSocket> child) {
  waiting.push_back(std::move(child));
  owner.serve();
}

void packet_acceptor::accept(connect_handler done) {
  acceptor_.arm(loop_.io(), std::move(done));
  acceptor_.on_cancel([this] { abort_accept(); });
  serve();
}

void packet_acceptor::serve() {
  if (!acceptor_.armed() || backlog_->waiting.empty()) return;
  const auto child = backlog_->waiting.front();
  backlog_->waiting.pop_front();
  connected result;
  ns3::Address name;
  child->GetSockName(name);
  result.local = to_endpoint(name);
  child->GetPeerName(name);
  result.remote = to_endpoint(name);
  result.stream = byte_stream(std::make_unique<packet_stream>(loop_, child), loop_.executor());
  acceptor_.complete({}, std::move(result));
  loop_.wake();
}

}  // namespace tandem::packet
