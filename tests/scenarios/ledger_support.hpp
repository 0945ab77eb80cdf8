// SPDX-License-Identifier: MIT
#pragma once

#include "run/tracker.hpp"
#include "tandem/net/identity.hpp"
#include "tandem/scenarios/read.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace tandem::scenarios {

using namespace std::chrono_literals;

// Two nodes of one group; node 0 is the one that tells.
class ledger : public testing::Test {
 protected:
  struct still_world final : world {
    connection_manager managers[2] = {{manager_options{}, identity::of_node(1, 0).id(), 1},
                                      {manager_options{}, identity::of_node(1, 1).id(), 1}};
    events::traffic moved;  ///< and not flushed, at node 0
    node_index add_node(const node_spec&) override { return 0; }
    std::size_t size() const override { return 2; }
    const peer_id& id(node_index node) const override { return managers[node].self(); }
    request_id dial(node_index, node_index, dial_mode, time_point) override { return {}; }
    void send(node_index, node_index, std::uint64_t, std::uint64_t) override {}
    void operate(node_index, const operation&) override {}
    void introduce(node_index, node_index) override {}
    void open_stream(node_index, connection_id) override {}
    void close_stream(node_index, connection_id) override {}
    void disconnect(node_index, node_index) override {}
    void disconnect(node_index, connection_id) override {}
    void shutdown(node_index) override {}
    void kill(node_index) override {}
    void restart(node_index, const new_life&) override {}
    void suffer(node_index, const ailments&) override {}
    void forget_flows(node_index) override {}
    time_point now() const override { return {}; }
    void at(time_point, std::function<void()>) override {}
    void run_until(time_point, const std::function<bool()>&) override {}
    const connection_manager& manager(node_index node) const override { return managers[node]; }
    void unflushed(node_index node,
                   const std::function<void(const events::traffic&)>& each) const override {
      if (node == 0 && moved.conn != connection_id::none) each(moved);
    }
    std::string trace_hash() const override { return {}; }
    std::uint64_t events() const override { return 0; }
  };

  ledger() { under_test.begin(place); }

  void tell(notice kind, std::uint64_t conn, cause why = cause::none, time_point at = {}) {
    notification what;
    what.kind = kind;
    what.why = why;
    what.conn = connection_id{conn};
    what.peer = place.id(1);
    under_test.on_notification(0, at, what);
  }
  void tell_backoff(std::uint32_t failures, duration ceiling, duration delay) {
    notification what;
    what.peer = place.id(1);
    what.kind = notice::backoff_started;
    what.failures = failures;
    what.ceiling = ceiling;
    what.until = time_point(delay);
    under_test.on_notification(0, {}, what);
  }
  void tell_to_stay_away(duration period) {
    notification what;
    what.kind = notice::remote_refused;
    what.peer = place.id(1);
    what.until = time_point(period);
    under_test.on_notification(0, {}, what);
  }
  static event used_at(duration when) {
    events::traffic moved;
    moved.conn = connection_id{1};
    moved.received = moved.app_bytes = 1;
    moved.last_received_at = moved.last_app_at = time_point(when);
    return moved;
  }
  void hear(std::uint64_t conn, duration at) {
    under_test.on_event(0, time_point(at), events::probe_answered{connection_id{conn}, 0});
  }
  void close(std::uint64_t conn, cause why, duration at, duration retry_after = {}) {
    under_test.on_action(0, time_point(at),
                         actions::close{connection_id{conn}, why, retry_after, {}});
  }
  manager_options& options() { return what.groups[0].manager; }
  void strategy(backoff_strategy which) { options().backoff_strategy = which; }
  std::vector<std::string> broken() const {
    std::vector<std::string> names;
    for (const auto& [name, how] : under_test.violations()) names.push_back(name);
    return names;
  }
  using names = std::vector<std::string>;

  scenario what = parse_scenario("{scenario: s, duration: 1s, groups: {g: {count: 2}}}", "f");
  still_world place;
  tracker under_test{what, 1s};
};

}  // namespace tandem::scenarios
