// SPDX-License-Identifier: MIT
#pragma once

#include <optional>

namespace tandem {

/// What the system says of this process, as the client libraries of Prometheus tell it.
struct process_figures {
  double processor_seconds = 0;
  double open_descriptors = 0;
  std::optional<double> most_descriptors;  ///< nothing: no limit
  double resident_bytes = 0;
  double virtual_bytes = 0;
  double threads = 0;
  double start_seconds = 0;  ///< since 1970
};
process_figures process_now();

}  // namespace tandem
