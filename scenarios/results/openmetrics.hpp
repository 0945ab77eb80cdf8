// SPDX-License-Identifier: MIT
#pragma once

#include "sqlite_file.hpp"
#include "tandem/scenarios/run.hpp"

#include <cstdint>
#include <ostream>

namespace tandem::scenarios {

/// As result_file::write_openmetrics(); `run` is the summary of `in`.
void write_openmetrics(std::ostream& out, const sqlite_file& in, const run_result& run,
                       std::int64_t begin);

}  // namespace tandem::scenarios
