// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "engine/loop.hpp"
#include "tandem/net/network.hpp"
#include "tandem/sim/pending.hpp"
#include "tcp/tcp_socket.hpp"

#include <cstdint>
#include <memory>

namespace tandem::packet {

class dial;

/// Keeps the dials of one host.
class dial_owner {
 public:
  virtual void forget(dial& finished) = 0;  ///< destroys it

 protected:
  ~dial_owner() = default;
};

/// One connection attempt, from the SYN to its outcome.
class dial final : ns3::TandemTcpObserver {
 public:
  dial(loop& l, dial_owner& owner, ns3::Ptr<ns3::TandemTcpSocket> socket, std::uint64_t number);
  ~dial();

  std::uint64_t number() const { return number_; }
  /// May end at once, which destroys the dial.
  void start(const endpoint& remote, connect_handler done);

 private:
  void SocketChanged() override;
  void finish(error_code error);

  loop& loop_;
  dial_owner& owner_;
  ns3::Ptr<ns3::TandemTcpSocket> socket_;
  std::uint64_t number_;
  endpoint remote_;
  sim::pending<error_code, connected> done_;
};

/// In the order they began, which is the order teardown ends them in.
struct dial_order {
  using is_transparent = void;
  bool operator()(const std::unique_ptr<dial>& a, const std::unique_ptr<dial>& b) const {
    return a->number() < b->number();
  }
  bool operator()(const std::unique_ptr<dial>& a, std::uint64_t b) const { return a->number() < b; }
  bool operator()(std::uint64_t a, const std::unique_ptr<dial>& b) const { return a < b->number(); }
};

}  // namespace tandem::packet
