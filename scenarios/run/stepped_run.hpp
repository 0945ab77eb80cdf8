// SPDX-License-Identifier: MIT
#pragma once

#include "fingerprint.hpp"
#include "observations.hpp"
#include "run/fault/fault_plan.hpp"
#include "run_supervisor.hpp"
#include "tandem/scenarios/run.hpp"
#include "workload.hpp"

#include <functional>
#include <memory>

namespace tandem::scenarios {

/// A run that is told how far to go: run() in pieces, with a look between two of them.
class stepped_run {
 public:
  /// `open_ended`: entries and faults may be added while it runs. `what` and `on` outlive it.
  /// Throws bad_input when the level cannot honour the scenario.
  stepped_run(const scenario& what, const level& on, const run_options& options, bool open_ended);
  ~stepped_run();
  stepped_run(const stepped_run&) = delete;
  stepped_run& operator=(const stepped_run&) = delete;

  /// Hears each notification after everybody else.
  using ear = std::function<void(node_index, time_point, const notification&)>;
  void listen(ear who);
  /// Until then, or until somebody says stop. Throws what a callback threw.
  void run_until(duration since_start);
  /// It ends: what was found.
  run_result finish();

  workload& work() noexcept;
  fault_plan& faults() noexcept;
  const tracker& ledger() const noexcept;
  const world& place() const noexcept;
  run_supervisor& supervisor() noexcept;
  time_point start() const noexcept;
  /// What was recorded so far.
  const run_result& so_far() const noexcept;

 private:
  class listener;
  struct parts;
  std::unique_ptr<parts> parts_;
};

}  // namespace tandem::scenarios
