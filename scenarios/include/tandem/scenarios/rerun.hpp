// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace tandem::scenarios {

/// A word of a command line as a shell takes it.
std::string quoted_for_shell(const std::string& text);

/// The command line that runs a scenario so again.
std::string rerun_line(const std::string& file, const std::string& level, std::uint64_t seed,
                       const std::vector<std::string>& sets);

}  // namespace tandem::scenarios
