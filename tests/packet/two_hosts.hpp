// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "tandem/packet/fabric.hpp"

#include <gtest/gtest.h>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tandem::packet {

using namespace std::chrono_literals;

inline constexpr time_point start{};

/// The time a packet of `bytes` of IPv4 takes onto a link of `bandwidth` bit/s.
inline duration serialization(std::uint64_t bytes, std::uint64_t bandwidth) {
  return bandwidth == 0 ? duration{}
                        : duration(static_cast<std::int64_t>(
                              (bytes * 8 * 1'000'000'000 + bandwidth - 1) / bandwidth));
}

/// An outcome and when it came.
template <class T>
struct dated {
  T what;
  time_point at;
};

/// A fabric with two hosts (0 dials, 1 listens) `latency` apart.
struct two_hosts {
  explicit two_hosts(sim::link path = {.latency = 50ms}, std::uint64_t seed = 1,
                     const sim::tcp_profile& tcp = sim::linux_legacy())
      : path_(std::make_shared<sim::link>(path)), back_(std::make_shared<sim::link>(path)) {
    sim::fabric_options options;
    options.seed = seed;
    options.tcp = tcp;
    options.links = [path = path_, back = back_, sent = packets_](
                        sim::host_index from, sim::host_index) -> const sim::link& {
      ++*sent;
      return from == 0 ? *path : *back;
    };
    fabric = make_packet_fabric(std::move(options));
    fabric->add_host();
    fabric->add_host();
  }

  network& dialer() { return fabric->host(0); }
  network& server() { return fabric->host(1); }
  endpoint address() { return fabric->listen_address(1); }
  time_point now() { return fabric->clock().now(); }
  void run(duration until) { fabric->run_until(start + until, {}); }

  void listen() { listener = server().listen(address()).value(); }

  /// Dials and accepts at the current time; the streams are there after a run of 1.5 round trips.
  void connect() {
    listen();
    accept();
    dial();
  }
  void accept() {
    listener->async_accept([this](error_code e, connected c) {
      accepted = {e, now()};
      server_end = std::move(c.stream);
    });
  }
  void dial() {
    dialer().async_connect(address(), [this](error_code e, connected c) {
      dialed = {e, now()};
      dialer_end = std::move(c.stream);
    });
  }

  /// Packets sent so far, whether they arrive or not.
  std::uint64_t packets() const { return *packets_; }

  std::shared_ptr<std::uint64_t> packets_ = std::make_shared<std::uint64_t>(0);
  std::shared_ptr<sim::link> path_;  // of the dialer's packets
  std::shared_ptr<sim::link> back_;
  std::unique_ptr<sim::fabric> fabric;
  std::unique_ptr<acceptor> listener;
  std::optional<dated<error_code>> dialed;
  std::optional<dated<error_code>> accepted;
  byte_stream dialer_end;
  byte_stream server_end;
};

/// Two ends, connected at 1 s, 20 ms of round trip apart.
struct two_ends : two_hosts {
  two_ends() : two_hosts({.latency = 10ms}) {
    connect();
    run(1s);
  }
  tandem::clock& clock() { return fabric->clock(); }
  /// Nothing passes, in either direction.
  void cut(bool off) {
    fabric->partition(off ? [](sim::host_index host) { return static_cast<int>(host); }
                          : std::function<int(sim::host_index)>());
  }
};

/// Reads until an error; keeps everything, the error and when it came.
struct sink {
  sink(byte_stream& from, tandem::clock& clock) : from_(from), clock_(clock) { next(); }

  std::string bytes;
  std::vector<dated<std::size_t>> chunks;
  std::optional<dated<error_code>> end;

 private:
  void next() {
    from_.async_read_some(asio::buffer(buffer_), [this](error_code e, std::size_t n) {
      if (n != 0) chunks.push_back({n, clock_.now()});
      bytes.append(buffer_, n);
      if (e)
        end = {e, clock_.now()};
      else
        next();
    });
  }

  byte_stream& from_;
  tandem::clock& clock_;
  char buffer_[65536];
};

/// Writes all of `text` and keeps the outcome.
struct source {
  source(byte_stream& to, tandem::clock& clock, std::string text) : text_(std::move(text)) {
    asio::async_write(to, asio::buffer(text_), [this, &clock](error_code e, std::size_t n) {
      written = n;
      end = {e, clock.now()};
    });
  }

  std::size_t written = 0;
  std::optional<dated<error_code>> end;

 private:
  std::string text_;
};

}  // namespace tandem::packet
