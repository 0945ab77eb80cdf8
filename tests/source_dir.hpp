// SPDX-License-Identifier: MIT
#pragma once

#include <string>

namespace tandem {

/// The checkout the tests were built from, for the files that they read. Compiled in one place, so
/// that builds of two checkouts share everything else in the compiler's cache.
std::string source_dir();

}  // namespace tandem
