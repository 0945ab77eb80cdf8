// SPDX-License-Identifier: GPL-2.0-only
// What becomes of packets at each queue disc of a line between routers, told by ns-3's own words.
#include "two_hosts.hpp"

#include <map>
#include <string>

namespace tandem::packet {
namespace {

using sim::queue_discipline;
using kind = sim::queue_event::kind;

/// A host sends 4 MB through a line of 2 Mbit/s between two routers; events of its packets there.
std::map<kind, std::uint64_t> events_at(queue_discipline discipline) {
  auto plan = std::make_shared<sim::topology>();
  plan->routers = {"near", "far"};
  plan->lines = {{.a = 0,
                  .b = 1,
                  .latency = 20ms,
                  .bandwidth = 2'000'000,
                  .queue = {.bytes = 60'000},
                  .discipline = discipline}};
  plan->router_of = {0, 1};
  std::map<kind, std::uint64_t> seen;
  sim::fabric_options options;
  options.routers = plan;
  const sim::routes ways(*plan);
  const sim::route there = ways.between(0, 1), back = ways.between(1, 0);
  const sim::link paths[] = {{.latency = 21ms, .way = &there}, {.latency = 21ms, .way = &back}};
  options.links = [&paths](sim::host_index from, sim::host_index) -> const sim::link& {
    return paths[from];
  };
  options.on_queue = [&seen](sim::host_index from, sim::queue_event what) {
    if (from == 0) ++seen[what.what];
  };
  const auto fabric = make_packet_fabric(std::move(options));
  fabric->add_host();
  fabric->add_host();
  const auto listener = fabric->host(1).listen(fabric->listen_address(1)).value();
  std::vector<byte_stream> dialed(8), accepted(8);
  std::vector<std::unique_ptr<sink>> sinks;
  std::vector<std::unique_ptr<source>> sources;
  for (std::size_t i = 0; i < dialed.size(); ++i) {
    listener->async_accept([&, i](error_code, connected c) { accepted[i] = std::move(c.stream); });
    fabric->host(0).async_connect(fabric->listen_address(1), [&, i](error_code, connected c) {
      dialed[i] = std::move(c.stream);
    });
    fabric->run_until(fabric->clock().now() + 1s, {});
  }
  for (std::size_t i = 0; i < dialed.size(); ++i) {
    sinks.push_back(std::make_unique<sink>(accepted[i], fabric->clock()));
    sources.push_back(
        std::make_unique<source>(dialed[i], fabric->clock(), std::string(500'000, 'x')));
  }
  fabric->run_until(start + 60s, {});
  std::size_t arrived = 0;
  for (const auto& each : sinks) arrived += each->bytes.size();
  EXPECT_EQ(arrived, 4'000'000U);
  return seen;
}

class packet_queue : public testing::TestWithParam<queue_discipline> {};
INSTANTIATE_TEST_SUITE_P(, packet_queue,
                         testing::Values(queue_discipline::fifo, queue_discipline::red,
                                         queue_discipline::codel, queue_discipline::fq_codel));

TEST_P(packet_queue, drops_early_where_its_discipline_does_and_else_for_want_of_room) {
  auto seen = events_at(GetParam());
  EXPECT_GT(seen[kind::entered], 2'700U);  // segments of 1448 bytes
  EXPECT_GT(seen[kind::left], 2'700U);
  if (GetParam() == queue_discipline::fifo) {
    EXPECT_EQ(seen[kind::dropped_early], 0U);
    EXPECT_GT(seen[kind::found_no_room], 0U);
  } else {
    EXPECT_GT(seen[kind::dropped_early], 0U);
    EXPECT_LT(seen[kind::found_no_room], seen[kind::dropped_early]);
  }
}

}  // namespace
}  // namespace tandem::packet
