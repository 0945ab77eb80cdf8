// SPDX-License-Identifier: MIT
#include "driver.hpp"
#include "segmented_trace.hpp"

#include <gtest/gtest.h>

namespace tandem::test {
namespace {

/// A manager with something of everything in it: connections in each phase, dials, records, rules.
struct busy {
  explicit busy(std::uint64_t checkpoint_every)
      : trace(checkpoint_every), manager({}, peer(1000), 7, &trace) {
    for (std::uint32_t i = 1; i <= 8; ++i) {
      const std::array where{address(static_cast<std::uint16_t>(i)), address(100)};
      tell(events::dial_wanted{req(i), peer(i), where});
      tell(events::arrived{conn(2 * i), address(50)});
      if (i > 1) tell(events::authenticated{conn(2 * i), peer(100 + i)});
      if (i > 2) tell(events::ready{conn(2 * i)});
      if (i > 4) tell(events::rtt_sampled{conn(2 * i), 50ms});
    }
    for (const connection_id c : std::vector(attempts)) {
      now += 100ms;
      const auto id = static_cast<std::uint64_t>(c);
      if (id % 3 == 0) tell(events::attempt_failed{c, cause::connection_refused, false, {}});
      if (id % 3 == 1) tell(events::attempt_connected{c});
    }
    tell(events::dial_wanted{req(20), peer(20), {}});
    tell(events::peer_marked{peer(3), mark::tag, true, at(100s), 9});
    tell(events::peer_marked{peer(44), mark::deny, true, at(100s)});
  }
  void tell(const event& what) {
    manager.handle(now, what);
    drain();
  }
  void drain() {
    while (const auto a = manager.poll_action())
      if (const auto* x = std::get_if<actions::start_attempt>(&*a)) attempts.push_back(x->attempt);
  }
  void run_to(duration t) {
    for (; manager.next_deadline() <= at(t); drain()) {
      now = std::max(now, manager.next_deadline());
      manager.advance(now);
    }
    now = at(t);
  }

  time_point now{};
  segmented_trace trace;
  connection_manager manager;
  std::vector<connection_id> attempts;
};

TEST(checkpoint, a_trace_goes_on_from_each) {
  busy b(5);
  b.run_to(90s);
  ASSERT_GT(b.trace.segments(), 8U);
  EXPECT_TRUE(replay(b.trace.bytes()).identical);
  for (std::size_t i = 0; i < b.trace.segments(); ++i) {
    const replay_result r = replay(b.trace.from(i));
    EXPECT_TRUE(r.identical) << "segment " << i << ": " << r.error << r.recorded << r.replayed;
    EXPECT_EQ(r.counters, b.manager.counters());
  }
}

TEST(checkpoint, says_that_it_continues_and_how_far_it_is) {
  busy b(5);
  memory_source first(b.trace.from(0)), second(b.trace.from(1));
  EXPECT_FALSE(heading_of(first).continues);
  const trace_heading heading = heading_of(second);
  EXPECT_TRUE(heading.continues);
  EXPECT_EQ(heading.inputs, 4U);
  EXPECT_EQ(heading.self, peer(1000));
}

TEST(checkpoint, a_missing_segment_is_noticed) {
  busy b(5);
  ASSERT_GT(b.trace.segments(), 3U);
  const auto whole = b.trace.bytes();
  const auto second = whole.size() - b.trace.from(1).size();
  const auto third = b.trace.from(2);
  std::vector<std::byte> gap(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(second));
  gap.insert(gap.end(), third.begin(), third.end());
  const replay_result r = replay(gap);
  EXPECT_FALSE(r.identical);
  EXPECT_FALSE(r.truncated);
  EXPECT_NE(r.error.find("is one missing?"), std::string::npos) << r.error;
  EXPECT_EQ(r.inputs, 4U) << "what was before it is replayed";
}

TEST(checkpoint, one_that_is_damaged_anywhere_is_refused) {
  busy b(0);
  memory_trace alone;
  b.manager.write_checkpoint(alone);
  ASSERT_TRUE(replay(alone.bytes()).identical);
  std::vector<std::byte> bytes(alone.bytes().begin(), alone.bytes().end());
  memory_trace header;  // which gzip guards
  const connection_manager blank({}, peer(1000), 7, &header);
  for (std::size_t n = header.bytes().size() + 1; n < bytes.size(); n += 13) {
    bytes[n] ^= std::byte{0x40};
    EXPECT_FALSE(replay(bytes).identical) << "byte " << n;
    bytes[n] ^= std::byte{0x40};
    EXPECT_FALSE(replay(std::span(bytes).first(n)).identical) << n << " bytes";
  }
}

TEST(checkpoint, other_options_hold_from_it_on) {
  busy b(0);
  memory_trace alone;
  b.manager.write_checkpoint(alone);
  const std::uint64_t live = b.manager.counters().permits_live;
  ASSERT_GT(live, 4U);
  const auto to_three = [](manager_options& o) { o.max_connections = 3; };
  memory_source source(alone.bytes());
  const auto r = replay_open(source, to_three);
  EXPECT_TRUE(r.record.identical);
  EXPECT_EQ(r.record.counters.permits_live, live);
  EXPECT_EQ(r.counters.permits_live, 3U);
  EXPECT_EQ(r.divergences_count, live - 3);
  for (const divergence& row : r.divergences) {
    EXPECT_EQ(describe(row.recorded), "nothing");
    EXPECT_EQ(row.open.why, cause::limit_reached);
  }
}

}  // namespace
}  // namespace tandem::test
