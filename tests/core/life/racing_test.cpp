// SPDX-License-Identifier: MIT
#include "core/driver.hpp"
#include "core/policy/address_order.hpp"

#include <gtest/gtest.h>

namespace tandem::test {
namespace {

endpoint v6(std::uint8_t last) {
  endpoint e;
  e.v6 = true;
  e.address = {0x20, 1, 0xd, 0xb8};
  e.address[15] = last;
  e.port = 1;
  return e;
}
endpoint mapped(std::uint16_t port) {
  endpoint e;
  e.v6 = true;
  e.address = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, 1};
  e.port = port;
  return e;
}

/// Where the attempts so far went, and when.
std::vector<std::pair<time_point, endpoint>> attempts(const driver& d) {
  std::vector<std::pair<time_point, endpoint>> found;
  for (const auto& step : d.log)
    if (const auto* x = std::get_if<actions::start_attempt>(&step.what))
      found.emplace_back(step.at, x->address);
  return found;
}

manager_options attempts_at_most(std::uint64_t limit) {
  manager_options options;
  options.max_attempts_per_peer = limit;
  return options;
}

using detail::address_family;

TEST(address_order, knows_the_family_by_which_an_address_is_reached) {
  EXPECT_EQ(detail::family_of(address()), address_family::v4);
  EXPECT_EQ(detail::family_of(v6(1)), address_family::v6);
  EXPECT_EQ(detail::family_of(mapped(1)), address_family::v4);
}

TEST(address_order, takes_turns_between_the_families_beginning_with_v6_and_failed_ones_last) {
  using detail::address_candidate;
  // As "4" and "6" in the order given, those that failed d and f; places in the order tried.
  struct row {
    std::string given;
    std::vector<std::size_t> tried;
  };
  const row table[] = {
      {"4", {0}},
      {"46", {1, 0}},
      {"64", {0, 1}},
      {"44466", {3, 0, 4, 1, 2}},
      {"6664", {0, 3, 1, 2}},
      {"46464", {1, 0, 3, 2, 4}},
      {"f4", {1, 0}},
      {"d6", {1, 0}},
      {"fd46", {3, 2, 0, 1}},
      {"df", {1, 0}},
      {"ffdd6", {4, 2, 0, 3, 1}},
  };
  for (const row& r : table) {
    std::vector<std::size_t> left(r.given.size());
    for (std::size_t i = 0; i < left.size(); ++i) left[i] = i;
    std::vector<std::size_t> tried;
    auto last = address_family::none;
    while (!left.empty()) {
      std::vector<address_candidate> candidates;
      for (const std::size_t i : left) {
        const char c = r.given[i];
        candidates.push_back({c == '6' || c == 'f' ? address_family::v6 : address_family::v4});
        if (c == 'd' || c == 'f') candidates.back().history.failed_at = at(1s);
      }
      const std::size_t next = detail::next_address(candidates, last);
      last = candidates[next].family;
      tried.push_back(left[next]);
      left.erase(left.begin() + static_cast<std::ptrdiff_t>(next));
    }
    EXPECT_EQ(tried, r.tried) << r.given;
  }
  const address_candidate some[] = {{address_family::v6}, {address_family::v4, true, true}};
  EXPECT_EQ(detail::next_address(some, address_family::none), 1U) << "one that connected before";
}

TEST(address_order, begins_with_what_worked_and_ends_with_what_failed_last) {
  using detail::address_candidate;
  std::vector<address_candidate> left(7, {address_family::v4});
  left[0].history.failed_at = at(9s);
  left[1].history.failed_at = at(5s);
  left[2].gave_way = true;
  left[4].history = {at(7s), at(6s)};
  left[5].history = {at(8s), at(6s)};
  left[6].history = {at(3s), at(4s)};  // failed since
  std::vector<std::size_t> places{0, 1, 2, 3, 4, 5, 6};
  std::vector<std::size_t> tried;
  while (!left.empty()) {
    const std::size_t next = detail::next_address(left, address_family::v4);
    tried.push_back(places[next]);
    left.erase(left.begin() + static_cast<std::ptrdiff_t>(next));
    places.erase(places.begin() + static_cast<std::ptrdiff_t>(next));
  }
  EXPECT_EQ(tried, (std::vector<std::size_t>{5, 4, 3, 2, 6, 1, 0}));
}

TEST(racing, starts_an_attempt_every_attempt_delay_families_in_turn) {
  driver d;
  d.dial(req(1), peer(1), {address(1), address(2), v6(1), mapped(3), v6(2)});
  d.run_to(250ms - 1ns);
  EXPECT_EQ(d.count<actions::start_attempt>(), 1U);
  d.run_to(10s);
  const std::vector<std::pair<time_point, endpoint>> expected{{at(0ms), v6(1)},
                                                              {at(250ms), address(1)},
                                                              {at(500ms), v6(2)},
                                                              {at(750ms), address(2)},
                                                              {at(1000ms), mapped(3)}};
  EXPECT_EQ(attempts(d), expected);
  EXPECT_EQ(d.counters().pending_outbound, 5U);
  EXPECT_EQ(d.count(notice::dial_started), 1U);
  d.run_to(15s + 1000ms - 1ns);
  EXPECT_EQ(d.count(notice::dial_failed), 0U);
  d.run_to(16s);
  EXPECT_EQ(d.when(notice::dial_failed), at(16s)) << "when the last of them timed out";
  EXPECT_EQ(d.last(notice::dial_failed).why, cause::attempt_timeout);
  EXPECT_EQ(d.last(notice::dial_failed).failures, 1U) << "one dial, one failure";
  EXPECT_EQ(d.counters().failed_total, 1U);
  EXPECT_EQ(d.counters().pending_outbound, 0U);
}

TEST(racing, starts_the_next_attempt_at_once_when_one_fails) {
  driver d;
  d.dial(req(1), peer(1), {address(1), address(2), address(3)});
  d.run_to(100ms);
  d.fail();
  EXPECT_EQ(attempts(d).back(), std::pair(at(100ms), address(2)));
  d.run_to(350ms - 1ns);
  EXPECT_EQ(d.count<actions::start_attempt>(), 2U);
  d.run_to(350ms);
  EXPECT_EQ(attempts(d).back(), std::pair(at(350ms), address(3)));
  d.tell(events::attempt_failed{conn(3), cause::connection_refused});
  d.tell(events::attempt_failed{conn(5), cause::unreachable});
  EXPECT_EQ(d.last(notice::dial_failed).why, cause::unreachable);
}

TEST(racing, the_first_to_connect_wins_and_the_others_are_cancelled) {
  driver d;
  d.answers = false;
  d.dial(req(1), peer(1), {address(1), address(2), address(3), address(4)});
  d.run_to(500ms);
  EXPECT_EQ(d.counters().pending_outbound, 3U);
  d.tell(events::attempt_connected{conn(3)});
  EXPECT_EQ(d.last<actions::admit>()->conn, conn(3));
  EXPECT_EQ(d.count<actions::cancel_attempt>(), 2U);
  EXPECT_EQ(d.counters().pending_outbound, 3U) << "until their last events";
  d.tell(events::attempt_failed{conn(1), cause::abandoned, true, {}});
  d.tell(events::attempt_connected{conn(5)});  // crossed
  EXPECT_EQ(d.last<actions::abort>()->conn, conn(5));
  d.tell(events::closed{conn(5), cause::aborted});
  EXPECT_EQ(d.counters().pending_outbound, 1U);
  d.run_to(5s);
  EXPECT_EQ(d.count<actions::start_attempt>(), 3U) << "nothing new while it shakes hands";
  d.upgrade(conn(3), peer(1));
  EXPECT_EQ(d.last(notice::dial_succeeded).conn, conn(3));
  EXPECT_EQ(d.counters().pending_outbound, 0U);
  EXPECT_EQ(d.counters().failed_total, 0U);
  EXPECT_EQ(d.counters().remembered_peers, 0U);
}

TEST(racing, goes_on_with_the_addresses_that_gave_way_when_the_winner_fails) {
  driver d;
  d.dial(req(1), peer(1), {address(1), address(2), address(3)});
  d.run_to(250ms);
  d.tell(events::attempt_connected{conn(3)});
  d.run_to(300ms);
  d.tell(events::closed{conn(3), cause::reset});
  EXPECT_EQ(attempts(d).back(), std::pair(at(300ms), address(1)));
  EXPECT_EQ(d.count(notice::dial_failed), 0U);
  d.run_to(550ms);
  EXPECT_EQ(attempts(d).back(), std::pair(at(550ms), address(3)));
  EXPECT_EQ(d.count<actions::start_attempt>(), 4U);
  EXPECT_EQ(d.connect(peer(1)), conn(7));
  EXPECT_EQ(d.count(notice::dial_succeeded), 1U);
  EXPECT_EQ(d.counters().failed_total, 0U);
  EXPECT_EQ(d.counters().pending_outbound, 0U);
}

TEST(racing, tries_the_address_that_connected_first_again_after_a_duplicate) {
  driver d;
  d.dial(req(1), peer(1), {address(1), address(2)});
  d.run_to(250ms);
  d.tell(events::attempt_connected{conn(3)});
  d.tell(events::authenticated{conn(3), peer(1)});
  d.tell(events::remote_refused{conn(3), cause::duplicate});
  d.tell(events::closed{conn(3), cause::remote_closed});
  d.run_to(1250ms - 1ns);
  EXPECT_EQ(d.count<actions::start_attempt>(), 2U);
  d.run_to(1250ms);
  EXPECT_EQ(attempts(d).back(), std::pair(at(1250ms), address(2)));
  EXPECT_EQ(d.count<actions::start_attempt>(), 3U);
}

TEST(racing, anonymous_dials_race_as_well) {
  driver d;
  d.dial(req(1), peer_id{}, {address(1), address(2)});
  d.run_to(250ms);
  EXPECT_EQ(d.counters().pending_outbound, 2U);
  d.tell(events::attempt_connected{conn(1)});
  EXPECT_EQ(d.counters().pending_outbound, 1U);
  d.upgrade(conn(1), peer(9));
  EXPECT_EQ(d.last(notice::dial_succeeded).peer, peer(9));
}

TEST(racing, ends_with_its_dial) {
  driver d;
  d.dial(req(1), peer(1), {address(1), address(2), address(3)});
  d.run_to(300ms);
  d.tell(events::dial_abandoned{req(1)});
  EXPECT_EQ(d.count<actions::cancel_attempt>(), 2U);
  EXPECT_EQ(d.counters().pending_outbound, 0U);
  d.run_to(60s);
  EXPECT_EQ(d.count<actions::start_attempt>(), 2U);
}

TEST(attempts_per_peer, hold_below_at_and_above_their_limit_over_all_dials_of_a_peer) {
  for (const std::uint64_t limit : {1U, 3U, 4U, 5U, 16U}) {
    driver d(attempts_at_most(limit));
    d.dial(req(1), peer(1), {address(1), address(2)}, dial_mode::additional);
    d.dial(req(2), peer(1), {address(1), address(2)}, dial_mode::additional);
    d.dial(req(3), peer(2), {address(1)});
    d.dial(req(4), peer_id{}, {address(1), address(2), address(3)});
    d.run_to(10s);
    const std::uint64_t expected =
        std::min<std::uint64_t>(limit, 4) + 1 + std::min<std::uint64_t>(limit, 3);
    EXPECT_EQ(d.counters().pending_outbound, expected) << limit;
    EXPECT_EQ(d.count(notice::dial_started), limit == 1 ? 3U : 4U) << limit;
  }
}

TEST(attempts_per_peer, pass_to_the_dial_of_the_peer_that_is_next_in_rank) {
  driver d(attempts_at_most(1));
  d.dial(req(1), peer(1), {address(1)}, dial_mode::additional);
  d.dial(req(2), peer(1), {address(2)}, dial_mode::additional);
  d.dial(req(3), peer(1), {address(3)}, dial_mode::additional, never, 1);
  d.dial(req(4), peer(1), {address(4)}, dial_mode::additional);
  EXPECT_EQ(d.count<actions::start_attempt>(), 1U);
  d.tell(events::attempt_connected{conn(1)});  // an attempt no more
  EXPECT_EQ(attempts(d).back().second, address(3));
  d.tell(events::dial_abandoned{req(3)});
  EXPECT_EQ(attempts(d).back().second, address(2));
  d.tell(events::dial_abandoned{req(4)});  // while it waits
  d.run_to(15s);
  EXPECT_EQ(d.count<actions::start_attempt>(), 3U);
  EXPECT_EQ(d.counters().pending_outbound, 0U);
  d.run_to(200s);
  EXPECT_TRUE(d.manager.next_deadline() == never);
}

TEST(attempts_per_peer, pass_to_another_dial_of_the_peer_while_the_next_in_rank_pauses) {
  driver d(attempts_at_most(2));
  d.dial(req(1), peer(1), {address(1), address(2)}, dial_mode::additional);
  d.dial(req(2), peer(1), {address(3), address(4)}, dial_mode::additional, never, 1);
  d.run_to(600ms);  // both wait for a second attempt
  EXPECT_EQ(d.count<actions::start_attempt>(), 2U);
  d.tell(events::attempt_failed{conn(3), cause::duplicate});
  EXPECT_EQ(d.count<actions::start_attempt>(), 3U);
  EXPECT_EQ(attempts(d).back().second, address(2));
}

TEST(pending_outbound, goes_to_first_attempts_before_further_ones) {
  manager_options options;
  options.max_pending_outbound = 2;
  driver d(options);
  d.dial(req(1), peer(1), {address(11), address(12), address(13)});
  d.run_to(250ms);
  EXPECT_EQ(d.counters().pending_outbound, 2U);
  d.run_to(600ms);  // 1 waits for a third slot
  d.dial(req(2), peer(2), {address(21), address(22)});
  EXPECT_EQ(d.count<actions::start_attempt>(), 2U);
  d.tell(events::attempt_failed{conn(1), cause::connection_refused});
  EXPECT_EQ(attempts(d).back().second, address(21));
  d.tell(events::attempt_failed{conn(3), cause::connection_refused});
  EXPECT_EQ(attempts(d).back().second, address(13)) << "it has none in flight any more";
  d.run_to(850ms);
  EXPECT_EQ(d.counters().pending_outbound, 2U);
  EXPECT_EQ(d.count<actions::start_attempt>(), 4U);
  d.tell(events::attempt_failed{conn(7), cause::connection_refused});
  EXPECT_EQ(attempts(d).back().second, address(22));
}

}  // namespace
}  // namespace tandem::test
