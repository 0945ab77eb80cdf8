// SPDX-License-Identifier: GPL-2.0-only
// What the seed of an application decides.
#include "pair_of_applications.hpp"
#include "tandem/net/node.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <ns3/config.h>
#include <ns3/csma-helper.h>
#include <ns3/internet-stack-helper.h>
#include <ns3/ipv4-address-helper.h>
#include <ns3/node-container.h>
#include <ns3/rng-seed-manager.h>
#include <ns3/simulator.h>
#include <ns3/uinteger.h>

#include <algorithm>
#include <optional>
#include <set>
#include <vector>

namespace tandem::packet {
namespace {

/// What four nodes of one seed, 0 to 3, draw when they cannot reach a fifth: how long each leaves
/// it alone, in order.
std::vector<duration> backoffs(std::uint64_t seed) {
  ns3::NodeContainer hosts(5);
  ns3::InternetStackHelper().Install(hosts);
  ns3::Ipv4AddressHelper("10.1.0.0", "255.255.255.0").Assign(ns3::CsmaHelper().Install(hosts));
  ns3::TandemNodeHelper helper;
  helper.SetAttribute("Seed", ns3::UintegerValue(seed));
  const auto dead = helper.Install(hosts.Get(4));
  dead->SetStartTime(ns3::Seconds(100));
  std::vector<ns3::Ptr<ns3::TandemNode>> dialers;
  for (std::uint32_t i = 0; i < 4; ++i) {
    dialers.push_back(helper.Install(hosts.Get(i)));
    ns3::Simulator::Schedule(ns3::Seconds(1), &ns3::TandemNode::Dial, dialers.back(), dead);
  }
  ns3::Simulator::Stop(ns3::Seconds(2));
  ns3::Simulator::Run();
  std::vector<duration> drawn;
  for (const auto& dialer : dialers) {
    const auto& manager = dialer->GetTandemNode()->manager();
    const auto told = manager.explain(identity::of_node(seed, 4).id(), time_point{});
    EXPECT_EQ(told.failures, 1u);
    drawn.push_back(told.next_dial - told.last.value().at);
  }
  ns3::Simulator::Destroy();
  std::sort(drawn.begin(), drawn.end());
  return drawn;
}

TEST(application_seed, gives_the_same_draws_again) { EXPECT_EQ(backoffs(2), backoffs(2)); }

TEST(application_seed, gives_other_draws_to_each_node_and_none_of_them_to_another_seed) {
  const auto two = backoffs(2), three = backoffs(3);
  auto all = two;
  all.insert(all.end(), three.begin(), three.end());
  EXPECT_THAT(std::set<duration>(all.begin(), all.end()), testing::SizeIs(8))
      << "draws of one node are another's, of this seed or the next";
}

/// When each of ten messages of 1 MB, one a second, arrives over 10 Mbit/s with BBR, in
/// nanoseconds. `neighbour`: the seed of a further node on each host, which does nothing.
std::vector<std::int64_t> arrivals_with_bbr(std::uint64_t seed,
                                            std::optional<std::uint64_t> neighbour = {}) {
  constexpr std::size_t messages = 10, size = 1'000'000;
  ns3::Config::SetDefault("ns3::TandemTcpSocketFactory::CongestionControl",
                          ns3::StringValue("ns3::TcpBbr"));
  ns3::Config::SetDefault("ns3::TandemNode::Seed", ns3::UintegerValue(seed));
  pair_of_applications two(true, false);
  ns3::Config::Set("/NodeList/*/DeviceList/*/$ns3::PointToPointNetDevice/DataRate",
                   ns3::StringValue("10Mbps"));
  if (neighbour) {
    ns3::TandemNodeHelper further;
    further.SetAttribute("Seed", ns3::UintegerValue(*neighbour));
    further.SetAttribute("Port", ns3::UintegerValue(4002));
    further.Install(two.hosts);
  }
  std::vector<std::int64_t> arrived;
  two.server->TraceConnectWithoutContext(
      "Message", ns3::Callback<void, const std::string&, const std::string&>(
                     [&](const std::string&, const std::string&) {
                       arrived.push_back(ns3::Simulator::Now().GetNanoSeconds());
                     }));
  using node = ns3::TandemNode;
  ns3::Simulator::Schedule(ns3::Seconds(1), &node::Dial, two.dialer, two.server);
  for (std::size_t i = 0; i < messages; ++i)
    ns3::Simulator::Schedule(ns3::Seconds(2.0 + i), &node::Send, two.dialer, two.server,
                             std::string(size, 'x'));
  ns3::Simulator::Stop(ns3::Seconds(13));
  ns3::Simulator::Run();
  EXPECT_EQ(arrived.size(), messages);
  ns3::Config::Reset();
  return arrived;
}

// It draws one of few gains to begin with: two seeds may draw the same.
TEST(application_seed, decides_what_bbr_draws) {
  const auto first = arrivals_with_bbr(1);
  EXPECT_EQ(first, arrivals_with_bbr(1));
  std::set<std::vector<std::int64_t>> all{first};
  for (const std::uint64_t seed : {2, 3, 4}) all.insert(arrivals_with_bbr(seed));
  EXPECT_GE(all.size(), 2u);
}

TEST(application_seed, decides_what_bbr_draws_whatever_else_is_on_the_host) {
  const auto alone = arrivals_with_bbr(1);
  for (const std::uint64_t other : {2, 3, 4}) EXPECT_EQ(arrivals_with_bbr(1, other), alone);
}

// RED and others draw from ns-3's streams, which are of these two and of how many there are.
TEST(application_seed, of_ns3_and_its_run_are_as_they_were_after_sockets_were_checked) {
  using ns3::RngSeedManager;
  RngSeedManager::SetSeed(5);
  RngSeedManager::SetRun(7);
  const auto next = RngSeedManager::GetNextStreamIndex();
  ns3::TandemNodeHelper::CheckSockets();
  EXPECT_EQ(RngSeedManager::GetSeed(), 5u);
  EXPECT_EQ(RngSeedManager::GetRun(), 7u);
  EXPECT_EQ(RngSeedManager::GetNextStreamIndex(), next + 1);
  RngSeedManager::SetSeed(1);
  RngSeedManager::SetRun(1);
}

}  // namespace
}  // namespace tandem::packet
