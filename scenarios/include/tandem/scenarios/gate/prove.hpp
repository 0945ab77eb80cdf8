// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/scenarios/gate/gate.hpp"

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace tandem::scenarios {

/// The mistakes that a build can make on purpose.
struct mutant_list {
  std::vector<std::string> names;           ///< the first one is none of them
  std::function<void(std::size_t)> choose;  ///< for the rest of this process
};

/// What noticed one of them.
struct proof {
  enum class how : std::uint8_t {
    nothing,      ///< nobody did
    fingerprint,  ///< every line held, but the run is another: a baseline shows it
    flaky,        ///< and run twice it is not the same
    crash,        ///< it crashed or never ended
    line,         ///< an expectation or invariant did not hold
  };
  std::string mutant;
  how by = how::nothing;
  std::string where{};  ///< `global_limit at message`
  std::string what{};   ///< the line, or what moved
};

/// Runs the cases, the shortest first, with each mutant until a line of one does not hold. Cases
/// that do not hold as they are are left out.
std::vector<proof> prove(const std::vector<gate_case>& cases, const gate_options& options,
                         const mutant_list& mutants);

std::string proof_table(const std::vector<proof>& proofs);
std::string proof_json(const std::vector<proof>& proofs);

}  // namespace tandem::scenarios
