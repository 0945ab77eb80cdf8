// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/asio/metrics_exporter.hpp"

namespace tandem {

enum class metrics_format : std::uint8_t {
  text,         ///< Prometheus' own, 0.0.4
  openmetrics,  ///< 1.0
};
std::string_view content_type_of(metrics_format) noexcept;

/// What a scrape shows. `meter` may be null.
std::string metrics_text(metrics_format as, const node_counters& counters,
                         const std::vector<program_counter>& more, const node_meter* meter);

}  // namespace tandem
