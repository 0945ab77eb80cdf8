// SPDX-License-Identifier: MIT
#include "core/driver.hpp"
#include "core/record_list.hpp"
#include "core/segmented_trace.hpp"

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

TEST(checkpoint, one_of_another_run_is_refused_with_its_place) {
  memory_trace trace;
  connection_manager one({}, peer(1000), 7, &trace), other({}, peer(1001), 7);
  one.advance(at(1s));
  other.advance(at(1s));
  const std::string error =
      "the trace of another run begins at byte " + std::to_string(trace.bytes().size());
  for (const bool continues : {true, false}) {
    memory_trace next = trace;
    if (continues)
      other.write_checkpoint(next);
    else
      connection_manager({}, peer(1000), 7, &next).advance(at(2s));
    const replay_result r = replay(next.bytes());
    EXPECT_FALSE(r.identical);
    EXPECT_NE(r.error.find(error), std::string::npos) << r.error;
    EXPECT_EQ(r.inputs, 1U);
  }
}

TEST(checkpoint, one_that_follows_another_state_or_seed_differs) {
  for (const bool seed : {true, false}) {
    connection_manager one({}, peer(1000), 7), other({}, peer(1000), seed ? 8 : 7);
    one.advance(at(1s));
    other.advance(seed ? at(1s) : at(2s));
    memory_trace trace;
    one.write_checkpoint(trace);
    const std::size_t size = trace.bytes().size();
    other.write_checkpoint(trace);
    const replay_result r = replay(trace.bytes());
    EXPECT_FALSE(r.matches);
    EXPECT_EQ(r.error, "");
    EXPECT_GE(r.mismatch_at, size);
    EXPECT_EQ(r.mismatch_time, at(1s));
    EXPECT_EQ(r.recorded, "a checkpoint");
  }
}

TEST(checkpoint, one_whose_state_is_not_that_of_this_build_is_refused_without_harm) {
  busy b(0);
  record_list alone;
  b.manager.write_checkpoint(alone);
  ASSERT_EQ(alone.all.size(), 2U);
  // A kind, the inputs before it, the size and the checksum of the state, the state.
  const std::span frame = std::span(alone.all[1]).first(1 + 8);
  const std::span state = std::span(alone.all[1]).subspan(1 + 8 + 8 + 8);
  const auto replay_of = [&](std::span<const std::byte> other) {
    trace_hash sum;
    sum.add(frame.subspan(1));
    sum.add(other);
    std::vector<std::byte> bytes = alone.all[0];
    bytes.insert(bytes.end(), frame.begin(), frame.end());
    for (const std::uint64_t word : {std::uint64_t{other.size()}, sum.value()})
      for (int shift = 0; shift < 64; shift += 8)
        bytes.push_back(static_cast<std::byte>(word >> shift & 0xff));
    bytes.insert(bytes.end(), other.begin(), other.end());
    return replay(bytes);
  };
  ASSERT_TRUE(replay_of(state).identical);
  std::vector<std::byte> longer(state.begin(), state.end());
  longer.emplace_back();
  EXPECT_NE(replay_of(longer).error.find("a checkpoint of another build"), std::string::npos);
  for (std::size_t n = 0; n < state.size(); ++n)
    EXPECT_FALSE(replay_of(state.first(n)).identical) << n << " bytes";
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

TEST(checkpoint, holds_what_the_arrival_rate_has_left) {
  manager_options options;
  options.accept_rate = 0.5;
  options.accept_burst = 1;
  driver d(options);
  d.tell(events::arrived{conn(2), address()});
  memory_trace trace;
  d.manager.write_checkpoint(trace);
  const std::size_t before = d.trace.bytes().size();
  d.tell(events::arrived{conn(4), address()});
  ASSERT_EQ(d.refused(cause::rate_limited), 1U);
  trace.record(d.trace.bytes().subspan(before));
  EXPECT_TRUE(replay(trace.bytes()).identical);
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
