// SPDX-License-Identifier: MIT
// Streams of an application: a request that waits, a stream that is held, a transfer. Each keeps
// its connection in use at both ends.
#include "work_support.hpp"

#include <gmock/gmock.h>

#include <string>

namespace tandem::scenarios {
namespace {

class streams : public testing::TestWithParam<std::string> {
 protected:
  /// A client dials a server at once, 10 ms away; `server` and `client` are idle after this long.
  static std::string idle_after(const std::string& server, const std::string& client,
                                const std::string& work, const std::string& expected) {
    return "scenario: s\nduration: 2m\nlinks: {default: {latency: 10ms}}\ngroups:\n"
           "  server: {listen: true, manager: {idle_jitter: 0, connection_timeout: " +
           server + "}}\n  client: {manager: {idle_jitter: 0, connection_timeout: " + client +
           "}}\nworkload:\n  - dial: {from: client, to: server}\n" + work + "expectations:\n" +
           expected;
  }
  void check(const std::string& text) { run_of(text, GetParam()); }
};

const std::string slow_request =
    "  - request: {from: client, to: server, at: 1s, size: 100B, reply: {size: 1000B, think: "
    "40s}}\n";

// The answer is there at 41.02 s, and 10 s later the connection is idle for whoever says so.
TEST_P(streams, an_awaited_reply_is_use_for_who_asked_and_for_who_owes_it) {
  for (const auto& [server, client] : {std::pair("10s", "1h"), std::pair("1h", "10s")})
    check(idle_after(server, client, slow_request,
                     "  - client.requests_answered == 1\n"
                     "  - client.request_time >= 40020ms\n"
                     "  - client.request_time <= 40100ms\n"
                     "  - client.icn_p2p_active_connections at 51s == 1\n"
                     "  - client.icn_p2p_active_connections at 51200ms == 0\n"
                     "  - server.icn_p2p_active_connections at 51s == 1\n"
                     "  - server.icn_p2p_active_connections at 51200ms == 0\n"));
}

// Several wait over one connection; the last answer ends its use.
TEST_P(streams, a_connection_is_in_use_until_the_last_answer) {
  check(idle_after("10s", "10s",
                   slow_request +
                       "  - request: {from: client, to: server, at: 2s, size: 100B, reply: {size: "
                       "1000B, think: 60s}}\n",
                   "  - client.requests_answered == 2\n"
                   "  - client.icn_p2p_active_connections at 72s == 1\n"
                   "  - client.icn_p2p_active_connections at 72200ms == 0\n"));
}

// From 6 s nobody waits; the last byte arrived at 1.01 s.
TEST_P(streams, a_request_that_gave_up_waits_no_more) {
  auto late = slow_request;
  late.insert(late.find("reply"), "deadline: 5s, ");
  check(idle_after("10s", "1h", late,
                   "  - client.requests_failed == 1\n"
                   "  - server.icn_p2p_active_connections at 11s == 1\n"
                   "  - server.icn_p2p_active_connections at 11200ms == 0\n"));
}

TEST_P(streams, a_request_fails_with_its_connection_although_another_remains) {
  const auto r = run_on(
      parse_scenario(crowd("  - dial: {from: clients, to: server, hold: 10s}\n"
                           "  - dial: {from: clients, to: server, at: 1s, mode: additional}\n"
                           "  - request: {from: clients, to: server, at: 5s, deadline: 60s, "
                           "size: 100B, reply: {size: 100B, think: 20s}}\n"
                           "  - request: {from: clients, to: server, at: 20s, size: 100B, reply: "
                           "{size: 100B}}\n",
                           1) +
                         "expectations:\n"
                         "  - server.established == 2\n"
                         "  - clients.requests_failed at 10s == 0\n"
                         "  - clients.requests_failed at 10200ms == 1\n"
                         "  - clients.requests_answered == 1\n"
                         "  - always clients.requests_failed == 0\n",
                     "f"),
      GetParam());
  for (std::size_t i = 0; i < 4; ++i) EXPECT_TRUE(r.checks[i].ok()) << failures_of(r);
  EXPECT_THAT(r.checks[4].why, testing::HasSubstr("clients[0]: connection_closed"));
}

// Two messages are no request: nobody can know that the second answers the first.
TEST_P(streams, messages_alone_await_nothing) {
  check(idle_after("10s", "10s",
                   "  - send: {from: client, to: server, at: 1s, size: 100B}\n"
                   "  - send: {from: server, to: client, at: 41s, size: 1000B}\n",
                   "  - client.icn_p2p_active_connections at 11s == 1\n"
                   "  - client.icn_p2p_active_connections at 11200ms == 0\n"
                   "  - server.sends_without_connection == 1\n"));
}

TEST_P(streams, a_stream_that_is_held_is_use) {
  check(idle_after("10s", "1h", "  - stream: {from: client, to: server, at: 1s, hold: 40s}\n",
                   "  - client.streams_finished at 40900ms == 0\n"
                   "  - client.streams_finished at 41s == 1\n"
                   "  - client.stream_time == 40s\n"
                   "  - server.messages_received == 0\n"
                   "  - server.icn_p2p_active_connections at 41s == 1\n"
                   "  - server.icn_p2p_active_connections at 42s == 0\n"));
}

// 80 kbit/s are a message of 1000 bytes each 100 ms, the first at once.
TEST_P(streams, a_rate_is_kept_while_a_stream_is_held) {
  check(idle_after("10s", "10s",
                   "  - stream: {from: client, to: server, at: 1s, hold: 10s, rate: 80kbit/s}\n",
                   "  - client.sends at 1s == 1\n"
                   "  - client.sends in [100, 101]\n"
                   "  - server.messages_received at 6050ms in [50, 51]\n"
                   "  - server.messages_received in [100, 101]\n"));
}

// 10 MB at 10 Mbit/s take 8 s and what frames them. With one piece of 16 KiB on its way at a time
// each of 611 takes 13.1 ms to send and 20 ms to arrive: 20.2 s.
TEST_P(streams, a_transfer_goes_as_fast_as_line_and_bound_let_it) {
  const auto transfer = [](const std::string& in_flight) {
    return "scenario: s\nduration: 1m\nlinks: {default: {latency: 20ms, bandwidth: 10Mbit/s}}\n"
           "groups: {server: {listen: true}, client: {}}\nworkload:\n"
           "  - dial: {from: client, to: server}\n"
           "  - stream: {from: client, to: server, at: 1s, size: 10MB, in_flight: " +
           in_flight + "}\nexpectations:\n  - client.streams_finished == 1\n";
  };
  check(transfer("512KiB") + "  - client.stream_time >= 8s\n  - client.stream_time <= 8500ms\n");
  check(transfer("25kB") + "  - client.stream_time >= 20s\n  - client.stream_time <= 22s\n");
}

// Several of 960 KiB on their way do not fit into the backlog of 1 MiB, nor one into the 40 KiB of
// a connection of 80 KiB that may not borrow: a piece that is refused is sent once there is room,
// and the line of 10 Mbit/s is full until the last.
TEST_P(streams, that_fill_the_backlog_of_their_connection_wait_for_room) {
  const auto together = [](int streams, const std::string& in_flight,
                           const std::string& client = "") {
    std::string text =
        "scenario: s\nduration: 1m\nlinks: {default: {latency: 10ms, bandwidth: 10Mbit/s}}\n"
        "groups: {server: {listen: true}, client: {" +
        client + "}}\nworkload:\n  - dial: {from: client, to: server}\n";
    for (int i = 0; i < streams; ++i)
      text += "  - stream: {from: client, to: server, at: 1s, size: 4MB, in_flight: " + in_flight +
              "}\n";
    const auto all = std::to_string(streams);
    const auto least = std::to_string(3200 * streams);
    return text + "expectations:\n  - client.streams == " + all +
           "\n  - client.streams_finished == " + all +
           "\n  - client.streams_failed == 0\n  - client.sends_refused > 0\n" +
           "  - client.stream_time.max >= " + least + "ms\n  - client.stream_time.max <= 1.1 * " +
           least + "ms\n";
  };
  check(together(2, "960KiB"));
  check(together(3, "960KiB"));
  check(together(4, "400KiB"));
  if (GetParam() != "message")
    check(together(1, "960KiB", "buffers_max: 0, manager: {connection_memory: 80KiB}"));
}

TEST_P(streams, that_are_lost_or_find_no_connection_are_counted) {
  check(crowd("  - stream: {from: clients, to: server, at: 10s, hold: 5s}\n"
              "  - dial: {from: clients, to: server, at: 20s}\n"
              "  - stream: {from: clients, to: server, at: 30s, size: 1GB}\n"
              "  - kill: {nodes: server, at: 31s}\n") +
        "expectations:\n  - clients.streams == 8\n  - clients.streams_failed at 10s == 4\n"
        "  - clients.streams_failed at 30999ms == 4\n  - clients.streams_failed == 8\n");
}

// Opened after 3 s of thought, held for 2 s, and so on.
TEST_P(streams, come_again_once_their_nodes_thought) {
  check(crowd("  - dial: {from: clients, to: server}\n"
              "  - stream: {from: clients, to: server, arrivals: {think: 3s}, hold: 2s}\n") +
        "expectations:\n  - clients.streams_finished == 80\n  - clients.streams == 80\n");
}

INSTANTIATE_TEST_SUITE_P(of, streams, testing::ValuesIn(virtual_levels()),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace tandem::scenarios
