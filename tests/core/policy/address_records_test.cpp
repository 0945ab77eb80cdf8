// SPDX-License-Identifier: MIT
#include "core/policy/address_records.hpp"

#include "core/driver.hpp"

#include <gtest/gtest.h>

namespace tandem::test {
namespace {

using detail::address_records;

struct subject {
  backoff_options options;
  random_stream random{1};
  address_records records;

  explicit subject(std::uint64_t records_max = 4096) {
    options.backoff_strategy = backoff_strategy::exponential;
    options.max_remembered_addresses = records_max;
  }
  void fail(const endpoint& where, duration t) { records.failed(where, at(t), options, random); }
  time_point until(std::uint16_t port) const { return records.until(address(port)); }
};

endpoint mapped(const endpoint& v4) {
  endpoint e;
  e.v6 = true;
  e.port = v4.port;
  e.address[10] = e.address[11] = 0xff;
  std::copy_n(v4.address.begin(), 4, e.address.begin() + 12);
  return e;
}

TEST(address_records, back_off_each_address_by_itself) {
  subject s;
  s.fail(address(1), 0s);
  s.fail(address(1), 1s);
  s.fail(address(2), 1s);
  EXPECT_EQ(s.until(1), at(3s));
  EXPECT_EQ(s.until(2), at(2s));
  EXPECT_EQ(s.until(3), time_point::min());
  s.records.works(address(1), at(1s), s.options);
  EXPECT_EQ(s.until(1), time_point::min());
  EXPECT_EQ(s.records.size(), 1U);
}

TEST(address_records, know_a_mapped_address_for_what_it_is) {
  subject s;
  s.fail(mapped(address(1)), 0s);
  EXPECT_EQ(s.until(1), at(1s));
  s.records.works(address(1), at(1s), s.options);
  EXPECT_EQ(s.records.size(), 0U);
}

TEST(address_records, are_bounded_and_the_one_that_expires_soonest_goes) {
  subject s(3);
  for (int i = 0; i < 3; ++i) s.fail(address(1), 0s);
  s.fail(address(2), 1s);
  s.fail(address(3), 2s);
  EXPECT_EQ(s.records.size(), 3U);
  s.fail(address(4), 3s);
  EXPECT_EQ(s.records.size(), 3U);
  EXPECT_EQ(s.until(2), time_point::min());
  EXPECT_EQ(s.until(1), at(4s));
  for (std::uint16_t port = 5; port < 2000; ++port) s.fail(address(port), 4s);
  EXPECT_EQ(s.until(1), at(4s));
  EXPECT_EQ(s.records.size(), 3U);
}

TEST(address_records, expired_ones_leave_when_the_next_is_made) {
  subject s;
  for (std::uint16_t port = 1; port <= 4; ++port) s.fail(address(port), 0s);
  s.fail(address(5), 10min - 1ns);
  EXPECT_EQ(s.records.size(), 5U);
  s.fail(address(6), 10min);
  s.fail(address(7), 10min);
  EXPECT_EQ(s.records.size(), 3U);
}

TEST(address_records, forgive_what_failed_since_a_time) {
  subject s;
  s.fail(address(1), 1s);
  s.fail(address(2), 2s);
  s.records.forgive(at(1s), s.options);
  EXPECT_EQ(s.until(1), at(2s));
  EXPECT_EQ(s.until(2), time_point::min());
}

TEST(address_records, another_network_lets_all_be_tried_at_once_and_forgets_no_failure) {
  subject s;
  s.fail(address(1), 0s);
  s.records.override_all(s.options);
  EXPECT_EQ(s.until(1), time_point::min());
  s.fail(address(1), 0s);
  EXPECT_EQ(s.until(1), at(2s));
}

TEST(address_records, a_smaller_table_drops_the_soonest) {
  subject s;
  for (std::uint16_t port = 1; port <= 4; ++port) s.fail(address(port), std::chrono::seconds(port));
  s.options.max_remembered_addresses = 2;
  s.records.reorder(at(5s), s.options);
  EXPECT_EQ(s.records.size(), 2U);
  EXPECT_EQ(s.until(2), time_point::min());
  EXPECT_EQ(s.until(3), at(4s));
}

manager_options exponential() {
  manager_options options;
  options.backoff_strategy = backoff_strategy::exponential;
  return options;
}

TEST(addresses, hold_back_a_dial_without_a_peer_when_all_of_them_are_in_backoff) {
  driver d(exponential());
  d.dial(req(1), {}, {address(1)});
  d.fail();
  EXPECT_EQ(d.last(notice::dial_failed).until, at(1s));
  EXPECT_EQ(d.counters().remembered_addresses, 1U);
  d.run_to(1s - 1ns);
  d.dial(req(2), {}, {address(1)});
  EXPECT_EQ(d.last(notice::dial_failed).why, cause::backing_off);
  EXPECT_EQ(d.last(notice::dial_failed).until, at(1s));
  EXPECT_EQ(d.count<actions::start_attempt>(), 1U);
  d.dial(req(3), {}, {address(1), address(2)});
  EXPECT_EQ(d.count<actions::start_attempt>(), 2U);
  d.run_to(1s);
  d.dial(req(4), {}, {address(1)});
  EXPECT_EQ(d.last<actions::start_attempt>()->address, address(1));
}

TEST(addresses, that_became_ready_are_cleared) {
  driver d(exponential());
  d.dial(req(1), {}, {address(1)});
  d.fail();
  d.run_to(1s);
  d.dial(req(2), peer(1), {address(1)});
  d.connect(peer(1));
  EXPECT_EQ(d.counters().remembered_addresses, 0U);
}

TEST(addresses, that_answered_and_refused_or_failed_the_handshake_are_not_blamed) {
  driver d;
  d.dial(req(1), peer(1), {address(1)});
  d.tell(events::attempt_connected{conn(1)});
  d.tell(events::remote_refused{conn(1), cause::limit_reached, 0s});
  d.tell(events::closed{conn(1), cause::limit_reached});
  d.dial(req(2), peer(2), {address(2)});
  d.tell(events::attempt_connected{conn(3)});
  d.tell(events::closed{conn(3), cause::handshake_failed});
  d.dial(req(3), peer(3), {address(3)});
  d.fail(cause::unreachable, true);
  EXPECT_EQ(d.counters().remembered_addresses, 0U);
  EXPECT_EQ(d.counters().remembered_peers, 2U);
}

TEST(addresses, are_not_blamed_for_a_deadline_of_the_dial) {
  driver d;
  d.dial(req(1), peer(1), {address(1)}, dial_mode::join, at(10ms));
  d.run_to(10ms);
  EXPECT_EQ(d.last(notice::dial_failed).why, cause::dial_deadline);
  d.dial(req(2), {}, {address(1)});
  EXPECT_EQ(d.count<actions::start_attempt>(), 2U) << "not in backoff";
  d.dial(req(3), peer(2), {address(1), address(2)});
  EXPECT_EQ(d.last<actions::start_attempt>()->address, address(2)) << "but tried after others";
}

}  // namespace
}  // namespace tandem::test
