// SPDX-License-Identifier: MIT
#pragma once

#include "stream/connection.hpp"
#include "tandem/sim/pending.hpp"
#include "tandem/net/network.hpp"

#include <cstdint>
#include <deque>

namespace tandem::sim {

class modelled_host;
class transport;

/// A listening socket of a modelled host. The fabric outlives it.
class modelled_acceptor final : public acceptor {
 public:
  modelled_acceptor(modelled_host& on, transport& over, std::uint16_t port, std::uint64_t serial)
      : host_(on), transport_(over), port_(port), serial_(serial) {}
  ~modelled_acceptor() override;

  endpoint local_endpoint() const override;
  std::uint16_t port() const noexcept { return port_; }
  /// Tells it from earlier and later listeners on the same port.
  std::uint64_t serial() const noexcept { return serial_; }

  /// A place in the backlog for a half-open connection; false when it is full.
  bool take_place();
  void give_place();
  /// A connection that has a place is complete.
  void enqueue(connection_handle h);

 private:
  void accept(connect_handler done) override;
  void hand_out();

  modelled_host& host_;
  transport& transport_;
  std::uint16_t port_;
  std::uint64_t serial_;
  std::size_t places_taken_ = 0;
  std::deque<connection_handle> ready_;
  pending<error_code, connected> waiting_;
};

}  // namespace tandem::sim
