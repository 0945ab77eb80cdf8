// SPDX-License-Identifier: MIT
// Scale of the message level: NODES nodes, each dials PER_NODE others, sends 100 bytes on each
// connection, is idle until the connection timeout and closes. Prints microseconds of CPU and bytes
// for each connection (peak RSS less the RSS after building the nodes), recorder off.
// Arguments: NODES (10 000) PER_NODE (10) THREADS (1).
#include "bench/usage.hpp"
#include "tandem/core/random.hpp"
#include "tandem/sim/message_network.hpp"

#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>

namespace {

using namespace std::chrono_literals;
using namespace tandem;
using namespace tandem::bench;

peer_id peer_of(sim::host_index host) {
  std::array<std::uint8_t, 38> bytes{0x00, 0x24, 0x08, 0x01, 0x12, 0x20};
  random_stream random(host);
  for (std::size_t i = 6; i < bytes.size(); ++i)
    bytes[i] = static_cast<std::uint8_t>(random.next());
  return peer_id::from_bytes(bytes);
}

}  // namespace

int main(int argc, char** argv) {
  const auto nodes = static_cast<sim::host_index>(argc > 1 ? std::atoll(argv[1]) : 10'000);
  const int per_node = argc > 2 ? std::atoi(argv[2]) : 10;
  const auto threads = static_cast<unsigned>(argc > 3 ? std::atoi(argv[3]) : 1);
  const sim::link path{.latency = 50ms, .jitter = 10ms};

  double start = cpu_seconds();
  sim::message_network net(
      {.seed = 1,
       .links = [&path](sim::host_index, sim::host_index) -> const sim::link& { return path; },
       .threads = threads,
       .least_latency = path.latency});
  for (sim::host_index i = 0; i < nodes; ++i) net.add_host({}, peer_of(i), true, nullptr, nullptr);
  const double build = cpu_seconds() - start;
  const double built = rss_bytes();

  start = cpu_seconds();
  const auto began = std::chrono::steady_clock::now();
  random_stream random(1);
  std::uint64_t requests = 0;
  for (int k = 1; k <= per_node; ++k)
    for (sim::host_index i = 0; i < nodes; ++i) {
      const sim::host_index to = (i + static_cast<sim::host_index>(k)) % nodes;
      const auto when = time_point(duration(random.up_to(10'000'000'000)));
      net.at(i, when, [&net, i, to, request = ++requests] {
        const endpoint address = sim::message_network::address_of(to);
        net.command(
            i, events::dial_wanted{
                   request_id{request}, peer_of(to), {&address, 1}, dial_mode::join, 0, never});
      });
      net.at(i, when + 5s, [&net, i, to] { net.send(i, peer_of(to), 100); });
    }
  net.run_until(time_point(12s));
  std::uint64_t active = 0, established = 0;
  for (sim::host_index i = 0; i < nodes; ++i)
    active += net.manager(i).counters().active_connections;
  const double up = cpu_seconds() - start;
  net.run_until(time_point(60s));
  const double life = cpu_seconds() - start;
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  std::uint64_t left = 0;
  for (sim::host_index i = 0; i < nodes; ++i) {
    established += net.manager(i).counters().established_total;
    left += net.manager(i).counters().permits_live;
  }
  const double connections = static_cast<double>(established) / 2;
  std::printf(
      "message_scale nodes=%u connections=%.0f active_ends_at_12s=%llu left=%llu | "
      "build %.2f s, %.0f B/node | %.2f us CPU/connection life (%.2f until up) | "
      "%.0f B/connection | %llu events, %.2f Mevents/s, peak %.0f MB, "
      "%u threads, %.2f x real time\n",
      nodes, connections, static_cast<unsigned long long>(active),
      static_cast<unsigned long long>(left), build, built / static_cast<double>(nodes),
      life / connections * 1e6, up / connections * 1e6, (peak_rss_bytes() - built) / connections,
      static_cast<unsigned long long>(net.tasks_run()),
      static_cast<double>(net.tasks_run()) / life * 1e-6, peak_rss_bytes() / 1e6, net.threads(),
      60 / took.count());
  return left == 0 ? 0 : 1;
}
