// SPDX-License-Identifier: MIT
// Groups whose connections are secured, over modelled streams and over ns-3.
#include "work_support.hpp"

#include <gmock/gmock.h>

namespace tandem::scenarios {
namespace {

/// Four clients send one message each through a lossy line of 600 ms.
std::string secured(const std::string& server, const std::string& clients,
                    const std::string& expected) {
  return "scenario: s\nduration: 60s\ngroups:\n  server: {listen: true, security: " + server +
         "}\n  clients: {count: 4, security: " + clients +
         "}\nlinks: {default: {latency: 300ms, loss: 2%}}\nworkload:\n"
         "  - dial: {from: clients, to: server}\n"
         "  - send: {from: clients, to: server, at: 20s, bytes: 20kB}\nexpectations:\n" +
         expected;
}

class security_of_groups : public testing::TestWithParam<std::string> {};

TEST_P(security_of_groups, carries_the_work_over_a_slow_and_lossy_line) {
  for (const char* kind : {"tls", "noise"}) {
    SCOPED_TRACE(kind);
    const auto text = secured(kind, kind,
                              "  - server.active.max == 4\n"
                              "  - clients.failed == 0\n"
                              "  - server.application_bytes >= 80000\n");
    const auto first = run_of(text, GetParam());
    EXPECT_EQ(first.trace_hash, run_of(text, GetParam()).trace_hash);
  }
}

TEST_P(security_of_groups, costs_the_bytes_of_its_handshake_and_records) {
  const auto received = [&](const std::string& kind, int least, int most) {
    run_of(secured(kind, kind,
                   "  - server.bytes_received >= " + std::to_string(80'000 + least) +
                       "\n  - server.bytes_received <= " + std::to_string(80'000 + most) + "\n"),
           GetParam());
  };
  received("plaintext", 500, 2'000);
  received("noise", 1'500, 4'000);
  received("tls", 2'500, 6'000);
}

TEST_P(security_of_groups, without_one_in_common_fails_at_both_ends) {
  run_of(secured("noise", "[tls, plaintext]",
                 "  - server.active.max == 0\n"
                 "  - clients.handshake_failed.HandshakeFailed >= 4\n"
                 "  - server.failed >= 4\n"),
         GetParam());
}

INSTANTIATE_TEST_SUITE_P(levels, security_of_groups, testing::ValuesIn([] {
                           auto names = virtual_levels();
                           std::erase(names, "message");
                           return names;
                         }()),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace tandem::scenarios
