// SPDX-License-Identifier: MIT
#include "stream/modelled_host.hpp"

#include <boost/asio/error.hpp>
#include <boost/system/errc.hpp>

#include <algorithm>
#include <utility>

namespace tandem::sim {

namespace {

// net.ipv4.ip_local_port_range of Linux. Ports are handed out in turn; the model tells connections
// apart by themselves, so a port that comes round again disturbs nothing.
constexpr std::uint16_t ephemeral_first = 32768;
constexpr std::uint16_t ephemeral_last = 60999;

}  // namespace

endpoint modelled_address(host_index host, std::uint16_t port) noexcept {
  const host_index n = host + 1;
  return endpoint::v4(10, static_cast<std::uint8_t>(n >> 16), static_cast<std::uint8_t>(n >> 8),
                      static_cast<std::uint8_t>(n), port);
}

endpoint modelled_host::address(std::uint16_t port) const noexcept {
  return modelled_address(index_, port);
}

boost::system::result<std::unique_ptr<acceptor>> modelled_host::listen(const endpoint& local) {
  const endpoint any = endpoint::v4(0, 0, 0, 0, local.port);
  if (local != any && local != address(local.port))
    return error_code(boost::system::errc::address_not_available,
                      boost::system::generic_category());
  std::uint16_t port = local.port;
  if (port == 0) {
    for (int tries = 0; port == 0 && tries <= ephemeral_last - ephemeral_first; ++tries)
      if (const std::uint16_t candidate = next_port(); !listener_on(candidate)) port = candidate;
    if (port == 0) return error_code(asio::error::address_in_use);
  } else if (listener_on(port)) {
    return error_code(asio::error::address_in_use);
  }
  auto fresh = std::make_unique<modelled_acceptor>(*this, transport_, port, ++listeners_made_);
  listeners_.push_back(fresh.get());
  return std::unique_ptr<acceptor>(std::move(fresh));
}

modelled_acceptor* modelled_host::listener_on(std::uint16_t port) const noexcept {
  for (modelled_acceptor* l : listeners_)
    if (l->port() == port) return l;
  return nullptr;
}

void modelled_host::forget(const modelled_acceptor& gone) { std::erase(listeners_, &gone); }

void modelled_host::connect(const endpoint& remote, connect_handler done) {
  transport_.connect(index_, next_port(), remote, std::move(done));
}

std::uint16_t modelled_host::next_port() noexcept {
  last_port_ = last_port_ < ephemeral_first || last_port_ == ephemeral_last
                   ? ephemeral_first
                   : static_cast<std::uint16_t>(last_port_ + 1);
  return last_port_;
}

}  // namespace tandem::sim
