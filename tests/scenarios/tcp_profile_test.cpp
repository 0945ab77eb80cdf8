// SPDX-License-Identifier: MIT
#include "tandem/scenarios/level_settings.hpp"
#include "tandem/scenarios/read.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace {

using namespace std::chrono_literals;
using namespace tandem;

const std::string good = "scenario: s\nduration: 10s\ngroups: {server: {listen: true}}\n";

TEST(tcp_profile, can_be_written_in_the_file) {
  const auto tcp = [](const std::string& text) {
    return scenarios::parse_scenario(good + "tcp: " + text + "\n", "f.yaml").tcp;
  };
  EXPECT_EQ(tcp("linux-6.5"), *sim::tcp_profile_named("linux-6.5"));
  EXPECT_EQ(tcp("{}"), sim::linux_legacy());
  const auto fewer = tcp("{profile: linux-6.5, syn_retries: 1, rto_min: 50ms}");
  EXPECT_EQ(fewer.syn_at, (std::vector<duration>{0s, 1s, 2s, 3s, 4s, 5s}));
  EXPECT_EQ(fewer.gives_up_at, 7s);
  EXPECT_EQ(fewer.rto_min, 50ms);
  const auto own = tcp("{syn_at: [0s, 1s, 5s], gives_up_at: 8s}");
  EXPECT_EQ(own.syn_at, (std::vector<duration>{0s, 1s, 5s}));
  EXPECT_EQ(own.gives_up_at, 8s);
  EXPECT_EQ(tcp("{profile: macos, gives_up_at: 70s}").gives_up_at, 70s);
  EXPECT_EQ(tcp("{profile: macos, congestion: new_reno}").congestion, "new_reno");
}

TEST(congestion_control, that_is_not_cubic_is_for_packets_alone) {
  const auto refused = [](const std::string& control, const std::string& level) {
    const auto what =
        scenarios::parse_scenario(good + "tcp: {congestion: " + control + "}\n", "f.yaml");
    return scenarios::refused_at(level, what);
  };
  for (const std::string level : {"message", "stream"}) {
    EXPECT_EQ(refused("bbr", level),
              std::vector{"f.yaml:4:19: level " + level +
                          " cannot honour `tcp.congestion`: its TCP has Cubic alone; remove it or "
                          "choose level packet"});
    EXPECT_TRUE(refused("cubic", level).empty());
  }
  EXPECT_TRUE(refused("bbr", "packet").empty());
  EXPECT_FALSE(refused("cubic", "loopback").empty());
}

}  // namespace
