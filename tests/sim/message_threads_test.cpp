// SPDX-License-Identifier: MIT
// A message network in shards: the same for any number of threads.
#include "message_fixture.hpp"
#include "tandem/core/random.hpp"

#include <gmock/gmock.h>
#include <pthread.h>

#include <algorithm>
#include <cstddef>
#include <deque>
#include <functional>
#include <stdexcept>
#include <string>

namespace tandem::sim::testing {
namespace {

// What all hosts of a run told, saw and counted.
struct outcome {
  std::vector<std::vector<std::byte>> traces;
  std::vector<std::vector<std::uint64_t>> messages;
  std::vector<std::uint64_t> established;
  std::vector<std::uint64_t> ready;  // at each tick
  std::uint64_t tasks = 0;

  friend bool operator==(const outcome&, const outcome&) = default;
};

// What a crowd has beside it.
struct crowd_ways {
  duration further{};  ///< so much longer is a link, at most
  duration ticks{};    ///< between tasks of time() that read all hosts and command one; 0: none
  duration steps{};    ///< of run_until(); 0: none
};

// Dials, messages, streams, ends, refusals, crashes and returns among hosts whose events often come
// at the same time; every host has an observer.
outcome run_crowd(unsigned threads, link path, crowd_ways ways = {}) {
  constexpr host_index hosts = 24;
  outcome out;
  out.messages.resize(hosts);
  std::deque<host_log> logs(hosts);
  std::deque<memory_trace> traces(hosts);
  std::deque<link> paths;  // the second of two hosts decides
  for (host_index i = 0; i < hosts; ++i) {
    paths.push_back(path);
    paths.back().latency += ways.further * i / (hosts - 1);
  }
  message_network net(
      {.seed = 7,
       .links = [&paths](host_index a, host_index b) -> const link& {
         return paths[std::max(a, b)];
       },
       .on_message = [&out](host_index at,
                            std::uint64_t number) { out.messages[at].push_back(number); },
       .threads = threads,
       .least_latency = path.latency});
  manager_options options;
  options.max_connections = 12;
  for (host_index i = 0; i < hosts; ++i)
    net.add_host(test::exact(options), test_peer(i), i % 7 != 0, &logs[i], &traces[i]);
  random_stream random(3);
  std::uint64_t number = 0;
  for (host_index i = 0; i < hosts; ++i)
    for (int k = 0; k < 8; ++k) {
      const auto to = static_cast<host_index>(random.up_to(hosts - 1));
      if (to == i) continue;
      // Whole steps: much comes at once.
      const auto when = at(random.up_to(40) * 50ms);
      net.at(i, when, [&net, i, to, request = ++number] {
        const endpoint address = message_network::address_of(to);
        net.command(
            i, events::dial_wanted{
                   request_id{request}, test_peer(to), {&address, 1}, dial_mode::join, 0, never});
      });
      net.at(i, when + 700ms, [&net, i, to, n = ++number] { net.send(i, test_peer(to), 100, n); });
      if (k % 4 == 0)
        net.at(i, when + 2s,
               [&net, i, to] { net.command(i, events::disconnect_wanted{test_peer(to)}); });
    }
  for (host_index i = 3; i < hosts; i += 5) {
    net.time().at(at(1500ms), [&net, i] { net.kill(i); });
    net.time().at(at(2500ms), [&net, i] { net.restart(i); });
  }
  std::function<void()> tick = [&] {
    std::uint64_t ready = 0;
    for (host_index i = 0; i < hosts; ++i) ready += net.manager(i).counters().active_connections;
    out.ready.push_back(ready);
    const auto from = static_cast<host_index>(out.ready.size() % hosts);
    const auto conn = net.manager(from).ready_connection(test_peer((from + 1) % hosts));
    if (conn != connection_id::none) net.open_stream(from, conn);
    if (out.ready.size() % 3 == 0)
      net.command(from, events::disconnect_wanted{test_peer((from + 2) % hosts)});
    const auto now = net.time().now();
    net.at(from, now, [&net, from, due = now] {
      if (net.now(from) != due) throw std::logic_error("a host has another time");
    });
    if (now < at(3s)) net.time().at(now + ways.ticks, tick);
  };
  if (ways.ticks != duration{}) net.time().at(at(0s), tick);
  if (ways.steps != duration{})
    for (auto step = at(0s); step < at(3s); step += ways.steps) net.run_until(step);
  net.run_until(at(3s));
  for (host_index i = 1; i < hosts; i += 6) net.command(i, events::shutdown_wanted{});
  net.run_until(at(90s));
  for (host_index i = 0; i < hosts; ++i) {
    out.traces.emplace_back(traces[i].bytes().begin(), traces[i].bytes().end());
    out.established.push_back(net.manager(i).counters().established_total);
  }
  out.tasks = net.tasks_run();
  return out;
}

void expect_equal_outcomes(const link& path, const crowd_ways& ways) {
  const outcome one = run_crowd(1, path, ways);
  std::uint64_t messages = 0;
  for (const auto& each : one.messages) messages += each.size();
  EXPECT_GT(messages, 50U);
  for (const unsigned threads : {2U, 3U, 4U, 24U}) {
    const outcome several = run_crowd(threads, path, ways);
    EXPECT_EQ(several.established, one.established) << threads;
    EXPECT_EQ(several.messages, one.messages) << threads;
    EXPECT_EQ(several.ready, one.ready) << threads;
    EXPECT_EQ(several.tasks, one.tasks) << threads;
    EXPECT_TRUE(several.traces == one.traces) << threads;
  }
}

TEST(message_threads, any_number_of_them_has_the_same_traces_messages_and_counters) {
  expect_equal_outcomes({.latency = 50ms}, {});
  expect_equal_outcomes({.latency = 50ms, .jitter = 7ms}, {});
}

TEST(message_threads, nor_do_links_of_any_length_ticks_from_outside_or_steps_of_a_run_change_them) {
  const link path{.latency = 50ms, .jitter = 3ms};
  expect_equal_outcomes(path, {.further = 41ms});
  expect_equal_outcomes(path, {.ticks = 50ms});  // as hosts have theirs: both come at once
  expect_equal_outcomes(path, {.further = 23ms, .ticks = 30ms, .steps = 37ms});
}

// A host for each of a few threads, which were told that no link is below 10 ms.
struct host_of_each {
  explicit host_of_each(link of, unsigned threads = 2)
      : path(std::move(of)),
        net({.links = [this](host_index, host_index) -> const link& { return path; },
             .threads = threads,
             .least_latency = 10ms}) {
    for (host_index i = 0; i < threads; ++i) net.add_host({}, test_peer(i), true, nullptr, nullptr);
  }
  void dial() {
    const endpoint address = message_network::address_of(1);
    net.command(0, events::dial_wanted{
                       request_id{1}, test_peer(1), {&address, 1}, dial_mode::join, 0, never});
  }

  link path;
  message_network net;
};

TEST(message_threads, a_task_of_a_host_that_throws_ends_the_run) {
  host_of_each few({.latency = 10ms}, 2);
  auto& net = few.net;
  int ran = 0;
  net.at(1, at(1s), [] { throw std::runtime_error("of a host"); });
  net.at(1, at(2s), [&ran] { ++ran; });
  EXPECT_THROW(net.run_until(at(3s)), std::runtime_error);
  EXPECT_EQ(ran, 0);
  net.run_until(at(3s));
  EXPECT_EQ(ran, 1);
  EXPECT_EQ(net.time().now(), at(3s));
}

TEST(message_threads,
     of_several_that_throw_in_one_window_the_earliest_is_told_and_the_others_are_gone) {
  host_of_each few({.latency = 10ms}, 3);
  auto& net = few.net;
  for (host_index i = 0; i < 3; ++i)
    net.at(i, at(1s) + 3ms - i * 1ms, [i] { throw std::runtime_error(std::to_string(i)); });
  EXPECT_THAT([&] { net.run_until(at(2s)); }, ::testing::ThrowsMessage<std::runtime_error>("2"));
  EXPECT_NO_THROW(net.run_until(at(2s)));
}

TEST(message_threads, that_the_machine_does_not_give_are_said_so_and_nobody_waits_for_them) {
  host_of_each few({.latency = 10ms}, 4);
  auto& net = few.net;
  int ran = 0;
  net.at(1, at(1s), [&ran] { ++ran; });
  pthread_attr_t usual, endless;  // a stack that no machine has room for
  ASSERT_EQ(pthread_getattr_default_np(&usual), 0);
  ASSERT_EQ(pthread_getattr_default_np(&endless), 0);
  ASSERT_EQ(pthread_attr_setstacksize(&endless, std::size_t{1} << 48), 0);
  ASSERT_EQ(pthread_setattr_default_np(&endless), 0);
  EXPECT_THAT([&] { net.run_until(at(2s)); },
              ::testing::ThrowsMessage<std::runtime_error>(
                  ::testing::HasSubstr("no 4 threads to give, fewer may do: ")));
  ASSERT_EQ(pthread_setattr_default_np(&usual), 0);
  EXPECT_EQ(ran, 0);
  net.run_until(at(2s));
  EXPECT_EQ(ran, 1) << "once it has them";
}

TEST(message_threads, what_only_one_thread_can_do_is_refused_by_several) {
  host_of_each good({.latency = 10ms});
  EXPECT_THROW(good.net.partition([](host_index) { return 0; }), std::logic_error);
  EXPECT_THROW(good.net.forget_flows(0), std::logic_error);
  EXPECT_THROW(good.net.suffer(0, {.stands = true}), std::logic_error);
  good.dial();
  good.net.run_until(at(1s));
  EXPECT_EQ(good.net.manager(0).counters().active_connections, 1U);
  EXPECT_THROW(good.net.send(0, test_peer(1), 2000), std::logic_error) << "two segments";

  EXPECT_THROW(host_of_each({.latency = 10ms, .loss = 0.1}).dial(), std::logic_error);
  EXPECT_THROW(host_of_each({.latency = 10ms, .bandwidth = 1000}).dial(), std::logic_error);
  EXPECT_THROW(host_of_each({.latency = 9ms}).dial(), std::logic_error);
  std::uint64_t packets = 0;
  EXPECT_THROW(host_of_each({.latency = 10ms, .counters = {&packets}}).dial(), std::logic_error);
}

// Whether two hosts are in one shard is nobody's business.
TEST(message_threads, a_link_below_the_least_latency_is_refused_by_any_number_of_them) {
  for (const unsigned threads : {2U, 3U}) {
    const link path{.latency = 1ms, .jitter = 20ms};
    message_network net({.links = [&path](host_index, host_index) -> const link& { return path; },
                         .threads = threads,
                         .least_latency = 10ms});
    for (host_index i = 0; i < 3; ++i) net.add_host({}, test_peer(i), true, nullptr, nullptr);
    const endpoint address = message_network::address_of(2);
    EXPECT_THROW(
        net.command(0,
                    events::dial_wanted{
                        request_id{1}, test_peer(2), {&address, 1}, dial_mode::join, 0, never}),
        std::logic_error)
        << threads;
  }
}

TEST(message_threads, a_task_of_a_host_cannot_do_what_is_for_tasks_of_no_host) {
  const std::function<void(message_network&)> wrong[] = {
      [](message_network& net) { net.time(); },
      [](message_network& net) { net.add_host({}, test_peer(9), true, nullptr, nullptr); },
      [](message_network& net) { net.restart(0, test_peer(9)); }};
  for (const auto& does : wrong) {
    host_of_each good({.latency = 10ms});
    good.net.at(0, at(1s), [&good, &does] { does(good.net); });
    EXPECT_THROW(good.net.run_until(at(2s)), std::logic_error);
    good.net.time().at(at(3s), [&good, &does] { does(good.net); });
    EXPECT_NO_THROW(good.net.run_until(at(4s)));
  }
}

TEST(message_threads, a_network_without_a_least_latency_has_one_thread_and_says_so) {
  const link path{};
  message_network net(
      {.links = [&path](host_index, host_index) -> const link& { return path; }, .threads = 2});
  EXPECT_EQ(net.threads(), 1U);
  EXPECT_EQ(host_of_each({.latency = 10ms}).net.threads(), 2U);
  for (host_index i = 0; i < 2; ++i) net.add_host({}, test_peer(i), true, nullptr, nullptr);
  const endpoint address = message_network::address_of(1);
  net.command(0, events::dial_wanted{
                     request_id{1}, test_peer(1), {&address, 1}, dial_mode::join, 0, never});
  net.run_until(at(1s));
  EXPECT_EQ(net.manager(0).counters().active_connections, 1U);
  EXPECT_NO_THROW(net.partition([](host_index) { return 0; }));
}

TEST(message_threads, of_a_network_with_names_are_one) {
  struct nowhere final : host_names {
    std::optional<endpoint> find(const endpoint&) const override { return {}; }
    endpoint seen(host_index, bool) override { return {}; }
    endpoint of(host_index) const override { return {}; }
  } names;
  EXPECT_THROW(message_network({.links = {}, .names = &names, .threads = 2, .least_latency = 1ms}),
               std::invalid_argument);
  EXPECT_EQ(message_network({.links = {}, .names = &names, .least_latency = 1ms}).threads(), 1U);
}

TEST(message_threads, are_1_to_32) {
  EXPECT_THROW(message_network({.links = {}, .threads = 0}), std::invalid_argument);
  EXPECT_THROW(message_network({.links = {}, .threads = 33, .least_latency = 1ms}),
               std::invalid_argument);
}

}  // namespace
}  // namespace tandem::sim::testing
