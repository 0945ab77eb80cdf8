// SPDX-License-Identifier: MIT
// A home line that is busy for minutes: everybody is healthy and reads, so nobody is closed as
// dead, however slow the line is and however many share it, and each gets all that it was sent. But
// of 40 at stream: they have two segments each in the queue, a timeout follows the other (Chen et
// al., "TCP Behavior in Sub-Packet Regimes", SIGMETRICS 2011), and who hears nothing for half a
// minute finds its connection idle, as it cannot know that something is coming. At packet nobody
// waits so long, since all send most of what they send twice (levels.md).
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

scenario busy(const line& of, const std::string& level) {
  const std::string peers = std::to_string(of.peers);
  const bool some_starve = level == "stream" && of.peers == 40;
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
          peers + (some_starve ? " / 2\n" : "\n"),
      "busy.yaml");
}

class shared_line : public testing::TestWithParam<std::tuple<line, std::string>> {};

TEST_P(shared_line, closes_nobody_as_dead) {
  const auto& [of, level] = GetParam();
  const auto result = run_on(busy(of, level), level);
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

// What waits for a line that four transfers fill is as long as its queue, in time or in bytes: so
// long an answer takes beside them, and 20 ms. 64 KiB are 262 ms of 2 Mbit/s.
class full_line : public testing::TestWithParam<std::string> {};

TEST_P(full_line, delays_by_its_queue) {
  for (const auto& [queue, ms] : {std::pair("400ms", 400), std::pair("64KiB", 262)}) {
    const auto result = run_on(
        parse_scenario(
            std::string("scenario: full\nduration: 65s\ngroups:\n"
                        "  home: {listen: true, link: {up: 2Mbit/s, down: 100Mbit/s, queue: ") +
                queue +
                "}, manager: {connection_timeout: 1h}}\n"
                "  peers: {count: 4, manager: {connection_timeout: 1h}}\n  asks: {}\n"
                "links: {default: {latency: 10ms}}\nworkload:\n"
                "  - dial: {from: peers, to: home}\n  - dial: {from: asks, to: home}\n"
                "  - stream: {from: home, to: peers, pick: all, at: 1s, size: 1GB}\n"
                "  - request: {from: asks, to: home, at: 10s, until: 60s, arrivals: {every: "
                "430ms}, size: 100B, reply: {size: 100B}}\n"
                "expectations:\n  - asks.request_time.p50 ~= " +
                std::to_string(ms) + "ms +- 15%\n",
            "full.yaml"),
        GetParam());
    EXPECT_TRUE(result.ok) << queue << '\n' << failures_of(result);
  }
}

INSTANTIATE_TEST_SUITE_P(of_a_home, full_line, testing::ValuesIn(virtual_levels()));

}  // namespace
}  // namespace tandem::scenarios
