// SPDX-License-Identifier: MIT
#include "tandem/sim/tcp_profile.hpp"

#include <gtest/gtest.h>

namespace {

using namespace std::chrono_literals;
using tandem::duration;
using namespace tandem::sim;

// A SYN, and after each one a wait that doubles: `ns3_connect_count` waits in all.
void expect_doubling(const tcp_profile& p) {
  ASSERT_EQ(p.syn_at.size(), p.ns3_connect_count);
  duration at{}, wait = p.ns3_connect_timeout;
  for (const duration syn : p.syn_at) {
    EXPECT_EQ(syn, at);
    at += wait;
    wait *= 2;
  }
  EXPECT_EQ(p.gives_up_at, at);
}

TEST(tcp_profile, doubles_the_wait_after_every_syn) {
  for (const tcp_profile& p : tcp_profiles()) expect_doubling(p);
}

TEST(tcp_profile, gives_up_when_the_kernels_do) {
  EXPECT_EQ(linux_legacy().gives_up_at, 127s);
  EXPECT_EQ(ns3_default().gives_up_at, 189s);
}

TEST(tcp_profile, is_found_by_name) {
  EXPECT_EQ(tcp_profile_named("linux-legacy"), &linux_legacy());
  EXPECT_EQ(tcp_profile_named("ns3-default"), &ns3_default());
  EXPECT_EQ(tcp_profile_named("linux"), nullptr);
}

}  // namespace
