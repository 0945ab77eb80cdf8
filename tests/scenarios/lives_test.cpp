// SPDX-License-Identifier: MIT
// What nodes that die and come back show, and what becomes of messages: the same on every level,
// and it sums up.
#include "run_support.hpp"
#include "tandem/command/bad_input.hpp"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

namespace tandem::scenarios {
namespace {

// GROUP.MEASURE -> its value at the end.
using numbers = std::map<std::string, double>;

numbers numbers_of(std::string text, const std::vector<std::string>& groups,
                   const std::vector<std::string>& measures, const std::string& level) {
  std::vector<std::string> names;
  text += "expectations:\n";
  for (const auto& group : groups)
    for (const auto& measure : measures) {
      names.push_back(group + "." + measure);
      text += "  - " + names.back() + " >= 0\n";
    }
  const auto r = run_on(parse_scenario(text, "lives.yaml"), level);
  EXPECT_NE(r.verdict, verdict::failed) << failures_of(r);  // `>= 0` is no test of anything
  numbers found;
  for (std::size_t i = 0; i < names.size(); ++i) found[names[i]] = std::stod(r.checks[i].measured);
  return found;
}

const std::vector<std::string> life_measures{"icn_p2p_active_connections",
                                             "icn_p2p_connected_peers",
                                             "icn_p2p_connection_limit",
                                             "icn_p2p_connections_established_total",
                                             "icn_p2p_connections_closed_total",
                                             "icn_p2p_connections_failed_total",
                                             "connections_lost",
                                             "closed.Reset",
                                             "dials",
                                             "dials_succeeded",
                                             "dial_failed.ConnectionRefused",
                                             "attempts",
                                             "sends",
                                             "sends_without_connection",
                                             "sends_refused",
                                             "messages_received"};

struct life {
  const char* name;
  const char* workload;
};

class each_life : public testing::TestWithParam<life> {};

TEST_P(each_life, shows_the_same_on_every_level_and_sums_up) {
  const std::string text = std::string(R"(scenario: lives
duration: 100s
groups: {servers: {listen: true, count: 2}, clients: {count: 4}}
links: {default: {latency: 10ms}}
workload:
  - keep_connected: {from: clients, to: servers}
  - send: {from: clients, to: servers, at: 500ms, every: 1s, bytes: 1000}
)") + GetParam().workload;
  numbers first;
  for (const auto& level : virtual_levels()) {
    const auto found = numbers_of(text, {"servers", "clients"}, life_measures, level);
    for (const std::string group : {"servers.", "clients."}) {
      EXPECT_EQ(found.at(group + "icn_p2p_connections_established_total") -
                    found.at(group + "icn_p2p_connections_closed_total") -
                    found.at(group + "connections_lost"),
                found.at(group + "icn_p2p_active_connections"))
          << group << " at " << level;
    }
    if (first.empty()) first = found;
    EXPECT_EQ(found, first) << level;
  }
}

INSTANTIATE_TEST_SUITE_P(
    every, each_life,
    testing::Values(
        life{"kill_of_the_listeners", "  - kill: {group: servers, at: 20s}\n"},
        life{"kill_of_the_dialers", "  - kill: {group: clients, at: 20s}\n"},
        life{"kill_of_all_at_once",
             "  - kill: {group: clients, at: 20s}\n  - kill: {group: servers, at: 20s}\n"},
        life{"restart_of_the_listeners", "  - restart: {group: servers, at: 20s}\n"},
        life{"restart_of_the_dialers", "  - restart: {group: clients, at: 20s}\n"},
        life{
            "restarts_again_and_again",
            "  - restart: {group: clients, at: 20s}\n  - restart: {group: clients, at: 20050ms}\n"
            "  - restart: {group: servers, at: 40s}\n  - restart: {group: servers, at: 40005ms}\n"},
        life{"death_in_the_middle_of_a_handshake",
             "  - restart: {group: clients, at: 25ms}\n  - restart: {group: servers, at: 65ms}\n"},
        life{"kill_and_return",
             "  - kill: {group: servers, at: 20s}\n  - restart: {group: servers, at: 30s}\n"},
        life{"shutdown_and_return",
             "  - shutdown: {group: servers, at: 20s}\n  - restart: {group: servers, at: 30s}\n"}),
    [](const auto& info) { return info.param.name; });

TEST(sends, that_find_no_connection_or_a_full_backlog_are_counted_on_every_level) {
  const std::string text = R"(scenario: sends
duration: 60s
groups: {server: {listen: true}, sender: {}}
links: {default: {latency: 10ms, bandwidth: 100Mbit/s}}
workload:
  - send: {from: sender, to: server, bytes: 10}
  - dial: {from: sender, to: server, at: 1s}
  - send: {from: sender, to: server, at: 2s, every: 1us, count: 100, bytes: 1048568}
  - send: {from: sender, to: server, at: 20s, every: 1s, count: 5, bytes: 1048568}
  - restart: {group: server, at: 40s}
  - send: {from: sender, to: server, at: 41s, every: 1s, count: 3, bytes: 10}
  - kill: {group: sender, at: 50s}
  - send: {from: sender, to: server, at: 51s, bytes: 10}
)";
  for (const auto& level : virtual_levels()) {
    const auto found = numbers_of(
        text, {"sender", "server"},
        {"sends", "sends_without_connection", "sends_refused", "messages_received"}, level);
    EXPECT_EQ(found, (numbers{{"sender.sends", 109},
                              {"sender.sends_without_connection", 4},
                              {"sender.sends_refused", 99},
                              {"sender.messages_received", 0},
                              {"server.sends", 0},
                              {"server.sends_without_connection", 0},
                              {"server.sends_refused", 0},
                              {"server.messages_received", 6}}))
        << level;
  }
}

// As on nodes, which run a command before the next work begins.
TEST(buffers, are_bounded_as_the_group_says_wherever_there_are_sessions) {
  const auto numbers_with = [](const std::string& server, const std::string& senders,
                               const std::string& level) {
    const std::string text = "scenario: buffers\nduration: 30s\ngroups: {server: {listen: true, " +
                             server + "}, senders: {count: 3, " + senders + R"(}}
links: {default: {latency: 10ms, bandwidth: 10Mbit/s}}
workload:
  - dial: {from: senders, to: server}
  - send: {from: senders, to: server, at: 1s, bytes: 500kB}
  - send: {from: senders, to: server, at: 1s, bytes: 500kB}
)";
    return numbers_of(text, {"server", "senders"}, {"messages_received", "sends_refused"}, level);
  };
  for (const auto& level : virtual_levels()) {
    if (level == "message") {
      EXPECT_THROW(numbers_with("buffers_max: 0", "listen: false", level), bad_inputs);
      EXPECT_THROW(numbers_with("count: 1", "connection_buffers_max: 1MiB", level), bad_inputs);
      continue;
    }
    SCOPED_TRACE(level);
    const auto plenty = numbers_with("buffers_max: 3MiB", "connection_buffers_max: 4MiB", level);
    EXPECT_EQ(plenty.at("server.messages_received"), 6);
    EXPECT_EQ(plenty.at("senders.sends_refused"), 0);
    const auto none = numbers_with("buffers_max: 0", "connection_buffers_max: 4MiB", level);
    EXPECT_EQ(none.at("server.messages_received"), 0);
    const auto one = numbers_with("buffers_max: 3MiB", "connection_buffers_max: 1MiB", level);
    EXPECT_EQ(one.at("server.messages_received"), 3);
    EXPECT_EQ(one.at("senders.sends_refused"), 3);
  }
}

TEST(lives, of_one_moment_follow_the_order_of_the_file) {
  const std::string text = R"(scenario: moment
duration: 5s
groups: {server: {listen: true}, sender: {}}
workload:
  - dial: {from: sender, to: server}
  - dial: {from: sender, to: server, at: 2s, mode: additional}
  - send: {from: sender, to: server, at: 2s, bytes: 10}
  - restart: {group: sender, at: 2s}
  - send: {from: sender, to: server, at: 2s, bytes: 10}
  - dial: {from: sender, to: server, at: 2s}
)";
  for (const auto& level : virtual_levels())
    EXPECT_EQ(numbers_of(text, {"sender"},
                         {"sends", "sends_without_connection", "icn_p2p_active_connections",
                          "connections_lost", "attempts"},
                         level),
              (numbers{{"sender.sends", 2},
                       {"sender.sends_without_connection", 1},
                       {"sender.icn_p2p_active_connections", 1},
                       {"sender.connections_lost", 1},
                       {"sender.attempts", 3}}))
        << level;
}

}  // namespace
}  // namespace tandem::scenarios
