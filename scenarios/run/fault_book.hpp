// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/core/time.hpp"
#include "tandem/scenarios/run.hpp"

#include <cstddef>
#include <deque>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

namespace tandem::scenarios {

/// What every fault of a run did, in the order of the file. Who carries a fault out calls began(),
/// ended() and touched(); expectations and results read.
class fault_book {
 public:
  explicit fault_book(std::vector<fault_head> faults);
  /// One more, which comes behind those there are.
  void add(fault_head fault) { faults_.push_back({std::move(fault)}); }

  /// Again and again, when a fault comes and goes.
  void began(std::size_t fault, time_point now);
  void ended(std::size_t fault, time_point now);
  /// `by` more of what the fault changed: nodes it hit, established connections it concerned,
  /// attempts that began into it, packets it dropped, held up or bent.
  void touched(std::size_t fault, touch what, std::uint64_t by = 1);

  /// Where it counts these, for who counts often.
  std::uint64_t* count_of(std::size_t fault, touch what) {
    return &faults_[fault].touched[static_cast<std::size_t>(what)];
  }

  std::size_t size() const noexcept { return faults_.size(); }
  /// It began and has not ended since.
  bool on(std::size_t fault) const { return faults_[fault].on; }
  std::optional<time_point> first_began(std::size_t fault) const { return faults_[fault].began; }
  std::optional<time_point> last_ended(std::size_t fault) const { return faults_[fault].ended; }
  /// When the last fault ended, if none is on now and one was.
  std::optional<time_point> healed() const;
  /// Called after each began() and ended().
  void on_change(std::function<void(time_point now)> tell) { tell_ = std::move(tell); }

  std::vector<fault_result> results() const;

 private:
  struct entry {
    fault_head head;
    bool on = false;
    std::optional<time_point> began{};
    std::optional<time_point> ended{};
    std::uint64_t times = 0;
    std::array<std::uint64_t, touches_count> touched{};
  };
  std::deque<entry> faults_;  // does not move what count_of() gave
  std::function<void(time_point)> tell_;
};

}  // namespace tandem::scenarios
