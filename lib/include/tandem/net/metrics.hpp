// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/core/connection_manager.hpp"

#include <cstdint>
#include <span>
#include <string_view>

namespace tandem {

enum class metric_kind : std::uint8_t { gauge, counter };

/// One metric users see: its Prometheus name, and where its number comes from.
struct metric_row {
  std::string_view name;
  metric_kind kind;
  std::uint64_t manager_counters::*field;
  std::string_view help;
};

/// The `icn_p2p_*` metrics, in the order they are documented. Scrapes, results and expectations all
/// read this table, so that they agree.
std::span<const metric_row> metric_table() noexcept;

/// The row with this name, or null.
const metric_row* metric_named(std::string_view name) noexcept;

}  // namespace tandem
