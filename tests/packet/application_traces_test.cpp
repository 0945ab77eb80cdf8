// SPDX-License-Identifier: GPL-2.0-only
// What an application tells beside the notifications of its node.
#include "pair_of_applications.hpp"

#include <gmock/gmock.h>
#include <ns3/boolean.h>
#include <ns3/uinteger.h>

#include <algorithm>
#include <string>
#include <vector>

namespace tandem::packet {
namespace {

using ns3::Seconds;
using ns3::Simulator;
using ns3::UintegerValue;
using node = ns3::TandemNode;

/// What a trace source of an application says: the peer's name in the test, and the rest.
struct listener {
  listener(pair_of_applications& of, const ns3::Ptr<node>& at, const char* source) {
    EXPECT_TRUE(at->TraceConnectWithoutContext(
        source, ns3::Callback<void, const std::string&, const std::string&>(
                    [this, &of](const std::string& peer, const std::string& more) {
                      const auto name = peer == of.server->GetPeerId()   ? "server"
                                        : peer == of.dialer->GetPeerId() ? "dialer"
                                                                         : "nobody";
                      heard.push_back(std::to_string(Simulator::Now().GetMilliSeconds()) + " " +
                                      name + " " + more);
                    })));
  }
  std::vector<std::string> heard;
};

TEST(application_traces, tell_of_each_message_that_is_not_sent_and_why) {
  pair_of_applications two(true, false);
  two.dialer->SetAttribute("MessageSizeMax", UintegerValue(100'000));
  two.dialer->SetAttribute("BacklogMax", UintegerValue(150'000));
  two.dialer->SetStartTime(Seconds(1));
  const listener lost(two, two.dialer, "MessageRefused"), arrived(two, two.server, "Message");
  const auto send = [&two](double when, std::size_t bytes) {
    Simulator::Schedule(Seconds(when), &node::Send, two.dialer, two.server,
                        std::string(bytes, 'x'));
  };
  send(0.5, 1);  // before it runs
  send(2, 1);    // without a connection
  Simulator::Schedule(Seconds(3), &node::Dial, two.dialer, two.server);
  send(4, 100'000);
  send(5, 100'001);
  constexpr std::size_t at_once = 9;
  for (std::size_t i = 0; i < at_once; ++i) send(6, 100'000);
  Simulator::Schedule(Seconds(9), &node::Shutdown, two.dialer);
  send(10, 1);
  Simulator::Stop(Seconds(11));
  Simulator::Run();
  const std::string full = "6000 server BacklogFull";
  const auto refused =
      static_cast<std::size_t>(std::count(lost.heard.begin(), lost.heard.end(), full));
  EXPECT_GE(refused, 1u);
  EXPECT_LE(refused, at_once - 1);
  std::vector<std::string> expected{"500 server NotRunning", "2000 server NotConnected",
                                    "5000 server TooLong"};
  expected.insert(expected.end(), refused, full);
  expected.push_back("10000 server NotConnected");
  EXPECT_EQ(lost.heard, expected);
  EXPECT_EQ(arrived.heard.size(), 1 + at_once - refused);
}

TEST(application_traces, tell_what_peers_say_that_they_are) {
  pair_of_applications two(true, false);
  two.dialer->SetAttribute("IdentifyDialled", ns3::BooleanValue(true));
  two.server->SetAttribute("Agent", ns3::StringValue("mine/1"));
  const listener known(two, two.dialer, "Identified");
  Simulator::Schedule(Seconds(3), &node::Dial, two.dialer, two.server);
  Simulator::Stop(Seconds(4));
  Simulator::Run();
  EXPECT_THAT(known.heard, testing::ElementsAre(testing::MatchesRegex("3[01].. server mine/1")));
  EXPECT_FALSE(two.dialer->SetAttributeFailSafe("Agent", ns3::StringValue("while it runs")));
  EXPECT_FALSE(ns3::CreateObject<node>()->SetAttributeFailSafe(
      "Agent", ns3::StringValue(std::string(129, 'x'))));
}

}  // namespace
}  // namespace tandem::packet
