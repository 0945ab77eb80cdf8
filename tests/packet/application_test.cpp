// SPDX-License-Identifier: GPL-2.0-only
#include "pair_of_applications.hpp"
#include "tandem/core/option_table.hpp"
#include "tandem/net/node.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <ns3/config.h>
#include <ns3/integer.h>
#include <ns3/internet-stack-helper.h>
#include <ns3/log.h>
#include <ns3/node.h>
#include <ns3/simulator.h>
#include <ns3/string.h>
#include <ns3/uinteger.h>

#include <iostream>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace tandem::packet {
namespace {

TEST(application, has_every_option_of_the_manager_as_an_attribute) {
  const auto type = ns3::TandemNode::GetTypeId();
  for (const option_row& row : option_table()) {
    ns3::TypeId::AttributeInformation info;
    ASSERT_TRUE(type.LookupAttributeByName(camel_case(row.name), &info)) << row.name;
    EXPECT_EQ(info.help, row.doc);
  }
  const auto application = ns3::CreateObject<ns3::TandemNode>();
  ns3::UintegerValue limit;
  application->GetAttribute("MaxConnections", limit);
  EXPECT_EQ(limit.Get(), manager_options{}.max_connections);
}

// What is left of node_options has other names here (Port, Seed, NodeIndex, Security), is a
// function, or is about commands of other threads and programs of this process.
TEST(application, has_the_limits_of_a_node_as_attributes) {
  const auto type = ns3::TandemNode::GetTypeId();
  const node_options options;
  const std::pair<const char*, std::uint64_t> limits[] = {
      {"MessageSizeMax", options.message_size_max},
      {"BacklogMax", options.backlog_max},
      {"AddressBookMax", options.address_book_max},
      {"ConnectionBuffersMax", options.buffers.connection_buffers_max},
      {"BuffersMax", options.buffers.buffers_max},
      {"StreamsMax", options.streams.streams_max},
      {"ReceiveWindow", options.streams.receive_window}};
  const auto application = ns3::CreateObject<ns3::TandemNode>();
  for (const auto& [name, initial] : limits) {
    ns3::UintegerValue value;
    application->GetAttribute(name, value);
    EXPECT_EQ(value.Get(), initial) << name;
    application->SetAttribute(name, ns3::UintegerValue(2 * initial));
    application->GetAttribute(name, value);
    EXPECT_EQ(value.Get(), 2 * initial) << name;
    EXPECT_FALSE(application->SetAttributeFailSafe(name, ns3::UintegerValue(0))) << name;
  }
  EXPECT_TRUE(application->SetAttributeFailSafe("Security", ns3::StringValue("noise,tls")));
  EXPECT_FALSE(application->SetAttributeFailSafe("Security", ns3::StringValue("noise,ssl")));
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
    const auto name = camel_case(row.name);
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

TEST(application, that_runs_takes_another_limit_at_once_and_refuses_one_that_contradicts) {
  const auto host = ns3::CreateObject<ns3::Node>();
  ns3::InternetStackHelper().Install(host);
  const auto application = ns3::TandemNodeHelper().Install(host);
  const auto limit = [&] {
    return application->GetTandemNode()->manager().options().max_connections;
  };
  ns3::Simulator::Schedule(ns3::Seconds(1), [&] {
    ns3::Config::Set("/NodeList/*/ApplicationList/*/$ns3::TandemNode/MaxConnections",
                     ns3::UintegerValue(5));
  });
  ns3::Simulator::Schedule(ns3::Seconds(2), [&] {
    EXPECT_EQ(limit(), 5u);
    EXPECT_FALSE(application->SetAttributeFailSafe("ReservedConnections", ns3::UintegerValue(6)));
    ns3::UintegerValue reserved;
    application->GetAttribute("ReservedConnections", reserved);
    EXPECT_EQ(reserved.Get(), manager_options{}.reserved_connections);
  });
  ns3::Simulator::Stop(ns3::Seconds(3));
  ns3::Simulator::Run();
  EXPECT_EQ(limit(), 5u);
  ns3::Simulator::Destroy();
}

TEST(application, that_runs_and_is_told_by_a_path_what_contradicts_ends_the_program) {
  const auto host = ns3::CreateObject<ns3::Node>();
  ns3::InternetStackHelper().Install(host);
  ns3::TandemNodeHelper().Install(host);
  ns3::Simulator::Schedule(ns3::Seconds(1), [] {
    ns3::Config::Set("/NodeList/*/ApplicationList/*/$ns3::TandemNode/ReservedConnections",
                     ns3::UintegerValue(100'000));
  });
  EXPECT_DEATH(ns3::Simulator::Run(), "ReservedConnections");
  ns3::Simulator::Destroy();
}

struct application_on : testing::TestWithParam<std::tuple<bool, bool, const char*>> {};
INSTANTIATE_TEST_SUITE_P(
    , application_on,
    testing::Values(std::tuple(true, false, "plaintext"), std::tuple(false, true, "plaintext"),
                    std::tuple(true, true, "plaintext"), std::tuple(true, false, "noise"),
                    std::tuple(false, true, "noise"), std::tuple(true, false, "tls"),
                    std::tuple(false, true, "tls")));

TEST_P(application_on, ipv4_and_ipv6_connects_disconnects_and_shuts_down) {
  const auto& [ipv4, ipv6, security] = GetParam();
  pair_of_applications two(ipv4, ipv6, security);
  EXPECT_EQ(two.server->GetAddresses().size(), std::size_t{ipv4} + std::size_t{ipv6});
  using ns3::Seconds;
  using node = ns3::TandemNode;
  ns3::Simulator::Schedule(Seconds(3), &node::Dial, two.dialer, two.server);
  ns3::Simulator::Schedule(Seconds(5), &node::Disconnect, two.dialer, two.server);
  ns3::Simulator::Schedule(Seconds(7), &node::Dial, two.dialer, two.server);
  ns3::Simulator::Schedule(Seconds(9), &node::Shutdown, two.server);
  ns3::Simulator::Stop(Seconds(20));
  ns3::Simulator::Run();
  const auto closed = two.only("connection_closed RemoteClosed");
  EXPECT_GE(closed, 5'010'000);
  EXPECT_LE(closed, 5'011'000);
  const auto stopped = two.only("shutdown_began ShuttingDown");
  EXPECT_EQ(stopped, 9'000'000);
  std::vector<std::int64_t> ready;
  for (const auto& [what, when] : two.heard)
    if (what.starts_with("connection_established")) ready.push_back(when);
  ASSERT_EQ(ready.size(), 2u);
  // Half a round trip later than the dialer: two and a half of them at the least, three at the
  // most, and beside IPv6 a neighbour is found first.
  EXPECT_GE(ready[0], 3'000'000 + 50'000);
  EXPECT_LE(ready[0], 3'000'000 + 110'000);
  EXPECT_GE(ready[1], 7'000'000 + 50'000);
  EXPECT_LE(ready[1], 7'000'000 + 110'000);
}

std::vector<std::string> told;
void hear(std::string context, const std::string&, const std::string& cause) {
  told.push_back(context.substr(context.rfind('/') + 1) + " " + cause);
}

TEST(application, tells_whoever_connected_by_a_path_until_that_is_disconnected) {
  told.clear();
  pair_of_applications two(true, false);
  const std::string all = "/NodeList/*/ApplicationList/*/$ns3::TandemNode/";
  const auto sources = {"DialStarted",    "DialSucceeded", "DialFailed",    "AttemptFailed",
                        "InboundRefused", "RemoteRefused", "BackoffStarted"};
  for (const char* source : sources) ns3::Config::Connect(all + source, ns3::MakeCallback(&hear));
  two.server->SetAttribute("MaxConnectionsPerPeer", ns3::UintegerValue(1));
  two.server->SetAttribute("MaxInboundConnections", ns3::UintegerValue(1));
  two.server->SetAttribute("MaxConnections", ns3::UintegerValue(1));
  const auto third = ns3::CreateObject<ns3::TandemNode>();
  third->SetAttribute("NodeIndex", ns3::IntegerValue(77));
  two.hosts.Get(0)->AddApplication(third);
  third->SetAttribute("Port", ns3::UintegerValue(0));
  for (const char* source : {"DialStarted", "DialFailed", "RemoteRefused", "BackoffStarted"})
    third->TraceConnect(source, std::string("third/") + source, ns3::MakeCallback(&hear));
  using node = ns3::TandemNode;
  ns3::Simulator::Schedule(ns3::Seconds(3), &node::Dial, two.dialer, two.server);
  ns3::Simulator::Schedule(ns3::Seconds(4), &node::Dial, third, two.server);
  ns3::Simulator::Schedule(ns3::Seconds(5), [&] {
    for (const char* source : sources)
      ns3::Config::Disconnect(all + source, ns3::MakeCallback(&hear));
  });
  ns3::Simulator::Schedule(ns3::Seconds(6), &node::Disconnect, two.dialer, two.server);
  ns3::Simulator::Schedule(ns3::Seconds(7), &node::Dial, two.dialer, two.server);
  ns3::Simulator::Stop(ns3::Seconds(9));
  ns3::Simulator::Run();
  EXPECT_THAT(told,
              testing::ElementsAre("DialStarted None", "DialSucceeded None", "DialStarted None",
                                   "InboundRefused LimitReached", "RemoteRefused LimitReached",
                                   "BackoffStarted LimitReached", "DialFailed LimitReached"));
}

TEST(application, has_every_notification_as_a_trace_source) {
  const auto type = ns3::TandemNode::GetTypeId();
  for (std::size_t i = 0; i < notices_count; ++i) {
    ns3::TypeId::TraceSourceInformation info;
    const auto name = camel_case(name_of(static_cast<notice>(i)));
    ASSERT_TRUE(type.LookupTraceSourceByName(name, &info)) << name;
    EXPECT_FALSE(info.help.empty()) << name;
  }
}

TEST(application, logs_what_it_is_told_as_a_component_of_ns3) {
  pair_of_applications two(true, false);
  ns3::LogComponentEnable("TandemNode", ns3::LOG_INFO);
  testing::internal::CaptureStderr();
  ns3::Simulator::Schedule(ns3::Seconds(3), &ns3::TandemNode::Dial, two.dialer, two.server);
  ns3::Simulator::Stop(ns3::Seconds(4));
  ns3::Simulator::Run();
  std::clog.flush();
  const auto said = testing::internal::GetCapturedStderr();
  ns3::LogComponentDisable("TandemNode", ns3::LOG_INFO);
  EXPECT_NE(said.find("connection_established " + two.dialer->GetPeerId()), std::string::npos)
      << said;
}

}  // namespace
}  // namespace tandem::packet
