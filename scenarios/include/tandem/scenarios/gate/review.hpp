// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/scenarios/gate/gate.hpp"

#include <functional>
#include <vector>

namespace tandem::scenarios {

enum class answer : std::uint8_t { keep, accept, quit };

/// Asks of every result that is not what its baseline says, or has none, whether what was found is
/// the baseline from now on, and writes the files of those that are accepted. Results that failed
/// are not asked about. A level that its scenario declares no more goes from a file that is
/// written. How many were accepted.
std::size_t review(const std::vector<gate_result>& results,
                   const std::function<answer(const gate_result&)>& ask);

}  // namespace tandem::scenarios
