// SPDX-License-Identifier: MIT
// Scale of the stream level: NODES real nodes, each dials PER_NODE others, sends 100 bytes on each
// connection, is idle until the connection timeout and closes. Prints microseconds of CPU and bytes
// for each connection (peak RSS less the RSS after building the nodes), recorder and traces off.
// Arguments: NODES (1 000) PER_NODE (10).
#include "bench/usage.hpp"
#include "tandem/core/random.hpp"
#include "tandem/scenarios/level.hpp"
#include "tandem/sim/fabric.hpp"

#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>

namespace {

using namespace std::chrono_literals;
using namespace tandem;
using namespace tandem::bench;

std::uint64_t active(const scenarios::world& in) {
  std::uint64_t sum = 0;
  for (scenarios::node_index i = 0; i < in.size(); ++i)
    sum += in.manager(i).counters().active_connections;
  return sum / 2;
}

}  // namespace

int main(int argc, char** argv) {
  const auto nodes = static_cast<scenarios::node_index>(argc > 1 ? std::atoi(argv[1]) : 1000);
  const auto per_node = static_cast<scenarios::node_index>(argc > 2 ? std::atoi(argv[2]) : 10);
  scenarios::world_options options;
  options.traced = false;
  const auto world = scenarios::make_node_world(options, sim::make_stream_fabric({}), false);
  for (scenarios::node_index i = 0; i < nodes; ++i) world->add_node({{}, true});
  world->run_until(time_point{}, {});

  const double cpu_before = cpu_seconds();
  const double rss_before = rss_bytes();
  // Node i dials the per_node nodes after it, spread over 10 s.
  for (scenarios::node_index i = 0; i < nodes; ++i)
    for (scenarios::node_index k = 1; k <= per_node; ++k) {
      const auto to = (i + k) % nodes;
      auto choice = random_stream::of(1, "dial", std::uint64_t{i} * per_node + k);
      const auto at = time_point(duration(choice.up_to(duration(10s).count())));
      world->at(at, [&world, i, to] { world->dial(i, to, dial_mode::join, never); });
      world->at(time_point(12s), [&world, i, to] { world->send(i, to, 100); });
    }
  world->run_until(time_point(20s), {});
  const auto established = active(*world);
  world->run_until(time_point(60s), {});
  const double cpu = cpu_seconds() - cpu_before;
  const double bytes = peak_rss_bytes() - rss_before;
  const auto connections = static_cast<double>(nodes) * per_node;
  std::printf("stream_scale: %u nodes, %.0f connections dialled, %llu up at 20 s, %llu at 60 s\n",
              nodes, connections, static_cast<unsigned long long>(established),
              static_cast<unsigned long long>(active(*world)));
  std::printf("  %.1f us of CPU and %.0f bytes per connection (both ends), %llu events, %.2f s\n",
              cpu / connections * 1e6, bytes / connections,
              static_cast<unsigned long long>(world->events()), cpu);
  return established == static_cast<std::uint64_t>(connections) ? 0 : 1;
}
