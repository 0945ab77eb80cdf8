// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/asio/network.hpp"

#include <boost/asio/io_context.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>

namespace tandem::test {

/// The system's network in the test's own thread. Real time passes: tests wait for what must come
/// and bound how long.
struct loop {
  asio::io_context context;
  std::unique_ptr<network> net = make_asio_network(context);

  /// Runs until `done` says so; false when `patience` of real time passed first.
  bool run_until(const std::function<bool()>& done,
                 std::chrono::milliseconds patience = std::chrono::seconds(10)) {
    const auto end = std::chrono::steady_clock::now() + patience;
    while (!done()) {
      if (std::chrono::steady_clock::now() >= end) return false;
      context.restart();
      context.run_one_for(std::chrono::milliseconds(5));
    }
    return true;
  }
  void run_for(std::chrono::milliseconds span) {
    run_until([] { return false; }, span);
  }
};

inline const endpoint any_port = endpoint::v4(127, 0, 0, 1, 0);

/// What an operation of a stream completed with.
struct outcome {
  std::optional<error_code> error;
  std::size_t bytes = 0;

  auto handler() {
    return [this](const error_code& e, std::size_t n) { error = e, bytes = n; };
  }
  bool done() const { return error.has_value(); }
};

/// What a connect or an accept completed with.
struct arrival {
  std::optional<error_code> error;
  connected made;

  auto handler() {
    return [this](const error_code& e, connected c) { error = e, made = std::move(c); };
  }
  bool done() const { return error.has_value(); }
};

/// Two ends of one connection over loopback.
struct connected_pair {
  explicit connected_pair(loop& in, const endpoint& at = any_port) {
    listener = std::move(in.net->listen(at).value());
    listener->async_accept(server.handler());
    in.net->async_connect(listener->local_endpoint(), client.handler());
    EXPECT_TRUE(in.run_until([&] { return server.done() && client.done(); }));
    EXPECT_FALSE(*server.error || *client.error);
  }
  std::unique_ptr<acceptor> listener;
  arrival server, client;
};

}  // namespace tandem::test
