// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/command/units.hpp"
#include "tandem/core/time.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tandem::scenarios {

/// One thing that is measured for each group. A `number` (gauge or counter) has a value at every
/// event, the sum over the nodes of the group; a `distribution` is a set of values.
struct measure {
  std::string name;
  bool distribution = false;
  enum unit unit = unit::plain;
};

/// Every measure: numbers first, then distributions; a measure is known by its index.
std::span<const measure> measures();
/// The index of the measure with this name.
std::optional<std::size_t> measure_named(std::string_view name);

enum class statistic : std::uint8_t {
  last,
  min,
  max,
  mean,   ///< of a number: over time; of a distribution: over its values
  count,  ///< of a distribution
  every,  ///< of a distribution: each value must do, and there is at least one
};

enum class comparison : std::uint8_t { equal, not_equal, less, at_most, greater, at_least, within };

/// `GROUP.METRIC[.last|.min|.max|.mean|.count] [at TIME] OP VALUE`.
struct expectation {
  std::string text;
  std::size_t group = 0;
  std::size_t measure = 0;
  enum statistic statistic = statistic::last;
  std::optional<duration> at;  ///< the value then, instead of at the end
  enum comparison comparison = comparison::equal;
  double low = 0;   ///< the value; the lower end of `within`. Times in seconds
  double high = 0;  ///< the upper end of `within`
};

/// Reads one expectation. Throws std::invalid_argument, whose text names what was not understood
/// and the closest thing known.
expectation parse_expectation(std::string_view text, std::span<const std::string> groups);

/// Whether `value` does.
bool holds(const expectation& what, double value) noexcept;

}  // namespace tandem::scenarios
