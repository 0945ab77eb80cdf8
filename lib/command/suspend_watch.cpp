// SPDX-License-Identifier: MIT
#include "suspend_watch.hpp"

#include <ctime>
#include <utility>

namespace tandem::cli {
namespace {

duration since_boot() {
  timespec at{};
  ::clock_gettime(CLOCK_BOOTTIME, &at);
  return std::chrono::seconds(at.tv_sec) + std::chrono::nanoseconds(at.tv_nsec);
}

}  // namespace

suspend_watch::suspend_watch(clock now) : now_(now ? std::move(now) : since_boot), last_(now_()) {}

std::optional<duration> suspend_watch::look() {
  const auto now = now_();
  const auto away = now - std::exchange(last_, now);
  return away >= least ? std::optional(away) : std::nullopt;
}

}  // namespace tandem::cli
