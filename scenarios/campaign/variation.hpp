// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/core/random.hpp"
#include "tandem/scenarios/scenario.hpp"
#include "tandem/scenarios/swarm_spec.hpp"

#include <string>
#include <vector>

namespace tandem::scenarios {

/// Draws what a seed of `tandem swarm` changes. Everything is decided by the seed.
class variation {
 public:
  variation(const scenario& base, const swarm_spec& spec, std::vector<std::string> kinds);

  /// `path=value` for some of the ranges and of the managers' options: each seed leaves out others.
  std::vector<std::string> values(std::uint64_t seed) const;
  /// Entries of `faults:`, each in one line. All are over when the chaos is.
  std::vector<std::string> faults(std::uint64_t seed) const;
  /// One fault of a kind.
  std::string fault(const std::string& kind, random_stream& random) const;
  duration chaos() const;

 private:
  std::string nodes(random_stream& random) const;
  std::string time_of(const std::string& kind, random_stream& random) const;

  const scenario& base_;
  const swarm_spec& spec_;
  std::vector<std::string> kinds_;
};

}  // namespace tandem::scenarios
