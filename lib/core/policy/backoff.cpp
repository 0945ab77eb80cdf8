// SPDX-License-Identifier: MIT
#include "core/policy/backoff.hpp"

#include "core/mutant.hpp"
#include "core/policy/jitter.hpp"

#include <algorithm>
#include <limits>

namespace tandem::detail {

namespace {

__extension__ using wide = unsigned __int128;

constexpr unsigned fraction_bits = 48;
constexpr std::uint32_t steps_max = 1024;

}  // namespace

duration backoff_ceiling(const backoff_options& options, std::uint32_t n) noexcept {
  // A multiplication by a power of two is exact, so the factor is the same on every platform.
  const auto factor =
      static_cast<std::uint64_t>(options.backoff_multiplier * (std::uint64_t{1} << fraction_bits));
  const auto cap = mutant(mutation::backoff_without_cap)
                       ? std::uint64_t{1} << 60
                       : static_cast<std::uint64_t>(options.backoff_cap.count());
  auto value = static_cast<std::uint64_t>(options.backoff_base.count());
  if (factor <= std::uint64_t{1} << fraction_bits)
    return std::min(options.backoff_base, options.backoff_cap);
  const std::uint32_t steps = std::min(n, steps_max);
  for (std::uint32_t i = 1; i < steps && value < cap; ++i) {
    const wide rounded =
        (static_cast<wide>(value) * factor + (wide{1} << (fraction_bits - 1))) >> fraction_bits;
    value = rounded < cap ? static_cast<std::uint64_t>(rounded) : cap;
  }
  return duration(std::min(value, cap));
}

backoff_delay next_backoff(const backoff_options& options, std::uint32_t n, duration previous,
                           random_stream& random) noexcept {
  const duration ceiling = backoff_ceiling(options, n);
  if (mutant(mutation::backoff_without_jitter)) return {ceiling, ceiling};
  if (mutant(mutation::looks_at_a_clock))
    return {ceiling - std::min(ceiling, duration(forbidden_clock() % 1000)), ceiling};
  switch (options.backoff_strategy) {
    case backoff_strategy::none:
      random.next();
      return {};
    case backoff_strategy::exponential:
      random.next();
      return {ceiling, ceiling};
    case backoff_strategy::equal:
      return {uniform(ceiling / 2, ceiling, random), ceiling};
    case backoff_strategy::full:
      return {uniform({}, ceiling, random), ceiling};
    case backoff_strategy::decorrelated: {
      const duration base = std::min(options.backoff_base, options.backoff_cap);
      // Three times the previous delay, without overflow for a cap of centuries.
      const duration before = std::max(base, previous);
      const duration most = times(before, 3);
      return {std::min(options.backoff_cap, uniform(base, most, random)),
              std::min(options.backoff_cap, most)};
    }
  }
  return {};
}

std::uint32_t left_of(std::uint32_t count, time_point last, time_point now,
                      duration refund) noexcept {
  if (count == 0 || now <= last) return count;
  const auto refunds = static_cast<std::uint64_t>((now - last) / refund);
  return refunds >= count ? 0 : count - static_cast<std::uint32_t>(refunds);
}

time_point nothing_left_at(std::uint32_t count, time_point last, duration refund) noexcept {
  if (count == 0) return time_point::min();
  const time_point latest = never - duration(1);
  return (latest - last) / refund <= count ? latest : last + refund * count;
}

void backoff_count::failed(time_point now, const backoff_options& options, random_stream& random,
                           duration at_least) noexcept {
  failures_ = failures(now, options.backoff_refund);
  if (failures_ == 0) previous_ = duration::zero();
  if (failures_ < std::numeric_limits<std::uint32_t>::max()) ++failures_;
  const backoff_delay drawn = next_backoff(options, failures_, previous_, random);
  previous_ = drawn.delay;
  ceiling_ = drawn.ceiling;
  last_ = now;
  until_ = later(now, std::max(drawn.delay, at_least));
}

void backoff_count::postpone(time_point until) noexcept { until_ = std::max(until_, until); }

time_point backoff_count::expiry(duration refund) const noexcept {
  const time_point latest = never - duration(1);
  return std::min(latest, std::max(until_, nothing_left_at(failures_, last_, refund)));
}

}  // namespace tandem::detail
