// SPDX-License-Identifier: MIT
#pragma once

#include "sqlite_file.hpp"
#include "tandem/scenarios/run.hpp"

namespace tandem::scenarios {

/// Puts all of a result into tables that are empty.
void write_rows(sqlite_file& into, const run_result& result);

}  // namespace tandem::scenarios
