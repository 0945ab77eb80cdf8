// SPDX-License-Identifier: MIT
#pragma once

#include "run/fault/fault.hpp"
#include "run/fault/weather.hpp"
#include "run/fault_book.hpp"
#include "run/workload.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <utility>
#include <vector>

namespace tandem::scenarios {

/// What can be wrong with a process or its host while a fault lasts.
enum class ailment : std::uint8_t { stands, reads_nothing, no_descriptors };

/// Begins and ends the faults of a scenario as time passes, and counts what they touch.
class fault_plan final : public doing {
 public:
  /// References outlive it. `grows`: more are added than the scenario has.
  fault_plan(workload& in, fault_book& book, weather& sky, bool grows);
  /// Nodes may still say something while a world ends: not into faults that are gone.
  ~fault_plan() override { sky_.clear(); }

  void begin() override;
  /// One more, which begins as it says, but not in the past.
  void add(const fault& what);
  /// It is over now, and does not come back.
  void end(std::size_t fault);
  bool hears() const override { return grows_ || !in_.plan().faults.empty(); }
  void on_notification(node_index node, time_point now, const notification& what) override;
  void on_killed(node_index node) override;

  // For the faults.
  weather& sky() noexcept { return sky_; }
  std::size_t nodes() const { return in_.ledger().nodes(); }
  node_list nodes_of(const node_selection& which) const { return in_.nodes_of(which); }
  std::uint64_t seed() const { return in_.seed(); }
  /// The node is dead as long as anybody says so, whatever the workload wants. True when it lived.
  bool power_off(node_index node) { return in_.power_off(node); }
  void power_on(node_index node) { in_.power_on(node); }
  bool lives(node_index node) const { return in_.lives(node); }
  /// What several faults say of a node holds until the last of them takes it back.
  void ail(node_index node, ailment what, bool on);
  void advance_clock(node_index node, duration by);
  void forget_flows(node_index node) { in_.place().forget_flows(node); }
  void touched(std::size_t fault, touch what) { book_.touched(fault, what); }
  /// Where the packets that a fault touches are counted.
  std::uint64_t* packets(std::size_t fault) { return book_.count_of(fault, touch::packets); }

 private:
  struct entry {
    const fault* what;
    std::unique_ptr<ongoing_fault> doing;
    random_stream random;        ///< its own
    std::uint64_t episodes = 0;  ///< in force
    bool over = false;           ///< somebody said so
  };
  struct suffering {
    std::array<std::uint32_t, 3> reasons{};  ///< of each ailment
    duration clock_ahead{};
  };
  void tell(node_index node);
  void begin(std::size_t index);
  void plan(std::size_t index, time_point from);
  void plan_episode(std::size_t index, time_point at);
  void plan_random_episode(std::size_t index, time_point from);
  void begin_episode(std::size_t index);
  void end_episode(std::size_t index);
  void finish_episode(std::size_t index);
  void count_what_is_there(std::size_t index);

  workload& in_;
  fault_book& book_;
  weather& sky_;
  bool grows_;
  std::vector<entry> entries_;  ///< in the order of the file
  std::map<node_index, suffering> sufferings_;
  /// Dials on the network, and at whom. A fault that begins touches them.
  boost::unordered_flat_map<std::pair<node_index, std::uint64_t>, node_index> under_way_;
};

}  // namespace tandem::scenarios
