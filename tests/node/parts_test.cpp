// SPDX-License-Identifier: MIT
#include "net/node/node_address_book.hpp"
#include "net/node/node_attempt.hpp"
#include "net/node/node_commands.hpp"
#include "net/node/node_event_queue.hpp"
#include "tandem/core/counter_table.hpp"
#include "tandem/net/identity.hpp"

#include <boost/asio/error.hpp>

#include <gtest/gtest.h>

#include <string_view>
#include <vector>

namespace {

using namespace std::chrono_literals;
using namespace tandem;

peer_id peer(std::uint8_t n) { return peer_id::from_bytes(std::vector<std::uint8_t>{n}); }
endpoint port(std::uint16_t n) { return endpoint::v4(127, 0, 0, 1, n); }

TEST(address_book, forgets_the_peer_least_recently_added_to) {
  address_book book(2);
  book.add(peer(1), std::vector{port(1)});
  book.add(peer(2), std::vector{port(2)});
  book.add(peer(1), std::vector{port(11)});
  book.add(peer(3), std::vector{port(3)});
  EXPECT_EQ(book.size(), 2U);
  EXPECT_EQ(book.find(peer(1)), (std::vector{port(1), port(11)}));
  EXPECT_TRUE(book.find(peer(2)).empty());
  EXPECT_EQ(book.find(peer(3)), std::vector{port(3)});
}

TEST(address_book, keeps_the_newest_addresses_of_a_peer_once_each) {
  address_book book(1);
  for (std::uint16_t i = 0; i < addresses_max + 3; ++i) book.add(peer(1), std::vector{port(i)});
  book.add(peer(1), std::vector{port(addresses_max)});
  const auto known = book.find(peer(1));
  ASSERT_EQ(known.size(), addresses_max);
  EXPECT_EQ(known.front(), port(3));
  EXPECT_EQ(known.back(), port(addresses_max + 2));
}

TEST(address_book, remembers_nobody_when_its_bound_is_zero) {
  address_book book(0);
  book.add(peer(1), std::vector{port(1)});
  EXPECT_TRUE(book.find(peer(1)).empty());
}

TEST(command_queue, tells_the_loop_once_and_refuses_above_its_bound) {
  command_queue queue(2, 100);
  int ran = 0;
  const auto push = [&](std::size_t bytes = 0, bool always = false) {
    task what([&] { ++ran; });
    return queue.push(what, bytes, always);
  };
  EXPECT_EQ(push(), command_queue::pushed::first);
  EXPECT_EQ(push(), command_queue::pushed::queued);
  EXPECT_EQ(push(), command_queue::pushed::refused);
  EXPECT_EQ(push(0, true), command_queue::pushed::queued);
  EXPECT_EQ(queue.refused(), 1U);
  for (auto& each : queue.take()) each();
  EXPECT_EQ(ran, 3);
  EXPECT_EQ(push(), command_queue::pushed::first);
  queue.close();
  EXPECT_EQ(push(0, true), command_queue::pushed::refused);
  EXPECT_TRUE(queue.take().empty());
}

TEST(command_queue, refuses_messages_beyond_its_bytes) {
  command_queue queue(10, 100);
  const auto push = [&](std::size_t bytes) {
    task what([] {});
    return queue.push(what, bytes) != command_queue::pushed::refused;
  };
  EXPECT_FALSE(push(101));
  EXPECT_TRUE(push(60));
  EXPECT_FALSE(push(41));
  EXPECT_TRUE(push(40));
  EXPECT_TRUE(push(0));
  EXPECT_FALSE(push(1));
  EXPECT_EQ(queue.refused(), 3U);
  queue.take();
  EXPECT_TRUE(push(100));
}

TEST(event_queue, drops_the_oldest_beyond_its_bytes_and_keeps_the_newest) {
  event_queue queue(10, 100);
  const auto push = [&](std::size_t bytes) {
    queue.push(received_message{{}, {}, std::vector<std::byte>(bytes)});
  };
  const auto next = [&] { return std::get<received_message>(*queue.next(0ms)).bytes.size(); };
  push(60);
  push(40);
  EXPECT_EQ(queue.take_dropped(), 0U);
  queue.push(notification{});
  EXPECT_EQ(queue.take_dropped(), 0U);
  push(1);
  EXPECT_EQ(queue.take_dropped(), 1U);
  EXPECT_EQ(next(), 40U);
  push(500);
  EXPECT_EQ(queue.take_dropped(), 2U);
  EXPECT_EQ(next(), 500U);
}

TEST(event_queue, is_closed_once_its_node_is_gone_and_all_was_read) {
  event_queue queue(10, 100);
  queue.push(notification{});
  EXPECT_FALSE(queue.closed());
  queue.close();
  EXPECT_FALSE(queue.closed());
  EXPECT_TRUE(queue.next(10s));
  EXPECT_TRUE(queue.closed());
}

TEST(failed_connects, are_told_apart_by_whose_fault_they_are) {
  namespace e = boost::asio::error;
  struct row {
    boost::system::error_code error;
    cause why;
    bool local;
  };
  const boost::system::error_code no_address(
      make_error_code(boost::system::errc::address_not_available));
  const row rows[] = {
      {e::connection_refused, cause::connection_refused, false},
      {e::timed_out, cause::connect_timeout, false},
      {e::operation_aborted, cause::abandoned, false},
      {e::connection_reset, cause::reset, false},
      {e::host_unreachable, cause::unreachable, false},
      {e::network_unreachable, cause::unreachable, true},
      {e::access_denied, cause::unreachable, true},
      {e::no_descriptors, cause::local_resource, true},
      {no_address, cause::local_resource, true},
      {e::message_size, cause::unreachable, false},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(failure_of(row.error).why, row.why) << row.error.message();
    EXPECT_EQ(failure_of(row.error).local, row.local) << row.error.message();
  }
}

TEST(metrics, are_the_eight_with_their_types) {
  constexpr std::string_view names[] = {
      "icn_p2p_active_connections",       "icn_p2p_connected_peers",
      "icn_p2p_connection_limit",         "icn_p2p_bytes_sent_total",
      "icn_p2p_bytes_received_total",     "icn_p2p_connections_established_total",
      "icn_p2p_connections_failed_total", "icn_p2p_connections_closed_total"};
  ASSERT_EQ(metric_table().size(), std::size(names));
  for (std::size_t i = 0; i < std::size(names); ++i) {
    EXPECT_EQ(metric_table()[i].metric, names[i]);
    EXPECT_EQ(metric_table()[i].gauge, i < 3);
  }
}

}  // namespace
