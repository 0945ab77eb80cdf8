// SPDX-License-Identifier: MIT
// Arrivals that are not ready yet: how many there may be, and who makes room for whom.
#include "core/driver.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace tandem::test {
namespace {

endpoint from(std::uint8_t subnet, std::uint64_t host) {
  return endpoint::v4(203, 0, subnet, static_cast<std::uint8_t>(1 + host % 250), 4001);
}

/// Those that were reset with PendingLimitReached, in order.
std::vector<connection_id> made_room(const driver& d) {
  std::vector<connection_id> found;
  for (const driver::step& s : d.log)
    if (const auto* x = std::get_if<actions::refuse>(&s.what))
      if (x->refusal == cause::pending_limit_reached) found.push_back(x->conn);
  return found;
}

using ids = std::vector<connection_id>;

TEST(pending_inbound, is_limited_and_the_oldest_that_has_not_authenticated_makes_room) {
  manager_options options;
  options.max_pending_inbound = 3;
  driver d(options);
  for (std::uint64_t i = 1; i <= 3; ++i) d.tell(events::arrived{conn(2 * i), address()});
  EXPECT_EQ(d.counters().pending_inbound, 3U);
  EXPECT_EQ(d.count<actions::refuse>(), 0U);
  d.tell(events::arrived{conn(8), address()});
  EXPECT_EQ(made_room(d), ids{conn(2)});
  EXPECT_EQ(d.last<actions::refuse>()->how, refuse_how::reset);
  EXPECT_EQ(describe(d.last(notice::inbound_refused)), "PendingLimitReached{limit: 3, current: 3}");
  EXPECT_EQ(d.last(notice::inbound_refused).conn, conn(2));
  EXPECT_EQ(d.last<actions::admit>()->conn, conn(8));
  EXPECT_EQ(d.counters().pending_inbound, 3U);
  EXPECT_EQ(d.counters().failed_total, 0U);
  d.upgrade(conn(4), peer(1));
  d.tell(events::arrived{conn(10), address()});
  EXPECT_EQ(d.counters().pending_inbound, 3U);
  EXPECT_EQ(d.refused(cause::pending_limit_reached), 1U);
  EXPECT_EQ(d.counters().active_connections, 1U);
}

TEST(pending_inbound, is_as_many_as_there_are_descriptors_and_the_oldest_makes_room) {
  driver d;
  for (std::uint64_t i = 1; i <= 3; ++i) d.tell(events::arrived{conn(2 * i), address()});
  d.tell(events::authenticated{conn(2), peer(1)});
  d.tell(events::accept_failed{cause::local_resource});
  EXPECT_EQ(made_room(d), ids{conn(4)});
  EXPECT_EQ(describe(d.last(notice::inbound_refused)), "PendingLimitReached{limit: 3, current: 3}");
  EXPECT_EQ(d.count<actions::listen_pause>(), 0U) << "whoever waits comes in at once";
  d.tell(events::arrived{conn(8), address()});
  d.tell(events::accept_failed{cause::local_resource});
  EXPECT_EQ(made_room(d), (ids{conn(4), conn(6)}));
  d.tell(events::accept_failed{cause::local_resource});  // that was no help
  EXPECT_EQ(made_room(d).size(), 2U);
  EXPECT_EQ(d.count<actions::listen_pause>(), 1U);
  d.run_for(100ms);
  d.tell(events::accept_failed{cause::local_resource});
  EXPECT_EQ(made_room(d).size(), 2U);
  EXPECT_EQ(d.count<actions::listen_pause>(), 2U);
}

TEST(pending_inbound, makes_room_for_an_attempt_that_finds_no_descriptor) {
  driver d;
  for (std::uint64_t i = 1; i <= 2; ++i) d.tell(events::arrived{conn(2 * i), address()});
  d.dial(req(1), peer(1));
  d.fail(cause::unreachable, true);
  EXPECT_EQ(d.count<actions::refuse>(), 0U) << "that is no want of descriptors";
  d.dial(req(2), peer(2));
  d.fail(cause::local_resource, true);
  EXPECT_EQ(made_room(d), ids{conn(2)});
  EXPECT_EQ(d.count<actions::start_attempt>(), 3U);
  EXPECT_EQ(d.count(notice::dial_failed), 1U);
  d.fail(cause::local_resource, true);
  EXPECT_EQ(d.last(notice::dial_failed).why, cause::local_resource);
  EXPECT_EQ(made_room(d).size(), 1U);
  EXPECT_EQ(d.counters().remembered_peers, 0U);
}

TEST(pending_inbound, never_exceeds_its_limit_before_the_driver_answers) {
  manager_options options;
  options.max_pending_inbound = 2;
  driver d(options);
  d.answers = false;
  for (std::uint64_t i = 1; i <= 50; ++i) {
    d.tell(events::arrived{conn(2 * i), address()});
    ASSERT_LE(d.counters().pending_inbound, 2U);
  }
  EXPECT_EQ(made_room(d).size(), 48U);  // each once
  d.tell(events::closed{conn(2), cause::pending_limit_reached});
  EXPECT_EQ(d.counters().pending_inbound, 2U);
  EXPECT_EQ(d.counters().failed_total, 0U);
}

TEST(pending_inbound, that_authenticated_or_are_on_their_way_out_make_no_room) {
  manager_options options;
  options.max_pending_inbound = 3;
  driver d(options);
  d.answers = false;
  for (const std::uint64_t c : {2, 4, 6}) d.tell(events::arrived{conn(c), address()});
  d.tell(events::authenticated{conn(2), peer(1)});
  d.tell(events::disconnect_wanted{{}, conn(4)});  // aborted, its last event is missing
  d.tell(events::arrived{conn(8), address()});
  EXPECT_EQ(made_room(d), ids{conn(6)});
  d.tell(events::authenticated{conn(8), peer(2)});
  d.tell(events::arrived{conn(10), address()});  // all that are left have authenticated or go
  EXPECT_EQ(made_room(d), (ids{conn(6), conn(10)}));
  EXPECT_EQ(d.counters().pending_inbound, 3U);
  d.tell(events::closed{conn(4), cause::aborted});
  d.tell(events::arrived{conn(12), address()});
  EXPECT_EQ(made_room(d).size(), 2U);
}

TEST(pending_inbound, silent_sockets_do_not_keep_an_honest_peer_out) {
  driver d;
  for (std::uint64_t i = 1; i <= 256; ++i) d.tell(events::arrived{conn(2 * i), address()});
  d.accept(conn(514), peer(1));
  EXPECT_EQ(d.counters().active_connections, 1U);
  d.run_to(15s);
  EXPECT_EQ(d.counters().pending_inbound, 0U);
  EXPECT_EQ(d.counters().failed_total, 256U);
}

/// Silent arrivals, 500 a second, from wherever `source` says, beside an honest peer every 100 ms
/// that needs half a second: how many of the honest are let in.
std::uint64_t let_in(const manager_options& options, auto source) {
  driver d(options);
  std::uint64_t id = 0;
  constexpr int honest = 100;
  for (int tick = 0; tick < 5'500; ++tick) {  // of 2 ms
    d.run_to(2ms * tick);
    d.tell(events::arrived{conn(id += 2), source(tick)});
    EXPECT_LE(d.counters().pending_inbound, options.max_pending_inbound);
    if (tick % 50 == 0 && tick / 50 < honest)
      d.tell(events::arrived{conn(1'000'000 + 2 * (tick / 50)), from(77 + tick / 2500, tick / 50)});
    if (const int done = tick / 50 - 5; tick % 50 == 0 && done >= 0 && done < honest)
      d.upgrade(conn(1'000'000 + 2 * done), peer(done));
    d.log.clear();
  }
  return d.counters().established_total;
}

TEST(pending_inbound, an_honest_handshake_of_half_a_second_succeeds_in_a_flood_of_silence) {
  manager_options options;  // of one exempt address; of many subnets; of one
  EXPECT_EQ(let_in(options, [](int) { return address(); }), 100U);
  EXPECT_EQ(let_in(options, [](int n) { return from(static_cast<std::uint8_t>(n), n / 256); }),
            100U);
  EXPECT_EQ(let_in(options, [](int n) { return from(1, n); }), 100U);
  options.subnet_accept_rate = 0;
  EXPECT_EQ(let_in(options, [](int n) { return from(1, n); }), 100U);
  options.max_memory = 400 * options.connection_memory;  // 100 of them for those let in
  EXPECT_EQ(let_in(options, [](int) { return address(); }), 100U);
}

TEST(pending_inbound, of_one_wide_subnet_does_not_use_up_that_of_the_node) {
  manager_options options;
  options.subnet_accept_rate = 0;
  driver d(options);
  d.tell(events::arrived{conn(1000), from(114, 1)});  // another subnet, and older
  for (std::uint64_t i = 1; i <= 64; ++i) d.tell(events::arrived{conn(2 * i), from(113, i)});
  EXPECT_EQ(d.count<actions::refuse>(), 0U);
  d.tell(events::arrived{conn(130), from(113, 65)});
  EXPECT_EQ(made_room(d), ids{conn(2)});
  EXPECT_EQ(describe(d.last(notice::inbound_refused)),
            "PendingLimitReached{limit: 64, current: 64}");
  d.tell(events::arrived{conn(132), from(114, 2)});
  EXPECT_EQ(d.counters().pending_inbound, 66U);
  d.upgrade(conn(4), peer(1));  // ready, so no longer pending
  d.tell(events::arrived{conn(134), from(113, 66)});
  EXPECT_EQ(d.refused(cause::pending_limit_reached), 1U);
  EXPECT_EQ(d.counters().pending_inbound, 66U);
  d.run_to(15s);  // silence ends at handshake_timeout
  EXPECT_EQ(d.counters().pending_inbound, 0U);
  d.tell(events::arrived{conn(136), from(113, 67)});
  EXPECT_EQ(d.refused(cause::pending_limit_reached), 1U);
}

TEST(pending_inbound, of_a_full_subnet_makes_room_there_though_the_node_is_full_as_well) {
  manager_options options;
  options.max_pending_inbound = 3;
  options.max_pending_per_wide_subnet = 2;
  driver d(options);
  d.tell(events::arrived{conn(2), from(1, 1)});
  d.tell(events::arrived{conn(4), from(2, 1)});
  d.tell(events::arrived{conn(6), from(2, 2)});
  d.tell(events::arrived{conn(8), from(2, 3)});
  EXPECT_EQ(made_room(d), ids{conn(4)});
  d.tell(events::arrived{conn(10), from(3, 1)});  // the node's limit alone: the oldest of all
  EXPECT_EQ(made_room(d), (ids{conn(4), conn(2)}));
}

TEST(pending_inbound, of_a_wide_subnet_is_counted_anew_when_the_limit_comes_into_force) {
  manager_options options;
  options.subnet_accept_rate = 0;
  options.max_pending_per_wide_subnet = options.max_connections_per_wide_subnet = 0;
  driver d(options);
  const auto arrive = [&](std::uint64_t c) { d.tell(events::arrived{conn(c), from(113, c)}); };
  for (const std::uint64_t c : {6, 2, 4}) arrive(c);
  options.max_pending_per_wide_subnet = 4;
  d.tell(events::configured{options});
  arrive(8);
  EXPECT_EQ(d.refused(cause::pending_limit_reached), 0U);
  for (const std::uint64_t c : {10, 12, 14, 16}) arrive(c);
  EXPECT_EQ(made_room(d), (ids{conn(6), conn(2), conn(4), conn(8)}));  // the oldest, not the least
}

TEST(pending_inbound, above_a_lowered_limit_goes_with_the_next_arrival) {
  manager_options options;
  driver d(options);
  for (const std::uint64_t c : {2, 4, 6, 8}) d.tell(events::arrived{conn(c), address()});
  d.tell(events::authenticated{conn(2), peer(1)});
  options.max_pending_inbound = 2;
  d.tell(events::configured{options});
  EXPECT_EQ(d.counters().pending_inbound, 4U);
  d.tell(events::arrived{conn(10), address()});
  EXPECT_EQ(made_room(d), (ids{conn(4), conn(6), conn(8)}));
  EXPECT_EQ(d.counters().pending_inbound, 2U);
}

}  // namespace
}  // namespace tandem::test
