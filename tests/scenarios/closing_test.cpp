// SPDX-License-Identifier: MIT
// Connections that end orderly lose nothing: what one end sent the other received, whoever closes
// and however long a round trip is.
#include "run_support.hpp"

#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <tuple>

namespace tandem::scenarios {
namespace {

struct closer {
  const char* name;
  const char* server;  ///< its connection_timeout
  const char* dialers;
  const char* cause;      ///< at the dialers
  const char* dial = "";  ///< more of it
  const char* work = "";
  const char* told = "IdleTimeout";  ///< the server's cause
};

void PrintTo(const closer& who, std::ostream* out) { *out << who.name; }

const closer both{"both_ends", "2s", "2s", "IdleTimeout"};
const closer listener{"the_listener", "2s", "1h", "IdleTimeout"};
const closer dialer{"the_dialer", "1h", "2s", "IdleTimeout"};
// What is said until the other end hears of the close is on its way then.
const closer talked_to{"one_who_is_being_talked_to",
                       "1h",
                       "1h",
                       "Requested",
                       ", hold: 30s",
                       "  - send: {from: server, to: dialers, every: 1s, bytes: 1000}\n",
                       "RemoteClosed"};

std::string text_of(const closer& who, const std::string& latency, const std::string& loss) {
  const auto group = [](const char* timeout) {
    return std::string(
               "manager: {idle_jitter: 0, handshake_timeout: 1m, "
               "connection_timeout: ") +
           timeout + "}}\n";
  };
  return "scenario: closing\nduration: 300s\nsample_every: 100s\ngroups:\n  server: {listen: "
         "true, " +
         group(who.server) + "  dialers: {listen: true, count: 20, " + group(who.dialers) +
         "links: {default: {latency: " + latency + ", loss: " + loss +
         "}}\nworkload:\n  - dial: {from: dialers, to: server, arrivals: {every: 100ms}" +
         who.dial + "}\n" + who.work + "expectations:\n  - dialers.closed." + who.cause +
         " == 20\n  - server.closed." + who.told + " == 20\n";
}

double last_of(const run_result& r, const std::string& group, const std::string& metric) {
  for (const auto& each : r.groups)
    if (each.name == group)
      for (const auto& [name, number] : each.metrics)
        if (name == metric) return number.last;
  ADD_FAILURE() << "no " << group << "." << metric;
  return 0;
}

using path = std::tuple<std::string, closer, const char*, const char*>;
class closing : public testing::TestWithParam<path> {};

TEST_P(closing, loses_no_byte) {
  const auto& [level, who, latency, loss] = GetParam();
  const auto r = run_on(parse_scenario(text_of(who, latency, loss), "closing.yaml"), level);
  EXPECT_TRUE(r.ok) << failures_of(r);
  for (const auto& [from, to] : {std::pair("dialers", "server"), std::pair("server", "dialers")})
    EXPECT_EQ(last_of(r, from, "icn_p2p_bytes_sent_total"),
              last_of(r, to, "icn_p2p_bytes_received_total"))
        << "from " << from;
}

std::string name_of(const testing::TestParamInfo<path>& info) {
  const auto& [level, who, latency, loss] = info.param;
  return level + "_" + who.name + "_" + latency + (std::string(loss) == "0" ? "" : "_lossy");
}

INSTANTIATE_TEST_SUITE_P(by, closing,
                         testing::Combine(testing::ValuesIn(virtual_levels()),
                                          testing::Values(both, listener, dialer, talked_to),
                                          testing::Values("1ms", "20ms", "200ms", "500ms", "1s",
                                                          "2500ms"),
                                          testing::Values("0", "0.01")),
                         name_of);

class refusing : public testing::TestWithParam<std::tuple<std::string, const char*>> {};

// A reason that was lost is sent again before the connection is given up.
TEST_P(refusing, is_heard_by_everybody) {
  const auto& [level, latency] = GetParam();
  const auto r = run_on(
      parse_scenario(
          "scenario: refusing\nduration: 200s\nsample_every: 100s\ngroups:\n  server: {listen: "
          "true, manager: {max_connections: 5, handshake_timeout: 1m}}\n  dialers: {count: 60, "
          "manager: {handshake_timeout: 1m, attempt_timeout: 1m, dial_timeout: 3m}}\nlinks: "
          "{default: {loss: 0.03, latency: " +
              std::string(latency) +
              "}}\nworkload:\n  - dial: {from: dialers, to: server, arrivals: {every: "
              "100ms}}\nexpectations:\n  - dialers.told.LimitReached == 55\n  - "
              "dialers.dial_failed.LimitReached == 55\n",
          "refusing.yaml"),
      level);
  EXPECT_TRUE(r.ok) << failures_of(r);
}

INSTANTIATE_TEST_SUITE_P(
    by, refusing,
    testing::Combine(testing::ValuesIn(virtual_levels()),
                     testing::Values("20ms", "250ms", "500ms", "1s", "2500ms")),
    [](const auto& info) { return std::get<0>(info.param) + "_" + std::get<1>(info.param); });

}  // namespace
}  // namespace tandem::scenarios
