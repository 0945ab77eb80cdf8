// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/scenarios/run.hpp"

#include <ostream>

namespace tandem::scenarios {

/// As result_file::write_perfetto(); `run` has its events and stages.
void write_perfetto(std::ostream& out, const run_result& run);

}  // namespace tandem::scenarios
