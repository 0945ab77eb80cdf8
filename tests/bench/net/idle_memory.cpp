// SPDX-License-Identifier: MIT
// Resident memory that an idle established connection takes at one end: idle_memory [CONNECTIONS].
// Each end is a process of its own with one node. The first connections, a fifth more, warm both up
// and are not counted; from then on the difference is, for each security.
#include "bench/usage.hpp"
#include "tandem/asio/network.hpp"
#include "tandem/net/node.hpp"

#include <boost/asio/io_context.hpp>

#include <malloc.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>

namespace tandem::bench {
namespace {

using namespace std::chrono_literals;

node_options options_of(std::uint64_t index, security kind, std::uint64_t connections) {
  node_options out;
  out.self = identity::of_node(1, index);
  out.security = {kind};
  auto& m = out.manager;
  m.max_connections = m.max_connections_per_peer = 2 * connections;
  m.max_pending_inbound = m.max_pending_outbound = 512;
  m.max_queued_requests = 65536;
  m.connection_timeout = m.liveness_interval = std::chrono::hours(1);
  return out;
}

struct counted_node {
  counted_node(std::uint64_t index, security kind, std::uint64_t connections, bool listens)
      : options(options_of(index, kind, connections)) {
    if (listens) options.listen = {endpoint::v4(127, 0, 0, 1, 0)};
    which = std::make_unique<node>(*net, options);
    which->start();
  }
  void run_until(std::uint64_t connections) {
    const auto end = std::chrono::steady_clock::now() + 120s;
    while (which->manager().counters().active_connections < connections) {
      if (std::chrono::steady_clock::now() > end) throw std::runtime_error("too slow");
      io.run_one_for(100ms);
    }
    io.run_for(500ms);  // what the last handshakes left is given back
  }

  asio::io_context io{1};
  std::unique_ptr<network> net = make_asio_network(io);
  node_options options;
  std::unique_ptr<node> which;
};

/// Bytes each connection takes at this end, counted when all are there.
double cost(counted_node& end, std::uint64_t warm, std::uint64_t connections) {
  end.run_until(warm);
  malloc_trim(0);
  const auto before = rss_bytes();
  end.run_until(warm + connections);
  malloc_trim(0);
  return (rss_bytes() - before) / static_cast<double>(connections);
}

/// The dialler's process: dials so many connections to the listener, and waits for the word to go.
void dial(const endpoint& at, security kind, std::uint64_t warm, std::uint64_t connections,
          int told) {
  counted_node end(2, kind, warm + connections, false);
  const auto peer = identity::of_node(1, 1).id();
  const auto add = [&](std::uint64_t count) {
    for (std::uint64_t i = 0; i < count; ++i)
      end.which->dial(peer, {{at}, dial_mode::additional, 0, never});
  };
  add(warm);
  end.run_until(warm);
  malloc_trim(0);
  const auto before = rss_bytes();
  std::this_thread::sleep_for(1s);  // the listener measures meanwhile
  add(connections);
  end.run_until(warm + connections);
  malloc_trim(0);
  const double each = (rss_bytes() - before) / static_cast<double>(connections);
  if (write(told, &each, sizeof each) != sizeof each) std::_Exit(1);
  end.io.run_for(5s);  // until the listener has counted
}

void measure(security kind, std::uint64_t connections) {
  const auto warm = connections / 5;
  int pipe_ends[2];
  if (pipe(pipe_ends) != 0) throw std::runtime_error("no pipe");
  counted_node end(1, kind, warm + connections, true);
  const auto at = end.which->listening().front();
  std::fflush(stdout);
  const pid_t child = fork();
  if (child == 0) {
    dial(at, kind, warm, connections, pipe_ends[1]);
    std::_Exit(0);
  }
  const double listener = cost(end, warm, connections);
  double dialler = 0;
  if (read(pipe_ends[0], &dialler, sizeof dialler) != sizeof dialler)
    throw std::runtime_error("the dialler failed");
  waitpid(child, nullptr, 0);
  close(pipe_ends[0]);
  close(pipe_ends[1]);
  std::printf("%-10s %6llu connections: %6.1f KiB at the listener, %6.1f KiB at the dialler\n",
              std::string(name_of(kind)).c_str(), static_cast<unsigned long long>(connections),
              listener / 1024, dialler / 1024);
}

}  // namespace
}  // namespace tandem::bench

int main(int count, char** arguments) {
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  const auto connections = count > 1 ? std::strtoull(arguments[1], nullptr, 10) : 2000;
  for (const auto kind : tandem::every_security) tandem::bench::measure(kind, connections);
  return 0;
}
