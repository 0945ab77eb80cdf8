// SPDX-License-Identifier: GPL-2.0-only
// What decides a simulation with TandemNodes: their seed, and ns-3's seed and run.
#include "pair_of_applications.hpp"

#include <gmock/gmock.h>
#include <ns3/csma-helper.h>
#include <ns3/rng-seed-manager.h>
#include <ns3/uinteger.h>

#include <sstream>

namespace tandem::packet {
namespace {

struct replication {
  std::uint64_t seed = 1;  ///< of the nodes
  std::uint32_t rng_seed = 1;
  std::uint64_t rng_run = 1;
};

/// ns-3 draws so for as long.
struct drawing {
  explicit drawing(const replication& r) {
    ns3::RngSeedManager::SetSeed(r.rng_seed);
    ns3::RngSeedManager::SetRun(r.rng_run);
  }
  ~drawing() {
    ns3::RngSeedManager::SetSeed(1);
    ns3::RngSeedManager::SetRun(1);
  }
  drawing(const drawing&) = delete;
  drawing& operator=(const drawing&) = delete;
};

/// Six nodes on one Ethernet whose frames collide. Five dial the first at once, which admits three;
/// the refused back off, who is silent is closed. Every trace source of every node, with its time.
class six_nodes {
 public:
  explicit six_nodes(const replication& r) : drawing_(r) {
    ns3::NodeContainer hosts(6);
    ns3::CsmaHelper csma;
    csma.SetChannelAttribute("DataRate", ns3::StringValue("10Mbps"));
    csma.SetChannelAttribute("Delay", ns3::StringValue("5us"));
    const auto devices = csma.Install(hosts);
    ns3::InternetStackHelper stack;
    stack.Install(hosts);
    ns3::Ipv4AddressHelper("10.1.0.0", "255.255.255.0").Assign(devices);
    // ns-3 numbers the streams of a process on and on, over all of its simulations.
    csma.AssignStreams(devices, 1);
    stack.AssignStreams(hosts, 100);
    ns3::TandemNodeHelper helper;
    helper.SetAttribute("Seed", ns3::UintegerValue(r.seed));
    helper.SetAttribute("MaxConnections", ns3::UintegerValue(3));
    helper.SetAttribute("ConnectionTimeout", ns3::StringValue("5s"));
    EXPECT_EQ(helper.AssignStreams(hosts, 200), 0);
    for (std::uint32_t i = 0; i < hosts.GetN(); ++i) hear(helper.Install(hosts.Get(i)), i);
    using node = ns3::TandemNode;
    for (const int second : {3, 10, 20})
      for (std::size_t i = 1; i < nodes_.size(); ++i)
        ns3::Simulator::Schedule(ns3::Seconds(second), &node::Dial, nodes_[i], nodes_[0]);
    for (std::size_t i = 1; i < nodes_.size(); ++i)
      ns3::Simulator::Schedule(ns3::Seconds(4), &node::Send, nodes_[i], nodes_[0],
                               std::string("hello"));
    ns3::Simulator::Stop(ns3::Seconds(60));
    ns3::Simulator::Run();
    ns3::Simulator::Destroy();
  }

  std::vector<std::string> told;

 private:
  void tell(std::uint32_t node, const std::string& what) {
    told.push_back(std::to_string(ns3::Simulator::Now().GetNanoSeconds()) + " " +
                   std::to_string(node) + " " + what);
  }
  void hear(const ns3::Ptr<ns3::TandemNode>& node, std::uint32_t i) {
    nodes_.push_back(node);
    const auto type = ns3::TandemNode::GetTypeId();
    for (std::size_t s = 0; s < type.GetTraceSourceN(); ++s) {
      const auto source = type.GetTraceSource(s);
      const std::string name = source.name + " ";
      bool connected = false;
      if (source.callback == "ns3::TracedValueCallback::Uint64")
        connected = node->TraceConnectWithoutContext(
            source.name, ns3::Callback<void, std::uint64_t, std::uint64_t>(
                             [this, i, name](std::uint64_t, std::uint64_t now) {
                               tell(i, name + std::to_string(now));
                             }));
      else if (source.callback == "ns3::TandemNode::NotificationTracedCallback")
        connected = node->TraceConnectWithoutContext(
            source.name, ns3::Callback<void, const ns3::TandemNotification&>(
                             [this, i, name](const ns3::TandemNotification& what) {
                               std::ostringstream all;
                               all << name << what.kind << " " << what.text << " " << what.until;
                               tell(i, all.str());
                             }));
      else
        connected = node->TraceConnectWithoutContext(
            source.name, ns3::Callback<void, const std::string&, const std::string&>(
                             [this, i, name](const std::string& peer, const std::string& more) {
                               tell(i, name + peer + " " + more);
                             }));
      EXPECT_TRUE(connected) << name;
    }
  }

  drawing drawing_;
  std::vector<ns3::Ptr<ns3::TandemNode>> nodes_;
};

std::vector<std::string> history(const replication& r) { return six_nodes(r).told; }

TEST(replication, of_the_same_seeds_and_run_is_the_same_twice_in_a_process) {
  const auto once = history({});
  for (const char* drawn : {"BackoffStarted", "IdleTimeout", "LimitReached", "Message", "Active"})
    EXPECT_THAT(once, testing::Contains(testing::HasSubstr(drawn)));
  EXPECT_EQ(history({}), once);
}

TEST(replication, of_another_seed_or_run_is_another) {
  const auto once = history({});
  EXPECT_NE(history({.seed = 2}), once);
  EXPECT_NE(history({.rng_seed = 2}), once);
  EXPECT_NE(history({.rng_run = 2}), once);
}

/// How long a node backs off from a peer that does not listen yet, over a link for which ns-3 draws
/// nothing.
ns3::Time backoff(const replication& r) {
  const drawing as(r);
  pair_of_applications two(true, false);
  two.dialer->SetAttribute("Seed", ns3::UintegerValue(r.seed));
  two.server->SetStartTime(ns3::Seconds(100));
  ns3::Time until;
  two.dialer->TraceConnectWithoutContext("Notification",
                                         ns3::Callback<void, const ns3::TandemNotification&>(
                                             [&until](const ns3::TandemNotification& what) {
                                               if (what.kind == "BackoffStarted")
                                                 until = what.until;
                                             }));
  ns3::Simulator::Schedule(ns3::Seconds(3), &ns3::TandemNode::Dial, two.dialer, two.server);
  ns3::Simulator::Stop(ns3::Seconds(5));
  ns3::Simulator::Run();
  EXPECT_GT(until, ns3::Seconds(3));
  return until;
}

TEST(replication, changes_what_the_nodes_draw_themselves) {
  const auto once = backoff({});
  EXPECT_EQ(backoff({}), once);
  EXPECT_NE(backoff({.seed = 2}), once);
  EXPECT_NE(backoff({.rng_seed = 2}), once);
  EXPECT_NE(backoff({.rng_run = 2}), once);
}

TEST(replication, has_the_same_identities_in_every_run) {
  const auto of_run = [](std::uint64_t run) {
    const drawing as({.rng_run = run});
    return pair_of_applications(true, false).dialer->GetPeerId();
  };
  EXPECT_EQ(of_run(1), of_run(2));
}

}  // namespace
}  // namespace tandem::packet
