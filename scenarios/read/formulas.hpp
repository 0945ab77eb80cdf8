// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <string_view>
#include <vector>

namespace tandem::scenarios {

/// A function that expectations can call by its name. All arguments are plain numbers.
struct formula {
  std::string_view name;
  std::vector<std::string_view> arguments;
  double (*of)(std::span<const double>);
  std::string_view help;
};

std::span<const formula> formulas();

}  // namespace tandem::scenarios
