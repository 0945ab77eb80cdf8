// SPDX-License-Identifier: MIT
// Incidents of other connection managers with dials (FIELD.md, section 2).
#include "core/driver.hpp"
#include "core/two_nodes.hpp"

#include <gtest/gtest.h>

namespace tandem::test {
namespace {

// With one connection per peer both ends saw the other's connection as one too many and refused
// it: none was left.
TEST(field, two_nodes_that_dial_each_other_do_not_both_refuse_nimiq_741) {
  manager_options options;
  options.max_connections = options.max_connections_per_peer = 1;
  for (std::size_t first : {0U, 1U})
    for (auto offset = 0ms; offset <= 70ms; offset += 5ms) {
      two_nodes net(options, [] { return duration(10ms); });
      net.at(0s, [&] { net.dial(first, req(1)); });
      net.at(offset, [&] { net.dial(1 - first, req(1)); });
      net.run_to(5s);
      EXPECT_EQ(net.whole_links(), 1U) << first << " first by " << offset.count() << " ms";
      for (const auto& n : net.nodes) {
        const manager_counters& c = n->manager.counters();
        EXPECT_EQ(c.active_connections, 1U);
        EXPECT_EQ(c.refused[static_cast<std::size_t>(cause::per_peer_limit_reached)], 0U);
        EXPECT_EQ(n->count(notice::dial_failed), 0U);
      }
    }
}

// The inbound connection succeeded, so the own dial was cancelled; the other end did the same with
// the other connection.
TEST(field, an_inbound_success_does_not_kill_both_connections_go_libp2p_swarm_79) {
  // The lesser keeps the inbound one; its own attempts, connected or racing, end without effect.
  driver lesser({}, peer(1));
  lesser.answers = false;
  lesser.dial(req(1), peer(2), {address(1), address(2)});
  lesser.run_to(250ms);
  lesser.tell(events::arrived{conn(2), address()});
  lesser.tell(events::authenticated{conn(2), peer(2)});
  EXPECT_EQ(lesser.count<actions::cancel_attempt>(), 2U);
  lesser.tell(events::attempt_connected{conn(1)});  // crossed
  EXPECT_EQ(lesser.last<actions::abort>()->conn, conn(1));
  lesser.tell(events::ready{conn(2)});
  lesser.tell(events::attempt_failed{conn(3), cause::abandoned, true, {}});
  lesser.tell(events::closed{conn(1), cause::aborted});
  EXPECT_EQ(lesser.last(notice::dial_succeeded).conn, conn(2));
  EXPECT_EQ(lesser.counters().active_connections, 1U);
  EXPECT_EQ(lesser.counters().pending_outbound, 0U);
  EXPECT_EQ(lesser.count<actions::abort>(), 1U);
  EXPECT_EQ(lesser.count<actions::close>(), 0U);

  // The greater keeps its own, though the other one was authenticated first.
  driver greater({}, peer(2));
  greater.dial(req(1), peer(1), {address(1), address(2)});
  greater.run_to(250ms);
  greater.tell(events::arrived{conn(2), address()});
  greater.tell(events::authenticated{conn(2), peer(1)});
  EXPECT_EQ(greater.last<actions::refuse>()->refusal, cause::duplicate);
  EXPECT_EQ(greater.count<actions::cancel_attempt>(), 0U);
  EXPECT_EQ(greater.connect(peer(1)), conn(3));
  greater.tell(events::closed{conn(2), cause::remote_closed});
  EXPECT_EQ(greater.last(notice::dial_succeeded).conn, conn(3));
  EXPECT_EQ(greater.counters().active_connections, 1U);
  EXPECT_EQ(greater.count<actions::abort>(), 0U);
}

// Five attempts at a peer that was to be kept, then it was forgotten (js-libp2p); a protected peer
// is dialled until it answers, however long that takes.
TEST(field, protected_peers_are_not_forgotten_after_a_few_attempts_js_libp2p) {
  driver d;
  d.tell(events::peer_marked{peer(1), mark::protect});
  const std::vector<endpoint> where{address()};
  for (std::size_t i = 1; i <= 100; ++i) {
    while (d.count<actions::resolve>() < i) {
      ASSERT_LE(d.manager.next_deadline() - d.now, 60s) << "backoff_cap, breaker_open_max";
      d.run_to(d.manager.next_deadline().time_since_epoch());
    }
    d.tell(events::addresses_found{d.last<actions::resolve>()->request, where, true});
    if (i < 100) d.fail();
  }
  d.connect(peer(1));
  EXPECT_EQ(d.counters().failed_total, 99U);
  EXPECT_EQ(d.counters().active_connections, 1U);
}

}  // namespace
}  // namespace tandem::test
