// SPDX-License-Identifier: MIT
// What queues between routers do, as numbers of the group whose packets they are.
#include "work_support.hpp"

#include <gmock/gmock.h>

namespace tandem::scenarios {
namespace {

scenario transfer_over(const std::string& queue, const std::string& expectations) {
  return parse_scenario(
      "scenario: s\nduration: 60s\nnetwork:\n  topology: dumbbell\n"
      "  bottleneck: {bandwidth: 4Mbit/s, latency: 20ms, queue: {" +
          queue +
          ": 30000B}}\n"
          "groups:\n  sender: {router: left}\n  server: {listen: true, router: right}\n"
          "workload:\n  - dial: {from: sender, to: server}\n"
          "  - stream: {from: sender, to: server, at: 1s, size: 5MB}\n"
          "expectations:\n" +
          expectations,
      "f.yaml");
}

TEST(queue_numbers, are_refused_where_there_are_no_packets) {
  const auto what = transfer_over("fifo", "  - sender.queue_drops >= 3\n");
  for (const std::string level : {"message", "stream"})
    EXPECT_THAT(level_named(test_levels(), level).refuse(what),
                testing::Contains(testing::StartsWith("f.yaml:13:5: level " + level +
                                                      " does not know `queue_drops`; remove it")));
}

#ifdef TANDEM_NS3

/// A kind of queue, and what it drops before it is full.
struct dropping {
  const char* kind;
  const char* early;

  friend std::ostream& operator<<(std::ostream& out, const dropping& d) { return out << d.kind; }
};

class queue_numbers_of : public testing::TestWithParam<dropping> {};

// 30000 bytes are 20 packets of 1500, 19 of 1502 with PPP.
TEST_P(queue_numbers_of, who_sent_the_packets_that_wait_or_are_dropped) {
  const auto r =
      run_on(transfer_over(GetParam().kind, std::string("  - sender.streams_finished == 1\n"
                                                        "  - sender.queue_drops in [3, 300]\n"
                                                        "  - sender.queue_drops_early ") +
                                                GetParam().early +
                                                "\n"
                                                "  - sender.queued_packets.max in [10, 20]\n"
                                                "  - sender.queued_bytes.max in [15000, 30000]\n"
                                                "  - sender.queued_packets == 0\n"
                                                "  - sender.queued_bytes == 0\n"),
             "packet");
  EXPECT_TRUE(r.ok) << failures_of(r);
}

INSTANTIATE_TEST_SUITE_P(of_each_kind, queue_numbers_of,
                         testing::Values(dropping{"fifo", "== 0"}, dropping{"red", ">= 1"},
                                         dropping{"codel", ">= 1"}, dropping{"fq_codel", ">= 1"}));

#endif

}  // namespace
}  // namespace tandem::scenarios
