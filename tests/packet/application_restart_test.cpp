// SPDX-License-Identifier: GPL-2.0-only
// Churn: applications that are killed and begin again.
#include "pair_of_applications.hpp"
#include "tandem/net/node.hpp"

#include <gmock/gmock.h>
#include <ns3/uinteger.h>

#include <string>
#include <vector>

namespace tandem::packet {
namespace {

using ns3::Seconds;
using ns3::Simulator;
using node = ns3::TandemNode;

/// Two applications, and what the dialer hears, at which millisecond.
struct churn : pair_of_applications {
  churn() : pair_of_applications(true, false) {
    for (const char* source : {"ConnectionEstablished", "ConnectionClosed", "DialFailed"})
      dialer->TraceConnectWithoutContext(
          source, ns3::Callback<void, const std::string&, const std::string&>(
                      [this, source](const std::string&, const std::string& cause) {
                        told.push_back(std::to_string(Simulator::Now().GetMilliSeconds()) + " " +
                                       source + " " + cause);
                      }));
  }
  void dial(int when) { Simulator::Schedule(Seconds(when), &node::Dial, dialer, server); }
  static void run(int until) {
    Simulator::Stop(Seconds(until));
    Simulator::Run();
  }
  std::vector<std::string> told;
};

TEST(application_restart, begins_another_life_of_a_node_that_was_killed) {
  churn two;
  const auto id = two.server->GetPeerId();
  std::uint64_t first_seed = 0;
  two.dial(1);
  Simulator::Schedule(Seconds(2),
                      [&] { first_seed = two.server->GetTandemNode()->options().seed; });
  Simulator::Schedule(Seconds(3), &node::Kill, two.server);
  Simulator::Schedule(Seconds(4), [&] { EXPECT_EQ(two.server->GetTandemNode(), nullptr); });
  two.dial(50);
  Simulator::Schedule(Seconds(60), &node::Restart, two.server);
  two.dial(100);
  two.run(101);
  EXPECT_THAT(two.told,
              testing::ElementsAre("1060 ConnectionEstablished None", "3010 ConnectionClosed Reset",
                                   "50020 DialFailed ConnectionRefused",
                                   "100060 ConnectionEstablished None"));
  EXPECT_EQ(two.server->GetPeerId(), id);
  EXPECT_NE(two.server->GetTandemNode()->options().seed, first_seed);
}

TEST(application_restart, follows_a_graceful_end) {
  churn two;
  two.dial(1);
  Simulator::Schedule(Seconds(3), &node::Shutdown, two.server);
  Simulator::Schedule(Seconds(4), &node::Restart, two.server);
  two.dial(100);
  two.run(101);
  EXPECT_THAT(two.told, testing::ElementsAre("1060 ConnectionEstablished None",
                                             "3010 ConnectionClosed ShuttingDown",
                                             "100060 ConnectionEstablished None"));
}

TEST(application_restart, of_a_node_that_runs_is_a_crash_first) {
  churn two;
  two.dial(1);
  std::vector<std::uint64_t> connections;
  two.server->TraceConnectWithoutContext(
      "ActiveConnections", ns3::Callback<void, std::uint64_t, std::uint64_t>(
                               [&](std::uint64_t, std::uint64_t n) { connections.push_back(n); }));
  // From inside the node that goes.
  two.server->TraceConnectWithoutContext(
      "Message", ns3::Callback<void, const std::string&, const std::string&>(
                     [&](const std::string&, const std::string&) { two.server->Restart(); }));
  Simulator::Schedule(Seconds(3), &node::Send, two.dialer, two.server, std::string("again"));
  two.dial(100);
  two.run(101);
  EXPECT_THAT(two.told,
              testing::ElementsAre("1060 ConnectionEstablished None", "3020 ConnectionClosed Reset",
                                   "100060 ConnectionEstablished None"));
  EXPECT_THAT(connections, testing::ElementsAre(1, 0, 1));
}

TEST(application_restart, takes_what_was_set_while_it_did_not_run) {
  churn two;
  Simulator::Schedule(Seconds(1), &node::Kill, two.server);
  Simulator::Schedule(Seconds(2), [&] {
    EXPECT_TRUE(two.server->SetAttributeFailSafe("MessageSizeMax", ns3::UintegerValue(9)));
  });
  Simulator::Schedule(Seconds(3), &node::Restart, two.server);
  two.run(4);
  EXPECT_EQ(two.server->GetTandemNode()->options().message_size_max, 9u);
}

TEST(application_restart, before_its_start_time_is_an_early_start) {
  churn two;
  two.server->SetStartTime(Seconds(5));
  Simulator::Schedule(Seconds(1), &node::Restart, two.server);
  two.dial(2);
  two.run(6);
  EXPECT_THAT(two.told, testing::ElementsAre("2060 ConnectionEstablished None"));
}

}  // namespace
}  // namespace tandem::packet
