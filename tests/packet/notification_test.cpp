// SPDX-License-Identifier: GPL-2.0-only
// Trace source Notification: what a node tells, whole.
#include "pair_of_applications.hpp"

#include <gmock/gmock.h>
#include <ns3/config.h>
#include <ns3/inet-socket-address.h>
#include <ns3/integer.h>
#include <ns3/uinteger.h>

namespace tandem::packet {
namespace {

struct noted {
  std::string path;
  ns3::Time at;
  ns3::TandemNotification what;
};
std::vector<noted> notes;
void note(std::string path, const ns3::TandemNotification& what) {
  notes.push_back({std::move(path), ns3::Simulator::Now(), what});
}
const char* const everybody = "/NodeList/*/ApplicationList/*/$ns3::TandemNode/Notification";

/// A server that admits one connection, its dialer, and a third node beside the dialer.
struct crowded : pair_of_applications {
  crowded() : pair_of_applications(true, false), third(ns3::CreateObject<ns3::TandemNode>()) {
    notes.clear();
    for (const char* limit : {"MaxConnections", "MaxInboundConnections", "MaxConnectionsPerPeer"})
      server->SetAttribute(limit, ns3::UintegerValue(1));
    third->SetAttribute("NodeIndex", ns3::IntegerValue(77));
    third->SetAttribute("Port", ns3::UintegerValue(0));
    hosts.Get(0)->AddApplication(third);
    ns3::Simulator::Schedule(ns3::Seconds(3), &ns3::TandemNode::Dial, dialer, server);
    ns3::Simulator::Schedule(ns3::Seconds(4), &ns3::TandemNode::Dial, third, server);
  }
  void run(double seconds) {
    ns3::Simulator::Stop(ns3::Seconds(seconds));
    ns3::Simulator::Run();
  }
  /// The only one of a kind, at the end of this path.
  static noted only(const std::string& node, const std::string& kind) {
    std::vector<noted> found;
    for (const noted& n : notes)
      if (n.what.kind == kind && n.path.find(node) == 0) found.push_back(n);
    EXPECT_EQ(found.size(), 1U) << node << kind;
    return found.empty() ? noted{} : found.front();
  }
  ns3::Ptr<ns3::TandemNode> third;
};

TEST(notification, has_the_numbers_of_a_refusal_at_both_ends) {
  crowded net;
  ns3::Config::Connect(everybody, ns3::MakeCallback(&note));
  net.run(5);
  const auto refused = net.only("/NodeList/1/ApplicationList/0/", "InboundRefused");
  EXPECT_EQ(refused.what.cause, "LimitReached");
  EXPECT_EQ(refused.what.text, "LimitReached{limit: 1, current: 1}");
  EXPECT_EQ(refused.what.peer, net.third->GetPeerId());
  EXPECT_TRUE(refused.what.inbound);
  EXPECT_EQ(refused.what.current, 1U);
  EXPECT_EQ(refused.what.limit, 1U);
  EXPECT_NE(refused.what.connection, 0U);
  ASSERT_TRUE(ns3::InetSocketAddress::IsMatchingType(refused.what.where));
  EXPECT_EQ(ns3::InetSocketAddress::ConvertFrom(refused.what.where).GetIpv4(), "10.1.0.1");

  const auto backoff = net.only("/NodeList/0/ApplicationList/1/", "BackoffStarted");
  EXPECT_EQ(backoff.what.peer, net.server->GetPeerId());
  EXPECT_EQ(backoff.what.failures, 1U);
  EXPECT_GT(backoff.what.ceiling, ns3::Seconds(0));
  EXPECT_GE(backoff.what.until, backoff.at);
  EXPECT_LT(backoff.what.until, ns3::Time::Max());
  EXPECT_EQ(backoff.what.limit, 0U);

  const auto succeeded = net.only("/NodeList/0/ApplicationList/0/", "DialSucceeded");
  EXPECT_FALSE(succeeded.what.inbound);
  EXPECT_NE(succeeded.what.request, 0U);
  EXPECT_EQ(succeeded.what.cause, "None");
  EXPECT_EQ(succeeded.what.until, ns3::Time::Max());
}

TEST(notification, gives_what_each_source_of_one_kind_gives_in_the_same_order) {
  crowded net;
  std::vector<std::string> whole;
  net.server->TraceConnectWithoutContext("Notification",
                                         ns3::Callback<void, const ns3::TandemNotification&>(
                                             [&whole](const ns3::TandemNotification& what) {
                                               whole.push_back(what.kind + " " + what.cause);
                                             }));
  ns3::Simulator::Schedule(ns3::Seconds(5), &ns3::TandemNode::Disconnect, net.dialer, net.server);
  ns3::Simulator::Schedule(ns3::Seconds(6), &ns3::TandemNode::Shutdown, net.server);
  net.run(8);
  EXPECT_THAT(whole,
              testing::ElementsAre("ConnectionEstablished None", "InboundRefused LimitReached",
                                   "ConnectionClosed RemoteClosed", "ShutdownBegan ShuttingDown"));
}

TEST(notification, is_told_to_nobody_who_disconnected) {
  crowded net;
  ns3::Config::Connect(everybody, ns3::MakeCallback(&note));
  ns3::Simulator::Schedule(ns3::MilliSeconds(3500), [] {
    EXPECT_FALSE(notes.empty());
    notes.clear();
    ns3::Config::Disconnect(everybody, ns3::MakeCallback(&note));
  });
  net.run(8);
  EXPECT_TRUE(notes.empty());
}

}  // namespace
}  // namespace tandem::packet
