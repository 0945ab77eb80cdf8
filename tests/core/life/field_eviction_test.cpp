// SPDX-License-Identifier: MIT
// What broke elsewhere when nodes were full, by the names of the incidents.
#include "core/driver.hpp"

#include <gtest/gtest.h>

#include <cstdio>

namespace tandem::test {
namespace {

/// A full node of 64 whose peers, 1 to 64, have been there for an hour, each in its own /16.
struct full_world : driver {
  static constexpr std::uint32_t size = 64;

  static manager_options options() {
    manager_options options;
    options.max_connections = size;
    options.connection_timeout = options.liveness_interval = 24h * 30;
    return options;
  }
  explicit full_world(const manager_options& o) : driver(o, peer(0xffffff)) {
    for (std::uint32_t i = 1; i <= size; ++i) {
      tell(events::arrived{conn(2 * i), endpoint::v4(80, static_cast<std::uint8_t>(i), 0, 1, 1)});
      upgrade(conn(2 * i), peer(i));
    }
    run_to(1h);
    next_ = conn(2 * size + 2);
  }
  /// One newcomer, who takes the upgrade as far as it may; true when it is established.
  bool try_in(const peer_id& who, const endpoint& from) {
    const connection_id c = next_;
    next_ = conn(static_cast<std::uint64_t>(next_) + 2);
    const auto before = counters().established_total;
    tell(events::arrived{c, from});
    tell(events::authenticated{c, who});
    obey();
    tell(events::ready{c});
    return counters().established_total > before;
  }
  /// Peers that are told to go do so.
  void obey() {
    for (; seen_ < log.size(); ++seen_) {
      if (const auto* x = std::get_if<actions::close>(&log[seen_].what))
        tell(events::closed{connection_id{x->conn}, cause::remote_closed});
      else if (const auto* y = std::get_if<actions::refuse>(&log[seen_].what);
               y && y->how == refuse_how::tell)
        tell(events::closed{connection_id{y->conn}, cause::remote_closed});
    }
  }
  std::uint32_t first_there() const {
    std::uint32_t n = 0;
    for (std::uint32_t i = 1; i <= size; ++i) n += manager.explain(peer(i), now).connections > 0;
    return n;
  }

 private:
  connection_id next_{};
  std::size_t seen_ = 0;
};

endpoint far(std::uint32_t i) {
  return endpoint::v4(90, static_cast<std::uint8_t>(i >> 8), static_cast<std::uint8_t>(i), 1, 1);
}

/// How many of the newcomers, one every 10 s for an hour, get in.
int newcomers_in_an_hour(full_world& d) {
  int in = 0;
  for (std::uint32_t i = 0; i < 360; ++i) {
    d.run_for(10s);
    d.obey();
    in += d.try_in(peer(1000 + i), far(i));
  }
  return in;
}

TEST(field, full_nodes_freeze_the_topology_geth_31476) {
  manager_options options = full_world::options();
  full_world frozen(options);
  EXPECT_EQ(newcomers_in_an_hour(frozen), 0);  // this is what churn and eviction are for

  options.churn_interval = 60s;
  full_world churning(options);
  churning.tell(events::peer_marked{peer(7), mark::protect});
  EXPECT_GE(newcomers_in_an_hour(churning), 59);
  EXPECT_LE(churning.counters().evicted_total, 61U);
  EXPECT_EQ(churning.manager.explain(peer(7), churning.now).connections, 1U);
  EXPECT_GE(churning.counters().permits_live, 63U);

  options.churn_interval = 0s;
  options.eviction = eviction_mode::scored;
  full_world evicting(options);
  evicting.tell(events::peer_marked{peer(7), mark::protect});
  EXPECT_EQ(newcomers_in_an_hour(evicting), 360);
  EXPECT_EQ(evicting.manager.explain(peer(7), evicting.now).connections, 1U);
  EXPECT_EQ(evicting.counters().permits_live, 64U);
}

TEST(field, pruned_peers_come_straight_back_logos_delivery_3065) {
  manager_options options = full_world::options();
  options.eviction = eviction_mode::scored;
  options.eviction_sample = full_world::size;
  options.subnet_accept_rate = 0;
  full_world d(options);
  for (std::uint32_t i = 2; i <= full_world::size; ++i)
    d.tell(events::peer_marked{peer(i), mark::protect});
  ASSERT_TRUE(d.try_in(peer(1000), far(1)));
  ASSERT_EQ(d.manager.explain(peer(1), d.now).connections, 0U);
  d.tell(events::peer_marked{peer(1000), mark::protect});
  d.tell(events::peer_marked{peer(2), mark::protect, false});
  const time_point evicted = d.now;
  std::uint64_t dial = 0;
  for (int tries = 0;; ++tries) {
    ASSERT_LT(tries, 600);
    d.run_for(100ms);
    d.dial(req(++dial), peer(1));
    if (d.try_in(peer(1), far(2))) break;
    EXPECT_EQ(d.counters().evicted_total, 1U);  // nobody goes for one under a penalty
  }
  EXPECT_EQ(d.now, evicted + 60s);
  EXPECT_EQ(d.refused(cause::backing_off), 599U);
  EXPECT_EQ(d.count<actions::start_attempt>(), 0U);
}

TEST(field, pre_handshake_eviction_is_a_weapon_bitcoin_8919) {
  manager_options options = full_world::options();
  options.eviction = eviction_mode::scored;
  options.subnet_accept_rate = 0;
  full_world silent(options);
  for (std::uint32_t i = 0; i < 100'000; ++i) {
    if (i % 100 == 0) silent.run_for(100ms);
    silent.tell(events::arrived{conn(1'000'000 + 2U * i), far(i % 65'536)});
  }
  EXPECT_EQ(silent.counters().evicted_total, 0U);
  EXPECT_EQ(silent.first_there(), 64U);

  // Authenticated, always as somebody new, ten a second for an hour, from one /24.
  full_world flooded(options);
  for (std::uint32_t i = 1; i <= 8; ++i) flooded.tell(events::peer_marked{peer(i), mark::protect});
  for (std::uint32_t i = 0; i < 36'000; ++i) {
    flooded.run_for(100ms);
    flooded.obey();
    flooded.try_in(peer(1'000 + i), endpoint::v4(66, 6, 6, static_cast<std::uint8_t>(i), 1));
  }
  EXPECT_LE(flooded.counters().evicted_total, 3600U);
  EXPECT_GE(flooded.counters().evicted_total, 3500U);
  for (std::uint32_t i = 1; i <= 8; ++i)
    EXPECT_EQ(flooded.manager.explain(peer(i), flooded.now).connections, 1U);
  // They soon take each other's places: 3600 evictions drive out fewer than half of the old ones.
  EXPECT_GE(flooded.first_there(), 32U);
  std::printf("one /24, 3600 s, one eviction a second: %u of 64 old connections left\n",
              flooded.first_there());
}

}  // namespace
}  // namespace tandem::test
