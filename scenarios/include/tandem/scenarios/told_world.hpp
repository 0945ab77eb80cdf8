// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/core/connection_manager.hpp"
#include "tandem/scenarios/level.hpp"
#include "tandem/scenarios/run.hpp"
#include "tandem/scenarios/world.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace tandem::scenarios {

/// A scenario that is told while it runs: its groups first, then an entry of its workload or a
/// fault at a time, before it begins or between two stretches of a run or from what at() and
/// listen() call. What is told is YAML or JSON text as in a file, read by the same readers and done
/// by the same code: the same scenario in a file has the same trace. All times count from the
/// start, and none may be past. One thread. Whatever cannot be used throws bad_input and changes
/// nothing.
class told_world {
 public:
  /// `head`: the keys of a file but `duration`, `groups`, `workload`, `faults` and `expectations`;
  /// `links` without `between`. `on` has virtual time.
  told_world(const std::string& head, const level& on, std::size_t events_max);
  ~told_world();

  /// Before it begins: a group as under `groups:`; returns its first node.
  node_index add_group(const std::string& name, const std::string& says);
  /// Before it begins: `links:` of groups that are there.
  void set_links(const std::string& says);

  /// An entry as under `workload:`, such as `{dial: {from: peers, to: server, at: 1s}}`.
  void add_entry(const std::string& says);
  /// An entry without a schedule, which does nothing by itself: act() gives its nodes their turns.
  std::size_t add_action(const std::string& says);
  /// A turn of `from`, as an entry of its own would give it: about `to` where it is about another.
  void act(std::size_t action, node_index from, node_index to, duration at);
  /// A fault as under `faults:`.
  std::size_t add_fault(const std::string& says);
  /// It is over then, and does not come back.
  void end_fault(std::size_t fault, duration at);
  /// What it throws ends the run at once, and run_until() throws it.
  void at(duration when, std::function<void()> what);
  /// Hears every notification in the moment it is given, from within the node: it may plan with
  /// at() and nothing else.
  void listen(std::function<void(node_index, time_point, const notification&)> who);
  /// Hears each message of the workload that arrives, in the same way: at whom, of whom.
  void listen_to_messages(std::function<void(node_index, node_index, std::uint64_t bytes)> who);

  /// Runs up to then, that moment included; the first time it begins. `stop` as in run_options.
  void run_until(duration until, const std::function<bool()>& stop);
  /// What was planned for this moment has happened.
  void settle();

  bool began() const noexcept;
  duration now() const noexcept;
  const level& on() const noexcept;
  /// Of its groups, what they say: the runs of nodes_ are in their order.
  const std::vector<group>& groups() const noexcept;

  // Once it began.
  bool lives(node_index node) const;
  /// Of a node that lives.
  const connection_manager& manager(node_index node) const;
  const peer_id& id(node_index node) const;
  /// The node with that peer id; -1 when there is none.
  std::int32_t index_of(const peer_id& peer) const;
  manager_counters counters(node_index node) const;
  /// Its established connections, oldest id first, and since when.
  std::vector<std::pair<connection_id, duration>> connections(node_index node) const;
  /// Every number that expectations know, of a whole group.
  std::vector<std::pair<std::string, std::uint64_t>> numbers(std::size_t group) const;
  std::string trace_hash() const;
  const run_result& so_far() const;
  /// The last call but its destruction.
  run_result finish();

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace tandem::scenarios
