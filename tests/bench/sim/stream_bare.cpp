// SPDX-License-Identifier: MIT
// Bare connections of the stream level, without sessions: NODES hosts in a ring each dial PER_NODE
// others, echo 100 bytes, stay open for 5 s and close. Prints microseconds of CPU, events and bytes
// for each connection (peak RSS less the RSS after building the hosts).
// Arguments: NODES (10 000) PER_NODE (10).
#include "bench/usage.hpp"
#include "tandem/core/random.hpp"
#include "tandem/sim/fabric.hpp"

#include <unistd.h>

#include <boost/asio/buffer.hpp>

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <vector>

namespace {

using namespace std::chrono_literals;
using namespace tandem;
using namespace tandem::bench;

struct echo : std::enable_shared_from_this<echo> {
  byte_stream stream;
  std::array<char, 128> buffer{};

  void serve() {
    stream.async_read_some(asio::buffer(buffer),
                           [self = shared_from_this()](error_code ec, std::size_t n) {
                             if (ec) return self->stream.close();
                             self->answer(n);
                           });
  }
  void answer(std::size_t n) {
    stream.async_write_some(asio::buffer(buffer.data(), n),
                            [self = shared_from_this()](error_code ec, std::size_t) {
                              if (!ec) self->serve();
                            });
  }
};

struct client : std::enable_shared_from_this<client> {
  explicit client(std::uint64_t& counter) : echoed(counter) {}
  byte_stream stream;
  std::array<char, 128> buffer{};
  std::uint64_t& echoed;

  void start(network& net, const endpoint& to) {
    net.async_connect(to, [self = shared_from_this(), &net](error_code ec, connected c) {
      if (ec) return;
      self->stream = std::move(c.stream);
      self->talk(net.clock());
    });
  }
  void talk(tandem::clock& time) {
    stream.async_write_some(asio::buffer(buffer.data(), 100), [](error_code, std::size_t) {});
    stream.async_read_some(
        asio::buffer(buffer),
        [self = shared_from_this()](error_code, std::size_t n) { self->echoed += n == 100; });
    time.at(time.now() + 5s, [self = shared_from_this()] { self->stream.close(); });
  }
};

void accept_for_ever(acceptor& from) {
  from.async_accept([&from](error_code ec, connected c) {
    if (ec) return;
    auto serving = std::make_shared<echo>();
    serving->stream = std::move(c.stream);
    serving->serve();
    accept_for_ever(from);
  });
}

}  // namespace

int main(int argc, char** argv) {
  const auto nodes = static_cast<sim::host_index>(argc > 1 ? std::atoll(argv[1]) : 10'000);
  const int per_node = argc > 2 ? std::atoi(argv[2]) : 10;
  const sim::link path{.latency = 50ms, .jitter = 10ms};
  sim::fabric_options options;
  options.links = [&path](sim::host_index, sim::host_index) -> const sim::link& { return path; };
  const auto net = sim::make_stream_fabric(std::move(options));
  std::vector<std::unique_ptr<acceptor>> listeners;
  for (sim::host_index i = 0; i < nodes; ++i) {
    net->add_host();
    listeners.push_back(std::move(*net->host(i).listen(net->listen_address(i))));
    accept_for_ever(*listeners.back());
  }
  const double built = rss_bytes();
  const double start = cpu_seconds();
  random_stream random(1);
  std::uint64_t echoed = 0;
  for (sim::host_index i = 0; i < nodes; ++i)
    for (int k = 1; k <= per_node; ++k) {
      const sim::host_index to = (i + static_cast<sim::host_index>(k)) % nodes;
      const auto when = time_point(duration(random.up_to(4'000'000'000)));
      net->clock().at(when, [&net, &echoed, i, to] {
        std::make_shared<client>(echoed)->start(net->host(i), net->listen_address(to));
      });
    }
  net->run_until(time_point(20s), {});
  const double cpu = cpu_seconds() - start;
  const double connections = static_cast<double>(nodes) * per_node;
  std::printf(
      "stream_bare nodes=%u connections=%.0f echoed=%llu | %.2f us CPU/connection life | "
      "%.0f B/connection | %.1f events/connection, %.2f Mevents/s\n",
      nodes, connections, static_cast<unsigned long long>(echoed), cpu / connections * 1e6,
      (peak_rss_bytes() - built) / connections, static_cast<double>(net->events()) / connections,
      static_cast<double>(net->events()) / cpu * 1e-6);
  return echoed == static_cast<std::uint64_t>(connections) ? 0 : 1;
}
