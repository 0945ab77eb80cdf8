// SPDX-License-Identifier: MIT
#pragma once

#include "stream/modelled_acceptor.hpp"
#include "stream/transport.hpp"
#include "tandem/net/network.hpp"

#include <cstdint>
#include <memory>
#include <vector>

namespace tandem::sim {

/// The network stack of one modelled host.
class modelled_host final : public network {
 public:
  modelled_host(transport& over, host_index index) : transport_(over), index_(index) {}

  asio::any_io_executor executor() override { return transport_.io().get_executor(); }
  tandem::clock& clock() override { return transport_.time(); }
  boost::system::result<std::unique_ptr<acceptor>> listen(const endpoint& local) override;

  /// The listener on `port`, or null.
  modelled_acceptor* listener_on(std::uint16_t port) const noexcept;
  void forget(const modelled_acceptor& gone);
  endpoint address(std::uint16_t port) const noexcept;
  const host_manners& manners() const noexcept { return manners_; }
  void set_manners(const host_manners& manners) noexcept { manners_ = manners; }

 private:
  void connect(const endpoint& remote, connect_handler done) override;
  std::uint16_t next_port() noexcept;

  transport& transport_;
  host_index index_;
  std::uint16_t last_port_ = 0;
  std::uint64_t listeners_made_ = 0;
  host_manners manners_;
  std::vector<modelled_acceptor*> listeners_;
};

/// The address of a host: 10.0.0.1 plus its index.
endpoint modelled_address(host_index host, std::uint16_t port) noexcept;
/// Hosts that have an address in 10.0.0.0/8, the last one kept for broadcast.
inline constexpr host_index modelled_hosts_max = (1U << 24) - 2;

}  // namespace tandem::sim
