// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "app/names.hpp"
#include "tandem/core/actions.hpp"
#include "tandem/packet/tandem-node-helper.h"

#include <gtest/gtest.h>
#include <ns3/internet-stack-helper.h>
#include <ns3/ipv4-address-helper.h>
#include <ns3/ipv6-address-helper.h>
#include <ns3/node-container.h>
#include <ns3/point-to-point-helper.h>
#include <ns3/simulator.h>
#include <ns3/string.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

namespace tandem::packet {

/// Two nodes on a link of 10 ms, with the stacks named; what the second hears, and when.
struct pair_of_applications {
  pair_of_applications(bool ipv4, bool ipv6, const char* security = "plaintext") {
    hosts.Create(2);
    link.SetDeviceAttribute("DataRate", ns3::StringValue("1Gbps"));
    link.SetChannelAttribute("Delay", ns3::StringValue("10ms"));
    const auto devices = link.Install(hosts);
    ns3::InternetStackHelper stack;
    stack.SetIpv4StackInstall(ipv4);
    stack.SetIpv6StackInstall(ipv6);
    stack.Install(hosts);
    if (ipv4) ns3::Ipv4AddressHelper("10.1.0.0", "255.255.255.0").Assign(devices);
    if (ipv6) {
      ns3::Ipv6AddressHelper addresses;
      addresses.SetBase("fd00::", 64);
      addresses.Assign(devices);
    }
    ns3::TandemNodeHelper helper;
    helper.SetAttribute("Security", ns3::StringValue(security));
    dialer = helper.Install(hosts.Get(0));
    server = helper.Install(hosts.Get(1));
    for (std::size_t i = 0; i < notices_count; ++i) {
      const std::string name(name_of(static_cast<notice>(i)));
      EXPECT_TRUE(server->TraceConnectWithoutContext(
          camel_case(name), ns3::Callback<void, const std::string&, const std::string&>(
                                [this, name](const std::string& peer, const std::string& cause) {
                                  if (!peer.empty() && peer != dialer->GetPeerId()) return;
                                  heard.emplace_back(name + " " + cause,
                                                     ns3::Simulator::Now().GetMicroSeconds());
                                })));
    }
  }
  ~pair_of_applications() { ns3::Simulator::Destroy(); }

  /// When it was heard, in microseconds; the test fails unless exactly once.
  std::int64_t only(const std::string& what) const {
    const auto is = [&](const auto& one) { return one.first == what; };
    EXPECT_EQ(std::count_if(heard.begin(), heard.end(), is), 1) << what;
    const auto found = std::find_if(heard.begin(), heard.end(), is);
    return found == heard.end() ? -1 : found->second;
  }

  ns3::NodeContainer hosts;
  ns3::PointToPointHelper link;
  ns3::Ptr<ns3::TandemNode> dialer, server;
  std::vector<std::pair<std::string, std::int64_t>> heard;
};

/// For EXPECT_EXIT: runs the simulation and ends the process with 1 if an exception ended it,
/// saying when and which. (In this process ns-3 would not free the event that threw.)
[[noreturn]] inline void run_and_exit() {
  try {
    ns3::Simulator::Run();
  } catch (const std::exception& problem) {
    std::cerr << ns3::Simulator::Now().GetSeconds() << " s: " << problem.what() << std::endl;
    std::_Exit(1);
  }
  std::_Exit(0);
}

}  // namespace tandem::packet
