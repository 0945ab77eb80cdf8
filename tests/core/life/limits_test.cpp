// SPDX-License-Identifier: MIT
#include "core/driver.hpp"

#include <gtest/gtest.h>

namespace tandem::test {
namespace {

/// Arrives, authenticates, and is told or refused; `ready` only when admitted.
bool admitted(driver& d, connection_id c, const peer_id& who) {
  d.tell(events::arrived{c, address()});
  d.tell(events::authenticated{c, who});
  const bool yes =
      d.last<actions::admit>()->conn == c && d.last<actions::admit>()->stage == stage::established;
  if (yes) d.tell(events::ready{c});
  return yes;
}
bool dialled(driver& d, std::uint64_t r, const peer_id& who) {
  const std::size_t before = d.count<actions::start_attempt>();
  d.dial(req(r), who);
  if (d.count<actions::start_attempt>() == before) return false;
  d.connect(who);
  return d.last(notice::dial_succeeded).request == req(r);
}
std::string refusal(const driver& d) { return describe(d.last(notice::inbound_refused)); }

TEST(inbound_limit, holds_at_below_and_above_and_leaves_dials_alone) {
  manager_options options;
  options.max_inbound_connections = 3;
  driver d(options);
  for (std::uint32_t i = 1; i <= 3; ++i) EXPECT_TRUE(admitted(d, conn(2 * i), peer(i)));
  EXPECT_FALSE(admitted(d, conn(8), peer(4)));
  EXPECT_EQ(refusal(d), "InboundLimitReached{limit: 3, current: 3}");
  EXPECT_EQ(d.last<actions::refuse>()->how, refuse_how::tell);
  EXPECT_EQ(d.refused(cause::inbound_limit_reached), 1U);
  EXPECT_TRUE(dialled(d, 1, peer(5)));
  EXPECT_EQ(d.counters().permits_inbound, 3U);
  EXPECT_EQ(d.counters().permits_outbound, 1U);
  d.tell(events::closed{conn(2), cause::remote_closed});
  EXPECT_EQ(d.counters().permits_inbound, 2U);
  EXPECT_TRUE(admitted(d, conn(10), peer(6)));
}

TEST(outbound_limit, is_asked_before_a_dial_starts_and_again_when_it_authenticates) {
  manager_options options;
  options.max_outbound_connections = 2;
  driver d(options);
  EXPECT_TRUE(dialled(d, 1, peer(1)));
  d.dial(req(2), peer(2));
  d.dial(req(3), peer(3));  // one permit is left, and nobody holds it yet
  EXPECT_EQ(d.count<actions::start_attempt>(), 3U);
  d.tell(events::attempt_connected{conn(3)});
  d.tell(events::attempt_connected{conn(5)});
  d.upgrade(conn(3), peer(2));
  d.tell(events::authenticated{conn(5), peer(3)});
  EXPECT_EQ(describe(d.last(notice::dial_failed)), "OutboundLimitReached{limit: 2, current: 2}");
  EXPECT_EQ(d.last(notice::dial_failed).request, req(3));
  d.tell(events::closed{conn(5), cause::remote_closed});
  EXPECT_FALSE(dialled(d, 4, peer(4)));
  EXPECT_EQ(d.last(notice::dial_failed).why, cause::outbound_limit_reached);
  EXPECT_EQ(d.counters().failed_total, 0U);
  EXPECT_TRUE(admitted(d, conn(2), peer(5)));
  d.tell(events::closed{conn(1), cause::remote_closed});
  EXPECT_TRUE(dialled(d, 5, peer(6)));
}

TEST(limits, are_named_in_a_fixed_order_total_way_peer) {
  manager_options options;
  options.max_connections = 3;
  options.max_inbound_connections = 2;
  options.max_connections_per_peer = 1;
  driver d(options);
  EXPECT_TRUE(admitted(d, conn(2), peer(1)));
  EXPECT_FALSE(admitted(d, conn(4), peer(1)));
  EXPECT_EQ(refusal(d), "PerPeerLimitReached{limit: 1, current: 1}");
  EXPECT_TRUE(admitted(d, conn(6), peer(2)));
  EXPECT_FALSE(admitted(d, conn(8), peer(1)));
  EXPECT_EQ(refusal(d), "InboundLimitReached{limit: 2, current: 2}");
  EXPECT_TRUE(dialled(d, 1, peer(3)));
  EXPECT_FALSE(admitted(d, conn(10), peer(1)));
  EXPECT_EQ(refusal(d), "LimitReached{limit: 3, current: 3}");
}

/// A dial of ours that holds a permit meets one of the same peer, who is preferred.
void cross(driver& d) {
  const peer_id greater = peer(1001);
  d.dial(req(1), greater);
  d.tell(events::attempt_connected{conn(1)});
  d.tell(events::authenticated{conn(1), greater});
  EXPECT_EQ(d.counters().permits_outbound, 1U);
  d.tell(events::arrived{conn(100), address()});
  d.tell(events::authenticated{conn(100), greater});
}

TEST(simultaneous_open, a_permit_that_moves_counts_in_its_new_direction) {
  manager_options options = {};
  options.max_connections_per_peer = 1;
  options.max_inbound_connections = 2;
  driver d(options);
  EXPECT_TRUE(admitted(d, conn(2), peer(1)));
  cross(d);
  EXPECT_EQ(d.counters().permits_inbound, 2U);
  EXPECT_EQ(d.counters().permits_outbound, 0U);
  EXPECT_EQ(d.counters().permits_live, 2U);
  EXPECT_EQ(d.counters().permits_issued, 2U);
  EXPECT_EQ(d.counters().slot_drift, 0U);
  d.tell(events::closed{conn(1), cause::duplicate});
  d.tell(events::closed{conn(100), cause::reset});
  EXPECT_EQ(d.counters().permits_inbound, 1U);
  EXPECT_EQ(d.counters().permits_live, 1U);
  EXPECT_EQ(d.counters().slot_drift, 0U);
}

TEST(simultaneous_open, a_permit_does_not_move_where_the_new_direction_is_full) {
  manager_options options = {};
  options.max_connections_per_peer = 1;
  options.max_inbound_connections = 1;
  driver d(options);
  EXPECT_TRUE(admitted(d, conn(2), peer(1)));
  cross(d);
  EXPECT_EQ(refusal(d), "InboundLimitReached{limit: 1, current: 1}");
  EXPECT_EQ(d.counters().permits_inbound, 1U);
  EXPECT_EQ(d.counters().permits_outbound, 1U);
  d.tell(events::ready{conn(1)});  // the own one goes on
  EXPECT_EQ(d.counters().active_connections, 2U);
}

TEST(reserved_connections, are_for_protected_peers_only) {
  manager_options options;
  options.max_connections = 4;
  options.reserved_connections = 2;
  driver d(options);
  d.tell(events::peer_marked{peer(10), mark::protect});
  d.tell(events::peer_marked{peer(11), mark::protect, true, at(10s)});
  EXPECT_TRUE(admitted(d, conn(2), peer(1)));
  EXPECT_TRUE(admitted(d, conn(4), peer(2)));
  EXPECT_FALSE(admitted(d, conn(6), peer(3)));
  EXPECT_EQ(refusal(d), "LimitReached{limit: 2, current: 2}");
  EXPECT_FALSE(dialled(d, 1, peer(3)));
  EXPECT_EQ(describe(d.last(notice::dial_failed)), "LimitReached{limit: 2, current: 2}");
  EXPECT_TRUE(admitted(d, conn(8), peer(10)));
  EXPECT_FALSE(admitted(d, conn(10), peer(3)));
  EXPECT_EQ(refusal(d), "LimitReached{limit: 2, current: 3}");
  EXPECT_TRUE(admitted(d, conn(12), peer(11)));
  EXPECT_FALSE(admitted(d, conn(14), peer(10)));  // the node's own limit holds for everybody
  EXPECT_EQ(refusal(d), "LimitReached{limit: 4, current: 4}");
  d.tell(events::closed{conn(12), cause::remote_closed});
  d.run_to(10s);
  EXPECT_FALSE(admitted(d, conn(16), peer(11)));  // no longer protected
}

TEST(reserved_connections, may_be_all_of_them) {
  manager_options options;
  options.max_connections = options.reserved_connections = 2;
  driver d(options);
  d.tell(events::peer_marked{peer(1), mark::protect});
  EXPECT_FALSE(admitted(d, conn(2), peer(2)));
  EXPECT_EQ(d.refused(cause::limit_reached), 1U);
  EXPECT_TRUE(admitted(d, conn(4), peer(1)));
}

TEST(memory_limit, counts_everything_tracked_at_below_and_above) {
  manager_options options;
  options.connection_memory = 1000;
  options.max_memory = 3999;  // three fit
  driver d(options);
  d.answers = false;
  d.tell(events::arrived{conn(2), address()});
  d.tell(events::authenticated{conn(2), peer(9)});
  d.accept(conn(4), peer(1));
  EXPECT_TRUE(dialled(d, 1, peer(2)));
  d.tell(events::arrived{conn(6), address()});
  EXPECT_EQ(d.last<actions::refuse>()->conn, conn(6));
  EXPECT_EQ(d.last<actions::refuse>()->how, refuse_how::reset);
  EXPECT_EQ(refusal(d), "MemoryLimitReached{limit: 3999, current: 3000}");
  EXPECT_EQ(d.refused(cause::memory_limit_reached), 1U);

  EXPECT_FALSE(dialled(d, 2, peer(3)));
  EXPECT_EQ(describe(d.last(notice::dial_failed)),
            "MemoryLimitReached{limit: 3999, current: 3000}");
  EXPECT_EQ(d.counters().failed_total, 0U);
  EXPECT_EQ(d.counters().remembered_peers, 0U);

  options.max_memory = 4000;  // and so do four, exactly
  d.tell(events::configured{options});
  d.tell(events::arrived{conn(8), address()});
  EXPECT_EQ(d.refused(cause::memory_limit_reached), 2U);
  EXPECT_EQ(d.counters().pending_inbound, 2U);
  d.tell(events::authenticated{conn(8), peer(8)});
  d.tell(events::arrived{conn(10), address()});
  EXPECT_EQ(d.refused(cause::memory_limit_reached), 3U);
  EXPECT_EQ(d.last<actions::refuse>()->conn, conn(10));
}

manager_options memory_for(std::uint64_t connections) {
  manager_options options;
  options.connection_memory = 1000;
  options.max_memory = 1000 * connections;
  return options;
}

TEST(memory_limit, the_oldest_that_has_not_authenticated_makes_room_for_arrivals_and_dials) {
  driver d(memory_for(3));
  d.answers = false;  // what goes takes no memory from there on
  for (const std::uint64_t c : {2, 4, 6}) d.tell(events::arrived{conn(c), address()});
  EXPECT_EQ(d.count<actions::refuse>(), 0U);
  d.tell(events::arrived{conn(8), address()});
  EXPECT_EQ(d.last<actions::refuse>()->conn, conn(2));
  EXPECT_EQ(d.last<actions::refuse>()->how, refuse_how::reset);
  EXPECT_EQ(refusal(d), "MemoryLimitReached{limit: 3000, current: 3000}");
  EXPECT_EQ(d.last<actions::admit>()->conn, conn(8));
  EXPECT_TRUE(dialled(d, 1, peer(1)));
  EXPECT_EQ(d.last<actions::refuse>()->conn, conn(4));
  d.tell(events::authenticated{conn(6), peer(2)});
  EXPECT_TRUE(dialled(d, 2, peer(3)));
  EXPECT_EQ(d.last<actions::refuse>()->conn, conn(8));
  EXPECT_FALSE(dialled(d, 3, peer(4))) << "nobody is silent any more";
  EXPECT_EQ(d.refused(cause::memory_limit_reached), 4U);
  d.tell(events::closed{conn(2), cause::aborted});
  EXPECT_FALSE(dialled(d, 4, peer(5))) << "its memory was another's already";
  EXPECT_EQ(d.counters().pending_inbound, 1U);
  EXPECT_EQ(d.counters().active_connections, 2U);
}

TEST(memory_limit, nobody_goes_where_that_makes_no_room) {
  driver d(memory_for(4));
  for (const std::uint64_t c : {2, 4, 6}) d.tell(events::arrived{conn(c), address()});
  d.tell(events::configured{memory_for(2)});
  d.tell(events::arrived{conn(8), address()});
  EXPECT_EQ(d.last<actions::refuse>()->conn, conn(8));
  EXPECT_FALSE(dialled(d, 1, peer(1)));
  EXPECT_EQ(d.count<actions::refuse>(), 1U);
  d.tell(events::configured{memory_for(4)});
  d.tell(events::pressure{true, false});
  d.tell(events::arrived{conn(10), address()});
  EXPECT_EQ(d.last<actions::refuse>()->conn, conn(10)) << "the host has none, whoever goes";
}

TEST(pressure, of_memory_refuses_arrivals_until_it_is_over) {
  driver d;
  d.accept(conn(2), peer(1));
  d.tell(events::pressure{true, false});
  d.tell(events::arrived{conn(4), address()});
  EXPECT_EQ(d.last<actions::refuse>()->refusal, cause::memory_limit_reached);
  EXPECT_EQ(d.last<actions::refuse>()->how, refuse_how::reset);
  EXPECT_EQ(d.count<actions::listen_pause>(), 0U);
  EXPECT_EQ(d.counters().active_connections, 1U);
  d.tell(events::pressure{});
  d.accept(conn(6), peer(2));
  EXPECT_EQ(d.counters().active_connections, 2U);
}

TEST(pressure, of_descriptors_pauses_listening_until_it_is_over) {
  driver d;
  d.tell(events::pressure{false, true});
  d.tell(events::pressure{false, true});
  EXPECT_EQ(d.count<actions::listen_pause>(), 1U);
  d.run_to(10s);
  EXPECT_EQ(d.count<actions::listen_resume>(), 0U);
  d.tell(events::pressure{});
  EXPECT_EQ(d.when<actions::listen_resume>(), at(10s));
  EXPECT_EQ(d.count<actions::listen_resume>(), 1U);
}

TEST(pressure, and_a_failed_accept_resume_only_when_both_are_over) {
  driver d;
  d.tell(events::accept_failed{cause::local_resource});
  d.tell(events::pressure{false, true});
  d.run_to(200ms);
  EXPECT_EQ(d.count<actions::listen_resume>(), 0U);
  d.tell(events::accept_failed{cause::local_resource});
  d.tell(events::pressure{});
  EXPECT_EQ(d.count<actions::listen_resume>(), 0U);
  d.run_to(300ms - 1ns);
  EXPECT_EQ(d.count<actions::listen_resume>(), 0U);
  d.run_to(300ms);
  EXPECT_EQ(d.count<actions::listen_resume>(), 1U);
  EXPECT_EQ(d.count<actions::listen_pause>(), 1U);
}

TEST(pressure, during_shutdown_says_nothing_about_listening) {
  driver d;
  d.accept(conn(2), peer(1));
  d.tell(events::pressure{false, true});
  d.tell(events::shutdown_wanted{});
  d.tell(events::pressure{});
  d.run_to(3s);
  EXPECT_EQ(d.count<actions::listen_resume>(), 0U);
}

}  // namespace
}  // namespace tandem::test
