// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/scenarios/run.hpp"
#include "tracker.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace tandem::scenarios {

/// Takes the fingerprints of a run from what its nodes tell, before `ledger` hears it. What is in
/// order is so at each node: nodes that act in the same instant do not change each other's.
class fingerprinter {
 public:
  fingerprinter(const scenario& what, const tracker& ledger, time_point start);

  void on_notification(node_index node, time_point now, const notification& what);
  void on_action(node_index node, time_point now, const action& what);
  void on_step(node_index node, time_point now, const connection_manager& manager);
  /// When it takes the next ones: before what happens then; never: at the end.
  time_point next_cut() const noexcept { return next_cut_; }
  /// It is that time, or later. Nodes that tell side by side tell of what comes before the next.
  void cut_before(time_point now) {
    while (now >= next_cut_) cut();
  }
  /// The run is over, and `ledger` finished.
  fingerprints finish();

 private:
  /// What was seen of one node; of `random` also how many numbers its manager had drawn.
  struct node_prints {
    std::uint64_t admission = 0;
    std::uint64_t backoff = 0;
    std::uint64_t timers = 0;
    std::uint64_t random = 0;
    std::uint64_t draws = 0;
  };
  void cut();
  void add_sums();

  const scenario& scenario_;
  const tracker& tracker_;
  time_point start_;
  time_point next_cut_{};
  std::size_t cuts_ = 0;
  std::vector<node_prints> nodes_;
  fingerprints prints_{};
};

}  // namespace tandem::scenarios
