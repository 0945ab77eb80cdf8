// SPDX-License-Identifier: GPL-2.0-only
#include "bulk.hpp"

#include <string>
#include <utility>

namespace tandem::packet {
namespace {

class packet_bulk : public testing::TestWithParam<bulk> {};

TEST_P(packet_bulk, arrives_whole_and_ends) {
  for (const std::uint64_t seed : {1, 2, 3}) EXPECT_EQ(bulk_run(GetParam(), seed)(), "") << seed;
}

// A share of tests/bench/packet/bulk_grid, which goes through all.
INSTANTIATE_TEST_SUITE_P(
    grid, packet_bulk,
    testing::Values(bulk{1'000'000, 1, 10ms, 0, 1s, 1'048'568},  // overflows the queue
                    bulk{128'000, 1, 1ms, 0, 50ms}, bulk{128'000, 6, 10ms, 0, 200ms},
                    bulk{128'000, 40, 100ms, 0, 50ms, 50'000}, bulk{128'000, 6, 600ms, 0.05, 1s},
                    bulk{1'000'000, 1, 1ms, 0.05, 200ms}, bulk{1'000'000, 6, 100ms, 0, 50ms},
                    bulk{1'000'000, 40, 10ms, 0.01, 1s},
                    bulk{1'000'000, 40, 10ms, 0.001, 50ms, 200'000},
                    bulk{10'000'000, 1, 600ms, 0.001, 200ms}, bulk{10'000'000, 6, 100ms, 0, 50ms},
                    bulk{10'000'000, 40, 1ms, 0.05, 50ms}, bulk{100'000'000, 1, 10ms, 0.01, 1s},
                    bulk{100'000'000, 6, 1ms, 0.001, 50ms}, bulk{100'000'000, 40, 600ms, 0, 50ms},
                    bulk{1'000'000'000, 1, 100ms, 0.05, 1s}, bulk{1'000'000'000, 6, 1ms, 0, 50ms},
                    bulk{1'000'000'000, 40, 100ms, 0.01, 200ms}));

class packet_congestion : public testing::TestWithParam<std::string> {
 protected:
  sim::tcp_profile tcp() const {
    sim::tcp_profile made = sim::linux_legacy();
    made.congestion = GetParam();
    return made;
  }
};

// Loss, a queue that overflows, windows that close, ends of both sides.
TEST_P(packet_congestion, lets_everything_arrive_whole_and_end) {
  for (const bulk& what :
       {bulk{1'000'000, 6, 10ms, 0.01, 200ms}, bulk{10'000'000, 6, 100ms, 0, 50ms},
        bulk{1'000'000, 1, 1ms, 0.05, 200ms}})
    EXPECT_EQ(bulk_run(what, 1, tcp())(), "") << what;
}

TEST_P(packet_congestion, runs_twice_alike_in_one_process) {
  const auto outcome = [this] {
    bulk_run run({10'000'000, 3, 100ms, 0.001, 50ms}, 1, tcp());
    run();
    return std::pair(run.now(), run.packets());
  };
  EXPECT_EQ(outcome(), outcome());
}

// In front of the repairs of the socket no congestion control is different.
TEST_P(packet_congestion, leaves_refusals_resets_and_timeouts_as_they_are) {
  two_hosts net({.latency = 10ms}, 1, tcp());
  net.dial();
  net.run(1s);
  ASSERT_TRUE(net.dialed);
  EXPECT_EQ(net.dialed->what, asio::error::connection_refused);
  EXPECT_EQ(net.dialed->at, start + 20ms);
  net.connect();
  net.run(2s);
  {
    sink gone(net.server_end, net.fabric->clock());
    source more(net.dialer_end, net.fabric->clock(), pattern(1'000'000));
    net.run(2s + 100ms);  // while it sends
    net.dialer_end.abort();
    net.run(3s);
    ASSERT_TRUE(gone.end);
    EXPECT_EQ(gone.end->what, asio::error::connection_reset);
  }
  net.server_end = {};
  net.accept();
  net.dial();
  net.run(4s);
  sink heard(net.dialer_end, net.fabric->clock());
  source lost(net.dialer_end, net.fabric->clock(), "lost");
  net.fabric->partition([](sim::host_index host) { return static_cast<int>(host); });
  net.run(1h);
  ASSERT_TRUE(heard.end);
  EXPECT_EQ(heard.end->what, asio::error::timed_out);
}

TEST(packet_congestion_names, that_nobody_knows_are_refused) {
  sim::tcp_profile unknown = sim::linux_legacy();
  unknown.congestion = "vegass";
  EXPECT_THROW(two_hosts({.latency = 10ms}, 1, unknown), std::invalid_argument);
  two_hosts after({.latency = 10ms}, 1, sim::linux_legacy());
  after.connect();
}

INSTANTIATE_TEST_SUITE_P(each, packet_congestion,
                         testing::ValuesIn(sim::congestion_controls().begin(),
                                           sim::congestion_controls().end()),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace tandem::packet
