// SPDX-License-Identifier: GPL-2.0-only
// Trace source Notification: what a node tells, whole.
#include "pair_of_applications.hpp"
#include "watched_link.hpp"

#include <gmock/gmock.h>
#include <ns3/config.h>
#include <ns3/inet-socket-address.h>
#include <ns3/integer.h>
#include <ns3/uinteger.h>

namespace tandem::packet {
namespace {

using testing::ElementsAre;

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

/// What a node tells, kind and cause, in order: by the sources of one kind, and by Notification.
struct both_ways {
  explicit both_ways(const ns3::Ptr<ns3::TandemNode>& node) {
    for (std::size_t i = 0; i < notices_count; ++i) {
      const std::string kind = camel_case(name_of(static_cast<notice>(i)));
      EXPECT_TRUE(node->TraceConnectWithoutContext(
          kind, ns3::Callback<void, const std::string&, const std::string&>(
                    [this, kind](const std::string& peer, const std::string& cause) {
                      each.push_back(kind + " " + cause);
                      peers_of_each.push_back(peer);
                    })));
    }
    EXPECT_TRUE(node->TraceConnectWithoutContext(
        "Notification", ns3::Callback<void, const ns3::TandemNotification&>(
                            [this](const ns3::TandemNotification& what) {
                              whole.push_back(what.kind + " " + what.cause);
                              peers_of_whole.push_back(what.peer);
                            })));
  }
  both_ways(const both_ways&) = delete;
  both_ways& operator=(const both_ways&) = delete;
  ~both_ways() {
    EXPECT_EQ(each, whole);
    EXPECT_EQ(peers_of_each, peers_of_whole);
  }
  std::vector<std::string> each, whole, peers_of_each, peers_of_whole;
};

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
  const both_ways told(net.server);
  ns3::Simulator::Schedule(ns3::Seconds(5), &ns3::TandemNode::Disconnect, net.dialer, net.server);
  ns3::Simulator::Schedule(ns3::Seconds(6), &ns3::TandemNode::Shutdown, net.server);
  net.run(8);
  EXPECT_THAT(told.each,
              ElementsAre("ConnectionEstablished None", "InboundRefused LimitReached",
                          "ConnectionClosed RemoteClosed", "ShutdownBegan ShuttingDown"));
}

using ns3::Seconds;
using node = ns3::TandemNode;

TEST(notification, of_a_circuit_is_told_when_it_opens_when_a_trial_may_go_and_when_it_closes) {
  pair_of_applications two(true, false);
  two.dialer->SetAttribute("BreakerFailures", ns3::UintegerValue(2));
  two.dialer->SetAttribute("BackoffStrategy", ns3::StringValue("none"));
  const both_ways told(two.dialer);
  ns3::Simulator::Schedule(Seconds(1), &node::Kill, two.server);
  for (const int at : {2, 3, 70})
    ns3::Simulator::Schedule(Seconds(at), &node::Dial, two.dialer, two.server);
  ns3::Simulator::Schedule(Seconds(60), &node::Restart, two.server);
  ns3::Simulator::Stop(Seconds(75));
  ns3::Simulator::Run();
  EXPECT_THAT(
      told.each,
      ElementsAre("DialStarted None", "AttemptFailed ConnectionRefused",
                  "BackoffStarted ConnectionRefused", "DialFailed ConnectionRefused",
                  "DialStarted None", "AttemptFailed ConnectionRefused",
                  "CircuitOpened ConnectionRefused", "BackoffStarted ConnectionRefused",
                  "DialFailed ConnectionRefused", "CircuitHalfOpened None", "DialStarted None",
                  "ConnectionEstablished None", "CircuitClosed None", "DialSucceeded None"));
}

TEST(notification, of_an_uplink_is_told_when_it_is_lost_and_when_it_is_back) {
  pair_of_applications two(true, false);
  two.dialer->SetAttribute("UplinkFailures", ns3::UintegerValue(3));
  const both_ways told(two.dialer);
  std::vector<ns3::Ptr<node>> nobody;
  for (int i = 0; i < 3; ++i) {
    nobody.push_back(ns3::CreateObject<node>());
    nobody.back()->SetAttribute("NodeIndex", ns3::IntegerValue(100 + i));
    const ns3::InetSocketAddress silent(ns3::Ipv4Address(0x0a010003u + i), 4001);
    ns3::Simulator::Schedule(Seconds(2 + i), &node::DialAt, two.dialer, nobody.back(),
                             std::vector<ns3::Address>{silent});
  }
  ns3::Simulator::Schedule(Seconds(40), &node::Dial, two.dialer, two.server);
  ns3::Simulator::Stop(Seconds(45));
  ns3::Simulator::Run();
  EXPECT_THAT(told.each,
              ElementsAre("DialStarted None", "DialStarted None", "DialStarted None",
                          "AttemptFailed AttemptTimeout", "BackoffStarted AttemptTimeout",
                          "DialFailed AttemptTimeout", "AttemptFailed AttemptTimeout",
                          "BackoffStarted AttemptTimeout", "DialFailed AttemptTimeout",
                          "AttemptFailed AttemptTimeout", "UplinkLost Offline",
                          "DialFailed AttemptTimeout", "DialStarted None", "UplinkRestored None",
                          "ConnectionEstablished None", "DialSucceeded None"));
}

TEST(notification, of_an_address_without_a_turn_comes_before_the_dial_that_fails) {
  pair_of_applications two(true, false);
  two.dialer->SetAttribute("MaxAttemptsPerPeer", ns3::UintegerValue(1));
  two.dialer->SetAttribute("DialTimeout", ns3::StringValue("5s"));
  const both_ways told(two.dialer);
  std::vector<ns3::Address> silent;
  for (const char* address : {"10.1.0.3", "10.1.0.4"})
    silent.push_back(ns3::InetSocketAddress(address, 4001));
  ns3::Simulator::Schedule(Seconds(2), &node::DialAt, two.dialer, two.server, silent);
  ns3::Simulator::Stop(Seconds(10));
  ns3::Simulator::Run();
  EXPECT_THAT(told.each,
              ElementsAre("DialStarted None", "AddressUntried None", "BackoffStarted DialDeadline",
                          "DialFailed DialDeadline", "AttemptFailed DialDeadline"));
}

TEST(notification, of_a_handshake_that_ended_is_told_where_the_other_host_fell_silent) {
  pair_of_applications two(true, false);
  watched_link wire(
      ns3::NetDeviceContainer(two.hosts.Get(0)->GetDevice(0), two.hosts.Get(1)->GetDevice(0)));
  wire.drops = [](const segment& s) { return s.by_dialer && s.payload != 0; };
  const both_ways told(two.server);
  ns3::Simulator::Schedule(Seconds(2), &node::Dial, two.dialer, two.server);
  ns3::Simulator::Stop(Seconds(30));
  ns3::Simulator::Run();
  EXPECT_THAT(told.each, ElementsAre("HandshakeFailed HandshakeTimeout"));
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
