// SPDX-License-Identifier: MIT
#pragma once

#include "histogram.hpp"
#include "tandem/asio/node_meter.hpp"

#include <array>
#include <map>

namespace tandem {

/// Whom a node leaves alone until when, as it said; the entry that ends first makes room.
class left_alone {
 public:
  static constexpr std::size_t most = 4096;

  /// `where` counts where there is no peer: a subnet.
  void set(const peer_id& peer, const endpoint& where, time_point until);
  void erase(const peer_id& peer, const endpoint& where) { until_.erase(key_of(peer, where)); }
  /// Those whose time is over are counted by `over`, and forgotten `keep` after it.
  struct count {
    std::uint64_t running = 0, over = 0;
  };
  count at(time_point now, duration keep);
  /// Of each peer until when it is now; what was over stays so.
  void review(const std::function<time_point(const peer_id& peer)>& until);
  void forget_subnets();

 private:
  using key = std::pair<peer_id, endpoint>;
  static key key_of(const peer_id& peer, const endpoint& where) {
    return {peer, peer.empty() ? where : endpoint{}};
  }
  std::map<key, time_point> until_;
};

struct node_meter::state {
  using by_cause = std::array<std::uint64_t, causes_count>;
  struct followed : metered_connection {
    time_point began{};       ///< its handshake
    bool ended_here = false;  ///< we ended it, before its other end said anything
    bool ended_there = false;
  };

  node_observer* next = nullptr;
  const node* which = nullptr;
  const clock* time = nullptr;
  std::vector<std::function<resource_use()>> others;

  std::map<connection_id, followed> connections;
  std::vector<connection_id> over;         ///< of them, to be forgotten when the step is done
  std::map<request_id, time_point> dials;  ///< those of which an attempt began
  std::array<by_cause, 2> closes{};        ///< by side: 0 this node, 1 the other end
  by_cause dials_failed{}, attempts_failed{};
  std::array<by_cause, 2> handshakes_failed{};  ///< by direction
  std::array<histogram, 2> handshakes;          ///< by direction
  histogram dialled, round_trips;
  left_alone backoffs, circuits;
  bool forgiven = false;  ///< of those some may be left alone no more, about which nobody is told

  /// Asks the manager, when there may be such.
  void review(time_point now);
};

}  // namespace tandem
