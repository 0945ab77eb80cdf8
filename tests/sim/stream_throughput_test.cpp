// SPDX-License-Identifier: MIT
#include "sim/bulk_rate.hpp"
#include "sim/padhye.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <tuple>

namespace tandem::sim::testing {
namespace {

using namespace std::chrono_literals;

double stream_rate(const link& path, int senders, duration from, duration to,
                   std::uint64_t seed = 1) {
  bulk_senders all(make_stream_fabric(one_link(path, seed)), senders);
  return all.rate(from, to);
}

class stream_throughput : public ::testing::TestWithParam<std::tuple<duration, double>> {};

TEST_P(stream_throughput, is_within_a_factor_of_one_and_a_half_of_theory) {
  const auto [round_trip, loss] = GetParam();
  double rate = 0;
  for (const std::uint64_t seed : {1, 2, 3, 4})
    rate += stream_rate({.latency = round_trip / 2, .loss = loss}, 1, 10s, 130s, seed) / 4;
  const double expected = bulk_theory(std::chrono::duration<double>(round_trip).count(), loss);
  EXPECT_GT(rate, expected / 1.5) << rate / expected;
  EXPECT_LT(rate, expected * 1.5) << rate / expected;
  RecordProperty("factor", std::to_string(rate / expected));
}

INSTANTIATE_TEST_SUITE_P(
    lossy, stream_throughput,
    ::testing::Combine(::testing::Values(20ms, 100ms, 300ms, 600ms),
                       ::testing::Values(0.0, 0.001, 0.003, 0.01, 0.03, 0.05)));

TEST(stream_links, carry_no_more_than_their_bandwidth_at_each_end) {
  const link path{.latency = 10ms, .bandwidth = 10'000'000};
  for (const int senders : {1, 4}) {
    const double rate = stream_rate(path, senders, 5s, 35s);
    // What waited for a lost segment before may count now.
    EXPECT_LE(rate, 10'000'000 * 1460.0 / 1500 * 1.005) << senders;
    EXPECT_GE(rate, 9'300'000) << senders;
  }
}

TEST(stream_links, do_not_stall_where_the_window_is_the_bandwidth_delay_product) {
  // 100 ms at 10 Mbit/s are 125 000 bytes, of a window of 131 072.
  EXPECT_GE(stream_rate({.latency = 50ms, .bandwidth = 10'000'000}, 1, 10s, 40s), 9'000'000);
}

TEST(stream_links, are_shared_by_flows_that_overflow_the_queue) {
  // 40 windows are 5 MB; a second of the link is 125 kB.
  const link path{.latency = 10ms, .bandwidth = 1'000'000};
  bulk_senders all(make_stream_fabric(one_link(path, 1)), 40);
  EXPECT_GE(all.rate(60s, 660s), 900'000);
  const auto [least, most] = std::minmax_element(all.received().begin(), all.received().end());
  EXPECT_GT(*least, 0U);
  EXPECT_LT(*most, 660 * 1'000'000 / 8 / 4);
}

}  // namespace
}  // namespace tandem::sim::testing
