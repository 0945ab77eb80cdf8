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
/// The JUnit file while cases run, whole whenever this process is killed: what has not ended is not
/// run. Throws as try_outputs().
class junit_so_far {
 public:
  junit_so_far(const std::vector<scenarios::gate_case>& cases, const ci_files& files);
  void add(const scenarios::gate_result& one);

 private:
  void write() const;

  std::string path_;
  std::vector<scenarios::gate_result> results_;
};
/// Writes the reports that files and the variables of GitHub's runners ask for. Throws bad_input
/// naming a file that cannot be written.
void write_outputs(const std::vector<scenarios::gate_result>& results, const ci_files& files);

}  // namespace tandem::cli
