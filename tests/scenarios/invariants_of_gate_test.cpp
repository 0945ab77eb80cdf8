// SPDX-License-Identifier: MIT
// Every built-in invariant of who gets and keeps a connection breaks when what it forbids is told.
#include "ledger_support.hpp"

namespace tandem::scenarios {
namespace {

/// Two arrivals a second, three at once.
class admitted : public ledger {
 protected:
  admitted() {
    options().accept_rate = 2;
    options().accept_burst = 3;
  }
  void admit(duration at, std::uint64_t conn = 2, stage to = stage::handshake) {
    under_test.on_action(0, time_point(at), actions::admit{connection_id{conn}, to});
  }
  names too_many{"accept_rate is never exceeded"};
};

TEST_F(admitted, at_the_rate_after_a_burst_hold) {
  for (int n = 0; n < 3; ++n) admit(1s);
  for (int n = 1; n <= 100; ++n) admit(1s + n * 500ms);
  EXPECT_EQ(broken(), names{});
  admit(51s);
  EXPECT_EQ(broken(), too_many);
}

TEST_F(admitted, one_more_than_the_burst_breaks) {
  for (int n = 0; n < 4; ++n) admit(1s);
  EXPECT_EQ(broken(), too_many);
}

TEST_F(admitted, are_neither_dials_nor_later_stages) {
  for (int n = 0; n < 10; ++n) admit(1s, 3);  // odd: this node dialled
  for (int n = 0; n < 10; ++n) admit(1s, 2, stage::established);
  EXPECT_EQ(broken(), names{});
}

TEST_F(admitted, begin_anew_with_other_options) {
  for (int n = 0; n < 3; ++n) admit(1s);
  under_test.on_event(0, time_point(1s + 1ns), events::configured{});
  for (int n = 0; n < 3; ++n) admit(1s + 1ns);
  EXPECT_EQ(broken(), names{});
  admit(1s + 1ns);
  EXPECT_EQ(broken(), too_many);
}

class marked : public ledger {
 protected:
  void say(mark which, bool on = true, time_point until = never) {
    under_test.on_event(0, time_point(1s), events::peer_marked{place.id(1), which, on, until});
  }
};

TEST_F(marked, denied_and_connected_long_after_breaks) {
  say(mark::deny);
  tell(notice::connection_established, 1, {}, time_point(16s - 1ns));  // handshake_timeout: 15 s
  EXPECT_EQ(broken(), names{});
  tell(notice::connection_established, 3, {}, time_point(16s));
  EXPECT_EQ(broken(), names{"no peer is connected that is denied"});
}

TEST_F(marked, denied_no_more_may_be_connected) {
  say(mark::deny, true, time_point(20s));
  tell(notice::connection_established, 1, {}, time_point(20s));
  say(mark::deny);
  say(mark::deny, false);
  tell(notice::connection_established, 3, {}, time_point(60s));
  EXPECT_EQ(broken(), names{});
}

TEST_F(marked, denied_and_then_allowed_may_be_connected) {
  say(mark::deny);
  say(mark::allow);
  tell(notice::connection_established, 1, {}, time_point(60s));
  EXPECT_EQ(broken(), names{});
}

TEST_F(marked, denied_and_come_back_as_another_peer_may_be_connected) {
  say(mark::deny);
  place.managers[1] = {manager_options{}, identity::of_node(2, 1).id(), 1};
  under_test.on_restarted(1, time_point(2s));
  tell(notice::connection_established, 1, {}, time_point(60s));
  EXPECT_EQ(broken(), names{});
}

TEST_F(marked, beyond_what_a_node_remembers_says_nothing) {
  options().max_access_rules = 1;
  say(mark::tag);
  say(mark::deny);
  tell(notice::connection_established, 1, {}, time_point(60s));
  EXPECT_EQ(broken(), names{});
}

TEST_F(marked, protected_and_evicted_breaks) {
  say(mark::protect, true, time_point(20s));
  tell(notice::connection_established, 1);
  tell(notice::connection_established, 3);
  close(1, cause::evicted, 20s);
  EXPECT_EQ(broken(), names{});
  close(3, cause::evicted, 20s - 1ns);
  EXPECT_EQ(broken(), names{"no protected peer is evicted"});
}

TEST_F(marked, protected_and_closed_for_another_reason_holds) {
  say(mark::protect);
  tell(notice::connection_established, 1);
  close(1, cause::limit_reached, 20s);
  EXPECT_EQ(broken(), names{});
}

TEST_F(ledger, a_shutdown_that_does_not_say_when_to_come_back_breaks) {
  const names silent{"shutdown says when to come back"};
  close(1, cause::shutting_down, 1s, 15s);
  close(3, cause::shutting_down, 1s, 30s);
  EXPECT_EQ(broken(), names{});
  close(5, cause::shutting_down, 1s, 15s - 1ns);
  EXPECT_EQ(broken(), silent);
}

}  // namespace
}  // namespace tandem::scenarios
