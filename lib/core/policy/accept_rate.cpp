// SPDX-License-Identifier: MIT
#include "core/policy/accept_rate.hpp"

#include <algorithm>

namespace tandem::detail {

namespace {

// No bucket takes longer to fill, however slow its rate: sums with it stay far from overflow.
constexpr duration fill_most = std::chrono::hours(24 * 365);

}  // namespace

accept_rate::accept_rate(double per_second, std::uint64_t burst) noexcept {
  if (per_second <= 0) return;
  const double period = 1e9 / per_second + 0.5;
  const auto most = static_cast<double>(fill_most.count());
  period_ = std::max(duration(1), duration(static_cast<duration::rep>(std::min(period, most))));
  const auto more = static_cast<duration::rep>(burst - 1);
  tolerance_ = more < fill_most / period_ ? period_ * more : fill_most;
}

time_point accept_rate::ready_at(time_point& full, time_point now) const noexcept {
  full = std::min(full, later(now, tolerance_ + period_));
  return full <= now || full - now <= tolerance_ ? now : full - tolerance_;
}

void accept_rate::take(time_point& full, time_point now) const noexcept {
  full = later(std::max(full, now), period_);
}

}  // namespace tandem::detail
