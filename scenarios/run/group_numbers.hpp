// SPDX-License-Identifier: MIT
#pragma once

#include "measure_table.hpp"
#include "streaming.hpp"
#include "tandem/core/time.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

namespace tandem::scenarios {

/// A number over time: its value, extremes at every event, and mean over time.
class tracked_number {
 public:
  void begin(time_point now, std::uint64_t value) {
    value_ = min_ = max_ = value;
    began_ = since_ = now;
  }
  void add(time_point now, std::uint64_t up, std::uint64_t down) {
    area_ += static_cast<double>(value_) * static_cast<double>((now - since_).count());
    since_ = now;
    value_ += up - down;
    min_ = std::min(min_, value_);
    max_ = std::max(max_, value_);
  }
  std::uint64_t value() const noexcept { return value_; }
  std::uint64_t min() const noexcept { return min_; }
  std::uint64_t max() const noexcept { return max_; }
  double mean(time_point now) const noexcept {
    const auto length = static_cast<double>((now - began_).count());
    if (length <= 0) return static_cast<double>(value_);
    return (area_ + static_cast<double>(value_) * static_cast<double>((now - since_).count())) /
           length;
  }

 private:
  std::uint64_t value_ = 0;
  std::uint64_t min_ = 0;
  std::uint64_t max_ = 0;
  double area_ = 0;
  time_point began_{};
  time_point since_{};
};

/// A set of values, of which it keeps a summary.
struct tracked_spread {
  std::uint64_t count = 0;
  double min = 0;
  double max = 0;
  double sum = 0;
  double last = 0;

  void add(double value) {
    min = count ? std::min(min, value) : value;
    max = count ? std::max(max, value) : value;
    sum += value;
    last = value;
    ++count;
  }
};

/// Everything measured of one group.
struct group_numbers {
  std::vector<tracked_number> numbers = std::vector<tracked_number>(numbers_count());
  std::array<tracked_spread, spreads_count> spreads{};

  log_histogram dial_times;
  busiest_second attempts;

  tracked_spread& of(spread what) { return spreads[static_cast<std::size_t>(what)]; }
};

}  // namespace tandem::scenarios
