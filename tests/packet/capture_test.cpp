// SPDX-License-Identifier: GPL-2.0-only
// Captures, read back: every packet of a connection's begin and end at its virtual time.
#include "pair_of_applications.hpp"
#include "two_hosts.hpp"

#include <gmock/gmock.h>
#include <ns3/pcap-file.h>

#include <algorithm>
#include <filesystem>
#include <ostream>

namespace tandem::packet {
namespace {

using testing::ElementsAre;

enum flags : unsigned { fin = 0x01, syn = 0x02, ack = 0x10 };

struct captured {
  std::int64_t at;  ///< microseconds
  bool by_dialer;
  unsigned flags;

  friend bool operator==(const captured&, const captured&) = default;
  friend std::ostream& operator<<(std::ostream& to, const captured& c) {
    return to << c.at << " us, by the " << (c.by_dialer ? "dialer" : "server") << ", flags "
              << c.flags;
  }
};

/// The segments of IPv4 or IPv6 in a file that carry one of `any`; the server's port is 4001.
std::vector<captured> read(const std::string& file, unsigned any) {
  ns3::PcapFile pcap;
  pcap.Open(file, std::ios::in);
  EXPECT_FALSE(pcap.Fail()) << file;
  constexpr std::uint32_t ppp = 9, raw = 101;
  const std::uint32_t link = pcap.GetDataLinkType();
  EXPECT_TRUE(link == ppp || link == raw) << link;
  std::vector<captured> found;
  for (;;) {
    std::uint8_t bytes[2000];
    std::uint32_t seconds = 0, microseconds = 0, included = 0, length = 0, taken = 0;
    pcap.Read(bytes, sizeof bytes, seconds, microseconds, included, length, taken);
    if (pcap.Eof() || pcap.Fail()) return found;
    EXPECT_EQ(included, length) << "cut off";
    const std::uint8_t* const ip = bytes + (link == ppp ? 2 : 0);
    const bool ipv6 = ip[0] >> 4 == 6;
    EXPECT_TRUE(ipv6 || ip[0] == 0x45);
    constexpr std::uint8_t tcp_protocol = 6, icmpv6 = 58;
    if (ipv6 && ip[6] == icmpv6) continue;  // it looks for neighbours and routers
    EXPECT_EQ(ip[ipv6 ? 6 : 9], tcp_protocol);
    const std::uint8_t* const tcp = ip + (ipv6 ? 40 : 20);
    if ((tcp[13] & any) == 0) continue;
    found.push_back({std::int64_t{seconds} * 1'000'000 + microseconds,
                     (tcp[2] << 8 | tcp[3]) == 4001, tcp[13]});
  }
}

/// A folder of its own, gone with the test.
struct folder {
  folder() { std::filesystem::create_directories(path); }
  ~folder() { std::filesystem::remove_all(path); }
  std::string path =
      testing::TempDir() + "tandem_capture_" +
      std::filesystem::path(testing::UnitTest::GetInstance()->current_test_info()->name())
          .filename()
          .string();
};

TEST(packet_capture, has_each_segment_of_a_connection_when_it_left_and_when_it_came) {
  const folder to;
  const auto file = [&to](sim::host_index host) {
    return to.path + "/" + std::to_string(host) + ".pcap";
  };
  {
    sim::fabric_options options;
    options.links = [path = sim::link{.latency = 50ms}](
                        sim::host_index, sim::host_index) -> const sim::link& { return path; };
    options.captures_to = file;
    const auto fabric = make_packet_fabric(std::move(options));
    fabric->add_host();
    fabric->add_host();
    const auto run = [&](duration until) { fabric->run_until(start + until, {}); };
    const auto listener = fabric->host(1).listen(fabric->listen_address(1)).value();
    byte_stream dialer, server;
    run(1s);
    listener->async_accept([&](error_code, connected c) { server = std::move(c.stream); });
    fabric->host(0).async_connect(fabric->listen_address(1),
                                  [&](error_code, connected c) { dialer = std::move(c.stream); });
    run(2s);
    dialer.shutdown_send();
    run(3s);
    server.shutdown_send();
    run(4s);
  }
  constexpr auto all = ~0U;
  EXPECT_THAT(read(file(0), all),
              ElementsAre(captured{1'000'000, true, syn}, captured{1'100'000, false, syn | ack},
                          captured{1'100'000, true, ack}, captured{2'000'000, true, fin | ack},
                          captured{2'100'000, false, ack}, captured{3'050'000, false, fin | ack},
                          captured{3'050'000, true, ack}));
  EXPECT_THAT(read(file(1), all),
              ElementsAre(captured{1'050'000, true, syn}, captured{1'050'000, false, syn | ack},
                          captured{1'150'000, true, ack}, captured{2'050'000, true, fin | ack},
                          captured{2'050'000, false, ack}, captured{3'000'000, false, fin | ack},
                          captured{3'100'000, true, ack}));
}

class capture_of_ns3 : public testing::TestWithParam<bool> {};
INSTANTIATE_TEST_SUITE_P(, capture_of_ns3, testing::Bool(),
                         [](const auto& info) { return info.param ? "ipv6" : "ipv4"; });

TEST_P(capture_of_ns3, on_a_link_has_the_begin_and_the_end_of_a_connection_of_two_nodes) {
  const folder to;
  {
    pair_of_applications two(!GetParam(), GetParam());
    two.link.EnablePcapAll(to.path + "/link");
    using node = ns3::TandemNode;
    ns3::Simulator::Schedule(ns3::Seconds(3), &node::Dial, two.dialer, two.server);
    ns3::Simulator::Schedule(ns3::Seconds(5), &node::Disconnect, two.dialer, two.server);
    ns3::Simulator::Stop(ns3::Seconds(7));
    ns3::Simulator::Run();
  }
  const auto seen = read(to.path + "/link-0-0.pcap", syn | fin);
  ASSERT_EQ(seen.size(), 4U);
  // 1 Gbit/s adds less than a microsecond to a segment without data; the first end has some. Two
  // of IPv6 are rounded up.
  EXPECT_EQ(seen[0], (captured{3'000'000, true, syn}));
  EXPECT_LE(seen[1].at, 3'020'001);
  EXPECT_EQ(seen[1], (captured{std::max<std::int64_t>(seen[1].at, 3'020'000), false, syn | ack}));
  EXPECT_EQ(seen[2], (captured{5'000'000, true, fin | ack}));
  EXPECT_EQ(seen[3].by_dialer, false);
  EXPECT_EQ(seen[3].flags, unsigned{fin | ack});
  EXPECT_GE(seen[3].at, 5'020'000);
  EXPECT_LE(seen[3].at, 5'020'010);
}

}  // namespace
}  // namespace tandem::packet
