// SPDX-License-Identifier: GPL-2.0-only
#include "tandem/core/option_table.hpp"
#include "tandem/net/node.hpp"
#include "tandem/packet/tandem-node-helper.h"

#include <gtest/gtest.h>
#include <ns3/internet-stack-helper.h>
#include <ns3/node.h>
#include <ns3/simulator.h>
#include <ns3/string.h>
#include <ns3/uinteger.h>

namespace tandem::packet {
namespace {

std::string attribute_of(std::string_view option) {
  std::string name;
  bool first = true;
  for (const char c : option) {
    if (c != '_') name += first ? static_cast<char>(std::toupper(c)) : c;
    first = c == '_';
  }
  return name;
}

TEST(application, has_every_option_of_the_manager_as_an_attribute) {
  const auto type = ns3::TandemNode::GetTypeId();
  for (const option_row& row : option_table()) {
    ns3::TypeId::AttributeInformation info;
    ASSERT_TRUE(type.LookupAttributeByName(attribute_of(row.name), &info)) << row.name;
    EXPECT_EQ(info.help, row.doc);
  }
  const auto application = ns3::CreateObject<ns3::TandemNode>();
  ns3::UintegerValue limit;
  application->GetAttribute("MaxConnections", limit);
  EXPECT_EQ(limit.Get(), manager_options{}.max_connections);
}

TEST(application, takes_each_kind_of_option_and_refuses_what_is_out_of_range) {
  const auto application = ns3::CreateObject<ns3::TandemNode>();
  const auto set = [&](const char* name, const char* value) {
    return application->SetAttributeFailSafe(name, ns3::StringValue(value));
  };
  const auto shown = [&](const char* name) {
    ns3::StringValue text;
    application->GetAttribute(name, text);
    return text.Get();
  };
  EXPECT_TRUE(set("MaxRememberedPeers", "7"));
  EXPECT_EQ(shown("MaxRememberedPeers"), "7");
  EXPECT_TRUE(set("AttemptDelay", "50ms"));
  EXPECT_EQ(shown("AttemptDelay"), "+5e+07ns");
  EXPECT_TRUE(set("BackoffMultiplier", "1.5"));
  EXPECT_EQ(shown("BackoffMultiplier"), "1.5");
  EXPECT_TRUE(set("BackoffStrategy", "equal"));
  EXPECT_EQ(shown("BackoffStrategy"), "equal");
  for (const option_row& row : option_table()) {
    const auto name = attribute_of(row.name);
    if (std::holds_alternative<option_choice>(row.field)) continue;
    const bool time = std::holds_alternative<duration manager_options::*>(row.field);
    const auto beyond =
        std::to_string(static_cast<std::uint64_t>(2 * row.most + 1)) + (time ? "s" : "");
    EXPECT_FALSE(set(name.c_str(), beyond.c_str())) << name;
  }
}

TEST(application, runs_with_the_options_it_was_given) {
  const auto host = ns3::CreateObject<ns3::Node>();
  ns3::InternetStackHelper().Install(host);
  ns3::TandemNodeHelper helper;
  helper.SetAttribute("MaxConnections", ns3::UintegerValue(3));
  helper.SetAttribute("Eviction", ns3::StringValue("scored"));
  const auto application = helper.Install(host);
  ns3::Simulator::Stop(ns3::Seconds(1));
  ns3::Simulator::Run();
  const auto& options = application->GetTandemNode()->manager().options();
  EXPECT_EQ(options.max_connections, 3u);
  EXPECT_EQ(options.eviction, eviction_mode::scored);
  ns3::Simulator::Destroy();
}

}  // namespace
}  // namespace tandem::packet
