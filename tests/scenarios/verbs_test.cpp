// SPDX-License-Identifier: MIT
// What each verb of a workload does, at the levels in virtual time.
#include "work_support.hpp"

#include <gmock/gmock.h>

#include <map>
#include <string>

namespace tandem::scenarios {
namespace {

using testing::ElementsAre;
using testing::Pair;

/// The numbers of groups at the end of a run, by the words of an expectation.
class each_level : public testing::TestWithParam<std::string> {
 protected:
  run_result run(const std::string& text) {
    last_ = run_on(parse_scenario(text, "f.yaml"), GetParam());
    // A bound that was never near is no mistake of a verb.
    for (const auto& check : last_.checks)
      EXPECT_NE(check.verdict, verdict::failed) << failures_of(last_);
    return last_;
  }
  static std::string expect(const std::vector<std::string>& lines) {
    std::string text = "expectations:\n";
    for (const auto& line : lines) text += "  - " + line + "\n";
    return text;
  }
  run_result last_;
};

const std::string connect = "  - dial: {from: clients, to: server}\n";

TEST_P(each_level, a_message_goes_to_one_to_all_or_to_whoever_is_connected) {
  const std::string two_servers =
      "scenario: s\nduration: 20s\ngroups:\n  servers: {count: 3, listen: true}\n"
      "  clients: {count: 2}\nworkload:\n  - keep_connected: {from: clients, to: servers, "
      "neighbours: all}\n";
  run(two_servers + "  - send: {from: clients, to: servers, at: 10s, size: 100B}\n" +
      expect({"clients.sends == 2", "servers.messages_received == 2"}));
  run(two_servers + "  - send: {from: clients, to: servers, at: 10s, size: 100B, pick: all}\n" +
      expect({"clients.sends == 6", "servers.messages_received == 6"}));
  run(two_servers + "  - send: {from: servers, to: neighbours, at: 10s, size: 100B}\n" +
      expect({"servers.sends == 6", "clients.messages_received == 6"}));
  run(two_servers +
      "  - send: {from: servers, to: neighbours, pick: random, at: 10s, size: 100B}\n" +
      expect({"servers.sends == 3", "clients.messages_received == 3"}));
}

TEST_P(each_level, sizes_can_be_drawn) {
  run(crowd(connect + "  - send: {from: clients, to: server, at: 10s, size: {uniform: [100B, "
                      "200B]}, arrivals: {every: 1s}, count: 20}\n") +
      expect({"clients.sends == 80", "clients.icn_p2p_bytes_sent_total in [11000, 25000]",
              "server.messages_received == 80"}));
}

// A megabyte in 64 KiB pieces, two of them on their way at most: at 20 ms for a round trip the rest
// waits at the sender, and nothing is refused.
TEST_P(each_level, no_more_than_so_many_bytes_are_in_flight) {
  const std::string transfer =
      "  - send: {from: \"clients[0]\", to: server, at: 10s, size: 64KiB, "
      "count: 64, in_flight: 128KiB}\n";
  run(crowd(connect + transfer) +
      expect({"server.messages_received at 10005ms == 0", "server.messages_received == 64",
              "clients.sends_refused == 0", "clients.sends at 10005ms == 2"}));
}

TEST_P(each_level, what_is_lost_with_a_connection_holds_nothing_back) {
  run(crowd("  - keep_connected: {from: clients, to: server}\n"
            "  - send: {from: \"clients[0]\", to: server, at: 10s, size: 64KiB, arrivals: {every: "
            "1s, per: node}, count: 40, in_flight: 64KiB}\n"
            "  - restart: {nodes: server, at: 20s}\n") +
      expect({"server.messages_received >= 36", "clients.sends <= 44"}));
}

// 10 ms there, 2 s to think, 10 ms back.
TEST_P(each_level, a_request_is_answered_after_a_time_to_think) {
  run(crowd(connect + "  - request: {from: clients, to: server, at: 10s, size: 200B, reply: {size: "
                      "4KiB, think: 2s}}\n") +
      expect({"clients.requests == 4", "clients.requests_answered == 4",
              "clients.request_time.min >= 2020ms", "clients.request_time.max <= 2100ms",
              "server.icn_p2p_bytes_sent_total >= 16384"}));
}

TEST_P(each_level, requests_without_an_answer_are_counted) {
  run(crowd(
          "  - request: {from: clients, to: server, at: 10s, size: 200B, reply: {size: 1KiB}}\n") +
      expect({"clients.requests == 4", "clients.requests_failed == 4"}));
  run(crowd(connect + "  - request: {from: clients, to: server, at: 10s, size: 200B, deadline: 1s, "
                      "reply: {size: 1KiB, think: 2s}}\n") +
      expect({"clients.requests_failed at 10900ms == 0", "clients.requests_failed at 11s == 4",
              "clients.requests_answered == 0"}));
  run(crowd(connect + "  - request: {from: clients, to: server, at: 10s, size: 200B, reply: {size: "
                      "1KiB, think: 50s}}\n  - kill: {nodes: server, at: 20s}\n") +
      expect({"clients.requests_failed == 4"}));
}

// Asked after 3 s of thought, answered 2 s and a round trip later, and so on: 20 turns in 100 s.
TEST_P(each_level, who_asks_and_thinks_waits_for_the_answer) {
  run(crowd(connect + "  - request: {from: clients, to: server, arrivals: {think: 3s}, size: 200B, "
                      "reply: {size: 1KiB, think: 2s}}\n") +
      expect({"clients.requests in [76, 80]", "clients.requests_answered in [72, 80]"}));
}

TEST_P(each_level, keep_connected_has_as_many_neighbours_as_it_is_told) {
  const auto peers = [](const std::string& keys) {
    return "scenario: s\nduration: 30s\ngroups: {peers: {count: 10, listen: true}}\nworkload:\n"
           "  - keep_connected: {from: peers, to: peers, " +
           keys + "}\n";
  };
  run(peers("neighbours: all") + expect({"peers.icn_p2p_connected_peers == 90"}));
  run(peers("neighbours: 3") + expect({"peers.icn_p2p_connected_peers in [40, 60]"}));
  run(peers("neighbours: 2, pick: round_robin") + expect({"peers.icn_p2p_connected_peers == 40"}));
}

TEST_P(each_level, disconnect_ends_what_there_is) {
  run(crowd(connect + "  - disconnect: {from: server, to: neighbours, at: 20s}\n") +
      expect({"server.icn_p2p_active_connections at 19s == 4",
              "server.icn_p2p_active_connections at 21s == 0"}));
}

TEST_P(each_level, a_restart_can_keep_a_node_down_for_a_while) {
  run(crowd("  - keep_connected: {from: clients, to: server, pause: 1s}\n"
            "  - restart: {nodes: server, at: 20s, down: 10s}\n") +
      expect({"server.icn_p2p_connection_limit at 25s == 0",
              "server.icn_p2p_connection_limit at 31s == 1000",
              "clients.dial_failed.ConnectionRefused >= 4"}));
}

TEST_P(each_level, a_spread_gives_each_node_its_own_moment) {
  run(crowd("  - dial: {from: clients, to: server, at: 10s, arrivals: {spread: 20s}}\n", 100) +
      expect({"clients.dials at 9s == 0", "clients.dials at 20s in [25, 75]",
              "clients.dials at 30s == 100"}));
}

TEST_P(each_level, protected_peers_are_redialled_by_their_manager) {
  run(crowd("  - protect: {from: clients, to: server, at: 5s}\n"
            "  - restart: {nodes: server, at: 40s, down: 5s}\n") +
      expect({"server.icn_p2p_active_connections at 4s == 0",
              "server.icn_p2p_active_connections at 10s == 4",
              "server.icn_p2p_active_connections at 90s == 4"}));
}

TEST_P(each_level, the_denied_are_refused_until_their_time_is_over) {
  run(crowd("  - deny: {from: server, to: \"clients[0]\", until: 50s}\n"
            "  - dial: {from: clients, to: server, at: 10s}\n"
            "  - override_backoff: {from: clients, to: server, at: 59s}\n"
            "  - dial: {from: clients, to: server, at: 60s}\n") +
      expect({"server.refusals.Denied == 1", "server.icn_p2p_active_connections at 50s == 3",
              "server.icn_p2p_active_connections == 4"}));
}

TEST_P(each_level, options_change_while_nodes_run) {
  run(crowd(connect +
            "  - configure: {nodes: server, at: 20s, manager: {max_connections: 1, "
            "max_connections_per_peer: 1}}\n"
            "  - configure: {nodes: server, at: 60s, manager: {connection_timeout: 1s}}\n") +
      expect({"server.icn_p2p_active_connections at 19s == 4",
              "server.icn_p2p_active_connections at 22s == 1",
              "server.icn_p2p_active_connections == 0",
              "server.icn_p2p_connection_limit at 30s == 1"}));
}

TEST_P(each_level, a_node_under_pressure_refuses) {
  run(crowd("  - pressure: {nodes: server, at: 5s, memory: true}\n"
            "  - dial: {from: clients, to: server, at: 10s}\n"
            "  - pressure: {nodes: server, at: 20s}\n"
            "  - override_backoff: {from: clients, to: server, at: 39s}\n"
            "  - dial: {from: clients, to: server, at: 40s}\n") +
      expect({"server.refusals.MemoryLimitReached == 4",
              "server.icn_p2p_active_connections at 30s == 0",
              "server.icn_p2p_active_connections == 4"}));
}

TEST_P(each_level, a_restarted_node_can_be_another_peer) {
  const auto known = [](const std::string& identity) {
    return crowd(
        "  - dial: {from: clients, to: server}\n"
        "  - restart: {nodes: clients, at: 20s" +
        identity +
        "}\n"
        "  - dial: {from: clients, to: server, at: 30s}\n"
        "  - deny: {from: server, to: clients, at: 10s}\n");
  };
  run(known("") + expect({"server.refusals.Denied == 4"}));
  run(known(", identity: new") +
      expect({"server.refusals.Denied == 0", "server.icn_p2p_active_connections == 4",
              "clients.icn_p2p_active_connections == 4"}));
}

// What its operator told a node, a restarted one has read again; what is over is over.
TEST_P(each_level, who_restarts_is_configured_as_before) {
  const std::string again =
      "  - restart: {nodes: server, at: 20s}\n"
      "  - dial: {from: clients, to: server, at: 40s}\n";
  const auto marked = [&](const std::string& mark, const std::string& expected) {
    run(crowd("  - " + mark + "\n" + again) + expect({expected}));
  };
  marked("deny: {from: server, to: clients}", "server.refusals.Denied == 4");
  marked("deny: {from: server, to: \"clients[0]\", until: 30s}", "server.active == 4");
  marked("deny: {nodes: server, network: 10.0.0.0/8}", "clients.dials_failed == 4");
  marked("deny: {nodes: server, network: 10.0.0.0/8, until: 30s}", "server.active == 4");
  marked("pressure: {nodes: server, at: 10s, memory: true}",
         "server.refusals.MemoryLimitReached == 4");
  marked(
      "configure: {nodes: server, at: 10s, manager: {max_connections: 1, "
      "max_connections_per_peer: 1}}",
      "server.active == 1");
  // Taken back before, whatever the order in the file.
  run(crowd("  - deny: {from: server, to: clients, at: 10s, on: false}\n"
            "  - deny: {from: server, to: clients}\n" +
            again) +
      expect({"server.active == 4"}));
}

TEST_P(each_level, who_restarts_dials_its_protected_peers_again) {
  run(crowd("  - protect: {from: clients, to: server}\n"
            "  - restart: {nodes: clients, at: 40s}\n") +
      expect(
          {"server.active at 39s == 4", "server.active at 90s == 4", "server.established == 8"}));
  run(crowd("  - keep_alive: {from: clients, to: server}\n"
            "  - configure: {nodes: clients, manager: {connection_timeout: 5s}}\n"
            "  - dial: {from: clients, to: server}\n"
            "  - restart: {nodes: clients, at: 10s}\n"
            "  - dial: {from: clients, to: server, at: 20s}\n") +
      expect({"server.active at 9s == 4", "server.active == 4"}));
}

// Refused after a round trip each, or left alone by the next one after 250 ms (attempt_delay).
TEST_P(each_level, addresses_that_are_no_good_any_more_cost_time) {
  const auto stale = [](const std::string& how) {
    return "scenario: s\nduration: 60s\nlinks: {default: {latency: 10ms}}\ngroups:\n"
           "  server: {listen: true, stale_addresses: " +
           how +
           "}\n  client: {}\n"
           "workload:\n  - dial: {from: client, to: server}\n";
  };
  run(stale("{}") + expect({"client.dial_time >= 60ms", "client.dial_time <= 70ms"}));
  run(stale("{refusing: 3}") + expect({"client.dial_time >= 120ms", "client.dial_time <= 130ms"}));
  run(stale("{silent: 4}") + expect({"client.dial_time >= 1060ms", "client.dial_time <= 1070ms"}));
}

// Linux sends a SYN at 0, 1, 3, 7, 15 s and so on; a refused one is not sent again.
TEST_P(each_level, every_syn_is_counted) {
  const std::string text =
      "scenario: s\nduration: 20s\nlinks: {default: {latency: 10ms}}\ngroups:\n"
      "  server: {listen: true}\n  client: {manager: {attempt_timeout: 30s}}\n"
      "  other: {}\n  closed: {listen: true}\nworkload:\n"
      "  - dial: {from: client, to: server}\n  - kill: {nodes: closed, at: 1s}\n"
      "  - dial: {from: other, to: closed, at: 2s}\n"
      "faults:\n  - partition: {groups: [server], at: 0s}\n";
  run(text + expect({"client.syns at 990ms == 1", "client.syns at 1s == 2",
                     "client.syns at 2990ms == 2", "client.syns at 3s == 3",
                     "client.syns at 6990ms == 3", "client.syns at 7s == 4", "client.syns == 5",
                     "client.address_attempts == 1", "other.syns == 1", "server.syns == 0"}));
  const auto what = parse_scenario(text + expect({"client.syns == 5"}), "f.yaml");
  EXPECT_THAT(level_named(test_levels(), "loopback").refuse(what),
              testing::Contains(testing::StartsWith(
                  "f.yaml:16:5: level loopback does not know `syns`; remove it")));
}

INSTANTIATE_TEST_SUITE_P(of, each_level, testing::ValuesIn(virtual_levels()),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace tandem::scenarios
