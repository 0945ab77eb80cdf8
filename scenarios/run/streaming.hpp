// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/core/time.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>

namespace tandem::scenarios {

/// Counts values in buckets 1 % wide, so that quantiles are right to half of that, however many
/// values there were.
class log_histogram {
 public:
  void add(double value) {
    ++buckets_[value > 0 ? static_cast<int>(std::lround(std::log(value) / width)) : lowest];
    ++count_;
  }
  /// The least value that this part of all reaches; none without values.
  std::optional<double> quantile(double fraction) const {
    std::uint64_t passed = 0;
    for (const auto& [bucket, count] : buckets_)
      if (passed += count; static_cast<double>(passed) >= fraction * static_cast<double>(count_))
        return bucket == lowest ? 0 : std::exp(bucket * width);
    return {};
  }

 private:
  static constexpr double width = 0.01;
  static constexpr int lowest = -1'000'000;

  std::map<int, std::uint64_t> buckets_;
  std::uint64_t count_ = 0;
};

/// The most of something in any second.
class busiest_second {
 public:
  void add(time_point now) {
    recent_.push_back(now);
    while (recent_.front() <= now - std::chrono::seconds(1)) recent_.pop_front();
    most_ = std::max<std::uint64_t>(most_, recent_.size());
  }
  std::uint64_t most() const noexcept { return most_; }

 private:
  std::deque<time_point> recent_;
  std::uint64_t most_ = 0;
};

}  // namespace tandem::scenarios
