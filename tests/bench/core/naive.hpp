// SPDX-License-Identifier: MIT
#pragma once

#include "core/policy/prefix.hpp"
#include "tandem/core/connection_manager.hpp"

#include <deque>
#include <map>
#include <set>
#include <utility>
#include <vector>

namespace tandem::bench {

/// What one would write first: the inbound half of the manager over std::map, each deadline moved
/// whenever it changes. It decides about the same limits, rates and rules and says so in the same
/// actions, but remembers no failures, dials nobody, explains nothing, and keeps no trace.
class naive_manager {
 public:
  naive_manager(const manager_options& options, const peer_id& self, std::uint64_t seed);

  void handle(time_point now, const event& what);
  void advance(time_point now);
  std::optional<action> poll_action();
  time_point next_deadline() const noexcept;

 private:
  enum class life { handshaking, authenticated, ready, ending };
  using subnet = std::pair<unsigned, std::pair<std::uint64_t, std::uint64_t>>;  ///< length, bits
  using deadlines = std::multimap<time_point, connection_id>;
  struct connection {
    life at = life::handshaking;
    endpoint remote{};
    peer_id peer{};
    bool permit = false;
    bool told = false;
    time_point last_received{};
    time_point last_app{};
    time_point last_probe{};
    std::uint32_t probes = 0;
    std::uint32_t nonce = 0;
    std::uint64_t bytes = 0;
    double srtt = 0;
    double rttvar = 0;
    deadlines::iterator deadline;
  };
  struct bucket {
    double tokens = 0;
    time_point at{};
  };
  struct shortage {
    cause why = cause::none;
    std::uint64_t current = 0;
    std::uint64_t limit = 0;
  };

  void on(const events::arrived& e);
  void on(const events::authenticated& e);
  void on(const events::ready& e);
  void on(const events::traffic& e);
  void on(const events::rtt_sampled& e);
  void on(const events::probe_answered& e);
  void on(const events::closed& e);
  void on(const events::peer_marked& e);
  void on(const events::subnet_marked& e);
  void on(const events::configured& e) { options_ = e.options; }
  void on(const auto&) {}

  static subnet subnet_of(const endpoint& where, unsigned length);
  bool has_token(bucket& b, double rate, std::uint64_t burst) const;
  shortage arrival_shortage(const endpoint& remote);
  shortage permit_shortage(const connection& c) const;
  void count(const connection& c, bool more);
  void refuse(connection_id id, connection& c, const shortage& no, refuse_how how);
  void say(notice kind, connection_id id, const connection& c, const shortage& no);
  void set_deadline(connection_id id, connection& c, time_point at);
  void set_ready_deadline(connection_id id, connection& c);
  time_point wait_of(const connection& c) const;

  manager_options options_;
  time_point now_{};
  std::map<connection_id, connection> connections_;
  std::map<peer_id, std::uint64_t> permits_of_peer_;
  std::map<subnet, std::uint64_t> permits_of_subnet_;
  std::map<subnet, bucket> bucket_of_subnet_;
  bucket bucket_;
  std::set<peer_id> denied_;
  std::vector<subnet> denied_networks_;
  deadlines deadlines_;
  std::uint64_t permits_ = 0;
  std::uint64_t pending_ = 0;
  std::uint64_t lingering_ = 0;
  std::deque<action> actions_;
};

}  // namespace tandem::bench
