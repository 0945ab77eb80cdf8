// SPDX-License-Identifier: MIT
#include "tandem/sim/tcp_profile.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace {

using namespace std::chrono_literals;
using tandem::duration;
using namespace tandem::sim;

struct known {
  std::string name;
  std::vector<duration> syn_at;
  duration gives_up_at;
};

TEST(tcp_profile, sends_its_syns_when_the_kernels_do) {
  const std::vector<known> all = {
      {"linux-legacy", {0s, 1s, 3s, 7s, 15s, 31s, 63s}, 127s},
      {"linux-6.5", {0s, 1s, 2s, 3s, 4s, 5s, 7s, 11s, 19s, 35s, 67s}, 131s},
      {"macos", {0s, 1s, 2s, 3s, 4s, 5s, 7s, 11s, 19s, 35s, 67s}, 75s},
      {"windows", {0s, 3s, 9s}, 21s},
      {"ns3-default", {0s, 3s, 9s, 21s, 45s, 93s}, 189s}};
  ASSERT_EQ(tcp_profiles().size(), all.size());
  for (const known& each : all) {
    const tcp_profile* found = tcp_profile_named(each.name);
    ASSERT_TRUE(found) << each.name;
    EXPECT_EQ(found->syn_at, each.syn_at) << each.name;
    EXPECT_EQ(found->gives_up_at, each.gives_up_at) << each.name;
  }
}

TEST(tcp_profile, is_found_by_name) {
  EXPECT_EQ(tcp_profile_named("linux-legacy"), &linux_legacy());
  EXPECT_EQ(tcp_profile_named("ns3-default"), &ns3_default());
  EXPECT_EQ(tcp_profile_named("linux"), nullptr);
}

TEST(tcp_profile, makes_a_schedule_of_the_sysctls_of_linux) {
  tcp_profile own;
  set_schedule(own, {.initial_rto = 500ms, .retries = 2, .linear_timeouts = 1});
  EXPECT_EQ(own.syn_at, (std::vector<duration>{0s, 500ms, 1s, 2s}));
  EXPECT_EQ(own.gives_up_at, 4s);
  set_schedule(own, {.initial_rto = 1s, .retries = 0});
  EXPECT_EQ(own.syn_at, std::vector<duration>{0s});
  EXPECT_EQ(own.gives_up_at, 1s);
}

}  // namespace
