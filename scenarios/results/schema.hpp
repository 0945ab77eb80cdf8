// SPDX-License-Identifier: MIT
#pragma once

#include "sqlite_file.hpp"

namespace tandem::scenarios {

/// Makes the tables and views of an empty result, in the version of this build.
void make_tables(sqlite_file& in);

/// Brings the tables of an older version to that of this build, one version after the other.
void migrate(sqlite_file& in, int from);

}  // namespace tandem::scenarios
