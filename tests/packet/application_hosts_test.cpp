// SPDX-License-Identifier: GPL-2.0-only
// Several applications on one host, and hosts of several addresses.
#include "pair_of_applications.hpp"

#include <gmock/gmock.h>
#include <ns3/integer.h>
#include <ns3/uinteger.h>

#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

namespace tandem::packet {
namespace {

using ns3::Seconds;
using ns3::Simulator;
using ns3::UintegerValue;
using node = ns3::TandemNode;

/// Peers whose connections an application hears of.
std::vector<std::string> connected_to(const ns3::Ptr<node>& application,
                                      const std::function<void()>& simulate) {
  std::vector<std::string> peers;
  application->TraceConnectWithoutContext(
      "ConnectionEstablished",
      ns3::Callback<void, const std::string&, const std::string&>(
          [&](const std::string& peer, const std::string&) { peers.push_back(peer); }));
  simulate();
  return peers;
}

TEST(applications_of_one_host, are_peers_of_their_own) {
  pair_of_applications two(true, false);
  const auto alone = two.server->GetPeerId();
  ns3::TandemNodeHelper helper;
  helper.SetAttribute("Port", UintegerValue(4002));
  const auto second = helper.Install(two.hosts.Get(1));
  EXPECT_EQ(two.server->GetPeerId(), alone);
  EXPECT_NE(second->GetPeerId(), alone);
  Simulator::Schedule(Seconds(1), &node::Dial, two.dialer, two.server);
  Simulator::Schedule(Seconds(1), &node::Dial, two.dialer, second);
  Simulator::Schedule(Seconds(2), &node::Dial, second, two.server);
  const auto peers = connected_to(second, [] {
    Simulator::Stop(Seconds(3));
    Simulator::Run();
  });
  EXPECT_THAT(peers, testing::ElementsAre(two.dialer->GetPeerId(), alone));
}

TEST(applications_of_one_host, cannot_listen_on_one_port) {
  pair_of_applications two(true, false);
  ns3::TandemNodeHelper().Install(two.hosts.Get(1));
  Simulator::Stop(Seconds(1));
  try {
    Simulator::Run();
    FAIL() << "both listen";
  } catch (const std::runtime_error& problem) {
    EXPECT_THAT(problem.what(), testing::HasSubstr("cannot listen on 0.0.0.0:4001"));
  }
}

TEST(application_without_a_host, has_the_identity_that_its_index_names_or_says_what_is_missing) {
  const auto lonely = ns3::CreateObject<node>();
  EXPECT_THROW(lonely->GetPeerId(), std::logic_error);
  lonely->SetAttribute("NodeIndex", ns3::IntegerValue(1));
  EXPECT_EQ(lonely->GetPeerId(), pair_of_applications(true, false).server->GetPeerId());
}

}  // namespace
}  // namespace tandem::packet
