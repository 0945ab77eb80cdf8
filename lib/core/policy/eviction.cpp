// SPDX-License-Identifier: MIT
#include "core/policy/eviction.hpp"

#include <algorithm>
#include <bit>

namespace tandem::detail {
namespace {

constexpr int points_most = 20;
constexpr int subnet_doublings_most = 10;
constexpr std::int64_t subnet_weight = 4;

/// 0 below one unit, 1 from one, 2 from two, 3 from four, and so on.
std::int64_t points(std::uint64_t units) noexcept {
  return std::min(static_cast<int>(std::bit_width(units)), points_most);
}
std::int64_t points(duration value, duration unit) noexcept {
  return value < unit ? 0 : points(static_cast<std::uint64_t>(value / unit));
}

}  // namespace

std::int64_t score_of(const standing& s) noexcept {
  const std::uint64_t others = s.subnet_connections > 0 ? s.subnet_connections - 1 : 0;
  const auto crowd = std::min(static_cast<int>(std::bit_width(others)), subnet_doublings_most);
  return s.tag + points(s.age, std::chrono::seconds(1)) + points(s.bytes >> 10) -
         points(s.srtt, std::chrono::milliseconds(1)) - subnet_weight * crowd;
}

}  // namespace tandem::detail
