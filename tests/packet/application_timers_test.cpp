// SPDX-License-Identifier: GPL-2.0-only
// What TandemTcpSocketFactory's attributes say of TCP holds for nodes on the stacks of
// InternetStackHelper, of either family.
#include "pair_of_applications.hpp"
#include "watched_link.hpp"

#include <gmock/gmock.h>
#include <ns3/config.h>
#include <ns3/object-map.h>
#include <ns3/tcp-l4-protocol.h>

namespace tandem::packet {
namespace {

using ns3::Seconds;
using ns3::Simulator;
using node = ns3::TandemNode;

/// The dialer dials at 3 s.
struct watched_pair : pair_of_applications {
  explicit watched_pair(bool ipv6) : pair_of_applications(!ipv6, ipv6) {
    Simulator::Schedule(Seconds(3), &node::Dial, dialer, server);
  }
  void run(double seconds) {
    Simulator::Stop(Seconds(seconds));
    Simulator::Run();
  }
  /// Of the dialer, its listener among them.
  std::size_t sockets() const {
    ns3::ObjectMapValue all;
    hosts.Get(0)->GetObject<ns3::TcpL4Protocol>()->GetAttribute("SocketList", all);
    return all.GetN();
  }
  watched_link wire{
      ns3::NetDeviceContainer(hosts.Get(0)->GetDevice(0), hosts.Get(1)->GetDevice(0))};
};

/// Whole tenths of a second since the first.
std::vector<std::int64_t> gaps(const std::vector<segment>& of) {
  std::vector<std::int64_t> since;
  for (const segment& each : of) since.push_back((each.at - of.front().at + 50'000) / 100'000);
  return since;
}

class application_timers : public testing::TestWithParam<bool> {
 protected:
  /// An attribute of the factory, as long as the test.
  void set(const char* name, const char* value) {
    const std::string path = std::string("ns3::TandemTcpSocketFactory::") + name;
    ns3::TypeId::AttributeInformation info;
    ns3::TypeId::LookupByName("ns3::TandemTcpSocketFactory").LookupAttributeByName(name, &info);
    usual_.emplace_back(path, info.initialValue->Copy());
    ns3::Config::SetDefault(path, ns3::StringValue(value));
  }
  void TearDown() override {
    for (const auto& [path, value] : usual_) ns3::Config::SetDefault(path, *value);
  }

 private:
  std::vector<std::pair<std::string, ns3::Ptr<const ns3::AttributeValue>>> usual_;
};
INSTANTIATE_TEST_SUITE_P(, application_timers, testing::Bool(),
                         [](const auto& info) { return info.param ? "ipv6" : "ipv4"; });

bool is_syn_ack(const segment& s) { return (s.flags & (syn | ack)) == (syn | ack); }
bool is_syn(const segment& s) { return (s.flags & (syn | ack)) == syn; }

TEST_P(application_timers, a_listener_sends_six_syn_acks_when_nobody_acknowledges_them) {
  watched_pair two(GetParam());
  two.wire.drops = [](const segment& s) { return s.by_dialer && !is_syn(s); };
  two.run(200);
  EXPECT_THAT(gaps(two.wire.which(is_syn_ack)), testing::ElementsAre(0, 10, 30, 70, 150, 310));
}

TEST_P(application_timers, a_listener_sends_as_many_syn_acks_as_it_is_told) {
  set("SynAckCount", "3");
  watched_pair two(GetParam());
  two.wire.drops = [](const segment& s) { return s.by_dialer && !is_syn(s); };
  two.run(200);
  EXPECT_THAT(gaps(two.wire.which(is_syn_ack)), testing::ElementsAre(0, 10, 30));
}

TEST_P(application_timers, a_dialer_sends_as_many_syns_as_it_is_told_when_it_is_told) {
  set("ConnTimeout", "500ms");
  set("ConnCount", "3");
  watched_pair two(GetParam());
  two.wire.drops = [](const segment& s) { return s.by_dialer; };
  two.run(200);
  EXPECT_THAT(gaps(two.wire.which(is_syn)), testing::ElementsAre(0, 5, 15));
}

/// The segments that one message takes, none of which arrives, for 7 s.
std::vector<segment> lost_message(watched_pair& two) {
  Simulator::Schedule(Seconds(5), [&] {
    two.wire.drops = [](const segment& s) { return s.by_dialer; };
    two.dialer->Send(two.server, "lost");
  });
  two.run(12);
  return two.wire.which([](const segment& s) { return s.by_dialer && s.at > 5'000'000; });
}

TEST_P(application_timers, what_is_lost_is_sent_again_after_the_least_timeout) {
  set("MinRto", "2s");
  watched_pair two(GetParam());
  EXPECT_THAT(gaps(lost_message(two)), testing::ElementsAre(0, 20, 60));
}

TEST_P(application_timers, what_is_lost_is_sent_again_a_margin_after_the_round_trip) {
  set("RtoGranularity", "980ms");
  set("DataRetries", "2");
  watched_pair two(GetParam());
  EXPECT_THAT(gaps(lost_message(two)), testing::ElementsAre(0, 10, 30));
}

// Of a message's segments nothing answers the last.
TEST_P(application_timers, an_acknowledgement_waits_as_long_as_it_is_told) {
  set("DelAckTimeout", "300ms");
  set("MinRto", "2s");
  watched_pair two(GetParam());
  Simulator::Schedule(Seconds(5), &node::Send, two.dialer, two.server, std::string("hello"));
  two.run(10);
  const auto late = two.wire.which([](const segment& s) { return s.at > 5'000'000; });
  ASSERT_GT(late.size(), 2U);
  const segment &last = *(late.end() - 2), &acknowledgement = late.back();
  EXPECT_FALSE(last.by_dialer);
  EXPECT_GT(last.payload, 0U);
  EXPECT_TRUE(acknowledgement.by_dialer);
  EXPECT_EQ(acknowledgement.payload, 0U);
  EXPECT_EQ(acknowledgement.ack, last.sequence + last.payload);
  EXPECT_GE(acknowledgement.at - last.at, 310'000);
  EXPECT_LE(acknowledgement.at - last.at, 310'010);
}

TEST_P(application_timers, a_segment_has_as_many_bytes_as_it_is_told_and_20_fewer_on_ipv6) {
  set("SegmentSize", "700");
  watched_pair two(GetParam());
  Simulator::Schedule(Seconds(5), &node::Send, two.dialer, two.server, std::string(50'000, 'x'));
  two.run(10);
  std::size_t most = 0;
  for (const segment& s : two.wire.seen) most = std::max(most, s.payload);
  EXPECT_EQ(most, GetParam() ? 680U : 700U);
}

TEST_P(application_timers, who_ends_first_remembers_a_connection_as_long_as_it_is_told) {
  set("TimeWait", "5s");
  watched_pair two(GetParam());
  Simulator::Schedule(Seconds(6), &node::Disconnect, two.dialer, two.server);
  std::vector<std::size_t> sockets;
  for (const double at : {2.0, 5.0, 10.9, 11.1})
    Simulator::Schedule(Seconds(at), [&] { sockets.push_back(two.sockets()); });
  two.run(20);
  EXPECT_THAT(sockets, testing::ElementsAre(1, 2, 2, 1));
}

}  // namespace
}  // namespace tandem::packet
