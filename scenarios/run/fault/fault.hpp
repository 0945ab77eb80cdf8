// SPDX-License-Identifier: MIT
#pragma once

#include "read/yaml_value.hpp"
#include "tandem/scenarios/duration_distribution.hpp"
#include "tandem/scenarios/expectation.hpp"
#include "tandem/scenarios/nodes.hpp"
#include "tandem/scenarios/scenario.hpp"
#include "tandem/scenarios/world.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tandem::scenarios {

class fault_plan;

/// When a fault is in force: once, or in episodes. Episodes that overlap are one longer one.
struct timeline {
  duration at{};                                ///< the first begins, at the earliest
  duration until = duration::max();             ///< none begins any more, and one in force ends
  std::optional<duration_distribution> length;  ///< of each episode; none: to `until`
  duration every{};                             ///< from one beginning to the next; 0: once
  double per_second = 0;                        ///< beginnings while it is off, at random; 0: none
  std::optional<expectation> on{};              ///< `at` is when this first holds
  bool moment = false;                          ///< it happens, and is over at once

  bool again() const noexcept { return every > duration{} || per_second > 0; }
};

/// One entry of `faults:` while its scenario runs.
class ongoing_fault {
 public:
  virtual ~ongoing_fault() = default;
  virtual void begin() = 0;
  /// Everything is as if this fault had not been; others may still be in force.
  virtual void end() = 0;
  /// It changes, while it is in force, what passes between these two, in some direction.
  virtual bool concerns(node_index one, node_index other) const = 0;
  /// It touches connections between such two that are there when it begins.
  virtual bool concerns_connections() const { return true; }
};

/// Nodes that a fault names.
struct fault_nodes {
  std::vector<node_selection> which;
  std::string text;  ///< as the file says it
};

/// One entry of `faults:` as the file says it.
class fault : public fault_head {
 public:
  virtual ~fault() = default;
  /// `index`: its place in the list. `in` outlives it.
  virtual std::unique_ptr<ongoing_fault> start(fault_plan& in, std::size_t index) const = 0;
  /// Whose processes or hosts suffer it; null: it is the network's.
  virtual const fault_nodes* sufferers() const { return nullptr; }

  timeline when;
};

/// A word that can stand in `faults:`, and who reads what stands behind it.
struct fault_kind {
  std::string_view word;
  std::unique_ptr<fault> (*read)(const yaml_value& value, const scenario& of);
};

/// Every kind of fault, in the order in which they are listed: a new one is its file and its line
/// there.
std::span<const fault_kind> fault_kinds();

}  // namespace tandem::scenarios
