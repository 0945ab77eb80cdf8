// SPDX-License-Identifier: MIT
#pragma once

#include "core/exact.hpp"
#include "node/recorder.hpp"
#include "tandem/sim/fabric.hpp"

#include <functional>
#include <memory>
#include <utility>

namespace tandem::test {

/// One node of a village, and what it said.
struct villager {
  sim::host_index host{};
  std::unique_ptr<recorder> heard = std::make_unique<recorder>();
  std::unique_ptr<tandem::node> node;

  const manager_counters& counters() const { return node->manager().counters(); }
};

/// Nodes on modelled byte streams in virtual time, `latency` one way between any two, each with an
/// access link of `bandwidth` bit/s (0: no limit).
class village {
 public:
  explicit village(duration latency = 10ms, std::uint64_t bandwidth = 0) {
    path_.latency = latency;
    path_.bandwidth = bandwidth;
    sim::fabric_options options;
    options.links = [this](sim::host_index, sim::host_index) -> const sim::link& { return path_; };
    net = sim::make_stream_fabric(std::move(options));
  }

  static node_options options_of(sim::host_index host, const manager_options& manager = {}) {
    node_options out;
    out.manager = exact(manager);
    out.self = identity::of_node(1, host);
    out.seed = host;
    out.security = {security::plaintext};
    return out;
  }

  villager add(const manager_options& manager = {}, bool listens = true, trace_sink* sink = nullptr,
               const std::function<void(node_options&)>& change = nullptr) {
    villager out;
    out.host = net->add_host();
    auto options = options_of(out.host, manager);
    if (change) change(options);
    if (listens) options.listen = {net->listen_address(out.host)};
    out.node = std::make_unique<node>(net->host(out.host), options, out.heard.get(), sink);
    out.node->start();
    return out;
  }

  request_id dial(villager& from, const villager& to, dial_options options = {}) {
    options.addresses = {net->listen_address(to.host)};
    return from.node->dial(id_of(to), std::move(options));
  }
  static peer_id id_of(const villager& of) { return identity::of_node(1, of.host).id(); }

  time_point now() const { return net->clock().now(); }
  void run_until(time_point until) { net->run_until(until, {}); }
  void run_for(duration span) { run_until(now() + span); }
  /// From now on nothing reaches or leaves `host`, and nobody is told.
  void isolate(sim::host_index host) {
    net->partition([host](sim::host_index h) { return h == host ? 1 : 0; });
  }

  std::unique_ptr<sim::fabric> net;

 private:
  sim::link path_;
};

}  // namespace tandem::test
