// SPDX-License-Identifier: GPL-2.0-only
// What an application is from StartTime to StopTime, and what may be changed of it then.
#include "pair_of_applications.hpp"
#include "tandem/net/node.hpp"

#include <gmock/gmock.h>
#include <ns3/application-container.h>
#include <ns3/names.h>
#include <ns3/uinteger.h>

namespace tandem::packet {
namespace {

using ns3::Seconds;
using ns3::Simulator;
using ns3::UintegerValue;
using node = ns3::TandemNode;

TEST(application_life, keeps_what_the_node_began_with) {
  pair_of_applications two(true, false);
  const auto id = two.server->GetPeerId();
  const std::pair<const char*, const char*> others[] = {
      {"Seed", "9"},         {"NodeIndex", "9"},          {"Port", "9"},
      {"Security", "noise"}, {"IdentifyDialled", "true"}, {"MessageSizeMax", "9"}};
  Simulator::Schedule(Seconds(1), [&] {
    for (const auto& [name, value] : others) {
      ns3::StringValue before, after;
      two.server->GetAttribute(name, before);
      EXPECT_FALSE(two.server->SetAttributeFailSafe(name, ns3::StringValue(value))) << name;
      two.server->GetAttribute(name, after);
      EXPECT_EQ(before.Get(), after.Get()) << name;
    }
    EXPECT_EQ(two.server->GetPeerId(), id);
  });
  Simulator::Schedule(Seconds(2), &node::Dial, two.dialer, two.server);
  Simulator::Stop(Seconds(3));
  Simulator::Run();
  EXPECT_EQ(two.dialer->GetTandemNode()->manager().counters().active_connections, 1u);
  EXPECT_EQ(two.server->GetPeerId(), id);
}

TEST(application_life, takes_options_that_belong_together_in_an_order_that_never_contradicts) {
  pair_of_applications two(true, false);
  const auto set = [&](const char* name, std::uint64_t value) {
    return two.server->SetAttributeFailSafe(name, UintegerValue(value));
  };
  Simulator::Schedule(Seconds(1), [&] {
    EXPECT_FALSE(set("ReservedConnections", 300));
    EXPECT_TRUE(set("MaxConnections", 400));
    EXPECT_TRUE(set("ReservedConnections", 300));
    EXPECT_FALSE(set("MaxConnections", 256));
    EXPECT_TRUE(set("ReservedConnections", 0));
    EXPECT_TRUE(set("MaxConnections", 256));
  });
  Simulator::Stop(Seconds(2));
  Simulator::Run();
  EXPECT_EQ(two.server->GetTandemNode()->manager().options(), manager_options());
}

TEST(application_life, begins_as_attributes_say_until_then) {
  pair_of_applications two(true, false);
  for (const auto& each : {two.server, two.dialer}) each->SetStartTime(Seconds(2));
  const auto before = two.server->GetPeerId();
  Simulator::Schedule(Seconds(1), [&] {
    two.server->SetAttribute("Seed", UintegerValue(9));
    two.server->SetAttribute("Port", UintegerValue(9));
  });
  Simulator::Schedule(Seconds(3), &node::Dial, two.dialer, two.server);
  Simulator::Stop(Seconds(4));
  Simulator::Run();
  EXPECT_NE(two.server->GetPeerId(), before);
  EXPECT_EQ(two.server->GetTandemNode()->self().id(), identity::of_node(9, 1).id());
  EXPECT_EQ(two.dialer->GetTandemNode()->manager().counters().active_connections, 1u);
}

TEST(application_life, is_from_its_start_time_to_its_stop_time) {
  pair_of_applications two(true, false);
  ns3::ApplicationContainer server(two.server);
  server.Start(Seconds(2));
  server.Stop(Seconds(5));
  std::vector<std::string> dials;
  const auto hear = [&](const char* source) {
    two.dialer->TraceConnectWithoutContext(
        source, ns3::Callback<void, const std::string&, const std::string&>(
                    [&dials, source](const std::string&, const std::string& cause) {
                      dials.push_back(std::to_string(Simulator::Now().GetMilliSeconds()) + " " +
                                      source + " " + cause);
                    }));
  };
  for (const char* source : {"ConnectionEstablished", "ConnectionClosed", "DialFailed"})
    hear(source);
  for (const int when : {1, 3, 90})
    Simulator::Schedule(Seconds(when), &node::Dial, two.dialer, two.server);
  Simulator::Schedule(Seconds(1), [&] { EXPECT_EQ(two.server->GetTandemNode(), nullptr); });
  Simulator::Schedule(Seconds(2.5), [&] { EXPECT_NE(two.server->GetTandemNode(), nullptr); });
  Simulator::Stop(Seconds(91));
  Simulator::Run();
  EXPECT_THAT(dials,
              testing::ElementsAre("1020 DialFailed ConnectionRefused",
                                   testing::MatchesRegex("30[56]. ConnectionEstablished None"),
                                   testing::MatchesRegex("501. ConnectionClosed ShuttingDown"),
                                   "90020 DialFailed ConnectionRefused"));
  EXPECT_EQ(two.only("shutdown_began ShuttingDown"), 5'000'000);
}

TEST(application_life, takes_no_commands_before_its_start_time) {
  pair_of_applications two(true, false);
  two.dialer->SetStartTime(Seconds(2));
  Simulator::Schedule(Seconds(1), &node::Dial, two.dialer, two.server);
  Simulator::Schedule(Seconds(1), &node::Disconnect, two.dialer, two.server);
  Simulator::Schedule(Seconds(1), &node::Shutdown, two.dialer);
  Simulator::Schedule(Seconds(3), &node::Dial, two.dialer, two.server);
  Simulator::Stop(Seconds(4));
  Simulator::Run();
  EXPECT_GE(two.only("connection_established None"), 3'050'000);
  EXPECT_THAT(two.heard, testing::SizeIs(1));
}

TEST(application_life, ends_the_simulation_at_its_start_when_options_contradict_each_other) {
  pair_of_applications two(true, false);
  two.server->SetAttribute("MaxConnections", UintegerValue(2));
  two.server->SetAttribute("ReservedConnections", UintegerValue(3));
  two.server->SetStartTime(Seconds(2));
  Simulator::Stop(Seconds(3));
  EXPECT_EXIT(run_and_exit(), testing::ExitedWithCode(1),
              "^2 s: TandemNode on ns-3 node 1: ReservedConnections .3. is above MaxConnections");
}

TEST(application_life, names_the_node_and_the_attributes_that_it_cannot_start_with) {
  pair_of_applications two(true, false);
  ns3::Names::Add("archive", two.hosts.Get(1));
  two.server->SetAttribute("ConnectionBuffersMax", UintegerValue(1000));
  Simulator::Stop(Seconds(1));
  EXPECT_EXIT(run_and_exit(), testing::ExitedWithCode(1),
              "^0 s: TandemNode on ns-3 node 1 .archive.: ConnectionBuffersMax .1000. is below "
              "MessageSizeMax");
  ns3::Names::Clear();
}

}  // namespace
}  // namespace tandem::packet
