// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/core/actions.hpp"

#include <array>
#include <cstdint>
#include <string_view>

namespace tandem::cli {

/// How much what happens to a node matters to who reads its log.
enum class log_level : std::uint8_t {
  debug,    ///< steps on the way, and messages
  info,     ///< connections, refusals, dials that end
  warning,  ///< what an operator may have to look after
};
inline constexpr std::array every_log_level{log_level::debug, log_level::info, log_level::warning};

constexpr std::string_view name_of(log_level level) noexcept {
  constexpr std::array<std::string_view, every_log_level.size()> names{"debug", "info", "warning"};
  return names[static_cast<std::size_t>(level)];
}

constexpr log_level level_of(notice kind) noexcept {
  switch (kind) {
    case notice::dial_started:
    case notice::attempt_failed:
    case notice::address_untried:
    case notice::backoff_started:
    case notice::circuit_half_opened:
      return log_level::debug;
    case notice::circuit_opened:
    case notice::uplink_lost:
    case notice::uplink_restored:
      return log_level::warning;
    default:
      return log_level::info;
  }
}

}  // namespace tandem::cli
