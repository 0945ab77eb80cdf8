// SPDX-License-Identifier: MIT
#include "core/driver.hpp"
#include "core/policy/access_list.hpp"

#include <gtest/gtest.h>

namespace tandem::test {
namespace {

using detail::access;
using detail::access_list;
using detail::first_bits;
using detail::prefix;
using detail::prefix_of;

constexpr std::uint64_t many = 100;

endpoint v4(std::uint8_t a, std::uint8_t b, std::uint8_t c, std::uint8_t d) {
  return endpoint::v4(a, b, c, d, 4001);
}
endpoint v6(std::array<std::uint8_t, 16> bytes) { return {bytes, 4001, true}; }
endpoint mapped(std::uint8_t a, std::uint8_t b, std::uint8_t c, std::uint8_t d) {
  return v6({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, a, b, c, d});
}
prefix range(const endpoint& e, unsigned length) {
  return first_bits(prefix_of(e), length + (e.v6 ? 0 : 96));
}

TEST(access_list, longest_prefix_decides) {
  access_list list;
  list.set(range(v4(10, 0, 0, 0), 8), access::denied, never, at(0s), many);
  list.set(range(v4(10, 1, 0, 0), 16), access::allowed, never, at(0s), many);
  list.set(range(v4(10, 1, 2, 3), 32), access::denied, never, at(0s), many);
  EXPECT_EQ(list.of(v4(10, 2, 0, 1), at(0s)), access::denied);
  EXPECT_EQ(list.of(v4(10, 1, 0, 1), at(0s)), access::allowed);
  EXPECT_EQ(list.of(v4(10, 1, 2, 3), at(0s)), access::denied);
  EXPECT_EQ(list.of(v4(10, 1, 2, 2), at(0s)), access::allowed);
  EXPECT_EQ(list.of(v4(11, 0, 0, 1), at(0s)), access::unsaid);
  list.take_back(range(v4(10, 1, 0, 0), 16), access::denied);  // it says something else
  EXPECT_EQ(list.of(v4(10, 1, 0, 1), at(0s)), access::allowed);
  list.take_back(range(v4(10, 1, 0, 0), 16), access::allowed);
  EXPECT_EQ(list.of(v4(10, 1, 0, 1), at(0s)), access::denied);
}

TEST(access_list, every_prefix_length_matches_its_own_bits_and_no_more) {
  const auto last_byte = [](unsigned length) {  // an address that differs in bit `length` first
    std::array<std::uint8_t, 16> bytes{0x20, 0x01};
    bytes[length / 8] ^= static_cast<std::uint8_t>(0x80 >> length % 8);
    return v6(bytes);
  };
  for (unsigned length = 1; length <= 128; ++length) {
    access_list list;
    list.set(range(v6({0x20, 0x01}), length), access::denied, never, at(0s), many);
    EXPECT_EQ(list.of(v6({0x20, 0x01}), at(0s)), access::denied) << length;
    EXPECT_EQ(list.of(last_byte(length - 1), at(0s)), access::unsaid) << length;
    if (length < 128) {
      EXPECT_EQ(list.of(last_byte(length), at(0s)), access::denied) << length;
    }
  }
}

TEST(access_list, an_address_written_as_v4_mapped_is_the_same) {
  access_list list;
  list.set(range(v4(192, 0, 2, 0), 24), access::denied, never, at(0s), many);
  EXPECT_EQ(list.of(mapped(192, 0, 2, 9), at(0s)), access::denied);
  list.set(range(mapped(198, 51, 100, 0), 96 + 24), access::denied, never, at(0s), many);
  EXPECT_EQ(list.of(v4(198, 51, 100, 9), at(0s)), access::denied);
}

TEST(access_list, all_of_one_family_is_not_all_of_the_other) {
  access_list list;
  list.set(range(v6({}), 0), access::denied, never, at(0s), many);
  EXPECT_EQ(list.of(v6({0x20, 0x01}), at(0s)), access::denied);
  EXPECT_EQ(list.of(v4(192, 0, 2, 1), at(0s)), access::unsaid);
  EXPECT_EQ(list.of(mapped(192, 0, 2, 1), at(0s)), access::unsaid);
  list.take_back(range(v6({}), 0), access::denied);
  list.set(range(v4(0, 0, 0, 0), 0), access::denied, never, at(0s), many);
  EXPECT_EQ(list.of(v6({0x20, 0x01}), at(0s)), access::unsaid);
  EXPECT_EQ(list.of(mapped(192, 0, 2, 1), at(0s)), access::denied);
}

TEST(access_list, rules_end_at_their_time) {
  access_list list;
  list.set(peer(1), access::denied, at(10s), at(0s), many);
  list.set(range(v4(10, 0, 0, 0), 8), access::denied, at(10s), at(0s), many);
  list.set(range(v4(10, 0, 0, 0), 7), access::allowed, never, at(0s), many);
  EXPECT_EQ(list.of(peer(1), at(10s - 1ns)), access::denied);
  EXPECT_EQ(list.of(v4(10, 0, 0, 1), at(10s - 1ns)), access::denied);
  EXPECT_EQ(list.of(peer(1), at(10s)), access::unsaid);
  EXPECT_EQ(list.of(v4(10, 0, 0, 1), at(10s)), access::allowed);  // the next longest
  EXPECT_EQ(list.size(), 3U);
  list.set(peer(2), access::denied, never, at(10s), many);
  EXPECT_EQ(list.size(), 2U);
  EXPECT_TRUE(list.set(peer(3), access::denied, at(9s), at(10s), many));  // over already
  EXPECT_EQ(list.size(), 2U);
}

TEST(access_list, the_rule_that_ends_soonest_makes_room_and_endless_ones_never_do) {
  access_list list;
  EXPECT_TRUE(list.set(peer(1), access::denied, never, at(0s), 3));
  EXPECT_TRUE(list.set(peer(2), access::denied, at(20s), at(0s), 3));
  EXPECT_TRUE(list.set(peer(3), access::denied, at(30s), at(0s), 3));
  EXPECT_FALSE(list.set(peer(4), access::denied, at(10s), at(0s), 3));  // itself the soonest
  EXPECT_EQ(list.of(peer(4), at(0s)), access::unsaid);
  EXPECT_TRUE(list.set(peer(5), access::denied, at(40s), at(0s), 3));
  EXPECT_EQ(list.of(peer(2), at(0s)), access::unsaid);
  EXPECT_TRUE(list.set(peer(3), access::denied, at(50s), at(0s), 3));  // it has its place
  EXPECT_TRUE(list.set(peer(6), access::denied, never, at(0s), 3));
  EXPECT_TRUE(list.set(peer(7), access::denied, never, at(0s), 3));
  EXPECT_FALSE(list.set(peer(8), access::denied, never, at(0s), 3));
  EXPECT_FALSE(list.set(peer(9), access::denied, at(99s), at(0s), 3));
  for (const std::uint32_t kept : {1U, 6U, 7U})
    EXPECT_EQ(list.of(peer(kept), at(0s)), access::denied);
  EXPECT_EQ(list.size(), 3U);
}

TEST(access, arrivals_from_a_denied_network_are_reset_until_the_ban_ends) {
  driver d;
  d.tell(events::subnet_marked{v4(192, 0, 2, 0), 24, mark::deny, true, at(10s)});
  d.tell(events::arrived{conn(2), v4(192, 0, 2, 200)});
  EXPECT_EQ(d.last<actions::refuse>()->how, refuse_how::reset);
  EXPECT_EQ(d.last<actions::refuse>()->refusal, cause::denied);
  EXPECT_EQ(d.last(notice::inbound_refused).where, v4(192, 0, 2, 200));
  EXPECT_EQ(d.refused(cause::denied), 1U);
  EXPECT_EQ(d.counters().pending_inbound, 0U);
  d.tell(events::arrived{conn(4), v4(192, 0, 3, 200)});
  d.tell(events::subnet_marked{v4(192, 0, 2, 200), 32, mark::allow});
  d.tell(events::arrived{conn(6), mapped(192, 0, 2, 200)});
  EXPECT_EQ(d.counters().pending_inbound, 2U);
  d.run_to(10s);
  d.tell(events::arrived{conn(8), v4(192, 0, 2, 1)});
  EXPECT_EQ(d.refused(cause::denied), 1U);
}

TEST(access, denied_addresses_are_left_out_when_dialled) {
  driver d;
  d.tell(events::subnet_marked{v4(192, 0, 2, 0), 24, mark::deny});
  d.dial(req(1), peer(1), {v4(192, 0, 2, 1), v4(198, 51, 100, 1)});
  EXPECT_EQ(d.count<actions::start_attempt>(), 1U);
  EXPECT_EQ(d.last<actions::start_attempt>()->address, v4(198, 51, 100, 1));
  d.connect(peer(1));
  EXPECT_EQ(d.last(notice::dial_succeeded).request, req(1));

  d.dial(req(2), peer(2), {v4(192, 0, 2, 1), v4(192, 0, 2, 2)});
  EXPECT_EQ(d.count<actions::start_attempt>(), 1U);
  EXPECT_EQ(d.last(notice::dial_failed).request, req(2));
  EXPECT_EQ(d.last(notice::dial_failed).why, cause::denied);
  EXPECT_EQ(d.refused(cause::denied), 1U);
  EXPECT_EQ(d.counters().failed_total, 0U);
  EXPECT_EQ(d.counters().remembered_peers, 0U);  // nobody is to blame
}

TEST(access, an_allowed_peer_is_dialled_in_a_denied_network) {
  driver d;
  d.tell(events::subnet_marked{v4(192, 0, 2, 0), 24, mark::deny});
  d.tell(events::peer_marked{peer(1), mark::allow, true, at(10s)});
  d.dial(req(1), peer(1), {v4(192, 0, 2, 1)});
  d.connect(peer(1));
  EXPECT_EQ(d.counters().active_connections, 1U);
  d.run_to(10s);
  d.dial(req(2), peer(1), {v4(192, 0, 2, 1)}, dial_mode::additional);
  EXPECT_EQ(d.last(notice::dial_failed).why, cause::denied);
}

TEST(access, an_allowed_peer_that_comes_from_a_denied_network_is_reset_like_anybody) {
  driver d;
  d.tell(events::subnet_marked{v4(192, 0, 2, 0), 24, mark::deny});
  d.tell(events::peer_marked{peer(1), mark::allow});
  d.tell(events::arrived{conn(2), v4(192, 0, 2, 1)});
  EXPECT_EQ(d.last<actions::refuse>()->how, refuse_how::reset);
  EXPECT_EQ(d.last<actions::refuse>()->refusal, cause::denied);
}

TEST(access, a_network_denied_during_the_handshake_is_refused_at_its_end_but_for_allowed_peers) {
  driver d;
  d.tell(events::arrived{conn(2), v4(192, 0, 2, 1)});
  d.tell(events::arrived{conn(4), v4(192, 0, 2, 2)});
  d.dial(req(1), peer(3), {v4(192, 0, 2, 3)});
  const connection_id own = d.last<actions::start_attempt>()->attempt;
  d.tell(events::attempt_connected{own});
  d.tell(events::subnet_marked{v4(192, 0, 2, 0), 24, mark::deny});
  d.tell(events::peer_marked{peer(2), mark::allow});
  d.upgrade(conn(2), peer(1));
  EXPECT_EQ(d.last<actions::refuse>()->conn, conn(2));
  EXPECT_EQ(d.last<actions::refuse>()->refusal, cause::denied);
  EXPECT_EQ(d.last<actions::refuse>()->how, refuse_how::tell);
  d.upgrade(own, peer(3));
  EXPECT_EQ(d.last<actions::refuse>()->conn, own);
  EXPECT_EQ(d.last(notice::dial_failed).why, cause::denied);
  EXPECT_EQ(d.refused(cause::denied), 2U);
  d.upgrade(conn(4), peer(2));
  EXPECT_EQ(d.counters().active_connections, 1U);
}

TEST(access, a_newcomer_denied_while_it_waits_for_a_place_does_not_get_it) {
  for (const bool by_network : {false, true}) {
    manager_options options;
    options.max_connections = options.max_connections_per_peer = 1;
    options.eviction = eviction_mode::scored;
    driver d(options);
    d.accept(conn(2), peer(1));
    d.run_to(5s);
    d.tell(events::arrived{conn(4), v4(192, 0, 2, 1)});
    d.tell(events::authenticated{conn(4), peer(2)});
    ASSERT_EQ(d.manager.explain(conn(4), d.now).stage, connection_stage::waiting);
    if (by_network)
      d.tell(events::subnet_marked{v4(192, 0, 2, 0), 24, mark::deny});
    else
      d.tell(events::peer_marked{peer(2), mark::deny});
    d.tell(events::closed{conn(2), cause::evicted});
    EXPECT_EQ(d.last<actions::refuse>()->conn, conn(4));
    EXPECT_EQ(d.last<actions::refuse>()->refusal, cause::denied);
    EXPECT_EQ(d.counters().permits_live, 0U);
  }
}

TEST(access, a_peer_that_is_denied_is_told_so_and_closed_and_nobody_else_is) {
  driver d;
  d.accept(conn(2), peer(1));
  d.accept(conn(4), peer(2));
  d.dial(req(1), peer(1), {v4(192, 0, 2, 1)}, dial_mode::additional);
  const connection_id own = d.last<actions::start_attempt>()->attempt;
  d.tell(events::attempt_connected{own});
  d.tell(events::authenticated{own, peer(1)});
  d.tell(events::peer_marked{peer(1), mark::deny});
  EXPECT_EQ(d.count<actions::close>(), 1U);
  EXPECT_EQ(d.last<actions::close>()->conn, conn(2));
  EXPECT_EQ(d.last<actions::close>()->reason, cause::denied);
  EXPECT_EQ(d.last<actions::abort>()->conn, own);
  EXPECT_EQ(d.last(notice::dial_failed).why, cause::denied);
  d.tell(events::closed{own, cause::denied});
  d.tell(events::closed{conn(2), cause::denied});
  EXPECT_EQ(d.last(notice::connection_closed).why, cause::denied);
  EXPECT_EQ(d.counters().active_connections, 1U);
  EXPECT_EQ(d.counters().permits_live, 1U);
}

TEST(access, who_is_in_a_network_that_is_denied_is_closed_but_for_allowed_peers) {
  driver d;
  d.dial(req(1), peer(1), {v4(192, 0, 2, 1)});
  const connection_id there = d.connect(peer(1));
  d.dial(req(2), peer(2), {v4(192, 0, 2, 2)});
  const connection_id allowed = d.connect(peer(2));
  d.dial(req(3), peer(3), {v4(198, 51, 100, 1)});
  d.connect(peer(3));
  d.tell(events::peer_marked{peer(2), mark::allow});
  EXPECT_EQ(d.count<actions::close>(), 0U);
  d.tell(events::subnet_marked{v4(192, 0, 2, 0), 24, mark::deny});
  EXPECT_EQ(d.count<actions::close>(), 1U);
  EXPECT_EQ(d.last<actions::close>()->conn, there);
  EXPECT_EQ(d.last<actions::close>()->reason, cause::denied);
  d.tell(events::peer_marked{peer(2), mark::allow, false});  // nothing speaks for it any more
  EXPECT_EQ(d.count<actions::close>(), 2U);
  EXPECT_EQ(d.last<actions::close>()->conn, allowed);
}

TEST(access, allowing_ends_a_denial) {
  driver d;
  d.tell(events::peer_marked{peer(1), mark::deny});
  d.accept(conn(4), peer(1));
  EXPECT_EQ(d.refused(cause::denied), 1U);
  EXPECT_EQ(d.last<actions::refuse>()->how, refuse_how::tell);
  d.tell(events::peer_marked{peer(1), mark::allow, false});  // takes an allowance back, no denial
  d.accept(conn(6), peer(1));
  EXPECT_EQ(d.refused(cause::denied), 2U);
  d.tell(events::peer_marked{peer(1), mark::allow});
  d.accept(conn(8), peer(1));
  EXPECT_EQ(d.counters().active_connections, 1U);
}

TEST(access, a_ban_survives_its_peer_and_any_number_of_failures_of_others) {
  manager_options options;
  options.max_remembered_peers = 2;
  driver d(options);
  d.tell(events::peer_marked{peer(1), mark::deny});
  for (std::uint32_t i = 2; i < 50; ++i) {
    d.dial(req(i), peer(i));
    d.fail();
  }
  EXPECT_GT(d.counters().records_dropped, 40U);
  d.accept(conn(2), peer(1));
  EXPECT_EQ(d.refused(cause::denied), 1U);
}

TEST(access, impossible_and_too_many_rules_are_ignored_and_counted) {
  manager_options options;
  options.max_access_rules = 2;
  driver d(options);
  const auto ignored = [&] { return d.counters().ignored_events; };
  d.tell(events::subnet_marked{v4(192, 0, 2, 0), 33, mark::deny});
  EXPECT_EQ(ignored(), 1U);
  d.tell(events::subnet_marked{v6({0x20}), 129, mark::deny});
  EXPECT_EQ(ignored(), 2U);
  d.tell(events::subnet_marked{v4(192, 0, 2, 0), 24, mark::protect});
  EXPECT_EQ(ignored(), 3U);
  d.tell(events::subnet_marked{v4(192, 0, 2, 0), 32, mark::deny});
  d.tell(events::peer_marked{peer(1), mark::deny});
  EXPECT_EQ(ignored(), 3U);
  d.tell(events::peer_marked{peer(2), mark::deny});
  d.tell(events::subnet_marked{v6({0x20}), 128, mark::deny});
  EXPECT_EQ(ignored(), 5U);
  d.tell(events::subnet_marked{v4(192, 0, 2, 0), 32, mark::deny, false});
  d.tell(events::peer_marked{peer(2), mark::deny});
  EXPECT_EQ(ignored(), 5U);
}

}  // namespace
}  // namespace tandem::test
