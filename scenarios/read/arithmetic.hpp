// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace tandem::scenarios {

/// A number with what it measures, as `${...}` calculates with it.
struct quantity {
  enum class kind : std::uint8_t { plain, duration, rate, bandwidth, bytes };
  kind what = kind::plain;
  double value = 0;  ///< nanoseconds, per second, bits per second, bytes
};

/// `5`, `1%`, `30s`, `20/s`, `10Mbit/s`, `64KiB`; nothing for anything else.
std::optional<quantity> read_quantity(std::string_view text);
/// As the reader of that kind of value takes it.
std::string text_of(const quantity& of);
/// The same with a point where that is shorter: `27.8ms`, where text_of() says `27800us`.
std::string short_text_of(const quantity& of);

/// The value of a name; throws std::invalid_argument when there is none.
using quantity_of_name = std::function<quantity(std::string_view name)>;

/// Calculates names and quantities with `+ - * /` and parentheses: `outage + 5m`, `0.9 * peers`.
/// Sums need one kind on both sides; a product takes a plain number, or a rate and a duration; a
/// quotient of one kind is plain. Throws std::invalid_argument.
quantity calculate(std::string_view text, const quantity_of_name& named);

}  // namespace tandem::scenarios
