// SPDX-License-Identifier: MIT
#include "driver.hpp"
#include "segmented_trace.hpp"

#include "tandem/core/random.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

namespace tandem::test {
namespace {

constexpr std::uint32_t peers_count = 12;

manager_options small(std::uint64_t seed) {
  manager_options options;
  options.max_connections = 6;
  options.max_connections_per_peer = 2;
  options.max_pending_inbound = 4;
  options.max_pending_outbound = 3;
  options.max_lingering_refusals = 2;
  options.max_queued_requests = 5;
  options.max_remembered_peers = 4;
  options.breaker_failures = 3;
  if (seed % 2 == 0) return options;
  options.eviction = eviction_mode::scored;
  options.eviction_interval = 100ms;
  options.eviction_penalty = 500ms;
  options.churn_interval = 10s;
  return options;
}

/// Tells a manager events at random, most of them possible, some nonsense, and checks what must
/// hold after each.
class chaos {
 public:
  explicit chaos(std::uint64_t seed)
      : options_(small(seed)),
        random_(seed),
        trace_(1500 + 31 * seed),
        manager_(options_, peer(6), seed, &trace_) {}

  void run(int events) {
    for (int i = 0; i < events && !testing::Test::HasFailure(); ++i) step();
  }

  /// Shuts down, lets every id end, and checks that nothing is left.
  void finish() {
    tell(events::shutdown_wanted{});
    while (!live_.empty()) tell(events::closed{live_.begin()->first, cause::reset});
    const manager_counters& c = manager_.counters();
    EXPECT_EQ(c.permits_live, 0U);
    EXPECT_EQ(c.permits_issued, c.permits_released);
    EXPECT_EQ(c.active_connections + c.connected_peers + c.lingering, 0U);
    EXPECT_EQ(c.pending_inbound + c.pending_outbound, 0U);
    EXPECT_EQ(c.established_total, c.closed_total);
    EXPECT_TRUE(outstanding_.empty());
    EXPECT_TRUE(completed_);
    EXPECT_LE(c.remembered_peers, options_.max_remembered_peers);
  }
  const segmented_trace& trace() const { return trace_; }
  const manager_counters& counters() const { return manager_.counters(); }

 private:
  void step() {
    if (random_.up_to(9) == 0) now_ += duration(random_.up_to(4'000'000'000));
    if (random_.up_to(199) == 0) now_ -= 1s;
    if (random_.up_to(299) == 0) return configure();
    const bool nonsense = random_.up_to(19) == 0;
    const connection_id c = nonsense || live_.empty() ? any_id() : some_live();
    const peer_id who = peer(static_cast<std::uint32_t>(random_.up_to(peers_count - 1)));
    const request_id r = req(1 + random_.up_to(next_request_));
    switch (random_.up_to(27)) {
      case 0:
      case 1:
      case 2:
        return dial(who);
      case 3:
        return tell(events::dial_abandoned{r});
      case 4:
        return tell(events::addresses_found{random_.up_to(1) ? r : resolved_, some_addresses(),
                                            random_.up_to(1) == 0});
      case 5:
      case 6:
        return arrive();
      case 7:
      case 8:
      case 9:
        return tell(events::attempt_connected{c});
      case 10:
        return end_attempt(c);
      case 11:
      case 12:
      case 13:
        return tell(events::authenticated{c, likely(c, who)});
      case 14:
      case 15:
      case 16:
        return tell(events::ready{c});
      case 17:
        return tell(
            events::traffic{c, random_.up_to(99), random_.up_to(99), random_.up_to(1), now_, now_});
      case 18:
        return tell(events::stream_opened{c, random_.up_to(1) == 0});
      case 19:
        return tell(events::stream_closed{c, random_.up_to(1) == 0});
      case 20:
        return tell(events::probe_answered{c, 1});
      case 21:
        return tell(
            events::remote_refused{c, some_cause(), duration(random_.up_to(5'000'000'000))});
      case 22:
      case 23:
        return tell(events::closed{c, some_cause()});
      case 24:
        return tell(events::disconnect_wanted{who, random_.up_to(1) ? c : conn(0)});
      case 25:
        if (random_.up_to(1) == 0) return tell(events::backoff_overridden{who});
        return tell(events::peer_marked{who, static_cast<mark>(random_.up_to(4)),
                                        random_.up_to(1) == 0, now_ + 20s});
      case 26:
        if (random_.up_to(1) == 0) return tell(events::accept_failed{});
        return tell(events::rtt_sampled{c, 5ms});
      default:
        return advance();
    }
  }

  void dial(const peer_id& who) {
    const request_id r =
        random_.up_to(30) == 0 ? req(1 + random_.up_to(next_request_)) : req(++next_request_ + 1);
    if (!outstanding_.contains(r)) wanted_ = r;
    tell(events::dial_wanted{
        r, random_.up_to(40) == 0 ? peer_id{} : who, some_addresses(),
        random_.up_to(2) == 0 ? dial_mode::additional : dial_mode::join,
        static_cast<std::int32_t>(random_.up_to(2)),
        random_.up_to(1) ? never : now_ + duration(random_.up_to(9'000'000'000))});
  }
  void configure() {
    options_.max_connections = 2 + random_.up_to(4);
    tell(events::configured{options_});
  }
  void arrive() {
    const connection_id id = conn(2 * ++next_inbound_);
    live_[id] = peer_id{};
    tell(events::arrived{id, address()});
  }
  void end_attempt(connection_id c) {
    tell(events::attempt_failed{c, some_cause(), random_.up_to(3) == 0, {}});
  }
  connection_id any_id() { return conn(random_.up_to(2 * next_inbound_ + 9)); }
  connection_id some_live() {
    auto i = live_.begin();
    std::advance(i, static_cast<long>(random_.up_to(live_.size() - 1)));
    return i->first;
  }
  peer_id likely(connection_id c, const peer_id& other) {
    const auto i = live_.find(c);
    return i != live_.end() && !i->second.empty() && random_.up_to(9) ? i->second : other;
  }
  cause some_cause() { return static_cast<cause>(random_.up_to(causes_count - 1)); }
  std::span<const endpoint> some_addresses() {
    return std::span(addresses_).first(random_.up_to(addresses_.size()));
  }

  void tell(const event& what) {
    SCOPED_TRACE("event " + std::to_string(what.index()));
    manager_.handle(now_, what);
    // The ids of the last events are gone, whatever they were.
    if (const auto* e = std::get_if<events::closed>(&what)) live_.erase(e->conn);
    if (const auto* e = std::get_if<events::attempt_failed>(&what)) live_.erase(e->attempt);
    settle();
  }
  void advance() {
    now_ = std::max(now_, latest_);
    manager_.advance(now_);
    EXPECT_GT(manager_.next_deadline(), now_);
    settle();
  }
  void settle() {
    latest_ = std::max(latest_, now_);
    if (wanted_ != request_id::none) outstanding_.insert(wanted_);
    wanted_ = request_id::none;
    while (const auto a = manager_.poll_action()) {
      if (const auto* x = std::get_if<actions::start_attempt>(&*a)) {
        EXPECT_FALSE(live_.contains(x->attempt));
        live_[x->attempt] = x->peer;
      }
      if (std::holds_alternative<actions::shutdown_complete>(*a)) completed_ = true;
      if (const auto* x = std::get_if<actions::resolve>(&*a)) resolved_ = x->request;
      if (const auto* x = std::get_if<actions::notify>(&*a)) {
        const notice k = x->what.kind;
        if (is_core_issued(x->what.request)) continue;
        if (k == notice::dial_failed || k == notice::dial_succeeded) {
          EXPECT_EQ(outstanding_.erase(x->what.request), 1U) << "one outcome per request";
        }
      }
    }
    check();
  }
  void check() {
    const manager_counters& c = manager_.counters();
    ASSERT_EQ(c.permits_issued - c.permits_released, c.permits_live);
    // What is above a lowered limit only ever becomes less.
    allowed_ = std::max(options_.max_connections, std::min(allowed_, c.permits_live));
    ASSERT_LE(c.permits_live, allowed_);
    ASSERT_LE(c.active_connections, c.permits_live);
    ASSERT_LE(c.connected_peers, c.active_connections);
    ASSERT_EQ(c.established_total - c.closed_total, c.active_connections);
    ASSERT_LE(c.pending_inbound, options_.max_pending_inbound);
    ASSERT_LE(c.pending_outbound, options_.max_pending_outbound);
    ASSERT_LE(c.lingering, options_.max_lingering_refusals);
    ASSERT_LE(c.pending_inbound + c.pending_outbound + c.lingering, live_.size());
    ASSERT_LE(outstanding_.size(), options_.max_queued_requests + options_.max_pending_outbound);
    if (++checks_ % 8 != 0) return;  // the rest looks at every peer
    std::uint64_t active = 0;
    std::uint64_t connected = 0;
    for (std::uint32_t i = 0; i < peers_count; ++i) {
      const explanation x = manager_.explain(peer(i), now_);
      ASSERT_LE(x.connections, options_.max_connections_per_peer);
      active += x.connections;
      connected += x.connections > 0;
    }
    ASSERT_EQ(active, c.active_connections);
    ASSERT_EQ(connected, c.connected_peers);
    ASSERT_LE(c.remembered_peers,
              options_.max_remembered_peers + live_.size() + outstanding_.size());
  }

  manager_options options_;
  random_stream random_;
  segmented_trace trace_;
  connection_manager manager_;
  time_point now_{};
  time_point latest_{};
  std::map<connection_id, peer_id> live_;
  std::set<request_id> outstanding_;
  request_id wanted_{};
  request_id resolved_{};  ///< the last one asked for, maybe by the core itself
  std::uint64_t next_request_ = 0;
  std::uint64_t next_inbound_ = 0;
  bool completed_ = false;
  std::uint64_t allowed_ = 0;
  std::uint64_t checks_ = 0;
  std::array<endpoint, 3> addresses_{address(1), address(2), address(3)};
};

std::string first_of(const std::vector<divergence>& list) {
  if (list.empty()) return {};
  const divergence& d = list.front();
  const time_point when = std::min(d.recorded.at, d.open.at);
  return std::to_string(when.time_since_epoch().count()) + " ns: " + describe(d.recorded) +
         " became " + describe(d.open);
}

TEST(random_events, never_break_a_limit_or_lose_a_permit_and_replay_alike) {
  manager_counters sum;
  for (std::uint64_t seed = 1; seed <= 30 && !HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    chaos run(seed);
    run.run(10'000);
    run.finish();
    sum.established_total += run.counters().established_total;
    sum.failed_total += run.counters().failed_total;
    sum.evicted_total += run.counters().evicted_total;
    for (std::size_t i = 0; i < causes_count; ++i) sum.refused[i] += run.counters().refused[i];
    const replay_result again = replay(run.trace().bytes());
    EXPECT_TRUE(again.identical) << again.error << " at " << again.mismatch_at;
    EXPECT_GE(again.inputs, 10'000U);
    memory_source source(run.trace().bytes());
    const open_replay_result open = replay_open(source, [](manager_options&) {});
    EXPECT_EQ(open.divergences_count + open.skipped_count + open.assumed, 0U)
        << first_of(open.divergences);
    for (const counter_row& row : counter_table())
      EXPECT_EQ(open.counters.*row.field, open.record.counters.*row.field) << row.name;
    // From the state at any step everything goes on alike, later states included.
    for (std::size_t i = 1; i < run.trace().segments(); ++i) {
      const replay_result rest = replay(run.trace().from(i));
      EXPECT_TRUE(rest.identical) << "segment " << i << ": " << rest.error << rest.recorded
                                  << " -> " << rest.replayed;
    }
    memory_source later(run.trace().from(run.trace().segments() / 2));
    const open_replay_result open_later = replay_open(later, [](manager_options&) {});
    EXPECT_EQ(open_later.divergences_count + open_later.assumed, 0U);
  }
  // The events reached what they are meant to test.
  EXPECT_GT(sum.established_total, 1000U);
  EXPECT_GT(sum.failed_total, 1000U);
  EXPECT_GT(sum.evicted_total, 50U);
  for (const cause c : {cause::limit_reached, cause::per_peer_limit_reached,
                        cause::pending_limit_reached, cause::backing_off, cause::circuit_open,
                        cause::denied, cause::duplicate, cause::self_dial, cause::no_address})
    EXPECT_GT(sum.refused[static_cast<std::size_t>(c)], 10U) << name_of(c);
}

}  // namespace
}  // namespace tandem::test
