// SPDX-License-Identifier: MIT
#pragma once

#include "run/thread_split.hpp"
#include "tandem/scenarios/run.hpp"
#include "tracker.hpp"

#include <vector>

namespace tandem::scenarios {

/// Fills the tables of events and samples of a result. Times count from `start`.
class recorder {
 public:
  recorder(const scenario& what, const run_options& options, const tracker& ledger,
           time_point start, run_result& into, thread_split split = {});

  /// As tracker::side_by_side() and in_order(): rows wait until then.
  void side_by_side() noexcept { apart_ = true; }
  void in_order();

  void on_notification(node_index node, time_point now, const notification& what);
  void on_event(node_index node, time_point now, const event& what);
  void on_action(node_index node, time_point now, const action& what);
  /// One row per group and, in small worlds, per node.
  void sample(time_point now);

 private:
  std::int64_t since_start(time_point at) const { return (at - start_).count(); }
  /// Keeps a value of a series that differs from the last one.
  void add_series(std::int64_t time, group_index group, std::int32_t node, std::size_t measure,
                  std::uint64_t value, std::uint64_t& last);
  void sample_series(std::int64_t time);
  struct stage_row {
    time_point now;
    node_index node;
    connection_id conn;
    life_stage stage;
  };
  struct event_row {
    time_point now;
    node_index node;
    notification what;
  };
  /// Of one thread, while it runs beside others.
  struct alignas(64) part {
    std::vector<event_row> events;
    std::vector<stage_row> stages;
    std::uint64_t dropped = 0;
  };
  void add_event(const event_row& row);
  void add_stage(node_index node, time_point now, connection_id conn, life_stage stage);
  void add_stage(const stage_row& row);
  template <class ValueOf>
  void add_sample(std::int64_t time, group_index group, std::int32_t node, ValueOf value_of);

  const scenario& scenario_;
  const run_options& options_;
  const tracker& tracker_;
  time_point start_;
  const bool each_node_;  ///< is sampled as well, not its group alone
  run_result& into_;
  thread_split split_;
  std::vector<part> parts_;
  bool apart_ = false;
  std::vector<std::vector<std::uint64_t>> last_of_group_;  ///< of each number, as it was kept
  std::vector<std::vector<std::uint64_t>> last_of_node_;
};

}  // namespace tandem::scenarios
