// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/sim/fabric.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace tandem::sim::testing {

/// Hosts of a fabric, all of which send to the first without end.
class bulk_senders {
 public:
  bulk_senders(std::unique_ptr<fabric> net, int senders) : net_(std::move(net)) {
    for (int i = 0; i <= senders; ++i) net_->add_host();
    received_.resize(static_cast<std::size_t>(senders));
    listener_ = std::move(*net_->host(0).listen(net_->listen_address(0)));
    asio::co_spawn(net_->host(0).executor(), accept(), asio::detached);
    for (int i = 1; i <= senders; ++i)
      asio::co_spawn(net_->host(static_cast<host_index>(i)).executor(),
                     send(net_->host(static_cast<host_index>(i))), asio::detached);
  }

  /// Bits per second that the first host received between two times.
  double rate(duration from, duration to) {
    net_->run_until(time_point(from), {});
    const std::uint64_t before = total();
    net_->run_until(time_point(to), {});
    return static_cast<double>(total() - before) * 8 /
           std::chrono::duration<double>(to - from).count();
  }
  const std::vector<std::uint64_t>& received() const { return received_; }
  fabric& net() { return *net_; }

 private:
  static constexpr auto as_tuple = asio::as_tuple(asio::use_awaitable);

  std::uint64_t total() const {
    std::uint64_t sum = 0;
    for (const std::uint64_t each : received_) sum += each;
    return sum;
  }

  asio::awaitable<void> accept() {
    for (std::size_t i = 0; i < received_.size(); ++i) {
      auto [failed, got] = co_await listener_->async_accept(as_tuple);
      if (failed) co_return;
      asio::co_spawn(net_->host(0).executor(), receive(std::move(got.stream), received_[i]),
                     asio::detached);
    }
  }

  asio::awaitable<void> receive(byte_stream from, std::uint64_t& count) {
    std::string buffer(65536, ' ');
    for (;;) {
      const auto [failed, n] = co_await from.async_read_some(asio::buffer(buffer), as_tuple);
      if (failed) co_return;
      count += n;
    }
  }

  asio::awaitable<void> send(network& host) {
    auto [failed, got] = co_await host.async_connect(net_->listen_address(0), as_tuple);
    if (failed) co_return;
    byte_stream to = std::move(got.stream);
    const std::string text(65536, 'x');
    for (;;) {
      const auto [broken, n] = co_await to.async_write_some(asio::buffer(text), as_tuple);
      if (broken) co_return;
    }
  }

  std::unique_ptr<fabric> net_;
  std::unique_ptr<acceptor> listener_;
  std::vector<std::uint64_t> received_;
};

/// Options of a fabric with one link for all pairs, which outlives it.
inline fabric_options one_link(const link& path, std::uint64_t seed) {
  fabric_options options;
  options.seed = seed;
  options.links = [&path](host_index, host_index) -> const link& { return path; };
  return options;
}

}  // namespace tandem::sim::testing
