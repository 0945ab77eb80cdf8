// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/core/counters.hpp"

#include <cstdint>
#include <span>
#include <string_view>

namespace tandem {

/// One of the manager's numbers.
struct counter_row {
  std::string_view name;    ///< of the field; in recordings and scenario files
  std::string_view metric;  ///< its Prometheus name; empty: no metric
  std::uint64_t manager_counters::*field;
  bool gauge;             ///< it falls as well; else a total
  bool measured;          ///< scenarios sample it and know it in expectations
  std::string_view help;  ///< one sentence
};

/// Every number of manager_counters but those of refusals by cause, in the order of its members.
std::span<const counter_row> counter_table() noexcept;

/// The first of them: the metrics that are documented. Scenario files call them by their metric.
std::span<const counter_row> metric_table() noexcept;

}  // namespace tandem
