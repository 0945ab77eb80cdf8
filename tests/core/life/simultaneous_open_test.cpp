// SPDX-License-Identifier: MIT
#include "core/driver.hpp"
#include "core/two_nodes.hpp"

#include <gtest/gtest.h>

namespace tandem::test {
namespace {

// Node 0 has the lesser peer id, node 1 the greater.

manager_options with_per_peer(std::uint64_t limit) {
  manager_options options;
  options.max_connections_per_peer = limit;
  return options;
}

void expect_one_connection(const two_nodes& net, const std::string& what) {
  for (std::size_t i = 0; i < 2; ++i) {
    const manager_counters& c = net.nodes[i]->manager.counters();
    EXPECT_EQ(c.active_connections, 1U) << what << " at node " << i;
    EXPECT_EQ(c.permits_live, 1U) << what << " at node " << i;
    EXPECT_EQ(c.pending_inbound + c.pending_outbound + c.lingering, 0U) << what << " node " << i;
    EXPECT_EQ(net.nodes[i]->count(notice::dial_succeeded), 1U) << what << " at node " << i;
    EXPECT_EQ(net.nodes[i]->count(notice::dial_failed), 0U) << what << " at node " << i;
    EXPECT_EQ(c.remembered_peers, 0U) << what << " at node " << i;
  }
}

TEST(two_nodes, take_the_round_trips_of_the_upgrade) {
  two_nodes net({}, [] { return duration(10ms); });
  net.at(0s, [&] { net.dial(0, req(1)); });
  net.run_to(1s);
  time_point ready[2] = {never, never};
  for (int i = 0; i < 2; ++i)
    for (const auto& [when, n] : net.nodes[static_cast<std::size_t>(i)]->notices)
      if (n.kind == notice::connection_established) ready[i] = when;
  EXPECT_EQ(ready[0], at(60ms));
  EXPECT_EQ(ready[1], at(50ms));
}

TEST(simultaneous_open, at_the_same_instant_keeps_the_dial_of_the_greater_peer_id) {
  for (const std::uint64_t limit : {1U, 2U}) {
    two_nodes net(with_per_peer(limit), [] { return duration(10ms); });
    net.at(0s, [&] { net.dial(0, req(1)); });
    net.at(0s, [&] { net.dial(1, req(1)); });
    net.run_to(5s);
    expect_one_connection(net, "limit " + std::to_string(limit));
    for (const auto& [when, n] : net.nodes[0]->notices)
      if (n.kind == notice::connection_established) {
        EXPECT_EQ(n.way, direction::inbound);
      }
    EXPECT_EQ(net.nodes[0]->permits_most, 1U);
    EXPECT_EQ(net.nodes[1]->permits_most, 1U);
    const auto& greater = net.nodes[1]->manager.counters();
    EXPECT_EQ(greater.refused[static_cast<std::size_t>(cause::duplicate)], 1U);
    for (const auto& n : net.nodes) {
      EXPECT_EQ(n->manager.counters().failed_total, 0U);
      EXPECT_EQ(n->manager.counters().established_total, 1U);
    }
  }
}

TEST(simultaneous_open, leaves_exactly_one_connection_at_every_offset_and_limit) {
  for (const std::uint64_t limit : {1U, 2U})
    for (std::size_t first : {0U, 1U})
      for (auto offset = 0ms; offset <= 80ms; offset += 1ms) {
        two_nodes net(with_per_peer(limit), [] { return duration(10ms); });
        net.at(0s, [&] { net.dial(first, req(1)); });
        net.at(offset, [&] { net.dial(1 - first, req(1)); });
        net.run_to(9s);
        expect_one_connection(net, "limit " + std::to_string(limit) + ", node " +
                                       std::to_string(first) + " first by " +
                                       std::to_string(offset.count()) + " ms");
        for (const auto& n : net.nodes) EXPECT_LE(n->permits_most, limit);
      }
}

TEST(simultaneous_open, leaves_exactly_one_connection_with_random_delays) {
  for (std::uint64_t seed = 1; seed <= 2000; ++seed) {
    random_stream random(seed);
    const std::uint64_t limit = 1 + random.up_to(1);
    two_nodes net(with_per_peer(limit),
                  [&] { return duration(1ms) + duration(random.up_to(30'000'000)); });
    net.at(duration(random.up_to(100'000'000)), [&] { net.dial(0, req(1)); });
    net.at(duration(random.up_to(100'000'000)), [&] { net.dial(1, req(1)); });
    net.run_to(9s);
    std::uint64_t active = 0;
    for (const auto& n : net.nodes) {
      EXPECT_GE(n->count(notice::dial_succeeded), 1U) << "seed " << seed;
      EXPECT_LE(n->permits_most, limit) << "seed " << seed;
      active += n->manager.counters().active_connections;
    }
    EXPECT_EQ(active, 2U) << "seed " << seed;
    if (testing::Test::HasFailure()) return;
  }
}

TEST(simultaneous_open, additional_dials_are_exempt) {
  two_nodes net({}, [] { return duration(10ms); });
  net.at(0s, [&] { net.dial(0, req(1), dial_mode::additional); });
  net.at(0s, [&] { net.dial(1, req(1), dial_mode::additional); });
  net.run_to(5s);
  for (const auto& n : net.nodes) EXPECT_EQ(n->manager.counters().active_connections, 2U);
}

TEST(simultaneous_open, with_room_for_one_connection_only_still_leaves_one) {
  manager_options options;
  options.max_connections = options.max_connections_per_peer = 1;
  two_nodes net(options, [] { return duration(10ms); });
  net.at(0s, [&] { net.dial(0, req(1)); });
  net.at(3ms, [&] { net.dial(1, req(1)); });
  net.run_to(5s);
  expect_one_connection(net, "max_connections 1");
}

TEST(simultaneous_open, the_lesser_moves_its_permit_to_the_inbound_connection) {
  driver d(with_per_peer(1), peer(1));
  d.answers = false;
  d.dial(req(1), peer(2));
  d.tell(events::attempt_connected{conn(1)});
  d.tell(events::authenticated{conn(1), peer(2)});
  d.tell(events::arrived{conn(2), address()});
  EXPECT_EQ(d.counters().permits_live, 1U);
  d.tell(events::authenticated{conn(2), peer(2)});
  EXPECT_EQ(d.last<actions::admit>()->conn, conn(2));
  EXPECT_EQ(d.last<actions::admit>()->stage, stage::established);
  EXPECT_EQ(d.counters().permits_live, 1U);
  EXPECT_EQ(d.counters().permits_issued, 1U);
  EXPECT_EQ(d.counters().pending_outbound, 1U);
  d.tell(events::ready{conn(2)});
  EXPECT_EQ(d.last(notice::dial_succeeded).conn, conn(2));
  d.tell(events::remote_refused{conn(1), cause::duplicate});
  d.tell(events::closed{conn(1), cause::remote_closed});
  EXPECT_EQ(d.counters().pending_outbound, 0U);
  EXPECT_EQ(d.counters().failed_total, 0U);
  EXPECT_EQ(d.counters().active_connections, 1U);
}

TEST(simultaneous_open, when_the_kept_connection_dies_the_dial_tries_again) {
  driver d({}, peer(1));
  d.dial(req(1), peer(2));
  d.tell(events::attempt_connected{conn(1)});
  d.tell(events::arrived{conn(2), address()});
  d.tell(events::authenticated{conn(2), peer(2)});
  EXPECT_EQ(d.last<actions::abort>()->conn, conn(1));
  EXPECT_EQ(d.last<actions::abort>()->reason, cause::duplicate);
  d.tell(events::closed{conn(2), cause::reset});
  EXPECT_EQ(d.count<actions::start_attempt>(), 2U);
  EXPECT_EQ(d.last<actions::start_attempt>()->address, address());
  d.connect(peer(2));
  EXPECT_EQ(d.count(notice::dial_succeeded), 1U);
  EXPECT_EQ(d.count(notice::dial_failed), 0U);
}

TEST(simultaneous_open, a_dial_refused_as_duplicate_tries_again_when_the_other_never_comes) {
  driver d({}, peer(1));
  d.dial(req(1), peer(2));
  d.tell(events::attempt_connected{conn(1)});
  d.tell(events::authenticated{conn(1), peer(2)});
  d.tell(events::remote_refused{conn(1), cause::duplicate});
  d.tell(events::closed{conn(1), cause::remote_closed});
  EXPECT_EQ(d.count(notice::dial_failed), 0U);
  d.run_to(1s - 1ns);
  EXPECT_EQ(d.count<actions::start_attempt>(), 1U);
  d.run_to(1s);
  EXPECT_EQ(d.count<actions::start_attempt>(), 2U);
}

/// The last attempt is refused as a duplicate.
void refuse_as_duplicate(driver& d, duration retry_after = {}) {
  const connection_id c = d.last<actions::start_attempt>()->attempt;
  d.tell(events::attempt_connected{c});
  d.tell(events::authenticated{c, peer(2)});
  d.tell(events::remote_refused{c, cause::duplicate, retry_after});
  d.tell(events::closed{c, cause::remote_closed});
}

TEST(simultaneous_open, a_peer_that_calls_every_dial_a_duplicate_and_never_comes_is_backed_off) {
  for (const duration asked : {duration(0s), duration(50s)}) {
    manager_options options;
    options.backoff_strategy = backoff_strategy::exponential;
    driver d(options, peer(1));
    d.dial(req(1), peer(2));
    for (int pause = 0; pause < 3; ++pause) {
      refuse_as_duplicate(d, asked);
      EXPECT_EQ(d.count(notice::dial_failed), 0U);
      d.run_for(1s);
    }
    EXPECT_EQ(d.count<actions::start_attempt>(), 4U);
    refuse_as_duplicate(d, asked);
    const notification failed = d.last(notice::dial_failed);
    EXPECT_EQ(d.when(notice::dial_failed), at(3s));
    EXPECT_EQ(failed.why, cause::duplicate);
    EXPECT_EQ(failed.failures, 1U);
    EXPECT_GE(failed.until, d.now + std::max<duration>(1s, asked));
    EXPECT_LE(failed.until, d.now + std::max<duration>(1s, asked + asked / 4));
    EXPECT_EQ(d.counters().failed_total, 1U);
    d.run_for(100s);
    EXPECT_EQ(d.count<actions::start_attempt>(), 4U);
  }
}

TEST(simultaneous_open, a_peer_that_comes_itself_is_not_refused_for_attempts_that_nobody_answers) {
  for (const duration age : {3s - 1ns, duration(3s)}) {
    driver d({}, peer(2));
    d.dial(req(1), peer(1), {address(1), address(2)});
    d.run_to(age);
    EXPECT_EQ(d.count<actions::start_attempt>(), 2U);
    d.accept(conn(2), peer(1));
    const bool kept = age == 3s;
    EXPECT_EQ(d.refused(cause::duplicate), kept ? 0U : 1U);
    EXPECT_EQ(d.count<actions::cancel_attempt>(), kept ? 2U : 0U);
    EXPECT_EQ(d.count(notice::dial_succeeded), kept ? 1U : 0U);
    EXPECT_EQ(d.counters().active_connections, kept ? 1U : 0U);
  }
}

TEST(simultaneous_open, a_peer_is_refused_once_an_attempt_is_answered_however_long_that_took) {
  driver d({}, peer(2));
  d.dial(req(1), peer(1));
  d.run_to(10s);
  d.tell(events::attempt_connected{conn(1)});
  d.run_to(20s);
  d.tell(events::arrived{conn(2), address()});
  d.tell(events::authenticated{conn(2), peer(1)});
  EXPECT_EQ(d.refused(cause::duplicate), 1U);
}

TEST(simultaneous_open, with_a_greater_node_whose_packets_get_lost_still_makes_a_connection) {
  two_nodes net({}, [] { return duration(10ms); });
  net.loses_syns_of = 1;
  net.at(0s, [&] { net.dial(1, req(1)); });
  net.at(0s, [&] { net.dial(0, req(1)); });
  net.run_to(5s);
  expect_one_connection(net, "the greater behind a filter");
}

TEST(simultaneous_open, a_dial_waits_for_an_inbound_connection_that_is_nearly_ready) {
  driver d;
  d.tell(events::arrived{conn(2), address()});
  d.tell(events::authenticated{conn(2), peer(1)});
  d.dial(req(1), peer(1));
  EXPECT_EQ(d.count<actions::start_attempt>(), 0U);
  d.tell(events::ready{conn(2)});
  EXPECT_EQ(d.last(notice::dial_succeeded).conn, conn(2));
}

}  // namespace
}  // namespace tandem::test
