// SPDX-License-Identifier: MIT
#pragma once

#include <string>

namespace CLI {
class App;
}

namespace tandem::cli {

/// Every command with its options as JSON, from what --help prints: of it manual pages and the
/// completion of shells are made.
std::string command_table(const CLI::App& program);

}  // namespace tandem::cli
