// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/scenarios/run.hpp"

#include <span>
#include <string>

namespace tandem::scenarios {

/// One JSON array, an object per result (scenarios/README.md lists the keys), ending in a newline.
std::string to_json(std::span<const run_result> results);

/// Expectations down, levels across, each with what was measured; then one line per result that
/// runs it again.
std::string to_table(std::span<const run_result> results);

/// Writes `directory/SCENARIO-LEVEL-SEED.sqlite` (tables run, nodes, events, samples; see
/// scenarios/README.md), replacing an older one, and returns its path. Makes the directory.
/// Throws std::runtime_error naming the file and SQLite's reason.
std::string write_sqlite(const run_result& result, const std::string& directory);

/// Version of the SQLite schema, kept in `PRAGMA user_version`.
inline constexpr int sqlite_schema_version = 1;

}  // namespace tandem::scenarios
