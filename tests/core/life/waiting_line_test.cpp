// SPDX-License-Identifier: MIT
// The lines by themselves: who is next, who gives way, what is full.
#include "core/life/waiting_line.hpp"

#include "core/driver.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace tandem::detail {
namespace {

/// The two lines and what they share with the rest of a manager, with one place for attempts.
struct lined {
  explicit lined(std::uint64_t places = 1) {
    options.max_pending_outbound = places;
    options.max_attempts_per_peer = 1;
    options.max_queued_requests = 2;
  }

  dial_slot dial_to(std::uint32_t who, std::int32_t priority = 0) {
    const dial_slot made = dials.take();
    dial& dial = dials[made];
    dial.peer = peers.intern(test::peer(who));
    dial.priority = priority;
    dial.sequence = ++sequence;
    dial.next_of_peer = peers[dial.peer].first_dial;
    peers[dial.peer].first_dial = made;
    return made;
  }
  dial_slot queued(std::uint32_t who, std::int32_t priority = 0) {
    const dial_slot made = dial_to(who, priority);
    line.get_in_line(made);
    return made;
  }
  request_slot ask(dial_slot of, std::int32_t priority = 0, bool by_core = false) {
    const request_slot made = requests.take();
    request& request = requests[made];
    request.id = by_core ? core_issued(++sequence) : request_id{++sequence};
    request.sequence = sequence;
    request.priority = priority;
    request.dial = of;
    if (dials[of].first_request == no_slot) dials[of].first_request = made;
    line.add(made);
    return made;
  }
  dial_stage stage_of(dial_slot at) const { return dials[at].stage; }

  manager_options options;
  time_point now{};
  random_stream random{1};
  manager_counters counters;
  peer_table peers;
  subnet_table subnets;
  shared with{options, now, random, counters, peers, subnets};
  slot_table<dial> dials;
  slot_table<request> requests;
  waiting_line line{with, dials, requests};
  std::uint64_t sequence = 0;
};

TEST(waiting_line, serves_by_priority_then_by_fewest_turns_then_as_they_came) {
  lined l;
  const dial_slot first = l.queued(1), tried = l.dial_to(2), last = l.queued(3);
  l.dials[tried].turns = 1;
  l.line.get_in_line(tried);
  const dial_slot urgent = l.queued(4, 1);
  for (const dial_slot next : {urgent, first, last, tried}) {
    EXPECT_EQ(l.line.take_next(), next);
    EXPECT_EQ(l.stage_of(next), dial_stage::resolving);
  }
  EXPECT_EQ(l.line.take_next(), no_slot);
}

TEST(waiting_line, is_waited_in_behind_who_comes_first) {
  lined l;
  const dial_slot who = l.dial_to(1), later = l.dial_to(2);
  EXPECT_FALSE(l.line.must_wait(who));
  l.line.get_in_line(who);
  EXPECT_TRUE(l.line.must_wait(later));
  EXPECT_FALSE(l.line.must_wait(l.dial_to(3, 1))) << "of higher priority";
  EXPECT_EQ(l.line.take_next(), who);
  EXPECT_FALSE(l.line.must_wait(later));
}

TEST(waiting_line, moves_a_dial_whose_priority_changed) {
  lined l;
  const dial_slot first = l.queued(1), second = l.queued(2), held = l.dial_to(3),
                  other = l.dial_to(4);
  l.dials[second].priority = 1;
  l.line.priority_changed(second);
  EXPECT_EQ(l.line.take_next(), second);
  EXPECT_EQ(l.line.take_next(), first);
  l.line.hold(other);
  l.line.hold(held);
  l.dials[held].priority = 1;
  l.line.priority_changed(held);
  std::vector<dial_slot> all;
  l.line.release(all);
  EXPECT_EQ(all, (std::vector{held, other}));
}

TEST(waiting_line, gives_the_turn_of_a_peer_to_the_best_of_its_dials_behind) {
  lined l;
  const dial_slot running = l.dial_to(1), later = l.dial_to(1), urgent = l.dial_to(1, 1);
  const peer_slot peer = l.dials[running].peer;
  l.peers[peer].attempts = 1;
  EXPECT_TRUE(l.line.attempts_full(later));
  l.line.wait_behind(later);
  l.line.wait_behind(urgent);
  l.line.attempt_over(peer);
  EXPECT_EQ(l.line.take_next(), no_slot) << "it is not over";
  l.peers[peer].attempts = 0;
  EXPECT_FALSE(l.line.attempts_full(later));
  l.line.attempt_over(peer);
  EXPECT_EQ(l.stage_of(urgent), dial_stage::queued);
  EXPECT_EQ(l.stage_of(later), dial_stage::behind);
  l.line.leave(urgent);
  EXPECT_EQ(l.stage_of(later), dial_stage::queued) << "what it gave up is for the next one";
  EXPECT_EQ(l.line.take_next(), later);
  EXPECT_EQ(l.peers[peer].blocked, 0U);
}

TEST(waiting_line, is_left_from_wherever_a_dial_stands) {
  lined l;
  const dial_slot queued = l.queued(1), held = l.dial_to(2), behind = l.dial_to(3);
  l.line.hold(held);
  l.line.wait_behind(behind);
  l.dials[held].attempts = 1;
  for (const dial_slot at : {queued, held, behind}) l.line.leave(at);
  EXPECT_EQ(l.stage_of(queued), dial_stage::resolving);
  EXPECT_EQ(l.stage_of(held), dial_stage::attempting);
  EXPECT_EQ(l.peers[l.dials[behind].peer].blocked, 0U);
  std::vector<dial_slot> all;
  l.line.release(all);
  EXPECT_TRUE(all.empty());
  EXPECT_EQ(l.line.take_next(), no_slot);
}

TEST(waiting_line, has_a_silent_attempt_give_way_to_a_dial_that_had_fewer_turns) {
  lined l;
  const connection_slot once{7}, twice{8};
  const dial_slot old = l.dial_to(1);
  l.line.may_give_way(once, 1, old);
  l.line.may_give_way(twice, 2, old);
  EXPECT_EQ(l.line.gives_way(), no_slot) << "nobody waits";
  const dial_slot waits = l.dial_to(2);
  l.dials[waits].turns = 2;
  l.line.get_in_line(waits);
  EXPECT_EQ(l.line.gives_way(), no_slot) << "it had as many";
  l.line.leave(waits);
  l.dials[waits].turns = 1;
  l.line.get_in_line(waits);
  EXPECT_EQ(l.line.gives_way(), twice);
  l.line.stays(twice);
  EXPECT_FALSE(l.line.may_give_way(twice));
  EXPECT_EQ(l.line.gives_way(), no_slot) << "the other had one as well";
  l.dials[waits].priority = 1;
  l.line.priority_changed(waits);
  EXPECT_EQ(l.line.gives_way(), once);
}

TEST(waiting_line, counts_requests_whose_dial_has_no_attempt) {
  lined l;
  const dial_slot one = l.dial_to(1), two = l.dial_to(2);
  l.ask(one);
  EXPECT_FALSE(l.line.is_full(false));
  const request_slot last = l.ask(two);
  EXPECT_TRUE(l.line.is_full(false));
  EXPECT_FALSE(l.line.is_full(true)) << "one that starts at once does not wait";
  EXPECT_EQ(l.line.full().current, 2U);
  EXPECT_EQ(l.line.full().limit, 2U);
  l.dials[one].first_attempt = connection_slot{0};
  l.line.recount(one);
  EXPECT_FALSE(l.line.is_full(false)) << "its dial began";
  l.dials[one].first_attempt = {};
  l.line.recount(one);
  EXPECT_TRUE(l.line.is_full(false)) << "and has nothing in flight any more";
  l.line.remove(last);
  l.requests.release(last);
  EXPECT_FALSE(l.line.is_full(false));
}

TEST(waiting_line, bounds_all_requests_whatever_their_dials_do_but_not_redials_of_the_core) {
  lined l(1);
  const dial_slot started = l.dial_to(1);
  l.dials[started].first_attempt = connection_slot{0};
  for (int i = 0; i < 3; ++i) {  // two that may wait and one place
    EXPECT_FALSE(l.line.is_full(true)) << i;
    l.ask(started);
    l.line.recount(started);
  }
  EXPECT_TRUE(l.line.is_full(true));
  lined core(1);
  for (std::uint32_t i = 1; i <= 10; ++i) core.ask(core.dial_to(i), 0, true);
  EXPECT_FALSE(core.line.is_full(false));
}

TEST(waiting_line, has_the_last_of_the_lowest_priority_give_way_to_a_higher_one) {
  lined l;
  l.ask(l.dial_to(1));
  const request_slot last = l.ask(l.dial_to(2));
  l.ask(l.dial_to(3), 1);
  EXPECT_EQ(l.line.gives_way_to(0), no_slot);
  EXPECT_EQ(l.line.gives_way_to(1), last);
  l.line.remove(last);
  EXPECT_NE(l.line.gives_way_to(1), last);
}

}  // namespace
}  // namespace tandem::detail
