// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/command/bad_input.hpp"
#include "tandem/command/units.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace tandem::cli {

/// The value of `--seed`, if any: CLI11 would wrap a negative number and clip a large one.
inline std::optional<std::uint64_t> read_seed(const std::optional<std::string>& given) {
  if (!given) return {};
  if (const auto value = parse_count(*given)) return value;
  throw bad_input("--seed " + *given, "must be a whole number from 0 to 18446744073709551615");
}

inline duration read_budget(const std::string& given) {
  const auto budget = parse_duration(given);
  if (budget && *budget > duration{}) return *budget;
  throw bad_input("--budget " + given, "must be a duration above 0, as in 90s, 10m or 2h");
}

}  // namespace tandem::cli
