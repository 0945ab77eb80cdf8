// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/sim/fabric.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace tandem::sim::testing {

using namespace std::chrono_literals;

inline constexpr auto as_tuple = asio::as_tuple(asio::use_awaitable);

constexpr time_point at(duration d) { return time_point(d); }

/// The result of one asynchronous operation, and when it came.
template <class T>
struct outcome {
  bool done = false;
  error_code failed;
  T value{};
  time_point when{};
};

/// A stream fabric of `hosts` hosts with one link for all pairs.
struct stream_net {
  explicit stream_net(link path = {}, int hosts = 2, std::uint64_t seed = 1,
                      const tcp_profile& tcp = linux_legacy())
      : all(path) {
    fabric_options options;
    options.seed = seed;
    options.tcp = tcp;
    options.links = [this](host_index, host_index) -> const link& { return all; };
    net = make_stream_fabric(std::move(options));
    for (int i = 0; i < hosts; ++i) net->add_host();
  }

  time_point now() { return net->clock().now(); }
  void run_until(time_point t) { net->run_until(t, {}); }
  void run_for(duration d) { run_until(now() + d); }
  void isolate(host_index alone) {
    net->partition([alone](host_index h) { return h == alone ? 1 : 0; });
  }
  void heal() { net->partition({}); }

  std::unique_ptr<acceptor> listen(host_index host) {
    auto made = net->host(host).listen(net->listen_address(host));
    return made ? std::move(*made) : nullptr;
  }
  std::shared_ptr<outcome<connected>> connect(host_index from, const endpoint& to) {
    auto out = std::make_shared<outcome<connected>>();
    net->host(from).async_connect(to, [this, out](error_code ec, connected c) {
      *out = {true, ec, std::move(c), now()};
    });
    return out;
  }
  std::shared_ptr<outcome<connected>> connect(host_index from, host_index to) {
    return connect(from, net->listen_address(to));
  }
  std::shared_ptr<outcome<connected>> accept(acceptor& from) {
    auto out = std::make_shared<outcome<connected>>();
    from.async_accept([this, out](error_code ec, connected c) {
      *out = {true, ec, std::move(c), now()};
    });
    return out;
  }
  std::shared_ptr<outcome<std::string>> read(byte_stream& from, std::size_t most = 65536) {
    auto out = std::make_shared<outcome<std::string>>();
    auto into = std::make_shared<std::string>(most, '\0');
    from.async_read_some(asio::buffer(*into), [this, out, into](error_code ec, std::size_t n) {
      *out = {true, ec, into->substr(0, n), now()};
    });
    return out;
  }
  std::shared_ptr<outcome<std::size_t>> write(byte_stream& to, std::string bytes) {
    auto out = std::make_shared<outcome<std::size_t>>();
    auto from = std::make_shared<std::string>(std::move(bytes));
    to.async_write_some(asio::buffer(*from), [this, out, from](error_code ec, std::size_t n) {
      *out = {true, ec, n, now()};
    });
    return out;
  }

  link all;
  std::unique_ptr<fabric> net;
};

/// Two ends of an established connection between host 0 (dialer) and host 1 (listener).
struct stream_pair {
  explicit stream_pair(stream_net& on) : listener(on.listen(1)) {
    auto accepting = on.accept(*listener);
    auto connecting = on.connect(0, 1);
    on.run_for(10 * (on.all.latency + on.all.jitter) + 1ms);
    dialer = std::move(connecting->value.stream);
    server = std::move(accepting->value.stream);
  }
  std::unique_ptr<acceptor> listener;
  byte_stream dialer;
  byte_stream server;
};

}  // namespace tandem::sim::testing
