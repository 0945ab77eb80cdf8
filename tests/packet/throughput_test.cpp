// SPDX-License-Identifier: GPL-2.0-only
#include "sim/bulk_rate.hpp"
#include "sim/padhye.hpp"
#include "tandem/packet/fabric.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <tuple>

namespace tandem::packet {
namespace {

using namespace std::chrono_literals;
using sim::testing::bulk_senders;
using sim::testing::one_link;

class packet_throughput : public testing::TestWithParam<std::tuple<duration, double>> {};

TEST_P(packet_throughput, is_within_a_factor_of_one_and_a_half_of_theory) {
  const auto [round_trip, loss] = GetParam();
  constexpr int seeds = 2;
  double rate = 0;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    const sim::link path{.latency = round_trip / 2, .loss = loss};
    rate += bulk_senders(make_packet_fabric(one_link(path, seed)), 1).rate(20s, 50s) / seeds;
  }
  // An acknowledgement stands for two segments or nearly; so bare sockets with NewReno show.
  const double theory =
      sim::testing::bulk_theory(std::chrono::duration<double>(round_trip).count(), loss);
  EXPECT_GT(rate, theory / 1.5);
  EXPECT_LT(rate, theory * 1.5);
}

INSTANTIATE_TEST_SUITE_P(lossy, packet_throughput,
                         testing::Combine(testing::Values(20ms, 100ms),
                                          testing::Values(0.001, 0.003, 0.01, 0.03, 0.05)));

class stream_and_packet : public testing::TestWithParam<std::tuple<duration, double>> {};

TEST_P(stream_and_packet, carry_as_much_within_a_factor_of_one_and_a_half) {
  const auto [round_trip, loss] = GetParam();
  const sim::link path{.latency = round_trip / 2, .loss = loss};
  double packet = 0, stream = 0;
  const duration end = 20s + std::max<duration>(60s, 500 * round_trip);
  for (const std::uint64_t seed : {1, 2}) {
    packet += bulk_senders(make_packet_fabric(one_link(path, seed)), 1).rate(20s, end);
    stream += bulk_senders(sim::make_stream_fabric(one_link(path, seed)), 1).rate(20s, end);
  }
  EXPECT_GT(stream, packet / 1.5) << stream / packet;
  EXPECT_LT(stream, packet * 1.5) << stream / packet;
  RecordProperty("factor", std::to_string(stream / packet));
}

INSTANTIATE_TEST_SUITE_P(lossy, stream_and_packet,
                         testing::Combine(testing::Values(20ms, 100ms, 300ms, 600ms),
                                          testing::Values(0.0, 0.001, 0.01, 0.02, 0.05)));

TEST(packet_links, carry_no_more_than_their_bandwidth_at_each_end) {
  const sim::link path{.latency = 10ms, .bandwidth = 10'000'000};
  for (const int senders : {1, 4}) {
    const double rate = bulk_senders(make_packet_fabric(one_link(path, 1)), senders).rate(5s, 35s);
    EXPECT_LE(rate, 10'000'000 * 1448.0 / 1500) << senders;
    EXPECT_GE(rate, 9'000'000) << senders;
  }
}

}  // namespace
}  // namespace tandem::packet
