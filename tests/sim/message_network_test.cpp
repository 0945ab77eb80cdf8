// SPDX-License-Identifier: MIT
#include "tandem/sim/message_network.hpp"

#include "sim/message_fixture.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <vector>

namespace tandem::sim::testing {
namespace {

constexpr link slow{.latency = 50ms};

// Time and cause of the only notification of a kind; fails when there is not exactly one.
void expect_only(const host_log& log, notice kind, duration when, cause why = cause::none) {
  const auto found = log.only(kind);
  ASSERT_TRUE(found) << name_of(kind) << ": " << log.of(kind).size();
  EXPECT_EQ(found->first, at(when)) << name_of(kind);
  EXPECT_EQ(name_of(found->second.why), name_of(why)) << name_of(kind);
}

TEST(message_network, makes_the_dialer_ready_after_three_round_trips) {
  message_net net(slow);
  net.add(false);
  net.add(true);
  net.dial(0, 1);
  net.run_until(at(1s));
  expect_only(net.logs[0], notice::dial_succeeded, 300ms);
  expect_only(net.logs[0], notice::connection_established, 300ms);
  expect_only(net.logs[1], notice::connection_established, 250ms);
  EXPECT_EQ(net.counters(0).active_connections, 1U);
  EXPECT_EQ(net.counters(1).active_connections, 1U);
}

TEST(message_network, refuses_after_one_round_trip_when_nobody_listens) {
  message_net net(slow);
  net.add(false);
  net.add(false);
  net.dial(0, 1);
  net.run_until(at(200s));
  expect_only(net.logs[0], notice::dial_failed, 100ms, cause::connection_refused);
}

void expect_give_up(const tcp_profile& tcp, bool partition, duration when) {
  message_net net(slow, 1, tcp);
  manager_options patient;
  patient.attempt_timeout = patient.dial_timeout = 600s;
  net.add(false, patient);
  if (partition) {
    net.add(true);
    net.isolate(1);
  }
  net.dial(0, 1);
  net.run_until(at(700s));
  expect_only(net.logs[0], notice::dial_failed, when, cause::connect_timeout);
}

TEST(message_network, gives_up_when_the_profile_does) {
  expect_give_up(linux_legacy(), false, 127s);
  expect_give_up(ns3_default(), false, 189s);
  expect_give_up(linux_legacy(), true, 127s);
}

TEST(message_network, gives_up_when_the_attempt_times_out_before_the_profile_does) {
  message_net net(slow);
  net.add(false);
  net.dial(0, 1);
  net.run_until(at(700s));
  expect_only(net.logs[0], notice::dial_failed, 15s, cause::attempt_timeout);
}

TEST(message_network, connects_with_the_first_syn_after_a_partition_heals) {
  for (const tcp_profile& tcp : tcp_profiles())
    for (std::size_t k = 1; k < tcp.syn_at.size(); ++k) {
      message_net net(slow, 1, tcp);
      manager_options patient;
      patient.attempt_timeout = patient.dial_timeout = 600s;
      net.add(false, patient);
      net.add(true);
      net.isolate(1);
      net.dial(0, 1);
      net.run_until(at(tcp.syn_at[k] - 1ns));
      net.net.partition({});
      net.run_until(at(tcp.syn_at[k] + 300ms));
      expect_only(net.logs[0], notice::dial_succeeded, tcp.syn_at[k] + 300ms);
      expect_only(net.logs[1], notice::connection_established, tcp.syn_at[k] + 250ms);
    }
}

TEST(message_network, admits_256_of_400_dialers_and_tells_the_others_why) {
  message_net net(slow);
  net.add(true);
  for (host_index i = 1; i <= 400; ++i) {
    net.add(false);
    net.dial(i, 0);
  }
  net.run_until(at(5s));
  EXPECT_EQ(net.counters(0).active_connections, 256U);
  EXPECT_EQ(net.counters(0).refused[static_cast<std::size_t>(cause::limit_reached)], 144U);
  EXPECT_EQ(net.logs[0].most_permits, 256U);
  std::size_t refused = 0, established = 0;
  for (host_index i = 1; i <= 400; ++i) {
    const host_log& log = net.logs[i];
    if (const auto told = log.only(notice::remote_refused)) {
      ++refused;
      EXPECT_EQ(told->second.why, cause::limit_reached);
      EXPECT_EQ(told->first, at(300ms));
      expect_only(log, notice::dial_failed, 300ms, cause::limit_reached);
    }
    established += log.of(notice::connection_established).size();
  }
  EXPECT_EQ(refused, 144U);
  EXPECT_EQ(established, 256U);
  EXPECT_EQ(net.counters(0).lingering, 0U);
}

TEST(message_network, refuses_the_third_connection_of_one_peer) {
  message_net net(slow);
  net.add(true);
  manager_options many;
  many.max_connections_per_peer = 8;
  net.add(false, many);
  for (int i = 0; i < 3; ++i) net.dial(1, 0, dial_mode::additional);
  net.run_until(at(5s));
  EXPECT_EQ(net.counters(0).active_connections, 2U);
  EXPECT_EQ(net.counters(1).active_connections, 2U);
  const auto told = net.logs[1].only(notice::remote_refused);
  ASSERT_TRUE(told);
  EXPECT_EQ(told->second.why, cause::per_peer_limit_reached);
}

// The dialer refuses after the handshake of TCP, and tells the listener, which is ready by then.
TEST(message_network, lets_a_dialer_refuse) {
  message_net net(slow);
  net.add(true);
  net.add(true);
  manager_options one;
  one.max_connections = one.max_connections_per_peer = 1;
  net.add(false, one);
  net.dial(2, 0);
  net.dial(2, 1);
  net.run_until(at(5s));
  EXPECT_EQ(net.counters(2).active_connections, 1U);
  EXPECT_EQ(net.logs[2].most_permits, 1U);
  EXPECT_EQ(net.counters(0).active_connections + net.counters(1).active_connections, 1U);
  EXPECT_EQ(net.counters(2).lingering, 0U);
}

void expect_idle_close(duration latency) {
  message_net net(link{.latency = latency});
  net.add(false);
  net.add(true);
  net.dial(0, 1);
  net.run_until(at(10s));
  EXPECT_EQ(net.net.send(0, test_peer(1), 1000), send_result::accepted);
  const duration last_sent = 10s, last_arrived = 10s + latency;
  net.run_until(at(200s));
  // The sender's clock ran out first: it says goodbye, and the answer ends it one round trip later.
  expect_only(net.logs[0], notice::connection_closed, last_sent + 30s + 2 * latency,
              cause::idle_timeout);
  const auto other = net.logs[1].only(notice::connection_closed);
  ASSERT_TRUE(other);
  EXPECT_EQ(other->first, at(last_arrived + 30s));
  EXPECT_EQ(net.counters(0).active_connections, 0U);
  EXPECT_EQ(net.counters(1).active_connections, 0U);
}

TEST(message_network, closes_exactly_30_seconds_after_the_last_application_byte) {
  expect_idle_close(10ms);
  expect_idle_close(300ms);
}

TEST(message_network, counts_application_bytes_with_their_length_prefix_at_both_ends) {
  message_net net(slow);
  net.add(false);
  net.add(true);
  EXPECT_EQ(net.net.send(0, test_peer(1), 1), send_result::gone);
  net.dial(0, 1);
  net.run_until(at(1s));
  EXPECT_EQ(net.net.send(0, test_peer(1), 127), send_result::accepted);
  EXPECT_EQ(net.net.send(1, test_peer(0), 128), send_result::accepted);
  EXPECT_EQ(net.net.send(0, test_peer(1), (1 << 20) + 1), send_result::refused);
  EXPECT_EQ(net.net.send(0, test_peer(7), 1), send_result::gone);
  net.run_until(at(1s + 50ms - 1ns));
  EXPECT_EQ(net.counters(0).bytes_sent, 128U);
  EXPECT_EQ(net.counters(1).bytes_received, 0U);
  net.run_until(at(1s + 50ms));
  EXPECT_EQ(net.counters(1).bytes_received, 128U);
  EXPECT_EQ(net.counters(0).bytes_received, 130U);
  EXPECT_EQ(net.logs[0].app_bytes, 258U);
  EXPECT_EQ(net.logs[1].app_bytes, 258U);
}

TEST(message_network, notices_a_silent_partition_by_liveness) {
  message_net net(slow);
  manager_options never_idle;
  never_idle.connection_timeout = 3600s;
  net.add(false, never_idle);
  net.add(true, never_idle);
  net.dial(0, 1);
  net.run_until(at(100s));
  EXPECT_EQ(net.counters(0).active_connections, 1U);
  net.isolate(1);
  net.run_until(at(200s));
  for (const host_log& log : net.logs) {
    const auto closed = log.only(notice::connection_closed);
    ASSERT_TRUE(closed);
    EXPECT_EQ(closed->second.why, cause::liveness_lost);
    // The last byte came at most 10 s before the cut; then a probe and three intervals.
    EXPECT_GT(closed->first, at(100s + 30s));
    EXPECT_LE(closed->first, at(100s + 40s));
  }
}

TEST(message_network, survives_a_partition_shorter_than_liveness_allows) {
  message_net net(slow);
  manager_options never_idle;
  never_idle.connection_timeout = 3600s;
  net.add(false, never_idle);
  net.add(true, never_idle);
  net.dial(0, 1);
  net.run_until(at(100s));
  net.isolate(1);
  EXPECT_EQ(net.net.send(0, test_peer(1), 10), send_result::accepted);
  EXPECT_EQ(net.net.send(0, test_peer(1), 20), send_result::accepted);
  net.run_until(at(110s));
  EXPECT_EQ(net.counters(1).bytes_received, 0U);
  net.net.partition({});
  // Retransmissions of the first packet: a round trip and 0.2 s after it, then at doubled
  // intervals; the first after 10 s comes 18.9 s after it, and its acknowledgement lets go what is
  // behind it.
  net.run_until(at(100s + 18'950ms - 1ns));
  EXPECT_EQ(net.counters(1).bytes_received, 0U);
  net.run_until(at(100s + 18'950ms));
  EXPECT_EQ(net.counters(1).bytes_received, 11U);
  net.run_until(at(100s + 19'050ms));
  EXPECT_EQ(net.counters(1).bytes_received, 32U);
  net.run_until(at(300s));
  EXPECT_EQ(net.counters(0).active_connections, 1U);
}

TEST(message_network, resets_the_peers_of_a_killed_host_one_latency_later) {
  message_net net(slow);
  net.add(true);
  net.add(false);
  net.add(false);
  net.dial(1, 0);
  net.dial(2, 0);
  net.run_until(at(1s));
  net.net.kill(0);
  EXPECT_EQ(net.counters(0).active_connections, 0U);
  net.run_until(at(5s));
  for (const host_index i : {1U, 2U})
    expect_only(net.logs[i], notice::connection_closed, 1s + 50ms, cause::reset);
  net.dial(1, 0);
  net.run_until(at(8s));
  expect_only(net.logs[1], notice::dial_failed, 5s + 100ms, cause::connection_refused);
  net.net.restart(0);
  net.run_until(at(10s));
  net.dial(2, 0);
  net.run_until(at(11s));
  EXPECT_EQ(net.counters(0).active_connections, 1U);
  EXPECT_EQ(net.logs[2].of(notice::connection_established).size(), 2U);
}

TEST(message_network, answers_the_core_that_redials_a_protected_peer_by_itself) {
  message_net net(slow);
  manager_options never_idle;
  never_idle.connection_timeout = 1h;
  net.add(false, never_idle);
  net.add(true, never_idle);
  net.net.command(0, events::peer_marked{test_peer(1), mark::protect});
  net.net.command(0, events::peer_marked{test_peer(77), mark::protect});  // no such host
  net.run_until(at(10s));
  EXPECT_EQ(net.counters(0).active_connections, 1U);
  EXPECT_TRUE(is_core_issued(net.logs[0].of(notice::dial_succeeded).front().second.request));
  EXPECT_GE(net.logs[0].of(notice::dial_failed).size(), 2U);
  EXPECT_EQ(net.logs[0].of(notice::dial_failed).back().second.why, cause::no_address);
  net.net.kill(1);
  net.run_until(at(60s));
  EXPECT_EQ(net.counters(0).active_connections, 0U);
  net.net.restart(1);
  net.run_until(at(361s));
  EXPECT_EQ(net.counters(0).active_connections, 1U);
}

TEST(message_network, survives_a_kill_at_any_moment_of_a_connection) {
  for (int ms = 0; ms <= 400; ms += 10)
    for (const host_index victim : {0U, 1U}) {
      message_net net(slow);
      net.add(false);
      net.add(true);
      net.dial(0, 1);
      net.run_until(at(ms * 1ms));
      net.net.kill(victim);
      net.run_until(at(ms * 1ms + 35ms));
      net.net.restart(victim);
      net.run_until(at(120s));
      for (const host_index h : {0U, 1U}) {
        const manager_counters& c = net.counters(h);
        EXPECT_EQ(c.pending_inbound + c.pending_outbound + c.permits_live, 0U)
            << "victim " << victim << " at " << ms << " ms, host " << h;
        EXPECT_EQ(c.permits_issued, c.permits_released);
        EXPECT_EQ(c.ignored_events, 0U);
      }
    }
}

TEST(message_network, shuts_down_in_one_round_trip_when_the_peers_answer) {
  message_net net(slow);
  net.add(true);
  net.add(false);
  net.add(false);
  net.dial(1, 0);
  net.dial(2, 0);
  net.run_until(at(1s));
  net.net.command(0, events::shutdown_wanted{});
  net.run_until(at(1s + 100ms));
  EXPECT_EQ(net.counters(0).active_connections, 0U);
  EXPECT_EQ(net.counters(0).permits_live, 0U);
  for (const host_index i : {1U, 2U})
    expect_only(net.logs[i], notice::connection_closed, 1s + 50ms, cause::shutting_down);
}

TEST(message_network, shuts_down_in_time_when_the_peers_are_cut_off) {
  message_net net(slow);
  net.add(true);
  net.add(false);
  net.dial(1, 0);
  net.run_until(at(1s));
  net.isolate(0);
  net.net.command(0, events::shutdown_wanted{});
  net.run_until(at(3s));
  expect_only(net.logs[0], notice::connection_closed, 1s + 1500ms, cause::shutting_down);
  EXPECT_EQ(net.counters(0).permits_live, 0U);
}

TEST(message_network, keeps_one_of_two_crossing_dials) {
  message_net net(slow);
  net.add(true);
  net.add(true);
  net.dial(0, 1);
  net.run_until(at(20ms));
  net.dial(1, 0);
  net.run_until(at(10s));
  EXPECT_EQ(net.counters(0).active_connections, 1U);
  EXPECT_EQ(net.counters(1).active_connections, 1U);
  EXPECT_EQ(net.logs[0].of(notice::dial_succeeded).size(), 1U);
  EXPECT_EQ(net.logs[1].of(notice::dial_succeeded).size(), 1U);
}

TEST(message_network, resolves_peers_without_addresses) {
  message_net net(slow);
  net.add(false);
  net.add(true);
  net.net.command(0,
                  events::dial_wanted{request_id{1}, test_peer(1), {}, dial_mode::join, 0, never});
  net.run_until(at(1s));
  expect_only(net.logs[0], notice::dial_succeeded, 300ms);
}

// A busy network with loss, jitter, rate, a partition and a kill; the traces of all hosts.
std::uint64_t trace_of(std::uint64_t seed) {
  message_net net(link{.latency = 20ms, .jitter = 5ms, .bandwidth = 1'000'000, .loss = 0.05}, seed);
  constexpr host_index hosts = 20;
  for (host_index i = 0; i < hosts; ++i) net.add(true);
  auto random = random_stream::of(seed, "test", 0);
  for (int step = 0; step < 300; ++step) {
    const auto from = static_cast<host_index>(random.up_to(hosts - 1));
    const auto to = static_cast<host_index>(random.up_to(hosts - 1));
    if (step % 3 == 0)
      net.dial(from, to);
    else
      net.net.send(from, test_peer(to), random.up_to(5000));
    if (step == 100) net.isolate(3);
    if (step == 150) net.net.kill(4);
    if (step == 200) {
      net.net.partition({});
      net.net.restart(4);
    }
    net.run_for(duration(random.up_to(1'000'000'000)));
  }
  net.run_for(200s);
  for (host_index i = 0; i < hosts; ++i) {
    EXPECT_EQ(net.counters(i).permits_live, 0U) << "host " << i << ", seed " << seed;
    EXPECT_EQ(net.counters(i).ignored_events, 0U) << "host " << i << ", seed " << seed;
  }
  trace_hash all;
  for (const memory_trace& t : net.traces) all.add(t.bytes());
  return all.value();
}

TEST(message_network, repeats_itself_with_the_same_seed_only) {
  const std::uint64_t once = trace_of(1);
  EXPECT_EQ(once, trace_of(1));
  EXPECT_NE(once, trace_of(2));
  trace_of(3);
}

}  // namespace
}  // namespace tandem::sim::testing
