// SPDX-License-Identifier: MIT
#pragma once

#include "core/exact.hpp"
#include "tandem/net/node.hpp"
#include "tandem/sim/fabric.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tandem::test {

using namespace std::chrono_literals;

constexpr time_point at(duration since_start) { return time_point(since_start); }

inline std::vector<std::byte> bytes_of(std::string_view text) {
  const auto* first = reinterpret_cast<const std::byte*>(text.data());
  return {first, first + text.size()};
}

struct heard {
  time_point when;
  notification what;
};
struct heard_message {
  time_point when;
  std::string text;
  peer_id from;
};

struct heard_facts {
  time_point when;
  peer_id of;
  peer_facts facts;
};

/// Writes down what one node says, and holds it to its limit at every step.
class recorder final : public node_observer {
 public:
  void on_notification(time_point now, const notification& what) override {
    notices.push_back({now, what});
  }
  void on_step(time_point, const connection_manager& manager) override {
    const auto& c = manager.counters();
    EXPECT_EQ(c.permits_issued - c.permits_released, c.permits_live);
    EXPECT_LE(c.permits_live, c.connection_limit);
    EXPECT_LE(c.active_connections, c.permits_live);
  }
  void on_message(time_point now, const received_message& m) override {
    messages.push_back(
        {now, {reinterpret_cast<const char*>(m.bytes.data()), m.bytes.size()}, m.peer});
  }

  void on_identified(time_point now, connection_id, const peer_id& peer,
                     const peer_facts& facts) override {
    identified.push_back({now, peer, facts});
  }

  /// The only notice of this kind; fails the test when there are none or several.
  heard only(notice kind) const {
    std::optional<heard> found;
    for (const auto& each : notices)
      if (each.what.kind == kind) {
        EXPECT_FALSE(found) << "several " << name_of(kind);
        found = each;
      }
    EXPECT_TRUE(found) << "no " << name_of(kind);
    return found.value_or(heard{});
  }
  std::size_t count(notice kind) const {
    std::size_t n = 0;
    for (const auto& each : notices) n += each.what.kind == kind;
    return n;
  }

  std::vector<heard> notices;
  std::vector<heard_message> messages;
  std::vector<heard_facts> identified;
};

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
