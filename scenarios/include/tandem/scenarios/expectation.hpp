// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/command/units.hpp"
#include "tandem/core/time.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace tandem::scenarios {

/// A gauge rises and falls and a total only grows, at every event; the value of several nodes is
/// their sum. A distribution is a set of values.
enum class measure_kind : std::uint8_t { gauge, total, distribution };

/// One thing that is measured.
struct measure {
  std::string name;
  std::vector<std::string> also{};  ///< other names
  measure_kind kind = measure_kind::total;
  enum unit unit = unit::plain;  ///< of the values of a distribution
  std::string help{};            ///< one line
  /// Measures without which it could only be 0; none: whatever happens can change it.
  std::vector<std::string> causes{};
  std::string levels{};  ///< where it is known; empty: everywhere
  bool lags = false;     ///< its managers hear of it late

  bool is_distribution() const noexcept { return kind == measure_kind::distribution; }
};

/// Every measure: numbers first, then distributions; a measure is known by its index.
std::span<const measure> measures();
/// The index of the measure with this name.
std::optional<std::size_t> measure_named(std::string_view name);

enum class statistic : std::uint8_t {
  last,  ///< of a number: its value
  min,
  max,
  mean,      ///< of a number: over time; of a distribution: over its values
  count,     ///< of a distribution
  every,     ///< of a distribution: each value must do, and there is at least one
  quantile,  ///< of a number: over time
  peak,      ///< of a total: the most in any `per`
  rate,      ///< of a total: per second
};

enum class comparison : std::uint8_t {
  equal,
  not_equal,
  less,
  at_most,
  greater,
  at_least,
  within,  ///< between two values
  about,   ///< one value, give or take
};

/// A time, or something that happens.
struct moment {
  enum class base : std::uint8_t { start, heal, first_fault, fault_begin, fault_end };
  base from = base::start;
  std::size_t fault = 0;
  duration plus{};
  std::string text{};
  friend bool operator==(const moment&, const moment&) = default;
};

/// When it counts; both ends belong to it. `at`: the one moment `until`.
struct window {
  std::optional<moment> from{};
  std::optional<moment> until{};
  bool at = false;
  bool given() const noexcept { return from || until; }
};

/// A number or distribution of some nodes, as one place of a line uses it.
struct number_use {
  std::string text;  ///< as written
  std::size_t column = 0;
  std::size_t group = 0;
  std::uint32_t first = 0;  ///< of the group's nodes
  std::uint32_t count = 0;
  bool each = false;
  std::size_t measure = 0;
  enum statistic statistic = statistic::last;
  double fraction = 0;  ///< of quantile
  duration per{};       ///< of peak
  window when{};
};

/// Numbers, constants and named formulas with `+ - * /`.
struct expression {
  enum class kind : std::uint8_t {
    constant,
    number,
    negate,
    add,
    subtract,
    multiply,
    divide,
    call
  };
  kind what = kind::constant;
  double value = 0;       ///< of a constant; times in seconds
  std::size_t index = 0;  ///< of expectation::numbers, or of formulas()
  int seconds = 0;        ///< the power of a second: 1 a time, -1 a rate
  std::vector<expression> parts{};
};
/// NaN when a number has no value.
double value_of(const expression& of, std::span<const double> numbers);

/// One line. See scenarios/reference/expectations.md.
struct expectation {
  enum class kind : std::uint8_t { compare, reaches, falls_to };
  enum class quantifier : std::uint8_t { none, always, sometimes };
  std::string text;
  kind what = kind::compare;
  quantifier how = quantifier::none;
  std::vector<number_use> numbers{};
  expression left{};
  enum comparison comparison = comparison::equal;
  expression low{};       ///< the value; the lower end of `within`
  expression high{};      ///< the upper end of `within`, the tolerance of `about`
  bool relative = false;  ///< the tolerance is a part of the value
  duration within{};      ///< of reaches: after `of`
  moment of{};
  std::string allow_untested{};  ///< why it need not be put to the test
};

/// What a line can name.
struct expectation_names {
  std::vector<std::string> groups;
  std::vector<std::uint32_t> counts;  ///< nodes of each group
  std::vector<std::string> faults{};  ///< their names; empty: none
  duration length = duration::max();  ///< of the scenario
};

/// What was not understood, and where in the text.
class expectation_error : public std::invalid_argument {
 public:
  expectation_error(std::size_t column, const std::string& message)
      : std::invalid_argument(message), column_(column) {}
  std::size_t column() const noexcept { return column_; }

 private:
  std::size_t column_;
};

/// Reads one expectation. Throws expectation_error, whose text names the closest thing known.
expectation parse_expectation(std::string_view text, const expectation_names& names);

/// Whether the comparison of the line holds.
bool holds(const expectation& what, double left, double low, double high) noexcept;

}  // namespace tandem::scenarios
