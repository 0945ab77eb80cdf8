// SPDX-License-Identifier: GPL-2.0-only
#include "bulk.hpp"

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

}  // namespace
}  // namespace tandem::packet
