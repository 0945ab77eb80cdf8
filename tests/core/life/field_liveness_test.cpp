// SPDX-License-Identifier: MIT
// What broke elsewhere, told apart by where it was reported.
#include "core/driver.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <map>

namespace tandem::test {
namespace {

/// A ready connection whose peer answers each probe when `delay_of(n)` says so, after the n-th.
class answering_peer {
 public:
  answering_peer(const manager_options& options, std::function<duration(std::size_t)> delay_of)
      : d(options), delay_of_(std::move(delay_of)) {
    d.tell(events::peer_marked{peer(1), mark::keep_alive});
    d.accept(conn(2), peer(1));
  }
  void run_to(duration end) {
    while (d.now < at(end) && d.count<actions::abort>() == 0) {
      const time_point next = owed_.empty() ? never : owed_.begin()->first;
      const time_point deadline = d.manager.next_deadline();
      d.run_to(std::min({next, deadline, at(end)}).time_since_epoch());
      if (d.count<actions::abort>() > 0) return;
      while (asked_ < d.count<actions::probe>()) {
        const duration delay = delay_of_(asked_++);
        if (delay != duration::max())
          owed_.emplace(d.now + delay, std::pair{d.last<actions::probe>()->nonce, delay});
      }
      while (!owed_.empty() && owed_.begin()->first <= d.now) {
        const auto [nonce, delay] = owed_.begin()->second;
        owed_.erase(owed_.begin());
        d.other_bytes(conn(2));
        d.tell(events::rtt_sampled{conn(2), delay});
        d.tell(events::probe_answered{conn(2), nonce});
      }
    }
  }
  driver d;

 private:
  std::function<duration(std::size_t)> delay_of_;
  std::multimap<time_point, std::pair<std::uint32_t, duration>> owed_;
  std::size_t asked_ = 0;
};

TEST(field, a_missed_ping_across_continents_closes_nothing_js_libp2p_3463) {
  // Every fourth answer does not come at all, every fifth comes after 12 s.
  const auto delay = [](std::size_t n) -> duration {
    if (n % 4 == 3) return duration::max();
    return n % 5 == 4 ? 12s : 250ms;
  };
  answering_peer p({}, delay);
  p.run_to(1h);
  EXPECT_EQ(p.d.count<actions::abort>(), 0U);
  EXPECT_EQ(p.d.count<actions::close>(), 0U);
  EXPECT_GT(p.d.count<actions::probe>(), 100U);

  manager_options impatient;
  impatient.liveness_misses = 1;
  answering_peer q(impatient, delay);
  q.run_to(1h);
  EXPECT_EQ(q.d.count<actions::abort>(), 1U) << "what one miss would do";
}

TEST(field, bulk_transfer_is_life_for_both_ends_ocean_node_1238) {
  // The pings queue behind the bulk and are never answered; only its bytes and, at the sender, the
  // receiver's window updates arrive.
  driver d;
  d.accept(conn(2), peer(1));
  d.accept(conn(4), peer(2));
  for (auto t = 1s; t <= 3600s; t += 1s) {
    d.run_to(t);
    d.tell(events::traffic{conn(2), 0, 1'000'000, 1'000'000, d.now, d.now});
    const bool updated = t % 15s == 0s;
    d.tell(events::traffic{conn(4), 1'000'000, updated ? 12U : 0U, 1'000'000, d.now, d.now});
  }
  EXPECT_EQ(d.count<actions::abort>(), 0U);
  EXPECT_EQ(d.count<actions::close>(), 0U);
}

TEST(field, a_half_open_connection_is_found_whatever_holds_it_creditcoin3_1039) {
  driver d;
  d.tell(events::peer_marked{peer(1), mark::keep_alive});
  d.tell(events::peer_marked{peer(1), mark::protect});
  d.accept(conn(2), peer(1));
  d.tell(events::stream_opened{conn(2)});
  // We go on sending into the void.
  for (auto t = 1s; t < 40s; t += 1s) {
    d.run_to(t);
    d.tell(events::traffic{conn(2), 100, 0, 100, {}, d.now});
  }
  EXPECT_EQ(d.count<actions::abort>(), 0U);
  d.run_to(1h);
  EXPECT_EQ(d.when<actions::abort>(), at(40s));
  EXPECT_EQ(d.last(notice::connection_closed).why, cause::liveness_lost);
  EXPECT_EQ(d.last(notice::connection_closed).failures, 3U);
  EXPECT_EQ(d.last(notice::connection_closed).ceiling, 10s);
  EXPECT_EQ(d.counters().permits_live, 0U);
}

TEST(field, five_seconds_of_round_trip_are_usable_iroh_2337) {
  manager_options brisk;  // as somebody on a fast path would set it
  brisk.liveness_interval = 1s;
  brisk.liveness_timeout = 1s;
  brisk.connection_timeout = 2s;
  answering_peer p(brisk, [](std::size_t) { return 5s; });
  p.d.tell(events::rtt_sampled{conn(2), 5s});
  p.run_to(1h);
  EXPECT_EQ(p.d.count<actions::abort>(), 0U);
  EXPECT_GT(p.d.count<actions::probe>(), 500U);

  // Not kept alive, in use every 12 s: the floor of three probe timeouts holds, not 2 s.
  driver d(brisk);
  d.accept(conn(2), peer(1));
  for (auto t = 12s; t <= 3600s; t += 12s) {
    for (duration s = t - 11s; s < t; s += 1s) {
      d.run_to(s);
      d.tell(events::rtt_sampled{conn(2), 5s});
      d.other_bytes(conn(2));
    }
    d.run_to(t);
    d.app_bytes(conn(2));
  }
  EXPECT_EQ(d.count<actions::close>(), 0U);
  for (auto t = 3601s; t <= 3630s; t += 1s) {
    d.run_to(t);
    if (d.count<actions::close>() == 0) d.other_bytes(conn(2));
  }
  EXPECT_EQ(d.last<actions::close>()->reason, cause::idle_timeout);
  EXPECT_NEAR(std::chrono::duration<double>(d.when<actions::close>() - at(3600s)).count(), 15.0,
              0.1);
}

}  // namespace
}  // namespace tandem::test
