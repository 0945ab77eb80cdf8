// SPDX-License-Identifier: MIT
#pragma once

#include "fault_book.hpp"
#include "tandem/core/random.hpp"
#include "tracker.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace tandem::scenarios {

/// Does in a world what a scenario's `workload` and `faults` say. Stays valid until the world is
/// gone.
class workload {
 public:
  /// Times of the scenario count from `start`. References outlive this.
  workload(const scenario& what, world& in, tracker& ledger, fault_book& faults, std::uint64_t seed,
           time_point start);

  ~workload();

  /// Plans everything.
  void begin();
  void on_notification(node_index node, time_point now, const notification& what);

 private:
  struct dial_state;
  struct keep_state {
    const keep_connected_work* work = nullptr;
    node_index target = 0;
    request_id request{};  ///< none: not dialling
    bool planned = false;  ///< a dial is planned
    random_stream random;  ///< of its pauses
  };
  using keep_list = std::vector<keep_state>;  ///< of one node, in the order of the file
  struct hold_state {
    random_stream* random;
    const duration_distribution* hold;
  };
  using key = std::pair<node_index, std::uint64_t>;

  node_index node_of(group_index group, std::uint64_t member) const {
    return first_node_[group] + static_cast<node_index>(member);
  }
  std::uint64_t size_of(group_index group) const { return scenario_.groups[group].count; }
  /// The member of `to` for the k-th choice, never `from` itself.
  node_index target_of(group_index to, node_index from, std::uint64_t k) const;

  request_id dial(node_index from, node_index to, dial_mode mode, duration deadline);
  void plan_dials(const dial_work& work, std::size_t index);
  void next_dial(dial_state& state);
  void dial_once(dial_state& state);
  void plan_sends(const send_work& work);
  void send_round(const send_work& work, std::uint64_t round);
  void plan_keep(const keep_connected_work& work, std::size_t index);
  void keep_dial(node_index node, std::size_t slot);
  void keep_first(node_index node, std::size_t slot, time_point when);
  duration pause_of(keep_state& state) const;
  void keep_later(node_index node, std::size_t slot, time_point when);
  void on_keep_notification(node_index node, time_point now, const notification& what);
  void plan(const group_work& work);
  void run_on(group_work::kind what, node_index node);
  void end_life(node_index node);
  void plan_faults();
  void change_fault(std::size_t fault, bool on);
  void apply_faults();
  /// Exactly one of them is in the groups of this partition.
  bool parts(const partition_fault& fault, node_index one, node_index other) const;
  void count_cut_connections(std::size_t fault);

  const scenario& scenario_;
  world& world_;
  tracker& tracker_;
  fault_book& book_;
  std::uint64_t seed_;
  time_point start_;
  std::vector<node_index> first_node_;
  std::vector<bool> alive_;           ///< not killed
  std::vector<bool> leaving_;         ///< told to shut down
  std::vector<std::uint32_t> lives_;  ///< deaths so far: ids of connections start again after each
  std::vector<std::unique_ptr<dial_state>> dials_;
  boost::unordered_flat_map<key, hold_state> holds_;
  boost::unordered_flat_map<node_index, keep_list> keeps_;
};

}  // namespace tandem::scenarios
