// SPDX-License-Identifier: MIT
// Messages, ends and what outlives them.
#include "node/village.hpp"

#include "tandem/core/replay.hpp"

#include <future>
#include <vector>

namespace {

using namespace tandem;
using namespace tandem::test;

constexpr duration d = 10ms;

bool is_ready(const std::shared_future<void>& future) {
  return future.wait_for(0s) == std::future_status::ready;
}

struct two_connected {
  two_connected() {
    town.dial(client, server);
    town.run_until(at(100ms));
    EXPECT_EQ(client.counters().active_connections, 1U);
    EXPECT_EQ(server.counters().active_connections, 1U);
  }
  village town{d};
  villager server = town.add();
  villager client = town.add({}, false);
};

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

TEST(node_end, of_a_killed_node_is_a_reset_for_its_peers) {
  two_connected t;
  t.server.node.reset();
  t.town.run_for(1s);
  const auto closed = t.client.heard->only(notice::connection_closed);
  EXPECT_EQ(closed.what.why, cause::reset);
  EXPECT_EQ(closed.when, at(100ms + d));
  t.town.dial(t.client, t.server);
  t.town.run_for(1s);
  EXPECT_EQ(t.client.heard->only(notice::dial_failed).what.why, cause::connection_refused);
}

TEST(node_end, comes_at_any_moment_with_everything_pending) {
  for (duration when{}; when <= 12 * d; when += d / 2) {
    for (const bool kill_server : {false, true}) {
      village town(d);
      auto server = town.add();
      auto client = town.add({}, false);
      auto dead = town.add({}, false);
      town.dial(client, server);
      town.dial(client, dead);
      town.run_until(at(when / 2));
      client.node->send(village::id_of(server), std::vector<std::byte>(100'000));
      town.run_until(at(when));
      client.node->send(village::id_of(server), bytes_of("never run"));
      (kill_server ? server : client).node.reset();
      const auto told = (kill_server ? server : client).heard->notices.size();
      town.run_for(2s);
      EXPECT_EQ((kill_server ? server : client).heard->notices.size(), told) << when.count();
      auto& left = kill_server ? client : server;
      EXPECT_EQ(left.counters().permits_live, 0U) << when.count();
      EXPECT_EQ(left.counters().pending_inbound, 0U) << when.count();
    }
  }
}

TEST(node_end, may_come_from_its_own_observer) {
  struct suicidal final : node_observer {
    void on_notification(time_point, const notification& what) override {
      if (what.kind == at) victim.reset();
    }
    void on_step(time_point, const connection_manager&) override {}
    void on_message(time_point, const received_message&) override { victim.reset(); }
    notice at = notice::connection_established;
    std::unique_ptr<node> victim;
  };
  for (const auto when : {notice::connection_established, notice::connection_closed}) {
    village town(d);
    auto client = town.add({}, false);
    suicidal observer;
    observer.at = when;
    const auto host = town.net->add_host();
    auto options = village::options_of(host);
    options.listen = {town.net->listen_address(host)};
    observer.victim = std::make_unique<node>(town.net->host(host), options, &observer);
    observer.victim->start();
    dial_options dial;
    dial.addresses = options.listen;
    client.node->dial(options.self.id(), dial);
    town.run_until(at(200ms));
    if (when == notice::connection_closed) client.node->send(options.self.id(), bytes_of("die"));
    town.run_for(1s);
    EXPECT_FALSE(observer.victim);
    EXPECT_EQ(client.counters().permits_live, 0U);
  }
}

TEST(node_shutdown, tells_peers_and_is_quick_when_they_answer) {
  two_connected t;
  const auto over = t.server.node->shutdown();
  EXPECT_FALSE(is_ready(over));
  t.town.run_for(4 * d);
  EXPECT_TRUE(is_ready(over));
  EXPECT_TRUE(t.server.node->listening().empty());
  t.town.run_for(1s);
  EXPECT_EQ(t.client.heard->only(notice::connection_closed).what.why, cause::shutting_down);
  EXPECT_EQ(t.server.counters().permits_live, 0U);
}

TEST(node_shutdown, tells_peers_when_to_come_back) {
  two_connected t;
  t.server.node->shutdown();
  t.town.run_for(1s);
  const auto closed = t.client.heard->only(notice::connection_closed);
  const auto back =
      t.client.node->manager().explain(village::id_of(t.server), t.town.now()).next_dial;
  const duration half = manager_options{}.shutdown_retry_after / 2;
  EXPECT_GE(back, closed.when + half);
  EXPECT_LE(back, closed.when + 2 * half + 100ms) << "in steps of 100 ms, rounded up";
}

TEST(node_shutdown, is_over_within_two_seconds_whatever_the_peers_do) {
  two_connected t;
  auto silent = t.town.add();
  t.town.isolate(silent.host);
  t.town.dial(t.client, silent);  // a dial that hangs
  t.town.run_for(1ms);
  t.town.isolate(t.client.host);  // and an established peer that reads no more
  t.client.node->send(village::id_of(t.server), std::vector<std::byte>(500'000));
  t.town.run_for(1ms);
  const auto began = t.town.now();
  const auto over = t.client.node->shutdown();
  t.town.run_until(began + 2s);
  EXPECT_TRUE(is_ready(over));
  EXPECT_EQ(t.client.counters().permits_live, 0U);
  EXPECT_EQ(t.client.counters().pending_outbound, 0U);
}

TEST(node_shutdown, refuses_new_dials_and_shares_its_future) {
  two_connected t;
  const auto over = t.client.node->shutdown();
  const auto again = t.client.node->shutdown();
  t.town.dial(t.client, t.server);
  t.town.run_for(1s);
  EXPECT_TRUE(is_ready(over) && is_ready(again));
  EXPECT_EQ(t.client.heard->only(notice::dial_failed).what.why, cause::shutting_down);
}

TEST(node_shutdown, is_over_when_the_node_is_destroyed) {
  two_connected t;
  const auto over = t.client.node->shutdown();
  t.client.node.reset();
  EXPECT_TRUE(is_ready(over));
}

TEST(node_shutdown, may_be_asked_for_while_the_node_is_being_destroyed) {
  two_connected t;
  auto* const dying = t.client.node.get();
  std::shared_future<void> over;
  // A command that is dropped takes with it what it owns.
  std::shared_ptr<void> last(nullptr, [&](void*) { over = dying->shutdown(); });
  t.client.node->send(village::id_of(t.server), {}, [owned = std::move(last)](send_result) {});
  t.client.node.reset();
  EXPECT_TRUE(is_ready(over));
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
