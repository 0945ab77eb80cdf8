// SPDX-License-Identifier: MIT
// Tandem's peer of beside.py, as ../rust, ../go and ../js are those of the others:
//   peer serve SECURITY                    echoes; prints its address; ends with its input
//   peer dial SECURITY ADDRESS N           connects and closes N times, one after the other
//   peer echo SECURITY ADDRESS N BYTES     sends BYTES on each of N streams and reads them back
//   peer hold SECURITY ADDRESS N           N connections, until its input ends
//   peer ping SECURITY ADDRESS N           N times 32 bytes there and back on one stream
// Each prints one JSON object with its seconds of real and of processor time.
#include "bench/usage.hpp"
#include "tandem/asio/network.hpp"
#include "tandem/net/application_stream.hpp"
#include "tandem/net/network.hpp"
#include "tandem/net/node.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include <malloc.h>
#include <unistd.h>

namespace tandem {
namespace {

constexpr const char* echo_protocol = "/tandem/echo/1";
constexpr std::size_t chunk = 64 * 1024;

asio::awaitable<void> echo(application_stream stream) {
  std::vector<char> held(chunk);
  try {
    for (;;) {
      const auto size =
          co_await stream.bytes.async_read_some(asio::buffer(held), asio::use_awaitable);
      co_await asio::async_write(stream.bytes, asio::buffer(held.data(), size),
                                 asio::use_awaitable);
    }
  } catch (const boost::system::system_error&) {
    stream.bytes.close();
  }
}

asio::awaitable<void> say(application_stream& stream, std::size_t bytes) {
  const std::vector<char> held(chunk, 'x');
  while (bytes > 0) {
    const auto size = std::min(bytes, chunk);
    co_await asio::async_write(stream.bytes, asio::buffer(held.data(), size), asio::use_awaitable);
    bytes -= size;
  }
}

struct peer final : node_observer {
  peer(const char* security_name, bool listens) : net(make_asio_network(loop)) {
    node_options options;
    options.self = identity::generate();
    for (const auto kind : every_security)
      if (name_of(kind) == std::string_view(security_name)) options.security = {kind};
    if (listens) options.listen = {endpoint::v4(127, 0, 0, 1, 0)};
    auto& manager = options.manager;
    manager.max_connections = manager.max_inbound_connections = manager.max_outbound_connections =
        manager.max_connections_per_peer = manager.max_pending_inbound =
            manager.max_pending_outbound = 100'000;
    manager.max_connections_per_narrow_subnet = manager.max_connections_per_wide_subnet =
        manager.max_pending_per_wide_subnet = 0;
    manager.subnet_accept_rate = 0;
    manager.max_memory = std::uint64_t{16} << 30;
    // A hundred streams whose windows are full in both directions: a busy machine may not read.
    options.buffers.connection_buffers_max = 64 << 20;
    manager.connection_timeout = std::chrono::hours(1);
    self = std::make_unique<node>(*net, std::move(options), this);
    self->start();
  }

  void on_notification(time_point, const notification& what) override {
    if (what.kind == notice::connection_established && ready) ready(what.conn);
    if (what.kind == notice::connection_closed && closed) closed();
    if (what.kind == notice::dial_failed) throw std::runtime_error(std::string(name_of(what.why)));
  }
  void on_step(time_point, const connection_manager&) override {}
  void on_message(time_point, const received_message&) override {}

  void dial(const dial_address& whom) {
    dial_options options;
    options.addresses = {whom.at};
    options.mode = dial_mode::additional;
    self->dial(whom.peer, options);
  }
  /// Until the input ends.
  void wait() {
    asio::posix::stream_descriptor input(loop, dup(STDIN_FILENO));
    char byte = 0;
    asio::async_read(input, asio::buffer(&byte, 1),
                     [this](error_code, std::size_t) { loop.stop(); });
    loop.run();
  }

  asio::io_context loop{1};
  std::unique_ptr<network> net;
  std::function<void(connection_id)> ready;
  std::function<void()> closed;
  std::unique_ptr<node> self;
};

/// From the call of begin() to tell().
struct measured {
  void begin() {
    real = std::chrono::steady_clock::now();
    processor = bench::cpu_seconds();
  }
  void tell(const char* more = "") {
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - real;
    std::printf("{\"seconds\": %.6f, \"processor\": %.6f%s}\n", seconds.count(),
                bench::cpu_seconds() - processor, more);
    std::fflush(stdout);
  }

  std::chrono::steady_clock::time_point real;
  double processor = 0;
};

void serve(peer& self) {
  self.self->handle(echo_protocol, [&](application_stream stream) {
    asio::co_spawn(self.loop, echo(std::move(stream)), asio::detached);
  });
  std::printf("{\"address\": \"%s/p2p/%s\"}\n",
              to_multiaddr(self.self->listening().front()).c_str(),
              to_string(self.self->self().id()).c_str());
  std::fflush(stdout);
  self.wait();
}

void dial(peer& self, const dial_address& whom, long times) {
  measured it;
  it.begin();
  self.ready = [&](connection_id conn) { self.self->disconnect(conn); };
  self.closed = [&] { --times > 0 ? self.dial(whom) : self.loop.stop(); };
  self.dial(whom);
  self.loop.run();
  it.tell();
}

void hold(peer& self, const dial_address& whom, long times) {
  measured it;
  it.begin();
  long left = times;
  self.ready = [&](connection_id) { --left > 0 ? self.dial(whom) : it.tell(); };
  self.dial(whom);
  self.wait();
}

/// Connects and opens so many streams; `use` runs on each, and the loop stops with the last.
void on_streams(peer& self, const dial_address& whom, long streams, measured& it,
                const std::function<asio::awaitable<void>(application_stream&)>& use) {
  std::vector<application_stream> open;
  long left = streams;
  const auto opened = [&](error_code error, application_stream stream) {
    if (error) throw boost::system::system_error(error);
    open.push_back(std::move(stream));
    if (open.size() < static_cast<std::size_t>(streams)) return;
    it.begin();
    for (auto& each : open)
      asio::co_spawn(self.loop, use(each), [&](const std::exception_ptr& thrown) {
        if (thrown) std::rethrow_exception(thrown);
        if (--left == 0) self.loop.stop();
      });
  };
  self.ready = [&](connection_id conn) {
    for (long i = 0; i < streams; ++i) self.self->open(conn, echo_protocol, opened);
  };
  self.dial(whom);
  self.loop.run();
}

void echo(peer& self, const dial_address& whom, long streams, std::size_t bytes) {
  measured it;
  on_streams(self, whom, streams, it, [&](application_stream& stream) -> asio::awaitable<void> {
    asio::co_spawn(self.loop, say(stream, bytes), asio::detached);
    std::vector<char> heard(chunk);
    for (std::size_t left = bytes; left > 0;)
      left -= co_await stream.bytes.async_read_some(
          asio::buffer(heard.data(), std::min(left, chunk)), asio::use_awaitable);
  });
  it.tell();
}

void ping(peer& self, const dial_address& whom, long times) {
  measured it;
  std::vector<double> microseconds;
  on_streams(self, whom, 1, it, [&](application_stream& stream) -> asio::awaitable<void> {
    std::vector<char> held(32);
    for (long i = 0; i < times; ++i) {
      const auto sent = std::chrono::steady_clock::now();
      co_await asio::async_write(stream.bytes, asio::buffer(held), asio::use_awaitable);
      co_await asio::async_read(stream.bytes, asio::buffer(held), asio::use_awaitable);
      const std::chrono::duration<double, std::micro> took =
          std::chrono::steady_clock::now() - sent;
      microseconds.push_back(took.count());
    }
  });
  std::ranges::sort(microseconds);
  char quantiles[100];
  std::snprintf(quantiles, sizeof quantiles, ", \"p50\": %.1f, \"p99\": %.1f",
                microseconds[microseconds.size() / 2],
                microseconds[microseconds.size() * 99 / 100]);
  it.tell(quantiles);
}

}  // namespace
}  // namespace tandem

int main(int argc, char** argv) {
  using namespace tandem;
  const std::string mode = argc > 2 ? argv[1] : "";
  const auto whom = parse_address(argc > 4 ? argv[3] : "");
  const long times = argc > 4 ? std::atol(argv[4]) : 0;
  if (mode != "serve" && (!whom || times < 1)) {
    std::fputs("usage: peer serve SECURITY | peer dial|echo|hold|ping SECURITY ADDRESS N [BYTES]\n",
               stderr);
    return 2;
  }
  mallopt(M_TRIM_THRESHOLD, 4 << 20);  // as `tandem node` does
  peer self(argv[2], mode == "serve");
  if (mode == "serve") serve(self);
  if (mode == "dial") dial(self, *whom, times);
  if (mode == "hold") hold(self, *whom, times);
  if (mode == "ping") ping(self, *whom, times);
  if (mode == "echo") echo(self, *whom, times, argc > 5 ? std::strtoul(argv[5], nullptr, 10) : 1);
}
