// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/scenarios/gate/gate.hpp"

#include <string>
#include <vector>

namespace tandem::cli {

struct ci_files {
  std::string junit;    ///< empty: none
  std::string summary;  ///< empty: $GITHUB_STEP_SUMMARY, where that is set
};

/// Throws bad_input naming a file that cannot be written, before a long run instead of after it.
void try_outputs(const ci_files& files);
/// Writes the reports that files and the variables of GitHub's runners ask for. Throws bad_input
/// naming a file that cannot be written.
void write_outputs(const std::vector<scenarios::gate_result>& results, const ci_files& files);

}  // namespace tandem::cli
