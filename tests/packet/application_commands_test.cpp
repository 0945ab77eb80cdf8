// SPDX-License-Identifier: GPL-2.0-only
// Commands of the production node, given from events of ns-3.
#include "pair_of_applications.hpp"
#include "tandem/net/application_stream.hpp"
#include "tandem/net/node.hpp"

#include <gmock/gmock.h>
#include <boost/asio/detached.hpp>
#include <boost/asio/write.hpp>

#include <cstddef>
#include <optional>

namespace tandem::packet {
namespace {

using ns3::Seconds;
using ns3::Simulator;

std::int64_t now_us() { return Simulator::Now().GetMicroSeconds(); }

TEST(application_commands, run_at_once_on_a_node_that_has_nothing_else_to_do) {
  pair_of_applications two(true, false);
  std::vector<std::int64_t> begun;
  two.dialer->TraceConnectWithoutContext(
      "DialStarted",
      ns3::Callback<void, const std::string&, const std::string&>(
          [&](const std::string&, const std::string&) { begun.push_back(now_us()); }));
  Simulator::Schedule(Seconds(1), [&] {
    const endpoint server = endpoint::v4(10, 1, 0, 2, two.server->GetPort());
    two.dialer->GetTandemNode()->dial(identity::of_node(1, 1).id(), {.addresses = {server}});
  });
  Simulator::Stop(Seconds(2));
  Simulator::Run();
  EXPECT_THAT(begun, testing::ElementsAre(1'000'000));
}

TEST(application_commands, measure_one_round_trip_of_a_ping) {
  pair_of_applications two(true, false);
  Simulator::Schedule(Seconds(1), &ns3::TandemNode::Dial, two.dialer, two.server);
  std::optional<duration> round_trip;
  std::int64_t answered = 0;
  Simulator::Schedule(Seconds(2), [&] {
    two.dialer->GetTandemNode()->ping(identity::of_node(1, 1).id(),
                                      [&](boost::system::error_code error, duration measured) {
                                        EXPECT_FALSE(error) << error.message();
                                        round_trip = measured;
                                        answered = now_us();
                                      });
  });
  Simulator::Stop(Seconds(4));
  Simulator::Run();
  ASSERT_TRUE(round_trip);
  EXPECT_GE(*round_trip, std::chrono::milliseconds(20));
  EXPECT_LE(*round_trip, std::chrono::milliseconds(21));
  // One more agrees on the protocol.
  EXPECT_GE(answered, 2'040'000);
  EXPECT_LE(answered, 2'042'000);
}

TEST(application_commands, write_on_a_stream_that_the_program_holds) {
  pair_of_applications two(true, false);
  byte_stream ours, theirs;
  std::optional<std::int64_t> written, heard;
  std::byte text{'x'}, into{};
  Simulator::Schedule(Seconds(1), &ns3::TandemNode::Dial, two.dialer, two.server);
  Simulator::Schedule(Seconds(2), [&] {
    two.server->GetTandemNode()->handle("/test/1", [&](application_stream arrived) {
      theirs = std::move(arrived.bytes);
      theirs.async_read_some(boost::asio::buffer(&into, 1),
                             [&](error_code, std::size_t) { heard = now_us(); });
    });
    two.dialer->GetTandemNode()->open(
        identity::of_node(1, 1).id(), "/test/1",
        [&](error_code, application_stream opened) { ours = std::move(opened.bytes); });
  });
  Simulator::Schedule(Seconds(3), [&] {
    boost::asio::async_write(ours, boost::asio::buffer(&text, 1),
                             [&](error_code, std::size_t) { written = now_us(); });
  });
  Simulator::Stop(Seconds(4));
  Simulator::Run();
  EXPECT_EQ(written, 3'000'000);
  ASSERT_TRUE(heard);
  EXPECT_GE(*heard, 3'010'000);
  EXPECT_LE(*heard, 3'011'000);
}

}  // namespace
}  // namespace tandem::packet
