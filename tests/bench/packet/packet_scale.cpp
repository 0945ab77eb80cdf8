// SPDX-License-Identifier: GPL-2.0-only
// Scale of the packet level: NODES nodes, each dials PER_NODE others within 10 s, sends 100 bytes
// on each connection 5 s later, is idle until the connection timeout and closes. Beside it the same
// bytes at the same times over bare ns-3 sockets on the same cloud (bare_sockets.hpp), the ratio of
// the two, and whether it is what was promised. Each runs in a process of its own, ROUNDS times, of
// which the least counts; prints microseconds of CPU and bytes for each connection (peak RSS less
// the RSS after building the nodes), recorder off. Of unequal work it says so and fails.
// Arguments: NODES (1 000) PER_NODE (10) ROUNDS (3).
#include "bare_sockets.hpp"
#include "recording_network.hpp"
#include "tandem/core/random.hpp"
#include "tandem/net/node.hpp"
#include "tandem/packet/fabric.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <vector>

namespace {

using namespace std::chrono_literals;
using namespace tandem;
using namespace tandem::bench;

std::uint64_t packets = 0;
const sim::link path{.latency = 50ms, .counters = {&packets}};

std::unique_ptr<sim::fabric> make_fabric() {
  sim::fabric_options options;
  options.links = [](sim::host_index, sim::host_index) -> const sim::link& { return path; };
  return packet::make_packet_fabric(std::move(options));
}

std::unique_ptr<node> make_node(sim::fabric& fabric, sim::host_index host, network& on) {
  node_options options;
  options.self = identity::of_node(1, host);
  options.seed = host;
  options.security = {security::plaintext};
  options.manager.idle_jitter = 0;  // every connection lives as the recorded one does
  options.listen = {fabric.listen_address(host)};
  auto made = std::make_unique<node>(on, options);
  made->start();
  return made;
}

/// Nodes of which each dials the PER_NODE after it within 10 s, and says 100 bytes 5 s later.
class world {
 public:
  /// `on`: what the node of a host runs on.
  using host_of = std::function<network&(sim::fabric&, sim::host_index)>;

  explicit world(
      sim::host_index nodes,
      const host_of& on = [](sim::fabric& fabric, sim::host_index host) -> network& {
        return fabric.host(host);
      })
      : nodes_(nodes) {
    for (sim::host_index i = 0; i < nodes; ++i) fabric_->add_host();
    for (sim::host_index i = 0; i < nodes; ++i)
      all_.push_back(make_node(*fabric_, i, on(*fabric_, i)));
    // A key each, which costs as much as ten packets.
    for (sim::host_index i = 0; i < nodes; ++i) ids_.push_back(identity::of_node(1, i).id());
    fabric_->run_until(time_point(), {});
  }

  void run(int per_node) {
    random_stream random(1);
    for (int k = 1; k <= per_node; ++k)
      for (sim::host_index i = 0; i < nodes_; ++i) {
        const sim::host_index to = (i + static_cast<sim::host_index>(k)) % nodes_;
        fabric_->clock().at(time_point(dial_time(random)), [this, i, to] { dial(i, to); });
      }
    fabric_->run_until(time_point(60s), {});
  }

  sim::fabric& fabric() { return *fabric_; }
  double connections() const {
    double ends = 0;
    for (const auto& each : all_)
      ends += static_cast<double>(each->manager().counters().established_total);
    return ends / 2;
  }

 private:
  void dial(sim::host_index from, sim::host_index to) {
    dial_options options;
    options.addresses = {fabric_->listen_address(to)};
    all_[from]->dial(ids_[to], options);
    fabric_->clock().at(fabric_->clock().now() + 5s, [this, from, to] {
      all_[from]->send(ids_[to], std::vector<std::byte>(100));
    });
  }

  sim::host_index nodes_;
  std::unique_ptr<sim::fabric> fabric_ = make_fabric();
  std::vector<std::unique_ptr<node>> all_;
  std::vector<peer_id> ids_;
};

/// What one connection of many sends and when, counted from its dial. Of many, for alone both of
/// its ends would ping in the same instant; with others it is one that asks.
bench::script record() {
  bench::script steps;
  std::vector<std::unique_ptr<network>> recorded;
  const auto on = [&](sim::fabric& fabric, sim::host_index host) -> network& {
    if (host > 1) return fabric.host(host);
    recorded.push_back(std::make_unique<bench::recording_network>(
        fabric.host(host), fabric.listen_address(1 - host), steps));
    return *recorded.back();
  };
  world many(30, on);
  many.run(10);
  const duration connected = steps.front().when - time_point(2 * path.latency);  // and writes
  for (bench::step& each : steps) each.when -= connected;
  return steps;
}

figures run_nodes(sim::host_index nodes, int per_node) {
  figures out;
  double start = cpu_seconds();
  world made(nodes);
  out.build_cpu = cpu_seconds() - start;
  const double built = rss_bytes();
  start = cpu_seconds();
  made.run(per_node);
  out.cpu = cpu_seconds() - start;
  out.bytes = peak_rss_bytes() - built;
  out.events = static_cast<double>(made.fabric().events());
  out.connections = made.connections();
  return out;
}

/// Runs `what` in a process of its own.
figures apart(const std::function<figures()>& what) {
  int ends[2];
  if (pipe(ends) != 0) std::abort();
  std::fflush(stdout);
  if (const pid_t child = fork(); child == 0) {
    packets = 0;
    figures mine = what();
    mine.packets = static_cast<double>(packets);
    const bool told = write(ends[1], &mine, sizeof mine) == sizeof mine;
    _exit(told ? 0 : 1);
  } else {
    figures out;
    close(ends[1]);
    const bool heard = read(ends[0], &out, sizeof out) == sizeof out;
    close(ends[0]);
    waitpid(child, nullptr, 0);
    if (!heard) std::exit(1);
    return out;
  }
}

void keep_least(figures& least, const figures& next) {
  if (least.connections == 0 || next.cpu < least.cpu) least.cpu = next.cpu;
  const double cpu = least.cpu, bytes = least.bytes;
  const bool first = least.connections == 0;
  least = next;
  least.cpu = cpu;
  if (!first) least.bytes = std::min(bytes, next.bytes);
}

void print(const char* what, sim::host_index nodes, const figures& f) {
  std::printf(
      "packet_scale %-5s nodes=%u connections=%.0f | build %.2f s | %.1f us CPU/connection life | "
      "%.0f B/connection | %.1f packets, %.1f events a connection\n",
      what, nodes, f.connections, f.build_cpu, f.cpu / f.connections * 1e6, f.bytes / f.connections,
      f.packets / f.connections, f.events / f.connections);
}

}  // namespace

int main(int argc, char** argv) {
  const auto nodes = static_cast<sim::host_index>(argc > 1 ? std::atoll(argv[1]) : 1'000);
  const int per_node = argc > 2 ? std::atoi(argv[2]) : 10;
  const int rounds = argc > 3 ? std::atoi(argv[3]) : 3;
  const bench::script steps = record();
  std::uint64_t bytes = 0, writes = 0;
  for (const bench::step& each : steps) bytes += each.bytes, writes += each.bytes != 0;
  std::printf("packet_scale one connection: %llu bytes in %llu writes\n",
              static_cast<unsigned long long>(bytes), static_cast<unsigned long long>(writes));
  figures bare, full;  // the least of each: other processes only add
  for (int round = 0; round < rounds; ++round) {
    keep_least(bare, apart([&] { return run_bare(nodes, per_node, steps, path); }));
    keep_least(full, apart([&] { return run_nodes(nodes, per_node); }));
  }
  print("bare", nodes, bare);
  print("node", nodes, full);
  const double expected = static_cast<double>(nodes) * per_node;
  if (full.connections != expected || bare.connections != expected ||
      std::abs(full.packets - bare.packets) > 0.05 * bare.packets) {
    std::printf(
        "packet_scale the two did not make the same connections or send the same packets\n");
    return 1;  // of unequal work no ratio says anything
  }
  const double cpu = full.cpu / full.connections / (bare.cpu / bare.connections);
  const double memory = full.bytes / full.connections / (bare.bytes / bare.connections);
  std::printf(
      "packet_scale overhead of the node over bare sockets: %.2f x CPU, %.2f x memory; to be "
      "reached 1.30 (%s) and 1.20 (%s)\n",
      cpu, memory, cpu <= 1.3 ? "reached" : "missed", memory <= 1.2 ? "reached" : "missed");
  return 0;
}
