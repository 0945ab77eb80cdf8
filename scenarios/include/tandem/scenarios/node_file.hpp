// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/core/time.hpp"

#include <optional>
#include <string>
#include <vector>

namespace tandem::scenarios {

/// Whether a file has options of a connection manager by themselves, and is no scenario.
bool is_node_file(const std::string& path);

/// What contradicts each other in the file, the memory and open files of this machine's processes,
/// Linux's SYNs, and a round trip where one is given: allowed, and probably not meant. One line
/// each, with its place. Throws bad_inputs with every mistake in it.
std::vector<std::string> contradictions_in_node_file(const std::string& path,
                                                     std::optional<duration> round_trip);

}  // namespace tandem::scenarios
