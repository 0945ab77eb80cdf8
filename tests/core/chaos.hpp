// SPDX-License-Identifier: MIT
#pragma once

#include "core/table/index_table.hpp"
#include "core/trace/trace_text.hpp"
#include "driver.hpp"
#include "segmented_trace.hpp"

#include "tandem/core/random.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace tandem::test {

inline constexpr std::uint32_t chaos_peers = 12;

/// The host of the /64 `net` of the /48 `site`.
inline endpoint v6(std::uint8_t site, std::uint8_t net, std::uint8_t host) {
  return {{0x20, 1, 0x0a, site, 0, 0, 0, net, 0, 0, 0, 0, 0, 0, 0, host}, 1, true};
}

/// Tells a manager events at random, most of them possible, some nonsense, and checks what must
/// hold after each.
class chaos {
 public:
  chaos(std::uint64_t seed, const manager_options& options)
      : options_(options),
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
  /// Other options from now on.
  void configure(const manager_options& options) {
    options_ = options;
    tell(events::configured{options_});
  }
  /// A hash of what the manager did so far.
  std::uint64_t digest() const { return digest_; }
  const segmented_trace& trace() const { return trace_; }
  std::uint64_t count(notice kind) const { return notices_[static_cast<std::size_t>(kind)]; }
  const manager_counters& counters() const { return manager_.counters(); }

 private:
  void step() {
    if (random_.up_to(9) == 0) now_ += duration(random_.up_to(4'000'000'000));
    if (random_.up_to(199) == 0) now_ -= 1s;
    if (random_.up_to(299) == 0) return configure();
    const bool nonsense = random_.up_to(19) == 0;
    const connection_id c = nonsense || live_.empty() ? any_id() : some_live();
    const peer_id who = peer(static_cast<std::uint32_t>(random_.up_to(chaos_peers - 1)));
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
        return tell(events::attempt_connected{c});
      case 9:
        return upgrade(c, likely(c, who));
      case 10:
        return end_attempt(c);
      case 11:
      case 12:
      case 13:
        return tell(events::authenticated{c, likely(c, who)});
      case 14:
      case 15:
        return tell(events::ready{c});
      case 17:
        return tell(
            events::traffic{c, random_.up_to(99), random_.up_to(99), random_.up_to(1), now_, now_});
      case 18:
        return tell(events::stream_opened{c, random_.up_to(1) == 0});
      case 19:
        return tell(events::stream_closed{c, random_.up_to(1) == 0});
      case 20:
        if (random_.up_to(1) == 0) return tell(events::probe_answered{c, 1});
        return tell(events::progressed{c, now_, random_.up_to(1) == 0});
      case 21:
        return tell(
            events::remote_refused{c, some_cause(), duration(random_.up_to(5'000'000'000))});
      case 16:
      case 22:
      case 23:
        return tell(events::closed{c, some_cause()});
      case 24:
        return tell(events::disconnect_wanted{who, random_.up_to(1) ? c : conn(0)});
      case 25:
        if (random_.up_to(1) == 0) return tell(events::backoff_overridden{who});
        if (random_.up_to(3) == 0)
          return tell(events::subnet_marked{addresses_[random_.up_to(addresses_.size() - 1)], 24,
                                            mark::deny, random_.up_to(1) == 0, now_ + 20s});
        return tell(events::peer_marked{who, static_cast<mark>(random_.up_to(4)),
                                        random_.up_to(1) == 0, now_ + 20s});
      case 26:
        if (random_.up_to(1) == 0) return tell(events::accept_failed{});
        return tell(events::rtt_sampled{c, duration(random_.up_to(2'000'000'000))});
      default:
        return advance();
    }
  }

  void upgrade(connection_id c, const peer_id& who) {
    tell(events::attempt_connected{c});
    tell(events::authenticated{c, who});
    tell(events::ready{c});
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
    manager_options options = options_;
    options.max_connections = 2 + random_.up_to(4);
    if (problems_of(options).empty()) configure(options);
  }
  void arrive() {
    const connection_id id = conn(2 * ++next_inbound_);
    live_[id] = peer_id{};
    tell(events::arrived{id, addresses_[random_.up_to(addresses_.size() - 1)]});
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
    const std::size_t first = random_.up_to(addresses_.size() - 1);
    return std::span(addresses_).subspan(first, random_.up_to(addresses_.size() - first));
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
      note(detail::describe(*a));
      if (const auto* x = std::get_if<actions::close>(&*a))
        note(std::to_string(x->retry_after.count()));
      if (const auto* x = std::get_if<actions::notify>(&*a))
        ++notices_[static_cast<std::size_t>(x->what.kind)];
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
  void note(const std::string& text) {
    digest_ = detail::mix(digest_ ^ std::hash<std::string>{}(text));
  }
  void check() {
    const manager_counters& c = manager_.counters();
    ASSERT_EQ(c.permits_issued - c.permits_released, c.permits_live);
    // What is above a lowered limit only ever becomes less.
    std::size_t place = 0;
    const auto within = [&](std::uint64_t count, std::uint64_t limit) {
      if (place == allowed_.size()) allowed_.push_back(0);
      std::uint64_t& allowed = allowed_[place++];
      allowed = std::max(limit, std::min(allowed, count));
      return count <= allowed;
    };
    ASSERT_TRUE(within(c.permits_live, options_.max_connections));
    ASSERT_LE(c.active_connections, c.permits_live);
    ASSERT_LE(c.connected_peers, c.active_connections);
    ASSERT_EQ(c.established_total - c.closed_total, c.active_connections);
    ASSERT_TRUE(within(c.pending_inbound, options_.max_pending_inbound));
    ASSERT_TRUE(within(c.pending_outbound, options_.max_pending_outbound));
    ASSERT_TRUE(within(c.lingering, options_.max_lingering_refusals));
    ASSERT_LE(c.pending_inbound + c.pending_outbound + c.lingering, live_.size());
    ASSERT_TRUE(
        within(outstanding_.size(), options_.max_queued_requests + options_.max_pending_outbound));
    if (++checks_ % 8 != 0) return;  // the rest looks at every peer
    std::uint64_t active = 0;
    std::uint64_t connected = 0;
    std::uint64_t dialled = 0;  // perhaps by the manager itself
    for (std::uint32_t i = 0; i < chaos_peers; ++i) {
      const explanation x = manager_.explain(peer(i), now_);
      ASSERT_TRUE(within(x.connections, options_.max_connections_per_peer));
      active += x.connections;
      connected += x.connections > 0;
      dialled += x.pending > 0;
    }
    ASSERT_EQ(active, c.active_connections);
    ASSERT_EQ(connected, c.connected_peers);
    ASSERT_TRUE(within(c.remembered_peers, options_.max_remembered_peers + live_.size() +
                                               outstanding_.size() + dialled));
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
  std::uint64_t digest_ = 0;
  std::array<std::uint64_t, notices_count> notices_{};
  std::vector<std::uint64_t> allowed_;  ///< for each limit, in the order of check()
  std::uint64_t checks_ = 0;
  /// Exempt from subnet limits; others that share a subnet of some width, or none.
  std::array<endpoint, 9> addresses_{address(1),
                                     endpoint::v4(198, 51, 100, 1, 1),
                                     endpoint::v4(198, 51, 100, 1, 2),
                                     endpoint::v4(198, 51, 100, 2, 1),
                                     endpoint::v4(198, 51, 101, 1, 1),
                                     v6(1, 1, 1),
                                     v6(1, 1, 2),
                                     v6(1, 2, 1),
                                     v6(2, 1, 1)};
};

}  // namespace tandem::test
