// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/asio/metrics_exporter.hpp"

#include <vector>

namespace tandem::cli {

/// The pages of `tandem node` beside /metrics: /healthz, /readyz, /peers, /limits, /explain.
/// `meter` watches the node, and outlives them.
std::vector<exporter_page> node_pages(const node_meter& meter);

}  // namespace tandem::cli
