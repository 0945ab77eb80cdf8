// SPDX-License-Identifier: MIT
#include "core/policy/subnet.hpp"

#include "core/driver.hpp"

#include <gtest/gtest.h>

namespace tandem::test {
namespace {

using detail::is_exempt;
using detail::no_slot;
using detail::prefix;
using detail::prefix_of;
using detail::subnet_of;
using detail::subnet_slot;
using detail::subnet_table;
using detail::subnet_width;

endpoint v4(std::uint8_t a, std::uint8_t b, std::uint8_t c, std::uint8_t d) {
  return endpoint::v4(a, b, c, d, 4001);
}
endpoint v6(std::array<std::uint8_t, 16> bytes) { return {bytes, 4001, true}; }
endpoint mapped(std::uint8_t a, std::uint8_t b, std::uint8_t c, std::uint8_t d) {
  return v6({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, a, b, c, d});
}

TEST(subnet, exempt_ranges_hold_at_both_ends_and_not_beside_them) {
  const auto exempt = [](const endpoint& e) {
    return is_exempt(prefix_of(e), subnet_exemption::private_ranges);
  };
  for (const endpoint& in :
       {v4(127, 0, 0, 0), v4(127, 255, 255, 255), v4(10, 0, 0, 0), v4(10, 255, 255, 255),
        v4(172, 16, 0, 0), v4(172, 31, 255, 255), v4(192, 168, 0, 0), v4(192, 168, 255, 255),
        v4(169, 254, 0, 0), v4(169, 254, 255, 255), mapped(10, 1, 2, 3), mapped(127, 0, 0, 1),
        v6({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}), v6({0xfc, 0}), v6({0xfd, 0xff}),
        v6({0xfe, 0x80}), v6({0xfe, 0xbf, 0xff})})
    EXPECT_TRUE(exempt(in)) << +in.address[0] << "." << +in.address[1];
  for (const endpoint& out :
       {v4(126, 255, 255, 255), v4(128, 0, 0, 0), v4(9, 255, 255, 255), v4(11, 0, 0, 0),
        v4(172, 15, 255, 255), v4(172, 32, 0, 0), v4(192, 167, 255, 255), v4(192, 169, 0, 0),
        v4(169, 253, 255, 255), v4(169, 255, 0, 0), mapped(11, 1, 2, 3), v6({}),
        v6({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2}), v6({0xfb, 0xff}), v6({0xfe, 0x7f}),
        v6({0xfe, 0xc0})})
    EXPECT_FALSE(exempt(out)) << +out.address[0] << "." << +out.address[1];
}

TEST(subnet, exemption_modes_differ_in_private_and_loopback) {
  const prefix private_one = prefix_of(v4(10, 0, 0, 1));
  const prefix loopback = prefix_of(v4(127, 0, 0, 1));
  const prefix loopback6 = prefix_of(v6({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}));
  EXPECT_TRUE(is_exempt(loopback, subnet_exemption::loopback));
  EXPECT_TRUE(is_exempt(loopback6, subnet_exemption::loopback));
  EXPECT_FALSE(is_exempt(private_one, subnet_exemption::loopback));
  EXPECT_FALSE(is_exempt(loopback, subnet_exemption::none));
  EXPECT_FALSE(is_exempt(loopback6, subnet_exemption::none));
}

TEST(subnet, widths_follow_the_options_of_the_family) {
  manager_options options;
  options.subnet_v4_narrow = 30;
  const auto narrow = [&](const endpoint& e) {
    return subnet_of(e, subnet_width::narrow, options);
  };
  const auto wide = [&](const endpoint& e) { return subnet_of(e, subnet_width::wide, options); };
  EXPECT_EQ(narrow(v4(192, 0, 2, 4)), narrow(v4(192, 0, 2, 7)));
  EXPECT_NE(narrow(v4(192, 0, 2, 4)), narrow(v4(192, 0, 2, 8)));
  EXPECT_EQ(narrow(v4(192, 0, 2, 4)), narrow(mapped(192, 0, 2, 5)));
  EXPECT_EQ(wide(v4(192, 0, 2, 0)), wide(v4(192, 0, 2, 255)));
  EXPECT_NE(wide(v4(192, 0, 2, 0)), wide(v4(192, 0, 3, 0)));
  EXPECT_EQ(narrow(v6({0x20, 1, 0, 1, 0, 2, 0, 3, 9})), narrow(v6({0x20, 1, 0, 1, 0, 2, 0, 3, 8})));
  EXPECT_NE(narrow(v6({0x20, 1, 0, 1, 0, 2, 0, 3})), narrow(v6({0x20, 1, 0, 1, 0, 2, 0, 2})));
  EXPECT_EQ(wide(v6({0x20, 1, 0, 1, 0, 2, 0, 3})), wide(v6({0x20, 1, 0, 1, 0, 2, 0xff, 3})));
  EXPECT_NE(wide(v6({0x20, 1, 0, 1, 0, 2})), wide(v6({0x20, 1, 0, 1, 0, 3})));
  EXPECT_FALSE(narrow(v4(10, 0, 0, 1)));
}

TEST(subnet_table, keeps_what_has_connections_and_remembers_the_rest_until_it_is_blank) {
  subnet_table t;
  const prefix range = *subnet_of(v4(192, 0, 2, 1), subnet_width::wide, {});
  subnet_slot s = t.intern(range, subnet_width::wide);
  EXPECT_EQ(t.intern(range, subnet_width::wide), s);
  EXPECT_EQ(t.find(range, subnet_width::narrow), no_slot);  // another width is another subnet
  t[s].users = 1;
  t.settle(s, at(0s), 1);
  EXPECT_EQ(t.remembered(), 0U);
  t[s].users = 0;
  t[s].bucket_full = at(5s);
  t.settle(s, at(0s), 1);
  EXPECT_EQ(t.remembered(), 1U);
  t.settle(s, at(5s - 1ns), 1);
  EXPECT_EQ(t.find(range, subnet_width::wide), s);
  t.settle(s, at(5s), 1);
  EXPECT_EQ(t.size(), 0U);
}

// Found by the model-based test: somebody came to a subnet whose bucket was full again, and
// settling another one forgot it.
TEST(subnet_table, does_not_forget_a_subnet_that_got_a_user_before_it_is_settled) {
  subnet_table t;
  const auto add = [&](std::uint8_t n) {
    const subnet_slot s = t.intern(prefix_of(v4(192, 0, 2, n)), subnet_width::narrow);
    t[s].bucket_full = at(5s);
    t.settle(s, at(0s), 8);
    return s;
  };
  const subnet_slot left = add(1), come_to = add(2);
  t[come_to].users = 1;
  t.settle(left, at(6s), 8);
  t.settle(come_to, at(6s), 8);
  EXPECT_EQ(t.find(prefix_of(v4(192, 0, 2, 2)), subnet_width::narrow), come_to);
  EXPECT_EQ(t.size(), 1U);
  EXPECT_EQ(t.remembered(), 0U);
}

TEST(subnet_table, the_one_that_is_blank_soonest_makes_room_be_it_the_newest) {
  subnet_table t;
  const auto add = [&](std::uint8_t n, duration blank) {
    const prefix range = prefix_of(v4(192, 0, 2, n));
    const subnet_slot s = t.intern(range, subnet_width::narrow);
    t[s].bucket_full = at(blank);
    t.settle(s, at(0s), 2);
    return range;
  };
  const prefix first = add(1, 10s), second = add(2, 30s), third = add(3, 20s), last = add(4, 5s);
  const auto known = [&](const prefix& n) { return t.find(n, subnet_width::narrow) != no_slot; };
  EXPECT_FALSE(known(first));
  EXPECT_TRUE(known(second));
  EXPECT_TRUE(known(third));
  EXPECT_FALSE(known(last));
  EXPECT_EQ(t.remembered(), 2U);
}

manager_options limited() {
  manager_options options;
  options.max_connections_per_peer = 20;
  options.max_connections_per_narrow_subnet = 2;
  options.max_connections_per_wide_subnet = 3;
  options.subnet_accept_rate = 0;
  return options;
}

struct crowd : driver {
  using driver::driver;
  std::uint64_t next = 0;
  bool admits(const endpoint& where) {
    next += 2;
    tell(events::arrived{conn(next), where});
    tell(events::authenticated{conn(next), peer(static_cast<std::uint32_t>(next))});
    const auto admit = last<actions::admit>();
    const bool yes = admit->conn == conn(next) && admit->stage == stage::established;
    if (yes) tell(events::ready{conn(next)});
    return yes;
  }
  std::string refusal() const { return describe(last(notice::inbound_refused)); }
};

TEST(subnet_limit, narrow_and_wide_hold_at_below_and_above) {
  crowd d(limited());
  EXPECT_TRUE(d.admits(v4(192, 0, 2, 1)));
  EXPECT_TRUE(d.admits(mapped(192, 0, 2, 1)));
  EXPECT_FALSE(d.admits(v4(192, 0, 2, 1)));
  EXPECT_EQ(d.refusal(), "SubnetLimitReached{limit: 2, current: 2}");
  EXPECT_EQ(d.last<actions::refuse>()->how, refuse_how::tell);
  EXPECT_TRUE(d.admits(v4(192, 0, 2, 2)));
  EXPECT_FALSE(d.admits(v4(192, 0, 2, 3)));
  EXPECT_EQ(d.refusal(), "SubnetLimitReached{limit: 3, current: 3}");
  EXPECT_TRUE(d.admits(v4(192, 0, 3, 3)));
  d.tell(events::closed{conn(2), cause::remote_closed});
  EXPECT_TRUE(d.admits(v4(192, 0, 2, 3)));
  EXPECT_FALSE(d.admits(v4(192, 0, 2, 1)));
}

TEST(subnet_limit, leaves_exempt_addresses_alone_and_0_is_no_limit) {
  crowd d(limited());
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(d.admits(v4(10, 0, 0, 1)));
  manager_options options = limited();
  options.max_connections_per_narrow_subnet = 0;
  crowd open(options);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(open.admits(v4(192, 0, 2, 1)));
  EXPECT_FALSE(open.admits(v4(192, 0, 2, 1)));
  EXPECT_EQ(open.refusal(), "SubnetLimitReached{limit: 3, current: 3}");
  options.max_connections_per_wide_subnet = 0;
  crowd wide_open(options);
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(wide_open.admits(v4(192, 0, 2, 1)));
}

TEST(subnet_limit, addresses_of_a_full_subnet_are_left_out_of_dials) {
  crowd d(limited());
  EXPECT_TRUE(d.admits(v4(192, 0, 2, 1)));
  d.dial(req(1), peer(1), {v4(192, 0, 2, 1)});
  d.connect(peer(1));
  EXPECT_EQ(d.last(notice::dial_succeeded).request, req(1));
  d.dial(req(2), peer(3), {v4(192, 0, 2, 1), v4(192, 0, 2, 7)});
  EXPECT_EQ(d.last<actions::start_attempt>()->address, v4(192, 0, 2, 7));
  d.connect(peer(3));
  d.dial(req(3), peer(5), {v4(192, 0, 2, 1), v4(192, 0, 2, 7)});
  EXPECT_EQ(d.count<actions::start_attempt>(), 2U);
  // The verdict about the last one: its wide subnet is full.
  EXPECT_EQ(describe(d.last(notice::dial_failed)), "SubnetLimitReached{limit: 3, current: 3}");
  EXPECT_EQ(d.refused(cause::subnet_limit_reached), 1U);
  EXPECT_EQ(d.counters().failed_total, 0U);
  EXPECT_EQ(d.counters().remembered_peers, 0U);
}

TEST(subnet_limit, holds_for_an_attempt_whose_subnet_filled_up_meanwhile) {
  crowd d(limited());
  d.dial(req(1), peer(1), {v4(192, 0, 2, 1)});
  EXPECT_TRUE(d.admits(v4(192, 0, 2, 1)));
  EXPECT_TRUE(d.admits(v4(192, 0, 2, 1)));
  d.connect(peer(1));
  EXPECT_EQ(d.last(notice::dial_failed).why, cause::subnet_limit_reached);
  EXPECT_EQ(d.counters().active_connections, 2U);
}

TEST(subnet_limit, new_widths_count_the_connections_that_are_there) {
  crowd d(limited());
  EXPECT_TRUE(d.admits(v4(192, 0, 2, 1)));
  EXPECT_TRUE(d.admits(v4(192, 0, 2, 2)));
  manager_options options = limited();
  options.subnet_v4_narrow = 30;  // .0 to .3
  d.tell(events::configured{options});
  EXPECT_FALSE(d.admits(v4(192, 0, 2, 3)));
  EXPECT_EQ(d.refusal(), "SubnetLimitReached{limit: 2, current: 2}");
  EXPECT_TRUE(d.admits(v4(192, 0, 2, 4)));
  d.tell(events::closed{conn(2), cause::remote_closed});
  EXPECT_TRUE(d.admits(v4(192, 0, 2, 3)));

  options.subnet_exempt = subnet_exemption::none;
  d.tell(events::configured{options});
  EXPECT_TRUE(d.admits(v4(10, 0, 0, 1)));
  EXPECT_TRUE(d.admits(v4(10, 0, 0, 1)));
  EXPECT_FALSE(d.admits(v4(10, 0, 0, 1)));
}

TEST(subnet_limit, switched_on_later_counts_the_connections_that_are_there) {
  manager_options options = limited();
  options.max_connections_per_narrow_subnet = options.max_connections_per_wide_subnet = 0;
  crowd d(options);
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(d.admits(v4(192, 0, 2, 1)));
  d.tell(events::configured{limited()});
  EXPECT_FALSE(d.admits(v4(192, 0, 2, 1)));
  d.tell(events::closed{conn(2), cause::remote_closed});
  EXPECT_TRUE(d.admits(v4(192, 0, 2, 1)));
}

}  // namespace
}  // namespace tandem::test
