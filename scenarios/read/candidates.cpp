// SPDX-License-Identifier: MIT
#include "tandem/scenarios/candidates.hpp"

#include "arithmetic.hpp"
#include "tandem/command/units.hpp"
#include "tandem/scenarios/sweep_spec.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <ranges>
#include <stdexcept>
#include <utility>

namespace tandem::scenarios {
namespace {

constexpr double far = 64;         // from a value to either end around it
constexpr int steps_around = 418;  // each way: a percent apart
constexpr double apart = 1.01;
constexpr std::size_t steps_of_a_range = 200;  // of one that begins at 0

[[noreturn]] void fail(const std::string& message) { throw std::invalid_argument(message); }

// Three digits tell values apart that differ by a percent.
double three_digits(double value) {
  if (value == 0) return 0;
  const double digit = std::pow(10, std::floor(std::log10(std::abs(value))) - 2);
  return digit >= 1 ? std::round(value / digit) * digit
                    : std::round(value * std::round(1 / digit)) / std::round(1 / digit);
}

void add(const quantity& value, std::vector<std::string>& to) {
  if (auto text = short_text_of(value); to.empty() || to.back() != text)
    to.push_back(std::move(text));
}

/// Both ends as they are, and what lies between them rounded.
std::vector<std::string> spread(const std::string& first, const std::string& last) {
  const auto from = *read_quantity(first);
  const auto to = *read_quantity(last);
  const bool factor = from.value > 0;
  const auto steps =
      factor
          ? static_cast<std::size_t>(std::ceil(std::log(to.value / from.value) / std::log(apart)))
          : steps_of_a_range;
  std::vector<std::string> out{first};
  for (std::size_t i = 1; i < steps; ++i) {
    const double part = static_cast<double>(i) / static_cast<double>(steps);
    const double value = three_digits(factor ? from.value * std::pow(to.value / from.value, part)
                                             : from.value + part * (to.value - from.value));
    if (value > from.value && value < to.value) add({from.what, value}, out);
  }
  out.push_back(last);
  return out;
}

std::optional<std::pair<std::string, std::string>> ends_of(std::string_view text) {
  const auto dots = text.find("..");
  if (dots == std::string_view::npos) return {};
  std::pair ends{std::string(text.substr(0, dots)), std::string(text.substr(dots + 2))};
  if (!read_quantity(ends.first) || !read_quantity(ends.second)) return {};
  return ends;
}

std::vector<std::string> listed(std::string_view text) {
  auto values = read_axis_values(text);
  std::optional<quantity> before;
  for (const auto& each : values) {
    const auto value = read_quantity(each);
    if (!value) fail(quoted(each) + " is no value that can be more or less than another");
    if (before && before->what != value->what)
      fail("the values of " + quoted(text) + " must measure the same thing");
    if (before && !(before->value < value->value))
      fail("the values of " + quoted(text) + " must rise");
    before = value;
  }
  if (values.size() < 2) fail("write FROM..TO, as in 1..1024 or 10ms..2s, not " + quoted(text));
  return values;
}

}  // namespace

candidates candidates::between(std::string_view text) {
  candidates out;
  if (const auto ends = ends_of(text)) {
    const auto from = *read_quantity(ends->first);
    const auto to = *read_quantity(ends->second);
    if (from.what != to.what) fail("the ends of " + quoted(text) + " must measure the same thing");
    if (!(from.value < to.value)) fail("the ends of " + quoted(text) + " must rise");
    if (from.value < 0) fail("the ends of " + quoted(text) + " must not be below 0");
    const auto first = parse_count(ends->first);
    const auto last = parse_count(ends->second);
    if (first && last) {
      out.first_ = *first;
      out.count_ = *last - *first + 1;
      return out;
    }
    out.texts_ = spread(ends->first, ends->second);
  } else {
    out.texts_ = listed(text);
  }
  out.count_ = out.texts_.size();
  return out;
}

candidates candidates::around(std::string_view text) {
  const auto middle = read_quantity(text);
  if (!middle || middle->value <= 0)
    fail("it is " + quoted(text) + ", and nobody knows what is around that");
  candidates out;
  if (const auto count = parse_count(text)) {
    out.first_ = std::max<std::uint64_t>(1, *count / static_cast<std::uint64_t>(far));
    out.count_ = *count * static_cast<std::uint64_t>(far) - out.first_ + 1;
    return out;
  }
  for (int i = -steps_around; i <= steps_around; ++i)
    if (i == 0)
      out.texts_.emplace_back(text);
    else
      add({middle->what, three_digits(middle->value * std::pow(far, 1.0 * i / steps_around))},
          out.texts_);
  out.count_ = out.texts_.size();
  return out;
}

std::string candidates::text(std::size_t at) const {
  return texts_.empty() ? std::to_string(first_ + at) : texts_[at];
}

double candidates::value(std::size_t at) const {
  return texts_.empty() ? static_cast<double>(first_ + at) : read_quantity(texts_[at])->value;
}

std::size_t candidates::at_least(double bound) const {
  const auto all = std::views::iota(std::size_t{0}, count_);
  return static_cast<std::size_t>(
      std::ranges::lower_bound(all, bound, {}, [&](std::size_t i) { return value(i); }) -
      all.begin());
}

void candidates::keep(std::size_t first, std::size_t last) {
  if (texts_.empty()) {
    first_ += first;
  } else {
    texts_.erase(texts_.begin() + static_cast<std::ptrdiff_t>(last) + 1, texts_.end());
    texts_.erase(texts_.begin(), texts_.begin() + static_cast<std::ptrdiff_t>(first));
  }
  count_ = last - first + 1;
}

}  // namespace tandem::scenarios
