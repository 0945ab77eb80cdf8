// SPDX-License-Identifier: MIT
// What broke the limits of others in production (FIELD.md, section 2), at the level of the core.
#include "core/driver.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace tandem::test {
namespace {

manager_options small(std::uint64_t limit) {
  manager_options options;
  options.max_connections = limit;
  return options;
}
/// Never the manager itself.
peer_id someone(std::uint64_t n) { return peer(static_cast<std::uint32_t>(n) + 2000); }
endpoint v6(std::uint8_t site, std::uint8_t customer, std::uint8_t host) {
  return {{0x20, 0x01, 0x0d, 0xb8, 0, site, 0, customer, 0, 0, 0, 0, 0, 0, 0, host}, 1, true};
}

void expect_no_slots_in_use(const driver& d) {
  const manager_counters& c = d.counters();
  EXPECT_EQ(c.permits_issued, c.permits_released);
  EXPECT_EQ(c.permits_live + c.permits_inbound + c.permits_outbound, 0U);
  EXPECT_EQ(c.pending_inbound + c.pending_outbound + c.lingering, 0U);
  EXPECT_EQ(c.active_connections + c.connected_peers, 0U);
  EXPECT_EQ(c.slot_drift, 0U);
}

// Slot counters drift: dials that failed kept their slot.
TEST(field, failed_dials_return_their_slot_rust_libp2p_4249) {
  manager_options options;
  options.max_pending_outbound = 4;
  options.max_outbound_connections = 4;
  options.uplink_failures = 0;
  driver d(options);
  for (std::uint64_t i = 1; i <= 400; ++i) {
    d.dial(req(i), someone(i));
    const auto attempt = d.last<actions::start_attempt>()->attempt;
    ASSERT_EQ(d.counters().pending_outbound, 1U) << i;
    const std::uint64_t how = i % 6;
    if (how >= 3) d.tell(events::attempt_connected{attempt});
    if (how >= 4) d.tell(events::authenticated{attempt, someone(i)});
    if (how == 0) d.tell(events::attempt_failed{attempt, cause::connection_refused});
    if (how == 1) d.tell(events::attempt_failed{attempt, cause::local_resource, true});
    if (how == 2) d.tell(events::dial_abandoned{req(i)});
    if (how == 3 || how == 4) d.tell(events::closed{attempt, cause::reset});
    if (how == 5) d.run_for(15s);
    expect_no_slots_in_use(d);
  }
  EXPECT_EQ(d.count<actions::start_attempt>(), 400U);
  EXPECT_EQ(d.count(notice::dial_failed), 400U);
}

// Slot counters drift: connect-and-drop drove the count down to 0, and the cap was gone.
TEST(field, connect_and_drop_does_not_undo_the_cap_nimiq_3757) {
  driver d(small(4));
  for (std::uint64_t i = 1; i <= 4; ++i) d.accept(conn(2 * i), someone(i));
  for (std::uint64_t i = 5; i <= 1000; ++i) {
    const connection_id c = conn(2 * i);
    d.tell(events::arrived{c, address()});
    if (i % 3 != 0) d.tell(events::authenticated{c, someone(i)});
    if (i % 3 == 2) d.tell(events::remote_refused{c, cause::requested, {}});
    d.tell(events::closed{c, cause::reset});
    d.tell(events::closed{c, cause::reset});  // twice, as drivers in trouble do
    ASSERT_EQ(d.counters().permits_live, 4U);
    ASSERT_EQ(d.counters().slot_drift, 0U);
  }
  d.accept(conn(5000), someone(5000));
  EXPECT_EQ(describe(d.last(notice::inbound_refused)), "LimitReached{limit: 4, current: 4}");
  EXPECT_EQ(d.counters().active_connections, 4U);
  for (std::uint64_t i = 1; i <= 4; ++i) d.tell(events::closed{conn(2 * i), cause::reset});
  d.tell(events::closed{conn(5000), cause::reset});
  expect_no_slots_in_use(d);
}

// Slot counters drift: rejected connections leaked until nothing was accepted after a day or two.
TEST(field, rejected_connections_leave_nothing_behind_litep2p_286) {
  driver d(small(2));
  d.accept(conn(2), someone(1));
  d.accept(conn(4), someone(2));
  for (std::uint64_t i = 3; i <= 20'000; ++i) {
    d.accept(conn(2 * i), someone(i));
    d.tell(events::closed{conn(2 * i), cause::remote_closed});
    d.log.clear();
  }
  EXPECT_EQ(d.refused(cause::limit_reached), 19'998U);
  EXPECT_EQ(d.counters().lingering, 0U);
  EXPECT_EQ(d.counters().remembered_peers, 0U);
  d.tell(events::closed{conn(2), cause::remote_closed});
  d.accept(conn(50'000), someone(50'000));
  EXPECT_EQ(d.counters().active_connections, 2U);
  d.tell(events::shutdown_wanted{});
  d.tell(events::closed{conn(4), cause::requested});
  d.tell(events::closed{conn(50'000), cause::requested});
  EXPECT_EQ(d.last<actions::shutdown_complete>()->left, 0U);
}

// Slot counters drift: state kept before the limit is checked lets anyone exhaust memory.
TEST(field, nothing_is_kept_of_whom_a_limit_refuses_sbtc_2086) {
  manager_options options = small(2);
  options.max_pending_inbound = 8;
  options.max_remembered_subnets = 16;
  driver d(options);
  d.accept(conn(2), someone(1));
  d.accept(conn(4), someone(2));
  for (std::uint64_t i = 3; i <= 20'000; ++i) {  // every one another peer at another address
    const endpoint where =
        endpoint::v4(1, static_cast<std::uint8_t>(i >> 16), static_cast<std::uint8_t>(i >> 8),
                     static_cast<std::uint8_t>(i), 1);
    d.tell(events::arrived{conn(2 * i), where});
    d.tell(events::authenticated{conn(2 * i), someone(i)});
    const manager_counters& c = d.counters();
    ASSERT_LE(c.pending_inbound + c.lingering,
              options.max_pending_inbound + options.max_lingering_refusals);
    ASSERT_EQ(c.remembered_peers + c.remembered_addresses, 0U);
    d.log.clear();
  }
  EXPECT_EQ(d.counters().active_connections, 2U);
  EXPECT_GT(d.refused(cause::limit_reached), 200U);
  d.run_for(1s);
  EXPECT_EQ(d.counters().lingering, 0U);
}

// Slot counters drift: distinct peers were counted instead of connections.
TEST(field, connections_are_counted_not_peers_telcoin_1010) {
  manager_options options = small(4);
  options.max_connections_per_peer = 4;
  driver d(options);
  for (std::uint64_t i = 1; i <= 4; ++i) d.accept(conn(2 * i), someone(1));
  EXPECT_EQ(d.counters().connected_peers, 1U);
  EXPECT_EQ(d.counters().active_connections, 4U);
  d.accept(conn(10), someone(2));
  EXPECT_EQ(describe(d.last(notice::inbound_refused)), "LimitReached{limit: 4, current: 4}");
}

// Soft watermarks are not limits: 20 configured, 200 seen.
TEST(field, twenty_configured_are_never_more_kubo_4718_and_5248) {
  driver d(small(20));
  for (std::uint64_t i = 1; i <= 100; ++i) {  // all at once, in both directions
    d.tell(events::arrived{conn(2 * i), address()});
    d.dial(req(i), someone(1000 + i));
  }
  std::uint64_t most = 0;
  const auto seen = [&] { most = std::max(most, d.counters().permits_live); };
  for (std::uint64_t i = 1; i <= 100; ++i) {
    d.tell(events::attempt_connected{conn(2 * i - 1)});
    d.tell(events::authenticated{conn(2 * i - 1), someone(1000 + i)}), seen();
    d.tell(events::authenticated{conn(2 * i), someone(i)}), seen();
  }
  for (std::uint64_t i = 1; i <= 200; ++i) d.tell(events::ready{conn(i)}), seen();
  EXPECT_EQ(most, 20U);
  EXPECT_EQ(d.counters().active_connections, 20U);
  EXPECT_EQ(d.refused(cause::limit_reached), 180U);  // the dials' too
}

// Soft watermarks are not limits: two managers, each within its own limit, disagreed.
TEST(field, one_ledger_counts_both_directions_go_libp2p_1640) {
  manager_options options = small(4);
  options.max_inbound_connections = options.max_outbound_connections = 3;
  driver d(options);
  for (std::uint64_t i = 1; i <= 2; ++i) {
    d.accept(conn(2 * i), someone(i));
    d.dial(req(i), someone(10 + i));
    d.connect(someone(10 + i));
  }
  EXPECT_EQ(d.counters().permits_inbound, 2U);
  EXPECT_EQ(d.counters().permits_outbound, 2U);
  d.accept(conn(6), someone(3));
  EXPECT_EQ(describe(d.last(notice::inbound_refused)), "LimitReached{limit: 4, current: 4}");
  d.dial(req(3), someone(13));
  EXPECT_EQ(describe(d.last(notice::dial_failed)), "LimitReached{limit: 4, current: 4}");
}

// Per-address limits too loose on IPv6: every host has 2^64 addresses.
TEST(field, addresses_of_one_v6_customer_count_together_zebra_11256) {
  driver d;
  for (std::uint8_t i = 1; i <= 100; ++i) {
    d.run_for(5s);  // slowly enough for the accept rate
    d.tell(events::arrived{conn(2ULL * i), v6(1, 1, i)});
    d.upgrade(conn(2ULL * i), someone(i));
    d.app_bytes(conn(2));
    for (std::uint8_t j = 2; j <= 8; ++j) d.app_bytes(conn(2ULL * j));
  }
  EXPECT_EQ(d.counters().active_connections, 8U);
  EXPECT_EQ(d.refused(cause::subnet_limit_reached), 92U);
  EXPECT_EQ(describe(d.last(notice::inbound_refused)), "SubnetLimitReached{limit: 8, current: 8}");
  d.tell(events::arrived{conn(1000), v6(1, 2, 1)});  // the neighbour
  d.upgrade(conn(1000), someone(1000));
  EXPECT_EQ(d.counters().active_connections, 9U);
}

// Per-address limits too tight inside a cluster, where all come from one address.
TEST(field, a_cluster_behind_one_private_address_is_let_in_spegel_1524) {
  for (const endpoint& where : {endpoint::v4(10, 0, 0, 1, 9), endpoint::v4(192, 168, 1, 1, 9),
                                endpoint::v4(127, 0, 0, 1, 9), endpoint{{0xfd, 1}, 9, true}}) {
    driver d;
    for (std::uint64_t i = 1; i <= 200; ++i) {
      d.tell(events::arrived{conn(2 * i), where});
      d.upgrade(conn(2 * i), someone(i));
    }
    EXPECT_EQ(d.counters().active_connections, 200U);
  }
}

// EMFILE: the accept loop span at 100 % CPU.
TEST(field, exhausted_descriptors_do_not_make_the_acceptor_spin_leap_471) {
  driver d;
  for (int i = 0; i < 10'000; ++i) {  // an acceptor that is asked again and again for a second
    d.tell(events::accept_failed{cause::local_resource});
    d.run_for(100us);
  }
  EXPECT_EQ(d.count<actions::listen_pause>(), 10U);
}

// EMFILE: the acceptor stopped for ever.
TEST(field, exhausted_descriptors_do_not_stop_the_acceptor_for_ever_cpprestsdk_546) {
  driver d;
  for (int i = 1; i <= 5; ++i) {
    d.tell(events::accept_failed{cause::local_resource});
    d.run_for(100ms - 1ns);
    EXPECT_EQ(d.count<actions::listen_resume>(), i - 1U);
    d.run_for(1ns);
    EXPECT_EQ(d.count<actions::listen_resume>(), static_cast<std::size_t>(i));
  }
  d.accept(conn(2), someone(1));
  EXPECT_EQ(d.counters().active_connections, 1U);
}

}  // namespace
}  // namespace tandem::test
