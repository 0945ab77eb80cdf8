// SPDX-License-Identifier: MIT
// Messages, counters, events and traces.
#include "node/two_connected.hpp"

#include "tandem/core/replay.hpp"

#include <future>
#include <vector>

namespace {

using namespace tandem;
using namespace tandem::test;

constexpr duration d = two_connected::d;

TEST(node_messages, arrive_in_order_both_ways) {
  two_connected t;
  std::vector<send_result> results;
  const auto note = [&](send_result r) { results.push_back(r); };
  t.client.node->send(village::id_of(t.server), bytes_of("one"), note);
  t.client.node->send(village::id_of(t.server), {}, note);
  t.client.node->send(village::id_of(t.server), bytes_of("three"), note);
  t.server.node->send(village::id_of(t.client), bytes_of("back"), note);
  EXPECT_TRUE(results.empty());
  t.town.run_for(d);
  EXPECT_EQ(results, std::vector<send_result>(4, send_result::accepted));
  ASSERT_EQ(t.server.heard->messages.size(), 3U);
  EXPECT_EQ(t.server.heard->messages[0].text, "one");
  EXPECT_EQ(t.server.heard->messages[1].text, "");
  EXPECT_EQ(t.server.heard->messages[2].text, "three");
  EXPECT_EQ(t.server.heard->messages[2].when, at(100ms + d));  // half a round trip
  EXPECT_EQ(t.server.heard->messages[2].from, village::id_of(t.client));
  ASSERT_EQ(t.client.heard->messages.size(), 1U);
  EXPECT_EQ(t.client.heard->messages[0].text, "back");
}

TEST(node_messages, are_refused_when_too_long_and_gone_without_a_connection) {
  two_connected t;
  std::vector<send_result> results;
  const auto note = [&](send_result r) { results.push_back(r); };
  t.client.node->send(village::id_of(t.server), std::vector<std::byte>((1 << 20) + 1), note);
  t.client.node->send(identity::of_node(1, 77).id(), bytes_of("who"), note);
  t.client.node->send(connection_id{4711}, bytes_of("which"), note);
  t.town.run_for(d);
  EXPECT_EQ(results, (std::vector{send_result::refused, send_result::gone, send_result::gone}));
}

TEST(node_messages, are_counted_alike_at_both_ends) {
  two_connected t;
  for (int i = 0; i < 50; ++i)
    t.client.node->send(village::id_of(t.server), std::vector<std::byte>(1000));
  t.town.run_for(1s);
  const auto client = t.client.node->snapshot();
  const auto server = t.server.node->snapshot();
  EXPECT_EQ(client.bytes_sent, server.bytes_received);
  EXPECT_EQ(server.bytes_sent, client.bytes_received);
  EXPECT_GE(client.bytes_sent, 50'000U);
}

// 1 MiB over 1 Mbit/s: for 8 s the manager hears of nothing.
TEST(node_counters, are_up_to_date_whenever_they_are_read_and_reading_changes_nothing) {
  const auto run = [](bool reads) {
    village town(10ms, 1'000'000);
    memory_trace trace;
    auto server = town.add({}, true, &trace);
    auto client = town.add({}, false);
    town.dial(client, server);
    town.run_until(at(1s));
    const auto before = server.counters().bytes_received;
    client.node->send(village::id_of(server), std::vector<std::byte>(1 << 20));
    std::uint64_t last = before;
    for (int second = 2; second <= 8; ++second) {
      town.run_until(at(second * 1s));
      if (!reads) continue;
      auto asked = server.node->counters();
      const auto now = server.node->snapshot();
      town.run_for(1ns);
      EXPECT_EQ(asked.get().bytes_received, now.bytes_received);
      EXPECT_GE(now.bytes_received, last + 65'000) << second;  // 125 kB, in pieces of 64 KiB
      last = now.bytes_received;
      std::uint64_t late = 0;
      server.node->unflushed([&](const events::traffic& moved) { late += moved.received; });
      EXPECT_EQ(server.counters().bytes_received + late, now.bytes_received);
    }
    town.run_until(at(15s));
    return std::vector(trace.bytes().begin(), trace.bytes().end());
  };
  EXPECT_EQ(run(true), run(false));
}

TEST(node_messages, use_the_oldest_connection_of_a_peer_and_then_the_next) {
  village town(d);
  auto server = town.add();
  auto client = town.add({}, false);
  dial_options more;
  more.mode = dial_mode::additional;
  town.dial(client, server, more);
  town.run_for(100ms);
  town.dial(client, server, more);
  town.run_for(100ms);
  ASSERT_EQ(client.counters().active_connections, 2U);
  std::vector<connection_id> conns;
  for (const auto& each : client.heard->notices)
    if (each.what.kind == notice::connection_established) conns.push_back(each.what.conn);
  client.node->disconnect(conns[0]);
  std::vector<send_result> results;
  const auto note = [&](send_result r) { results.push_back(r); };
  client.node->send(conns[0], bytes_of("closing"), note);
  client.node->send(village::id_of(server), bytes_of("by the second"), note);
  town.run_for(100ms);
  EXPECT_EQ(results, (std::vector{send_result::gone, send_result::accepted}));
  ASSERT_EQ(server.heard->messages.size(), 1U);
  EXPECT_EQ(server.heard->messages[0].text, "by the second");
  EXPECT_EQ(client.counters().active_connections, 1U);
}

TEST(node_events, reach_a_subscriber_and_the_oldest_are_lost_when_it_is_slow) {
  two_connected t;
  const auto quick = t.server.node->subscribe();
  const auto slow = t.server.node->subscribe(3);
  for (int i = 0; i < 10; ++i)
    t.client.node->send(village::id_of(t.server), bytes_of(std::to_string(i)));
  t.town.run_for(1s);
  EXPECT_EQ(quick->take_dropped(), 0U);
  EXPECT_EQ(slow->take_dropped(), 7U);
  EXPECT_EQ(slow->take_dropped(), 0U);
  for (const std::string expected : {"7", "8", "9"}) {
    const auto next = slow->next(0ms);
    ASSERT_TRUE(next);
    EXPECT_EQ(std::get<received_message>(*next).bytes, bytes_of(expected));
  }
  EXPECT_FALSE(slow->next(0ms));
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(quick->next(0ms));
  t.server.node.reset();
  EXPECT_FALSE(quick->next(10s));  // at once: nothing can come any more
}

TEST(node_commands, are_refused_when_too_many_wait) {
  village town(d);
  auto server = town.add();
  const auto host = town.net->add_host();
  auto options = village::options_of(host);
  options.command_queue_max = 2;
  node small(town.net->host(host), options);
  small.start();
  dial_options dial;
  dial.addresses = {town.net->listen_address(server.host)};
  EXPECT_NE(small.dial(village::id_of(server), dial), request_id::none);
  EXPECT_NE(small.dial(village::id_of(server), dial), request_id::none);
  EXPECT_EQ(small.dial(village::id_of(server), dial), request_id::none);
  auto result = send_result::accepted;
  small.send(village::id_of(server), bytes_of("no"), [&](send_result r) { result = r; });
  EXPECT_EQ(result, send_result::refused);
  result = send_result::accepted;
  town.run_for(1ms);  // the queue is empty again
  std::vector<std::byte> long_one(options.message_size_max + 1);
  small.send(village::id_of(server), long_one, [&](send_result r) { result = r; });
  EXPECT_EQ(result, send_result::refused);  // at once
  for (int i = 0; i < 2; ++i) small.abandon(request_id{1000});
  EXPECT_THROW(small.counters().get(), std::future_error);
  EXPECT_EQ(small.commands_refused(), 3U);
  const auto over = small.shutdown();  // never refused
  town.run_for(1s);
  EXPECT_TRUE(is_ready(over));
}

TEST(node_trace, is_the_same_for_the_same_seed_and_replays) {
  std::vector<std::byte> first;
  for (int run = 0; run < 2; ++run) {
    memory_trace trace;
    {
      village town(d);
      auto server = town.add({}, true, &trace);
      std::vector<villager> clients;
      for (int i = 0; i < 5; ++i) {
        clients.push_back(town.add({}, false));
        town.dial(clients.back(), server);
      }
      town.run_for(1s);
      clients[2].node->send(village::id_of(server), bytes_of("hello"));
      clients[3].node.reset();
      town.run_for(60s);
    }
    if (run == 0) {
      first.assign(trace.bytes().begin(), trace.bytes().end());
      const auto again = replay(trace.bytes());
      EXPECT_TRUE(again.identical) << again.error << " at " << again.mismatch_at;
      EXPECT_GT(again.inputs, 20U);
    } else {
      EXPECT_TRUE(std::ranges::equal(first, trace.bytes()));
    }
  }
}

}  // namespace
