// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/scenarios/run.hpp"
#include "tandem/scenarios/world.hpp"
#include "tracker.hpp"

#include <chrono>
#include <cstdint>
#include <exception>

namespace tandem::scenarios {

/// Reports progress and asks whether to stop. An exception of a callback must not pass through the
/// network: it is kept, and thrown when the network has returned.
class run_supervisor {
 public:
  /// References outlive it.
  run_supervisor(const run_options& options, const world& in, const tracker& ledger,
                 time_point start, duration length);

  bool ask() noexcept;
  /// For whoever asks after every event: every now and then it asks, stop() counts at once.
  bool ask_seldom() noexcept { return stopped_ || (++asked_ % events_between_asks == 0 && ask()); }
  void stop() noexcept { stopped_ = true; }
  /// It was stopped, and goes on.
  void go_on() noexcept { stopped_ = false; }
  bool stopped() const noexcept { return stopped_; }
  void rethrow();
  double wall_s() const;

 private:
  using wall_clock = std::chrono::steady_clock;
  static constexpr std::uint64_t events_between_asks = 1024;

  const run_options& options_;
  const world& world_;
  const tracker& tracker_;
  time_point start_;
  duration length_;
  wall_clock::time_point began_ = wall_clock::now();
  wall_clock::time_point reported_ = began_;
  std::uint64_t asked_ = 0;
  bool stopped_ = false;
  std::exception_ptr failure_;
};

}  // namespace tandem::scenarios
