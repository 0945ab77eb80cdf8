// SPDX-License-Identifier: MIT
#include "tandem/core/connection_manager.hpp"

#include "core/driver.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <new>

namespace {

std::size_t allocations = 0;
std::size_t allocated_bytes = 0;

}  // namespace

// Every allocation of this program is counted; the tests look at differences.
// std::stable_sort asks this one.
[[gnu::noinline]] void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  return std::malloc(size);
}
[[gnu::noinline]] void* operator new(std::size_t size) {
  ++allocations;
  allocated_bytes += size;
  if (void* p = std::malloc(size)) return p;
  throw std::bad_alloc();
}
[[gnu::noinline]] void* operator new(std::size_t size, std::align_val_t alignment) {
  ++allocations;
  allocated_bytes += size;
  const auto to = static_cast<std::size_t>(alignment);
  if (void* p = std::aligned_alloc(to, (size + to - 1) / to * to)) return p;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* p, std::align_val_t) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete(void* p) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete(void* p, std::size_t) noexcept { std::free(p); }

namespace tandem::test {
namespace {

void drain(connection_manager& manager) {
  while (manager.poll_action()) {
  }
}

TEST(memory, an_idle_manager_is_small) {
  const manager_options options;
  const std::size_t before = allocated_bytes;
  connection_manager manager(options, peer(1), 1);
  const std::size_t held = allocated_bytes - before;
  EXPECT_LE(held, 4096U);
  std::printf("an idle manager: %zu bytes of heap\n", held);
}

/// One of 512 addresses, in as many narrow subnets and in two wide ones.
endpoint in_a_subnet(std::uint64_t n) {
  return endpoint::v4(198, 51, static_cast<std::uint8_t>(n / 256 % 2), static_cast<std::uint8_t>(n),
                      1);
}

/// One round over everything that happens on the hot paths; `apart`: not all at one address that is
/// exempt from what counts subnets.
void churn(connection_manager& m, time_point& now, std::uint64_t round, bool apart = false) {
  const auto tell = [&](const event& e) {
    m.handle(now, e);
    drain(m);
  };
  const auto where_of = [&](std::uint64_t n) { return apart ? in_a_subnet(n) : address(); };
  std::uint64_t next = round * 64;
  for (std::uint32_t i = 0; i < 8; ++i) {  // dials that fail, join, wait, are refused
    const request_id r = req(round * 64 + i + 1);
    const endpoint where = where_of(round * 8 + i);
    tell(events::dial_wanted{
        r, peer(static_cast<std::uint32_t>(20 + (round + i) % 4)), {&where, 1}});
  }
  for (std::uint32_t i = 0; i < 16; ++i) {  // admitted and refused
    const connection_id c = conn(2 * (++next));
    tell(events::arrived{c, where_of(round * 16 + i)});
    tell(events::authenticated{c, peer(i % 10)});
    tell(events::ready{c});
    tell(events::traffic{c, 100, 100, 10, now, now});
    tell(events::stream_opened{c});
    tell(events::stream_closed{c});
  }
  for (int i = 0; i < 120; ++i) {
    now = std::max(now, std::min(m.next_deadline(), now + 1s));
    m.advance(now);
    std::array<event, 64> owed;
    std::size_t n = 0;
    while (const auto a = m.poll_action()) {
      if (const auto* x = std::get_if<actions::cancel_attempt>(&*a))
        owed[n++] = events::attempt_failed{x->attempt, cause::abandoned, false, {}};
      if (const auto* x = std::get_if<actions::abort>(&*a))
        owed[n++] = events::closed{x->conn, cause::aborted};
    }
    for (std::size_t k = 0; k < n; ++k) tell(owed[k]);
  }
}

TEST(memory, nothing_is_allocated_once_warm) {
  manager_options options;
  options.max_connections = 8;
  options.max_pending_outbound = 2;
  options.max_remembered_peers = 3;
  options.connection_timeout = 20s;
  connection_manager manager(options, peer(1000), 1);
  time_point now{};
  for (std::uint64_t round = 0; round < 20; ++round) churn(manager, now, round);
  ASSERT_GT(manager.counters().refused[static_cast<std::size_t>(cause::limit_reached)], 50U);
  ASSERT_GT(manager.counters().failed_total, 20U);
  ASSERT_GT(manager.counters().records_dropped, 0U);
  const std::size_t before = allocations;
  for (std::uint64_t round = 20; round < 200; ++round) churn(manager, now, round);
  EXPECT_EQ(allocations - before, 0U);
  EXPECT_GT(manager.counters().closed_total, 1000U);
}

TEST(memory, nothing_is_allocated_once_warm_by_subnets) {
  manager_options options;
  options.max_connections = 8;
  options.max_pending_outbound = 2;
  options.max_connections_per_narrow_subnet = 1;
  options.max_connections_per_wide_subnet = 3;
  options.subnet_accept_rate = 0.001;
  options.subnet_accept_burst = 1;
  options.subnet_breaker_failures = 2;
  options.max_remembered_subnets = 16;
  options.max_remembered_addresses = 4;
  options.connection_timeout = 20s;
  connection_manager manager(options, peer(1000), 1);
  time_point now{};
  for (std::uint64_t round = 0; round < 100; ++round) churn(manager, now, round, true);
  const std::size_t before = allocations;
  for (std::uint64_t round = 100; round < 400; ++round) churn(manager, now, round, true);
  EXPECT_EQ(allocations - before, 0U);
  EXPECT_GT(manager.counters().refused[static_cast<std::size_t>(cause::subnet_limit_reached)],
            100U);
  EXPECT_GT(manager.counters().closed_total, 300U);
}

TEST(memory, nothing_is_allocated_once_warm_by_evictions) {
  manager_options options;
  options.max_connections = 8;
  options.max_pending_outbound = 2;
  options.max_remembered_peers = 3;
  options.connection_timeout = 20s;
  options.subnet_accept_rate = 0;
  options.eviction = eviction_mode::scored;
  options.eviction_interval = 1ms;
  options.eviction_penalty = 2s;
  options.eviction_sample = 3;
  options.churn_interval = 3s;
  connection_manager manager(options, peer(1000), 1);
  time_point now{};
  for (std::uint64_t round = 0; round < 40; ++round) churn(manager, now, round);
  const std::size_t before = allocations;
  const std::uint64_t evicted = manager.counters().evicted_total;
  for (std::uint64_t round = 40; round < 400; ++round) churn(manager, now, round);
  EXPECT_EQ(allocations - before, 0U);
  EXPECT_GT(manager.counters().evicted_total, evicted + 300);
}

TEST(memory, a_connection_costs_a_few_hundred_bytes) {
  manager_options options;
  options.max_connections = 1 << 16;
  options.max_pending_inbound = 1 << 16;
  const std::size_t before = allocated_bytes;
  std::size_t freed_too = 0;
  {
    connection_manager manager(options, peer(1), 1);
    for (std::uint32_t i = 0; i < 1 << 16; ++i) {
      manager.handle(at(0s), events::arrived{conn(2 * i + 2), address()});
      drain(manager);
      manager.handle(at(0s), events::authenticated{conn(2 * i + 2), peer(i + 2)});
      drain(manager);
      manager.handle(at(0s), events::ready{conn(2 * i + 2)});
      drain(manager);
    }
    freed_too = allocated_bytes - before;
  }
  // Doubling allocates twice what is held in the end.
  const double held = static_cast<double>(freed_too) / 2 / (1 << 16);
  EXPECT_LE(held, 480);
  std::printf("a connection: about %.0f bytes with its peer and deadline\n", held);
}

}  // namespace
}  // namespace tandem::test
