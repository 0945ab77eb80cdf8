// SPDX-License-Identifier: MIT
#include "core/policy/uplink_support.hpp"

#include <gtest/gtest.h>

namespace tandem::test {
namespace {

TEST(network_changed, ends_being_offline) {
  driver d(exponential());
  silence(d, 1, 8);
  d.tell(events::network_changed{});
  EXPECT_EQ(d.counters().offline, 0U);
  EXPECT_EQ(d.count(notice::uplink_restored), 1U);
  d.dial(req(100), peer(1));
  EXPECT_EQ(d.count<actions::start_attempt>(), 9U);
}

TEST(network_changed, lets_whoever_did_not_answer_be_dialled_at_once_and_forgets_nothing) {
  driver d(exponential());
  silence(d, 1, 1);
  d.dial(req(2), peer(2));
  d.tell(events::attempt_connected{conn(3)});
  d.tell(events::closed{conn(3), cause::handshake_failed});
  d.dial(req(3), {}, {address(3)});
  d.fail(cause::connect_timeout);
  d.tell(events::network_changed{});
  EXPECT_EQ(d.count(notice::uplink_restored), 0U);
  d.dial(req(4), peer(2));
  EXPECT_EQ(d.last(notice::dial_failed).why, cause::backing_off);
  d.dial(req(5), peer(1));
  EXPECT_EQ(d.last<actions::start_attempt>()->peer, peer(1));
  d.fail(cause::connect_timeout);
  EXPECT_EQ(d.last(notice::backoff_started).failures, 2U);
  d.dial(req(6), {}, {address(3)});
  EXPECT_EQ(d.last<actions::start_attempt>()->address, address(3));
}

TEST(network_changed, leaves_no_record_in_which_only_a_delay_was_left) {
  manager_options options = exponential();
  options.backoff_base = options.backoff_cap = 30s;
  options.backoff_refund = 1s;
  driver d(options);
  silence(d, 1, 1);
  d.run_to(2s);
  EXPECT_EQ(d.counters().remembered_peers, 1U);
  d.tell(events::network_changed{});
  EXPECT_EQ(d.counters().remembered_peers, 0U);
}

TEST(network_changed, makes_the_next_dial_of_an_open_circuit_a_trial) {
  manager_options options = exponential();
  options.breaker_failures = 1;
  driver d(options);
  silence(d, 1, 1);
  EXPECT_EQ(d.manager.explain(peer(1), d.now).circuit, circuit_state::open);
  d.tell(events::network_changed{});
  d.dial(req(2), peer(1));
  EXPECT_EQ(d.count<actions::start_attempt>(), 2U);
  EXPECT_EQ(d.count(notice::circuit_half_opened), 1U);
}

}  // namespace
}  // namespace tandem::test
