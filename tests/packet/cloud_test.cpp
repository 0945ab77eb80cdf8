// SPDX-License-Identifier: GPL-2.0-only
// What happens to packets between two hosts, seen at the receiver's device.
#include "two_hosts.hpp"

#include <gtest/gtest.h>
#include <ns3/net-device.h>
#include <ns3/node-list.h>
#include <ns3/node.h>
#include <ns3/packet.h>

#include <algorithm>
#include <utility>

namespace tandem::packet {
namespace {

/// Every packet that the host's device sent, took or lost, in order.
struct watched {
  explicit watched(std::uint32_t host, const char* what = "MacRx") {
    const auto node = ns3::NodeList::GetNode(host);
    node->GetDevice(node->GetNDevices() - 1)
        ->TraceConnectWithoutContext(what, ns3::MakeCallback(&watched::On, this));
  }
  void On(ns3::Ptr<const ns3::Packet> packet) {
    std::uint8_t header[28];  // of IPv4, ports, sequence number
    packet->CopyData(header, sizeof header);
    sequences.push_back(std::uint32_t{header[24]} << 24 | std::uint32_t{header[25]} << 16 |
                        std::uint32_t{header[26]} << 8 | header[27]);
  }
  std::vector<std::uint32_t> sequences;
};

/// `size` bytes from the dialer to the server; what the server read.
std::string carried(two_hosts& net, std::size_t size, duration length) {
  net.connect();
  net.run(2s);
  sink in(net.server_end, net.fabric->clock());
  source out(net.dialer_end, net.fabric->clock(), std::string(size, 'x'));
  net.run(length);
  return in.bytes;
}

TEST(packet_cloud, duplicates_as_many_packets_as_asked) {
  two_hosts net({.latency = 10ms, .duplicate = 0.2});
  const watched out(0, "MacTx"), in(1);
  EXPECT_EQ(carried(net, 3'000'000, 60s).size(), 3'000'000u);
  const auto sent = static_cast<double>(out.sequences.size());
  EXPECT_GT(sent, 1500);
  EXPECT_NEAR(static_cast<double>(in.sequences.size()) / sent, 1.2, 0.05);
}

TEST(packet_cloud, lets_others_overtake_a_packet_that_is_late) {
  for (const double part : {0.0, 0.1}) {
    two_hosts net({.latency = 10ms, .reorder = part, .reorder_by = 5ms});
    const watched in(1);
    EXPECT_EQ(carried(net, 1'000'000, 60s).size(), 1'000'000u);
    std::uint32_t newest = 0, overtaken = 0;
    for (const auto sequence : in.sequences) {
      overtaken += sequence < newest;
      newest = std::max(newest, sequence);
    }
    if (part == 0)
      EXPECT_EQ(overtaken, 0u);
    else
      EXPECT_GT(overtaken, in.sequences.size() / 20);
  }
}

TEST(packet_cloud, the_queue_of_an_access_link_is_bounded_in_time_or_bytes) {
  const auto dropped = [](sim::link path) {
    two_hosts net(path);
    const watched lost(0, "MacTxDrop");
    EXPECT_EQ(carried(net, 500'000, 120s).size(), 500'000u);
    return lost.sequences.size();
  };
  sim::link path{.latency = 50ms, .bandwidth = 1'000'000, .down = 0};
  path.queue = sim::link_queue{10s, 0};
  EXPECT_EQ(dropped(path), 0u) << "128 KiB on their way are a second's worth";
  path.queue = sim::link_queue{100ms, 0};
  EXPECT_GT(dropped(path), 0u);
  path.queue = sim::link_queue{1s, 1 << 20};
  EXPECT_EQ(dropped(path), 0u);
  path.queue = sim::link_queue{10s, 12'500};
  EXPECT_GT(dropped(path), 0u);
}

TEST(packet_cloud, each_direction_of_each_access_link_has_its_rate) {
  // 1 000 000 bytes are 686 packets of 1500: 8.2 s at 1 Mbit/s, and slow start before them.
  for (const auto& [up, down] :
       {std::pair(1'000'000u, 0u), std::pair(0u, 1'000'000u), std::pair(1'000'000u, 50'000'000u)}) {
    sim::link path{.latency = 5ms, .bandwidth = up, .down = down};
    path.queue = path.down_queue = sim::link_queue{10s, 0};
    two_hosts net(path);
    net.connect();
    net.run(2s);
    sink in(net.server_end, net.fabric->clock());
    source out(net.dialer_end, net.fabric->clock(), std::string(1'000'000, 'x'));
    net.run(60s);
    ASSERT_EQ(in.bytes.size(), 1'000'000u);
    const duration took = in.chunks.back().at - (start + 2s);
    EXPECT_GT(took, 8230ms) << up << " up, " << down << " down";
    EXPECT_LT(took, 8800ms) << up << " up, " << down << " down";
  }
}

}  // namespace
}  // namespace tandem::packet
