// SPDX-License-Identifier: GPL-2.0-only
#include "two_hosts.hpp"

#include <tuple>

namespace tandem::packet {
namespace {

using trace = std::vector<std::tuple<std::int64_t, std::uint64_t>>;

/// Everything that arrived, byte counts and times, and the number of events of ns-3.
trace run_once(std::uint64_t seed) {
  two_hosts net({.latency = 20ms, .jitter = 10ms, .bandwidth = 5'000'000, .loss = 0.02}, seed);
  net.connect();
  net.run(300s);
  sink in(net.server_end, net.fabric->clock());
  source out(net.dialer_end, net.fabric->clock(), std::string(100'000, 'x'));
  net.run(600s);
  EXPECT_EQ(in.bytes.size(), 100'000U);
  trace seen{{0, net.fabric->events()}};
  for (const auto& chunk : in.chunks)
    seen.emplace_back(chunk.at.time_since_epoch().count(), chunk.what);
  return seen;
}

TEST(packet_determinism, the_same_seed_gives_the_same_run) { EXPECT_EQ(run_once(7), run_once(7)); }

TEST(packet_determinism, another_seed_gives_another_run) { EXPECT_NE(run_once(7), run_once(8)); }

TEST(packet_determinism, further_hosts_change_nothing) {
  const auto arrivals = [](int others) {
    two_hosts net({.latency = 20ms, .jitter = 10ms, .loss = 0.1});
    for (int i = 0; i < others; ++i) net.fabric->add_host();
    net.connect();
    std::vector<byte_stream> kept;
    for (int i = 0; i < others; ++i)
      net.fabric->host(static_cast<sim::host_index>(i + 2))
          .async_connect(net.address(),
                         [&](error_code, connected c) { kept.push_back(std::move(c.stream)); });
    net.run(100s);
    return net.dialed->at;
  };
  EXPECT_EQ(arrivals(0), arrivals(5));
}

TEST(packet_cloud, jitter_stays_within_its_bounds_and_never_reorders) {
  two_hosts net({.latency = 20ms, .jitter = 10ms});
  std::vector<std::uint64_t> order;
  std::vector<duration> delays;
  // Refusals measure single packets: two ways of latency, each with its jitter.
  for (std::uint64_t i = 0; i < 200; ++i)
    net.fabric->clock().at(start + i * 1ms, [&, i] {
      net.dialer().async_connect(net.address(), [&, i, begun = net.now()](error_code, connected) {
        order.push_back(i);
        delays.push_back(net.now() - begun);
      });
    });
  net.run(2s);
  ASSERT_EQ(order.size(), 200U);
  EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
  const auto [least, most] = std::minmax_element(delays.begin(), delays.end());
  EXPECT_GE(*least, 40ms);
  EXPECT_LE(*most, 60ms);
  EXPECT_GT(*most - *least, 5ms);
}

TEST(packet_cloud, the_access_rate_delays_each_packet_by_its_bytes) {
  constexpr std::uint64_t rate = 1'000'000;
  two_hosts net({.latency = 50ms, .bandwidth = rate});
  net.dial();
  net.run(1s);
  ASSERT_TRUE(net.dialed);
  // SYN: 20 of IPv4, 20 of TCP, options timestamp 10, window scale 3, SACK permitted 2, padded to
  // 56 in all; RST: 40.
  // Each passes two access links, the sender's and the receiver's.
  EXPECT_EQ(net.dialed->at,
            start + 100ms + 2 * serialization(56, rate) + 2 * serialization(40, rate));
}

TEST(packet_clock, runs_equal_times_in_order_and_never_inside_the_call) {
  two_hosts net;
  auto& clock = net.fabric->clock();
  std::vector<int> order;
  clock.at(start + 1s, [&] {
    order.push_back(1);
    clock.at(start, [&] {  // past: as soon as possible
      order.push_back(3);
      EXPECT_EQ(clock.now(), start + 1s);
    });
    EXPECT_EQ(order.size(), 1U);
  });
  clock.at(start + 1s, [&] { order.push_back(2); });
  const auto dropped = clock.at(start + 1s, [&] { order.push_back(99); });
  clock.cancel(dropped);
  clock.cancel(dropped);
  clock.at(start + 2s, [&] { order.push_back(4); });
  net.run(2s);
  EXPECT_EQ(order, (std::vector<int>{1, 2, 3, 4}));
  EXPECT_EQ(clock.now(), start + 2s);
}

TEST(packet_fabric, run_until_stops_early_when_told) {
  two_hosts net;
  std::function<void()> again = [&] { net.fabric->clock().at(net.now() + 1ms, [&] { again(); }); };
  again();
  bool stop = false;
  net.fabric->clock().at(start + 10s, [&] { stop = true; });
  net.fabric->run_until(start + 100s, [&] { return stop; });
  EXPECT_GE(net.now(), start + 10s);
  EXPECT_LT(net.now(), start + 20s);
}

}  // namespace
}  // namespace tandem::packet
