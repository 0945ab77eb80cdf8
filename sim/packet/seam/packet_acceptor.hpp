// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "engine/loop.hpp"
#include "tandem/net/network.hpp"
#include "tandem/sim/pending.hpp"
#include "tcp/tcp_socket.hpp"

#include <deque>
#include <memory>
#include <set>

namespace tandem::packet {

/// A listening TandemTcpSocket. Connections wait for accept() once the dialer's final ACK came;
/// when `most` are waiting or half open, further SYNs are dropped, as Linux does.
class packet_acceptor final : public acceptor {
 public:
  /// `socket` listens on `local`, which stands in `listening` until the acceptor is destroyed.
  packet_acceptor(loop& l, ns3::Ptr<ns3::TandemTcpSocket> socket, const endpoint& local,
                  std::size_t most, std::shared_ptr<std::set<endpoint>> listening);
  ~packet_acceptor() override;

  endpoint local_endpoint() const override { return local_; }

 private:
  struct backlog final : ns3::TandemTcpBacklog {
    explicit backlog(packet_acceptor& owner) : owner(owner) {}
    void Accepted(ns3::Ptr<ns3::TandemTcpSocket> child) override;

    packet_acceptor& owner;
    std::deque<ns3::Ptr<ns3::TandemTcpSocket>> waiting;
  };

  void accept(connect_handler done) override;
  void serve();
  void abort_accept();

  loop& loop_;
  ns3::Ptr<ns3::TandemTcpSocket> socket_;
  endpoint local_;
  std::shared_ptr<std::set<endpoint>> listening_;
  std::shared_ptr<backlog> backlog_;
  sim::pending<error_code, connected> acceptor_;
};

}  // namespace tandem::packet
