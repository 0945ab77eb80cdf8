// SPDX-License-Identifier: GPL-2.0-only
// What an application is from StartTime to StopTime, and what may be changed of it then.
#include "pair_of_applications.hpp"
#include "tandem/net/node.hpp"

#include <gmock/gmock.h>
#include <ns3/boolean.h>
#include <ns3/integer.h>
#include <ns3/uinteger.h>

#include <stdexcept>

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

}  // namespace
}  // namespace tandem::packet
