// SPDX-License-Identifier: MIT
// A home line that is busy for minutes: everybody is healthy and reads, so nobody is closed as
// dead, however slow the line is and however many share it. A peer whose transfer finds no room in
// the queue for half a minute may find its connection idle, as it cannot know that something is
// coming.
#include "work_support.hpp"

#include <ostream>
#include <tuple>

namespace tandem::scenarios {
namespace {

struct line {
  int peers;
  const char* is;

  friend std::ostream& operator<<(std::ostream& out, const line& l) {
    return out << l.peers << " peers, " << l.is;
  }
};

scenario busy(const line& of) {
  const std::string peers = std::to_string(of.peers);
  return parse_scenario(
      "scenario: busy\nduration: 30m\nsample_every: 1m\n"
      "groups: {home: {listen: true}, peers: {count: " +
          peers +
          "}}\n"
          "links:\n  default: {latency: 30ms}\n  between:\n"
          "    - {groups: [home, peers], " +
          of.is +
          "}\n"
          "workload:\n"
          "  - dial: {from: peers, to: home, arrivals: {every: 50ms}}\n"
          "  - send: {from: home, to: peers, pick: all, at: 10s, size: 1048568}\n"
          "expectations:\n"
          "  - home.icn_p2p_connections_established_total == " +
          peers +
          "\n  - home.closed.LivenessLost == 0\n"
          "  - peers.closed.LivenessLost == 0\n"
          "  - peers.messages_received >= " +
          peers + " / 2\n",
      "busy.yaml");
}

class shared_line : public testing::TestWithParam<std::tuple<line, std::string>> {};

TEST_P(shared_line, closes_nobody_as_dead) {
  const auto& [of, level] = GetParam();
  const auto result = run_on(busy(of), level);
  EXPECT_TRUE(result.ok) << failures_of(result);
}

/// Those where bytes, not messages, wait for a line.
std::vector<std::string> levels_with_bytes() {
  auto levels = virtual_levels();
  std::erase(levels, "message");
  return levels;
}

INSTANTIATE_TEST_SUITE_P(of_a_home, shared_line,
                         testing::Combine(testing::Values(line{20, "bandwidth: 1Mbit/s"},
                                                          line{20, "bandwidth: 500kbit/s"},
                                                          line{40, "bandwidth: 1Mbit/s"},
                                                          line{10, "bandwidth: 256kbit/s"},
                                                          line{20, "bandwidth: 1Mbit/s, loss: 1%"}),
                                          testing::ValuesIn(levels_with_bytes())));

}  // namespace
}  // namespace tandem::scenarios
