// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/scenarios/run.hpp"
#include "tracker.hpp"

namespace tandem::scenarios {

/// Fills the tables of events and samples of a result. Times count from `start`.
class recorder {
 public:
  recorder(const scenario& what, const run_options& options, const tracker& ledger,
           time_point start, run_result& into);

  void on_notification(node_index node, time_point now, const notification& what);
  /// One row per group and, in small worlds, per node.
  void sample(time_point now);

 private:
  std::int64_t since_start(time_point at) const { return (at - start_).count(); }
  template <class ValueOf>
  void add_sample(std::int64_t time, group_index group, std::int32_t node, ValueOf value_of);

  const scenario& scenario_;
  const run_options& options_;
  const tracker& tracker_;
  time_point start_;
  run_result& into_;
};

}  // namespace tandem::scenarios
