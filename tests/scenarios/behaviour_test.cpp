// SPDX-License-Identifier: MIT
// What peers that misbehave cost those that do not: the same on every level with streams.
#include "work_support.hpp"

#include <gmock/gmock.h>

#include <string>
#include <vector>

namespace tandem::scenarios {
namespace {

std::vector<std::string> stream_levels() {
  auto names = virtual_levels();
  std::erase(names, "message");
  return names;
}

class rude : public testing::TestWithParam<std::string> {
 protected:
  /// Two clients of a server that misbehaves, and one of a server that does not.
  void server(const std::string& how, const std::vector<std::string>& expectations,
              const std::string& more = "") {
    run("  rude: {listen: true, manager: {connection_timeout: 1h}, behaviour: " + how +
            "}\n  clients: {count: 2}\n",
        "  - dial: {from: clients, to: rude, at: 1s}\n" + more, expectations);
  }
  /// A client that misbehaves, at a server.
  void client(const std::string& how, const std::vector<std::string>& expectations) {
    run("  server: {listen: true}\n  rude: {behaviour: " + how + "}\n",
        "  - dial: {from: rude, to: server, at: 1s}\n", expectations);
  }

 private:
  void run(const std::string& groups, const std::string& work,
           const std::vector<std::string>& expectations) {
    std::string text = "scenario: s\nduration: 100s\nlinks: {default: {latency: 10ms}}\ngroups:\n" +
                       groups + "workload:\n" + work + "expectations:\n";
    for (const auto& line : expectations) text += "  - " + line + "\n";
    const auto r = run_on(parse_scenario(text, "f.yaml"), GetParam());
    for (const auto& check : r.checks) EXPECT_EQ(check.verdict, verdict::ok) << failures_of(r);
  }
};

/// What they do that is not about bytes.
class rude_everywhere : public rude {};

// handshake_timeout is 15 s, from the connection on, which is there after a round trip.
TEST_P(rude, who_falls_silent_in_the_handshake_is_given_up_in_time) {
  for (const std::string stage : {"after_accept", "after_header", "after_authentication"}) {
    server("{mute: " + stage + "}",
           {"clients.dial_failed.HandshakeTimeout == 2", "clients.failure_time.min >= 15s",
            "clients.failure_time.max <= 15100ms"});
    client("{mute: " + stage + "}",
           {"server.icn_p2p_connections_established_total == 0",
            "server.pending_inbound at 5s == 1", "server.pending_inbound at 17s == 0"});
  }
}

TEST_P(rude, who_falls_silent_when_ready_is_found_dead_or_idle) {
  server("{mute: when_ready}", {"clients.icn_p2p_active_connections == 0"});
  client("{mute: when_ready}", {"server.icn_p2p_active_connections == 0"});
}

TEST_P(rude, who_connects_and_drops_leaves_nothing_behind) {
  for (const std::string stage :
       {"after_accept", "after_header", "after_authentication", "when_ready"})
    client("{drop: " + stage + "}",
           {"server.pending_inbound at 20s == 0", "server.icn_p2p_active_connections at 20s == 0",
            "server.permits_live == 0"});
}

TEST_P(rude, who_ends_its_sending_is_let_go) {
  for (const std::string stage : {"after_accept", "after_header", "after_authentication"})
    client("{half_close: " + stage + "}", {"server.pending_inbound at 20s == 0",
                                           "server.icn_p2p_connections_established_total == 0"});
}

TEST_P(rude, who_sends_random_bytes_is_refused) {
  for (const std::string stage : {"after_accept", "after_header", "after_authentication"}) {
    server("{random_bytes: " + stage + "}",
           {"clients.dials_succeeded == 0", "clients.icn_p2p_active_connections == 0"});
    client("{random_bytes: " + stage + "}", {"server.icn_p2p_active_connections == 0"});
  }
  client("{random_bytes: when_ready}", {"server.icn_p2p_active_connections at 50s == 0"});
}

// 151 bytes of upgrade, one each 50 ms, take 7.5 s; each 200 ms, longer than the handshake may.
TEST_P(rude, who_drips_is_waited_for_no_longer_than_the_handshake_may_last) {
  client("{slow_drip: 50ms}", {"server.icn_p2p_connections_established_total == 1"});
  client("{slow_drip: 200ms}", {"server.icn_p2p_connections_established_total == 0",
                                "server.pending_inbound at 17s == 0"});
}

// Its transport acknowledges every probe, and that is a sign of life.
TEST_P(rude, who_answers_no_probe_lives_by_what_its_transport_acknowledges) {
  server("{no_pong: true}",
         {"clients.icn_p2p_active_connections at 20s == 2",
          "clients.icn_p2p_active_connections == 2", "clients.closed.LivenessLost == 0"},
         "  - keep_alive: {from: clients, to: rude, at: 500ms}\n");
}

// What it hears nothing from, its own manager gives up.
TEST_P(rude, who_does_not_read_ends_the_connection_itself) {
  server(
      "{deaf: when_ready}",
      {"clients.icn_p2p_active_connections == 0", "clients.icn_p2p_active_connections at 20s == 2"},
      "  - keep_alive: {from: clients, to: rude, at: 500ms}\n");
}

TEST_P(rude_everywhere, who_is_somebody_else_is_refused) {
  server("{wrong_identity: true}",
         {"clients.dial_failed.WrongPeer == 2", "clients.icn_p2p_active_connections.max == 0"});
}

TEST_P(rude_everywhere, who_refuses_at_first_takes_later_ones) {
  server("{refuse: 2}",
         {"clients.icn_p2p_active_connections at 50s == 0",
          "clients.icn_p2p_active_connections at 61s == 2"},
         "  - override_backoff: {from: clients, to: rude, at: 59s}\n"
         "  - dial: {from: clients, to: rude, at: 60s}\n");
}

TEST_P(rude_everywhere, who_accepts_late_is_late_by_so_much) {
  server("{accept_after: 2s}", {"clients.dials_succeeded == 2", "clients.dial_time.min >= 2s",
                                "clients.dial_time.max <= 4200ms"});
}

// Nobody listens at a host that is reset when it is silent about it: SYNs are sent for as long as
// the attempt lasts, 15 s.
TEST_P(rude_everywhere, who_is_silent_where_nobody_listens_costs_a_timeout) {
  const std::string dead = "  - kill: {nodes: rude, at: 500ms}\n";
  server("{silent: true}",
         {"clients.dial_failed.AttemptTimeout == 2", "clients.failure_time.min >= 15s",
          "clients.failure_time.max <= 15100ms", "clients.syns in [8, 10]"},
         dead);
  server("{refuse: 1}",
         {"clients.dial_failed.ConnectionRefused == 2", "clients.failure_time.max <= 22ms",
          "clients.failure_time.min >= 20ms"},
         dead);
}

// One is connected and waits for a word until its handshake has lasted too long, 15 s; the other's
// SYNs are dropped.
TEST_P(rude_everywhere, whose_backlog_is_full_lets_others_wait) {
  server("{backlog_full: 1}",
         {"clients.dial_failed.HandshakeTimeout == 1", "clients.dial_failed.AttemptTimeout == 1",
          "clients.failure_time.min >= 15s", "clients.failure_time.max <= 15100ms",
          "clients.dials_succeeded == 0", "rude.arrivals == 0"});
  server("{backlog_full: 2}", {"clients.dial_failed.HandshakeTimeout == 2"});
}

INSTANTIATE_TEST_SUITE_P(at, rude, testing::ValuesIn(stream_levels()),
                         [](const auto& info) { return info.param; });
INSTANTIATE_TEST_SUITE_P(at, rude_everywhere, testing::ValuesIn(virtual_levels()),
                         [](const auto& info) { return info.param; });

/// On real sockets, and in real time: with timeouts of parts of a second.
run_result on_loopback(const std::string& how, const std::string& who, const std::string& keys,
                       const std::vector<std::string>& expectations) {
  const bool serves = who == "server";
  std::string text = "scenario: s\nduration: 800ms\ngroups:\n  rude: {" +
                     std::string(serves ? "listen: true, " : "") + "behaviour: " + how +
                     "}\n  honest: {" + (serves ? "" : "listen: true, ") +
                     "manager: {handshake_timeout: 300ms" + keys + "}}\nworkload:\n  - dial: " +
                     (serves ? "{from: honest, to: rude}" : "{from: rude, to: honest}") +
                     "\nexpectations:\n";
  for (const auto& line : expectations) text += "  - " + line + "\n";
  auto r = run_on(parse_scenario(text, "f.yaml"), "loopback");
  for (const auto& check : r.checks)
    EXPECT_NE(check.verdict, verdict::failed) << how << " " << who << "\n" << failures_of(r);
  return r;
}

TEST(rude_on_loopback, is_given_up_in_the_handshake) {
  const std::vector<std::string> nothing_left{"honest.icn_p2p_active_connections == 0",
                                              "honest.permits_live == 0"};
  for (const std::string what : {"mute", "drop", "half_close", "random_bytes"})
    for (const std::string stage : {"after_header", "after_authentication"})
      for (const std::string who : {"server", "client"})
        on_loopback("{" + what + ": " + stage + "}", who, "",
                    {"honest.icn_p2p_active_connections == 0", "honest.pending_inbound == 0",
                     "honest.pending_outbound == 0"});
  for (const std::string who : {"server", "client"})
    on_loopback("{deaf: after_header}", who, "", nothing_left);
  on_loopback("{slow_drip: 100ms}", "server", "", nothing_left);
  on_loopback("{slow_drip: 100ms}", "client", "", nothing_left);
}

TEST(rude_on_loopback, is_what_it_says) {
  on_loopback("{wrong_identity: true}", "server", "", {"honest.dial_failed.WrongPeer == 1"});
  on_loopback("{refuse: 1}", "server", "", {"honest.dials_failed == 1"});
  on_loopback("{accept_after: 200ms}", "server", "",
              {"honest.dials_succeeded == 1", "honest.dial_time >= 200ms"});
  on_loopback("{no_pong: true}", "server", "", {"honest.icn_p2p_active_connections == 1"});
  // Its 300 bytes take 60 of the 300 ms of handshake_timeout: a busy machine may be slow.
  on_loopback("{slow_drip: 200us}", "client", "", {"honest.icn_p2p_active_connections == 1"});
}

TEST(behaviour, needs_a_level_with_streams) {
  const auto s = parse_scenario(
      "scenario: s\nduration: 1s\ngroups:\n  a: {listen: true, behaviour: {mute: after_accept}}\n",
      "f.yaml");
  try {
    run_on(s, "message");
    FAIL() << "it was taken";
  } catch (const bad_inputs& e) {
    EXPECT_THAT(e.lines(),
                testing::ElementsAre(testing::HasSubstr(
                    "f.yaml:4:39: level message cannot honour `groups.a.behaviour.mute`")));
  }
  EXPECT_EQ(levels_of(s, test_levels()).front(), "stream");
}

}  // namespace
}  // namespace tandem::scenarios
