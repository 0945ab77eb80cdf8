// SPDX-License-Identifier: MIT
#pragma once

#include "judge.hpp"
#include "run/verbs/arrivals.hpp"
#include "run/verbs/verb.hpp"
#include "standing_orders.hpp"
#include "tandem/net/task.hpp"
#include "tandem/scenarios/nodes.hpp"
#include "tracker.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <utility>
#include <vector>

namespace tandem::scenarios {

/// Does in a world what a scenario's `workload` says: the entries, whom they reach the world
/// through, and the lives of its nodes. Stays valid until the world is gone.
class workload {
 public:
  /// Times of the scenario count from `start`. References outlive this.
  workload(const scenario& what, world& in, tracker& ledger, judge& lines, std::uint64_t seed,
           time_point start, thread_split split = {});
  ~workload();

  /// Plans everything: the entries, then `more` that is done beside them.
  void begin(std::unique_ptr<doing> more);
  /// One more entry, which is not begun: the `entry`-th of all, which names its random numbers.
  doing& add(const work& what, std::uint64_t entry);
  void on_notification(node_index node, time_point now, const notification& what);
  void on_send(std::uint64_t number, send_result result);
  void on_message(node_index node, std::uint64_t number);
  /// Hears each message that arrives and was sent since, after its entry: at whom, of whom.
  using message_ear = std::function<void(node_index, node_index, std::uint64_t bytes)>;
  void hear_messages(message_ear who) { ear_ = std::move(who); }
  /// What the entries found that was probably not meant.
  void add_warnings(std::vector<std::string>& to) const;
  /// The entries that waited for something that never was.
  void add_untested(std::vector<check_result>& to) const;

  // For the verbs.
  const scenario& plan() const noexcept { return scenario_; }
  world& place() noexcept { return world_; }
  const tracker& ledger() const noexcept { return tracker_; }
  std::uint64_t seed() const noexcept { return seed_; }
  time_point start() const noexcept { return start_; }
  time_point now() const { return world_.now(); }
  const thread_split& split() const noexcept { return split_; }

  node_list nodes_of(const node_selection& which) const;
  /// The member of `to` for the k-th choice, not `from` itself unless it is the only one.
  node_index target_of(const node_list& to, node_index from, std::uint64_t k) const;
  bool lives(node_index node) const { return alive_[node]; }
  bool leaves(node_index node) const { return leaving_[node]; }  ///< was told to shut down
  bool works(node_index node) const { return alive_[node] && !leaving_[node]; }

  void at(time_point when, std::function<void()> what) { world_.at(when, std::move(what)); }
  /// Once, in the moment in which this first holds, after what made it hold.
  void when(const expectation& condition, std::function<void()> what);
  /// The same for an entry whose schedule has a condition: one that never held is told of.
  void when(std::uint64_t entry, const schedule& is, std::function<void()> what);
  /// At the node, in its thread: `what` is about it alone.
  void at(node_index node, time_point when, std::function<void()> what) {
    world_.at(node, when, std::move(what));
  }
  /// The same, unless this life of the node is over by then.
  void at_node(time_point when, node_index node, std::function<void()> what);
  request_id dial(node_index from, node_index to, dial_mode mode, duration deadline);
  /// From now on `node` should have a connection with `peer`.
  void wants(node_index node, node_index peer);
  /// Sends under a number of the entry's own, at least 1, which it hears again.
  void send(const doing& whose, node_index from, node_index to, std::uint64_t bytes,
            std::uint64_t number);
  /// Sends what no entry hears of again.
  void send(node_index from, node_index to, std::uint64_t bytes);
  /// Its oldest ready connection with `to`, the one that messages take; none when there is none.
  connection_id connection(node_index from, node_index to) const;
  /// Keeps an application stream open on it: in use at both ends, until closed as often.
  void open_stream(node_index node, connection_id conn);
  void close_stream(node_index node, connection_id conn);
  /// As its operator tells a node: what `standing_orders` keep its next lives are told as well.
  void operate(node_index node, const operation& what);
  void count(node_index node, tally what) { tracker_.on_work(node, now(), what); }
  void add(node_index node, spread which, duration took) {
    tracker_.on_work(node, now(), which, took);
  }
  void shutdown(node_index node);
  void kill(node_index node);
  void restart(node_index node, const new_life& with);
  /// Its host is down as long as anybody says so: it lives again afterwards, if it did before or
  /// was restarted meanwhile. True when it lived.
  bool power_off(node_index node);
  void power_on(node_index node);
  /// What ails it from now on.
  void suffer(node_index node, const ailments& now);
  /// Its turn to do something: now, or when its process goes on.
  void turn(node_index node, task what);
  bool stands(node_index node) const { return standing_.contains(node); }

 private:
  doing& keep(std::unique_ptr<doing> what);
  void tell(node_index node, const operation& what);
  node_index node_of(group_index group, std::uint64_t member) const {
    return first_node_[group] + static_cast<node_index>(member);
  }
  std::uint64_t size_of(group_index group) const { return scenario_.groups[group].count; }
  const scenario& scenario_;
  world& world_;
  tracker& tracker_;
  judge& judge_;
  std::uint64_t seed_;
  time_point start_;
  thread_split split_;
  std::vector<node_index> first_node_;
  /// A host that is down.
  struct outage {
    std::uint32_t reasons = 0;
    bool comes_back = false;
    new_life with{};
  };
  std::map<node_index, outage> down_;
  std::map<node_index, std::vector<task>>
      standing_;                      ///< what waits for a process that stands still
  std::vector<bool> alive_;           ///< not killed
  std::vector<bool> leaving_;         ///< told to shut down
  std::vector<std::uint32_t> lives_;  ///< deaths so far: ids of connections start again after each
  std::map<node_index, standing_orders> orders_;
  std::vector<std::unique_ptr<doing>> doings_;  ///< in the order of the file
  std::vector<doing*> hearing_;                 ///< of them those that want to hear
  std::map<std::uint64_t, const work*> entries_;
  message_ear ear_;
  struct message {
    node_index from;
    std::uint64_t bytes;
  };
  std::uint64_t unnamed_ = 0;                      ///< numbers of messages that no entry hears of
  std::map<std::uint64_t, message> on_their_way_;  ///< by number, while somebody hears
  std::map<std::uint64_t, const schedule*> waiting_;  ///< entries for what has not held yet
};

}  // namespace tandem::scenarios
