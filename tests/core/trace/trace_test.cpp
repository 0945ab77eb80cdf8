// SPDX-License-Identifier: MIT
#include "tandem/core/trace.hpp"

#include "core/driver.hpp"
#include "core/record_list.hpp"

#include <gtest/gtest.h>

namespace tandem::test {
namespace {

/// A run that touches dials, refusals, idle and shutdown.
void play(driver& d) {
  for (std::uint32_t i = 1; i <= 4; ++i) {
    d.dial(req(i), peer(i), {address(1), address(2)});
    if (i % 2 == 0)
      d.fail();
    else
      d.connect(peer(i));
  }
  d.accept(conn(2), peer(9));
  d.run_to(7s);
  d.app_bytes(conn(2));
  d.tell(events::configured{manager_options{}});
  d.run_to(50s);
  d.tell(events::shutdown_wanted{});
  d.run_to(60s);
}

std::uint64_t hash_of_trace(std::uint64_t seed) {
  driver d({}, peer(1000), seed);
  play(d);
  trace_hash hash;
  hash.add(d.trace.bytes());
  return hash.value();
}

TEST(trace, replays_byte_for_byte) {
  driver d;
  play(d);
  const replay_result r = replay(d.trace.bytes());
  EXPECT_TRUE(r.identical) << r.error;
  EXPECT_EQ(r.actions, d.log.size());
  EXPECT_GT(r.inputs, 20U);
}

TEST(trace, is_the_same_for_the_same_seed_and_another_for_another) {
  EXPECT_EQ(hash_of_trace(1), hash_of_trace(1));
  EXPECT_NE(hash_of_trace(1), hash_of_trace(2));
}

TEST(trace, a_changed_action_is_found_where_it_is) {
  driver d;
  play(d);
  std::vector<std::byte> bytes(d.trace.bytes().begin(), d.trace.bytes().end());
  bytes[bytes.size() - 1] ^= std::byte{1};  // of shutdown_complete
  const replay_result r = replay(bytes);
  EXPECT_FALSE(r.identical);
  EXPECT_EQ(r.mismatch_at, bytes.size() - 1);
}

TEST(trace, a_missing_action_is_found_where_it_is) {
  record_list whole;
  connection_manager manager({}, peer(1000), 1, &whole);
  for (const event& e : std::initializer_list<event>{
           events::arrived{conn(2), address()}, events::authenticated{conn(2), peer(1)},
           events::ready{conn(2)}, events::disconnect_wanted{peer(1), {}, cause::requested}}) {
    manager.handle(at(1s), e);
    while (manager.poll_action()) {
    }
  }
  std::uint64_t before = 0;
  std::size_t actions = 0;
  for (std::size_t i = 0; i < whole.all.size(); before += whole.all[i++].size()) {
    if (whole.all[i].front() != std::byte{3}) continue;
    ++actions;
    const replay_result r = replay(whole.joined(i));
    EXPECT_FALSE(r.identical) << "record " << i;
    if (i + 1 == whole.all.size()) {
      EXPECT_TRUE(r.truncated) << "as after a crash";
      EXPECT_NE(r.error.find("before the actions of its last event"), std::string::npos);
    } else {
      EXPECT_FALSE(r.truncated) << "record " << i;
      EXPECT_GE(r.mismatch_at, before);
      EXPECT_LT(r.mismatch_at, before + whole.all[i].size());
      EXPECT_EQ(r.mismatch_time, at(1s));
    }
  }
  EXPECT_GE(actions, 4U);
}

TEST(trace, places_are_right_however_long_it_is) {
  driver d;
  for (int i = 0; i < 10'000; ++i) d.tell(events::network_changed{});
  d.accept(conn(2), peer(1));
  std::vector<std::byte> bytes(d.trace.bytes().begin(), d.trace.bytes().end());
  bytes.back() ^= std::byte{1};
  const replay_result r = replay(bytes);
  EXPECT_FALSE(r.identical);
  EXPECT_EQ(r.mismatch_at, bytes.size() - 1);
}

TEST(trace, says_when_it_begins_and_ends) {
  driver d;
  d.run_to(3s);
  d.tell(events::network_changed{});
  d.run_to(5s);
  d.tell(events::network_changed{});
  const replay_result r = replay(d.trace.bytes());
  EXPECT_EQ(r.begin, at(3s));
  EXPECT_EQ(r.end, at(5s));
}

TEST(trace, holds_peer_ids_and_times_up_to_their_bounds) {
  constexpr duration most{duration::rep{1} << 62};
  driver d;
  std::array<std::uint8_t, peer_id::size_max> longest{};
  longest.fill(7);
  d.accept(conn(2), peer_id::from_bytes(longest));
  d.now = at(most);
  d.tell(events::network_changed{});
  EXPECT_TRUE(replay(d.trace.bytes()).identical);
  const std::size_t size = d.trace.bytes().size();
  d.now = at(most + 1ns);
  d.tell(events::network_changed{});
  const replay_result r = replay(d.trace.bytes());
  EXPECT_EQ(r.error, "byte " + std::to_string(size) + ": a time beyond 146 years");
}

TEST(trace, one_cut_short_or_garbled_anywhere_is_refused_without_harm) {
  driver d;
  play(d);
  const auto whole = d.trace.bytes();
  std::size_t unreadable = 0;
  for (std::size_t n = 0; n < whole.size(); n += 7) unreadable += !replay(whole.first(n)).identical;
  EXPECT_GT(unreadable, whole.size() / 7 * 8 / 10);
  std::vector<std::byte> bytes(whole.begin(), whole.end());
  // A garbled input may be one the core does not look at, such as the address of an arrival.
  std::size_t noticed = 0, tried = 0;
  for (std::size_t n = 0; n < bytes.size(); n += 3, ++tried) {
    bytes[n] ^= std::byte{0xa5};
    noticed += !replay(bytes).identical;
    bytes[n] ^= std::byte{0xa5};
  }
  EXPECT_GT(noticed, tried / 2);
  EXPECT_FALSE(replay({}).error.empty());
}

TEST(trace, one_of_another_version_or_build_is_refused_by_name) {
  driver d;
  std::vector<std::byte> bytes(d.trace.bytes().begin(), d.trace.bytes().end());
  bytes[1] = std::byte{1};
  EXPECT_EQ(replay(bytes).error, "byte 0: a trace of version 1; this build reads version 6");
  bytes[1] = std::byte{6};
  EXPECT_TRUE(replay(bytes).error.empty());
  bytes[5] ^= std::byte{1};
  EXPECT_NE(replay(bytes).error.find("recorded by a build with other options"), std::string::npos);
}

TEST(trace, what_cannot_be_is_named_with_its_place) {
  driver d;
  d.tell(events::peer_marked{peer(1), mark::deny});
  std::vector<std::byte> bytes(d.trace.bytes().begin(), d.trace.bytes().end());
  const std::size_t header = bytes.size() - (1 + 8 + 1 + 7 + 1 + 1 + 8 + 4);
  bytes[header + 17] = std::byte{9};  // the mark
  const replay_result r = replay(bytes);
  EXPECT_EQ(r.error, "byte " + std::to_string(header) + ": a value that does not exist");
  EXPECT_FALSE(r.truncated);
  bytes[header] = std::byte{77};
  EXPECT_EQ(replay(bytes).error, "byte " + std::to_string(header) + ": no record of kind 77");
}

TEST(trace, a_missing_tail_is_said_and_what_is_before_it_is_replayed) {
  driver d;
  play(d);
  const auto whole = d.trace.bytes();
  const replay_result all = replay(whole);
  std::uint64_t inputs = 0;
  for (std::size_t n = whole.size() / 2; n < whole.size(); n += 11) {
    const replay_result r = replay(whole.first(n));
    EXPECT_TRUE(r.matches) << n;
    EXPECT_EQ(r.identical, !r.truncated);
    EXPECT_EQ(r.error.empty(), !r.truncated);
    EXPECT_GE(r.inputs, inputs);
    inputs = r.inputs;
  }
  EXPECT_GT(inputs, all.inputs / 2);
}

TEST(trace, is_read_a_piece_at_a_time_whatever_the_pieces) {
  driver d;
  play(d);
  struct dripping final : trace_source {
    explicit dripping(std::span<const std::byte> bytes, std::size_t most)
        : all(bytes), piece(most) {}
    std::size_t read(std::span<std::byte> into) override {
      return all.read(into.first(std::min(into.size(), piece)));
    }
    memory_source all;
    std::size_t piece;
  };
  for (const std::size_t piece : {1, 2, 7, 1000}) {
    dripping source(d.trace.bytes(), piece);
    const replay_result r = replay(source);
    EXPECT_TRUE(r.identical) << piece << " " << r.error;
    EXPECT_EQ(r.actions, d.log.size());
  }
}

TEST(trace_hash, is_fnv_1a) {
  trace_hash hash;
  EXPECT_EQ(hash.text(), "cbf29ce484222325");
  hash.add(std::as_bytes(std::span("foobar", 6)));  // test vector of draft-eastlake-fnv
  EXPECT_EQ(hash.text(), "85944171f73967e8");
  trace_hash bytes, word;
  const std::array<std::byte, 8> raw{std::byte{1}, std::byte{2}};
  bytes.add(raw);
  word.add(0x0201ULL);
  EXPECT_EQ(bytes.value(), word.value());
}

}  // namespace
}  // namespace tandem::test
