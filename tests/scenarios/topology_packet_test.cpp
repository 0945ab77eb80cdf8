// SPDX-License-Identifier: MIT
// What of routers is at packet alone: disciplines of queues, and what others send.
#include "topology_support.hpp"

#include <ostream>

#ifdef TANDEM_NS3

namespace tandem::scenarios {
namespace {

// RED draws, and so do the pauses of the cross traffic.
TEST(topology_drawn, runs_twice_alike_with_what_is_drawn_and_otherwise_with_another_seed) {
  const auto what = of(
      "  topology: dumbbell\n  bottleneck: {bandwidth: 2Mbit/s, queue: {red: 64KiB}}\n"
      "  cross_traffic:\n"
      "    - on_off: {from: left, to: right, rate: 1Mbit/s, on: {exponential: 1s}, off: 500ms}\n",
      "  senders: {count: 3, router: left}\n  server: {listen: true, router: right}\n",
      "workload:\n  - stream: {from: senders, to: server, at: 1s, size: 1GB}\n", "20s");
  run_options other;
  other.seed = 2;
  const auto once = run_on(what, "packet").trace_hash;
  EXPECT_EQ(run_on(what, "packet").trace_hash, once);
  EXPECT_NE(run_on(what, "packet", other).trace_hash, once);
}

/// What a question takes beside two bulk transfers that fill 4 Mbit/s, and its bounds: 40 ms
/// without a queue, and 400 ms more behind a full one.
struct waiting {
  const char* queue;
  const char* median;

  friend std::ostream& operator<<(std::ostream& out, const waiting& w) { return out << w.queue; }
};

class queue_of_a_router : public testing::TestWithParam<waiting> {};

TEST_P(queue_of_a_router, delays_as_its_discipline_lets_it) {
  const auto r = run_on(
      of(std::string("  topology: dumbbell\n"
                     "  bottleneck: {bandwidth: 4Mbit/s, latency: 20ms, queue: ") +
             GetParam().queue + "}\n  cross_traffic: [{bulk: {from: left, to: right, flows: 2}}]\n",
         "  hub: {listen: true, router: left}\n  asks: {router: right}\n",
         std::string("workload:\n"
                     "  - keep_connected: {from: asks, to: hub}\n"
                     "  - request: {from: asks, to: hub, at: 20s, until: 110s, arrivals: {every: "
                     "430ms}, size: 100B, reply: {size: 100B}}\n"
                     "expectations:\n"
                     "  - asks.requests_answered >= 100\n"
                     "  - asks.request_time.p50 in ") +
             GetParam().median + "\n",
         "2m"),
      "packet");
  EXPECT_TRUE(r.ok) << failures_of(r);
}

INSTANTIATE_TEST_SUITE_P(of_each_kind, queue_of_a_router,
                         testing::Values(waiting{"400ms", "[250ms, 460ms]"},
                                         waiting{"{red: 400ms}", "[45ms, 90ms]"},
                                         waiting{"{codel: 400ms}", "[40ms, 120ms]"},
                                         waiting{"{fq_codel: 400ms}", "[40ms, 60ms]"}));

// 3 Mbit/s of UDP payload of 972 bytes, 1002 with headers, in every other second: 2.45 Mbit/s are
// left, of which 1448 bytes of 1502 are payload, 2.37 Mbit/s.
TEST(cross_traffic, that_is_on_and_off_takes_its_part_of_the_line) {
  const auto r = run_on(
      of("  topology: dumbbell\n  bottleneck: {bandwidth: 4Mbit/s, latency: 5ms, queue: 50ms}\n"
         "  cross_traffic:\n"
         "    - on_off: {from: left, to: right, rate: 3Mbit/s, size: 972B, on: 1s, off: 1s}\n",
         "  sender: {router: left}\n  server: {listen: true, router: right}\n",
         "workload:\n"
         "  - dial: {from: sender, to: server}\n"
         "  - stream: {from: sender, to: server, at: 1s, size: 1GB}\n"
         "expectations:\n"
         "  - server.bytes_received rate in [2.25Mbit/s, 2.4Mbit/s] between 10s and 60s\n"),
      "packet");
  EXPECT_TRUE(r.ok) << failures_of(r);
}

TEST(cross_traffic, is_there_from_its_beginning_to_its_end) {
  const auto r = run_on(
      of("  topology: dumbbell\n  bottleneck: {bandwidth: 4Mbit/s, latency: 5ms, queue: 50ms}\n"
         "  cross_traffic:\n"
         "    - on_off: {from: left, to: right, rate: 3Mbit/s, size: 972B, on: 1h, at: 10s, for: "
         "10s}\n"
         "    - bulk: {from: left, to: right, flows: 3, at: 30s, until: 40s}\n",
         "  sender: {router: left}\n  server: {listen: true, router: right}\n",
         "workload:\n"
         "  - dial: {from: sender, to: server}\n"
         "  - stream: {from: sender, to: server, at: 1s, size: 1GB}\n"
         "expectations:\n"
         "  - server.bytes_received rate in [3.8Mbit/s, 3.9Mbit/s] between 4s and 10s\n"
         "  - server.bytes_received rate in [0.5Mbit/s, 0.9Mbit/s] between 12s and 20s\n"
         "  - server.bytes_received rate in [3.8Mbit/s, 3.9Mbit/s] between 23s and 30s\n"
         "  - server.bytes_received rate in [0.5Mbit/s, 1.6Mbit/s] between 32s and 40s\n"
         "  - server.bytes_received rate in [3.8Mbit/s, 3.9Mbit/s] between 43s and 60s\n"),
      "packet");
  EXPECT_TRUE(r.ok) << failures_of(r);
}

// Both lines are full, and each node asks over its own.
TEST(queues_of_routers, are_of_the_line_that_names_them) {
  const auto r = run_on(
      of("  topology: {star: {leaves: 2}}\n"
         "  links:\n    default: {bandwidth: 4Mbit/s, latency: 5ms}\n    between:\n"
         "      - {routers: [centre, 'leaf[0]'], queue: {fifo: 400ms}}\n"
         "      - {routers: [centre, 'leaf[1]'], queue: {fq_codel: 400ms}}\n"
         "  cross_traffic:\n"
         "    - bulk: {from: centre, to: 'leaf[0]', flows: 2}\n"
         "    - bulk: {from: centre, to: 'leaf[1]', flows: 2}\n",
         "  hub: {listen: true, router: centre}\n"
         "  waits: {router: 'leaf[0]'}\n  passes: {router: 'leaf[1]'}\n",
         "workload:\n"
         "  - keep_connected: {from: waits, to: hub}\n"
         "  - keep_connected: {from: passes, to: hub}\n"
         "  - request: {from: waits, to: hub, at: 20s, arrivals: {every: 430ms}, size: 100B, "
         "reply: {size: 100B}}\n"
         "  - request: {from: passes, to: hub, at: 20s, arrivals: {every: 430ms}, size: 100B, "
         "reply: {size: 100B}}\n"
         "expectations:\n"
         "  - waits.request_time.p50 in [200ms, 360ms]\n"
         "  - passes.request_time.p50 in [10ms, 16ms]\n"),
      "packet");
  EXPECT_TRUE(r.ok) << failures_of(r);
}

}  // namespace
}  // namespace tandem::scenarios

#endif
