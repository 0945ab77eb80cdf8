// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/asio/metrics_exporter.hpp"

namespace tandem {

/// What a scrape shows, in Prometheus' text format 0.0.4.
std::string metrics_text(const node_counters& counters, const std::vector<program_counter>& more);

}  // namespace tandem
