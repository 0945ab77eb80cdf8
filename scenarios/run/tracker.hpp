// SPDX-License-Identifier: MIT
#pragma once

#include "group_numbers.hpp"
#include "happening.hpp"
#include "round_trips.hpp"
#include "run/thread_split.hpp"
#include "tandem/core/assert.hpp"
#include "tandem/scenarios/scenario.hpp"
#include "tandem/scenarios/world.hpp"
#include "tandem/sim/message_network.hpp"

#include <boost/unordered/unordered_flat_map.hpp>
#include <boost/unordered/unordered_flat_set.hpp>

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace tandem::scenarios {

/// What holds in every run; names are in invariants.cpp.
enum class invariant : std::uint8_t {
  connections,
  pending_inbound,
  pending_outbound,
  lingering,
  per_peer,
  permits_held,
  permits_conserved,
  ledger_established,
  ledger_closed,
  ledger_active,
  ledger_peers,
  close_known,
  backoff_delay,
  backoff_ceiling,
  backoff_drawn,
  circuit,
  left_alone,
  idle,
  in_use,
  silence,
  accept_rate,
  denied,
  protects,
  said_when,
};
inline constexpr std::size_t invariants_count = 24;

/// Keeps the ledger of a run from what the nodes tell: the numbers of each group, exact at each
/// event wherever all threads stand still, and the built-in invariants.
class tracker {
 public:
  /// `patience`: how late a close may be noticed beyond its deadline (real time is not exact).
  /// `split`: the threads in which nodes tell it, if it said side_by_side() before.
  tracker(const scenario& what, duration patience, thread_split split = {});

  /// From now on each thread may tell of its own nodes: numbers of groups stay what they are, and
  /// who hears of changes hears nothing, until in_order().
  void side_by_side() noexcept { apart_ = true; }
  void in_order();

  /// Tells `who` of every change from now on; nullptr: nobody.
  void tell(number_listener* who) noexcept { told_ = who; }
  /// Reads every node's counters once they are all there. `self` outlives the tracker's use.
  void begin(const world& self);

  void on_dial(node_index node, request_id request, time_point now);
  void on_send(node_index node, time_point now, send_result result);
  void on_message(node_index node, time_point now);
  /// Connections of `node` with `peer` are not idle from now on, whatever is marked later.
  void on_kept_alive(node_index node, node_index peer) { kept_alive_.insert(key(node, peer)); }
  void on_syn(node_index node);
  void on_queue(node_index node, sim::queue_event what);
  /// What an entry of the workload counts by itself.
  void on_work(node_index node, time_point now, tally what);
  void on_work(node_index node, time_point now, spread which, duration took);
  /// The node is about to be told these options: they hold from now on.
  void on_configured(node_index node, time_point now, const manager_options& options);
  void on_notification(node_index node, time_point now, const notification& what);
  void on_step(node_index node, time_point now, const connection_manager& manager);
  void on_event(node_index node, time_point now, const event& what);
  void on_action(node_index node, time_point now, const action& what);
  /// From now on `node` should have a connection with `peer` whenever both are up.
  void on_wanted(node_index node, node_index peer, time_point now);
  /// The node was told to shut down: nothing is wanted of it any more.
  void on_leaving(node_index node, time_point now);
  /// The node is about to be killed: its gauges are 0 now, its counters stay in the sums, and its
  /// connections are lost with it.
  void on_killed(node_index node, time_point now);
  void on_restarted(node_index node, time_point now);
  void on_suffering(node_index node, time_point now, const ailments& is);
  /// Takes in what was not flushed, and looks for connections that outlived their timeout.
  void finish(time_point now);

  /// Followed at each event, as above; bytes that it has not heard of are in now() only.
  const group_numbers& group(group_index at) const { return groups_[at]; }
  /// The counters that lag behind, as much as they do: the rest is 0.
  manager_counters unflushed(group_index at) const;
  /// By how much a number of one node lags behind.
  std::uint64_t late(node_index node, std::size_t measure) const;
  /// Those of one life of a node, now; 0 when it is dead.
  manager_counters counters(node_index node) const;
  group_index group_of(node_index node) const { return nodes_[node].group; }
  std::size_t nodes() const noexcept { return nodes_.size(); }
  /// The index of this peer; -1 when it is none of ours.
  std::int32_t index_of(const peer_id& peer) const;
  /// Established connections of `node` with `peer` now.
  std::uint32_t connections(node_index node, node_index peer) const;
  /// Its established connections in the order of their ids, and since when.
  std::vector<std::pair<connection_id, time_point>> connections_of(node_index node) const;
  /// Established connections of the pairs of nodes that `chosen` takes, each counted once.
  std::uint64_t connections_of_pairs(
      const std::function<bool(node_index, node_index)>& chosen) const;
  std::uint64_t steps() const noexcept;
  /// Invariants that did not hold: which, and where first.
  const std::vector<std::pair<std::string, std::string>>& violations() const { return violations_; }
  /// How often each invariant was looked at, by its name.
  std::vector<std::pair<std::string, std::uint64_t>> looked() const;

 private:
  struct node_state {
    group_index group = 0;
    bool alive = true;
    manager_counters last{};
    std::uint64_t established = 0;
    std::uint64_t closed = 0;
    std::uint64_t peers = 0;
    bool leaving = false;
    std::uint32_t near = 0;  ///< a bit for each limit that it is close to
    std::uint32_t wanted = 0;
    std::uint32_t missing = 0;
    bool stands = false;   ///< its process stands still
    time_point went_on{};  ///< since it last did, or its clock jumped
    duration clock_ahead{};
    double arrivals = 0;  ///< admitted lately, less what accept_rate has allowed since `admitted`
    time_point admitted{};
    time_point forgiven = time_point::min();  ///< failures before that are no peer's any more
    std::uint64_t marks = 0;                  ///< told, taken back or not
    happening why{};                          ///< the last thing that happened to it
    bool fresh = false;                       ///< since its last step
  };
  struct connection_state {
    std::int32_t peer = -1;
    bool told = false;   ///< the peer said that it ends
    bool by_us = false;  ///< this node ended it
    time_point ready{};
    std::uint32_t streams = 0;  ///< open, of the application
    time_point used{};          ///< last application byte, or ready
    time_point streams_ended = time_point::min();
    time_point heard{};      ///< last sign of life, or ready
    duration wants_alone{};  ///< said by the peer when it ended it
    time_point alone_from{};
    round_trips path{};

    bool ends() const noexcept { return told || by_us; }
  };
  struct pair_state {
    std::uint32_t ready = 0;
    time_point last_attempt = never;
    duration named{};  ///< how long the peer wants to be left alone; since the last backoff
    std::uint32_t failures = 0;  ///< in a row, of those that say that nobody is there
    time_point last_failure = time_point::min();
    bool circuit_open = false;
  };
  /// What the operator of a node said about a peer.
  struct marked_state {
    peer_id who{};  ///< a node that comes back may be another peer
    time_point denied_since = never;
    time_point denied_until{};
    time_point protected_until = time_point::min();
  };
  struct request_state {
    time_point asked{};
    bool started = false;
  };
  /// Options that a node was told while it ran.
  struct configured_state {
    manager_options options;
    time_point since{};
    /// Of each limit of check_limits(): what is above a lowered one may only become less.
    std::array<std::uint64_t, 4> ceilings{};
  };
  using key = std::pair<node_index, std::uint64_t>;
  /// A change of a number, a value or a broken invariant that a thread found while others ran.
  struct found {
    enum class kind : std::uint8_t { change, value, violation };
    happening why;
    kind what;
    std::uint32_t which;  ///< measure, spread or invariant
    std::uint64_t up = 0;
    std::uint64_t down = 0;
    double value = 0;
  };
  /// What nodes of one thread change.
  struct alignas(64) part {
    boost::unordered_flat_map<key, connection_state> connections;
    boost::unordered_flat_map<key, pair_state> pairs;
    boost::unordered_flat_map<key, marked_state> marks;
    boost::unordered_flat_map<key, request_state> requests;
    /// Whom each of its nodes should be connected with, and which of them with whom.
    boost::unordered_flat_map<node_index, std::vector<node_index>> wants, wanted_by;
    std::array<std::uint64_t, invariants_count> looked{};
    std::array<std::string, invariants_count> broken{};  ///< the first time, while side by side
    std::uint64_t steps = 0;
    std::vector<found> kept;
  };

  part& of(node_index node) {
    TANDEM_ASSERT(!apart_ || sim::message_network::thread_here() == split_.of(node) + 1);
    return parts_[split_.of(node)];
  }
  const part& of(node_index node) const { return parts_[split_.of(node)]; }
  void take(const happening& why, std::size_t measure, std::uint64_t up, std::uint64_t down);
  void take(const happening& why, spread which, double value);
  void take_violation(invariant what, const std::string& text);
  group_numbers& numbers_of(node_index node) { return groups_[nodes_[node].group]; }
  const manager_options& options_of(node_index node) const {
    if (const auto it = configured_.find(node); it != configured_.end()) return it->second.options;
    return scenario_.groups[nodes_[node].group].manager;
  }
  void count(node_index node, time_point now, std::size_t measure, std::uint64_t by = 1);
  void add(node_index node, time_point now, std::size_t measure, std::uint64_t up,
           std::uint64_t down);
  void add(node_index node, time_point now, spread which, double value);
  void apply(node_index node, time_point now, const manager_counters& next);
  void count_wanted(node_index node, time_point now);
  /// `node`, and whoever wants a connection with it, have another count of what is missing.
  void count_wanted_of(node_index node, time_point now);
  void note_near(node_index node, time_point now, const manager_counters& is);
  void on_dial_started(node_index node, time_point now, const notification& what);
  void on_established(node_index node, time_point now, const notification& what);
  void on_closed(node_index node, time_point now, const notification& what);
  void on_dial_ended(node_index node, time_point now, const notification& what);
  void on_told(node_index node, time_point now, const notification& what);
  void check_backoff(node_index node, time_point now, const notification& what);
  /// After so many failures in a row the circuit of the peer must be open.
  void check_circuit(node_index node, time_point now, const notification& what);
  void forgive(node_index node, time_point now, const event& what);
  /// When an idle connection must be gone at the latest.
  time_point latest_end(node_index node, const connection_state& connection) const;
  void check_idle(node_index node, time_point now, const connection_state& connection);
  /// When one whose peer is silent must be.
  time_point latest_silence(node_index node, const connection_state& connection) const;
  void check_silence(node_index node, time_point now, const connection_state& connection);
  void check_left_alone(node_index node, time_point now, const connection_state& connection,
                        const notification& what);
  void check_end(node_index node, time_point now, const actions::close& what);
  void check_admitted(node_index node, time_point now, const actions::admit& what);
  void check_denied(node_index node, time_point now, const peer_id& peer);
  void on_marked(node_index node, time_point now, const events::peer_marked& what);
  void check_limits(node_index node, time_point now, const connection_manager& manager);
  void check_ledger(node_index node, time_point now, const manager_counters& counters);
  /// Counts that `what` was looked at; `how` says what was found when it does not hold.
  template <class How>
  void check(invariant what, bool holds, node_index node, time_point now, How&& how) {
    ++of(node).looked[static_cast<std::size_t>(what)];
    if (!holds) violated(what, node, now, how());
  }
  void violated(invariant what, node_index node, time_point now, const std::string& how);

  void add_unflushed(node_index node, manager_counters& to) const;

  const scenario& scenario_;
  duration patience_;
  const world* world_ = nullptr;
  std::vector<group_numbers> groups_;
  std::vector<node_state> nodes_;  // group by group
  std::vector<node_index> first_of_;
  boost::unordered_flat_map<peer_id, node_index, std::hash<peer_id>> index_;
  thread_split split_;
  std::vector<part> parts_;  // of threads
  bool apart_ = false;       // they run
  boost::unordered_flat_map<node_index, configured_state> configured_;
  boost::unordered_flat_set<key> kept_alive_;
  std::vector<std::pair<std::string, std::string>> violations_;
  number_listener* told_ = nullptr;
};

}  // namespace tandem::scenarios
