// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/scenarios/world.hpp"

#include <optional>
#include <vector>

namespace tandem::scenarios {

/// What a node was told that holds for its next lives, too: marks and options as of a file that a
/// process reads when it starts, and what its host lacks.
class standing_orders {
 public:
  /// Keeps `told` if it is such.
  void keep(const operation& told);
  /// To be told again at `now`, in the order in which it was.
  std::vector<operation> at(time_point now) const;

 private:
  std::optional<events::configured> options_;
  std::optional<events::pressure> pressure_;
  std::vector<events::subnet_marked> networks_;
  std::vector<events::peer_marked> peers_;
};

}  // namespace tandem::scenarios
