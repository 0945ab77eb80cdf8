// SPDX-License-Identifier: MIT
#include "arithmetic.hpp"

#include "tandem/command/units.hpp"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstdio>
#include <stdexcept>
#include <utility>

namespace tandem::scenarios {
namespace {

using kind = quantity::kind;

constexpr double whole_max = 9007199254740992.0;  // every integer below is exact

[[noreturn]] void fail(const std::string& message) { throw std::invalid_argument(message); }

const char* name_of(kind what) {
  switch (what) {
    case kind::plain:
      return "a number";
    case kind::duration:
      return "a duration";
    case kind::rate:
      return "a rate";
    case kind::bandwidth:
      return "a bandwidth";
    case kind::bytes:
      return "a size";
  }
  return "";
}

bool is_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '.' || c == '%';
}

/// Recursive descent, left to right: sum of products of factors.
class calculation {
 public:
  calculation(std::string_view text, const quantity_of_name& named) : rest_(text), named_(named) {}

  quantity run() {
    const quantity out = sum();
    if (next() != 0) fail("nothing can follow here: " + quoted(rest_));
    return out;
  }

 private:
  /// The next character that is no blank, or 0.
  char next() {
    while (!rest_.empty() && std::isspace(static_cast<unsigned char>(rest_.front())))
      rest_.remove_prefix(1);
    return rest_.empty() ? '\0' : rest_.front();
  }
  char take() {
    const char c = next();
    rest_.remove_prefix(1);
    return c;
  }

  quantity sum() {
    quantity left = product();
    while (next() == '+' || next() == '-') {
      const char sign = take();
      const quantity right = product();
      if (left.what != right.what)
        fail(std::string(name_of(left.what)) + " and " + name_of(right.what) + " have no " +
             (sign == '+' ? "sum" : "difference"));
      left.value += sign == '+' ? right.value : -right.value;
    }
    return left;
  }

  quantity product() {
    quantity left = factor();
    while (next() == '*' || next() == '/')
      left = take() == '*' ? times(left, factor()) : over(left, factor());
    return left;
  }

  static quantity times(const quantity& a, const quantity& b) {
    if (b.what == kind::plain) return {a.what, a.value * b.value};
    if (a.what == kind::plain) return {b.what, a.value * b.value};
    if (a.what != b.what && (a.what == kind::rate || a.what == kind::duration) &&
        (b.what == kind::rate || b.what == kind::duration))
      return {kind::plain, a.value * b.value / 1e9};
    fail(std::string(name_of(a.what)) + " and " + name_of(b.what) + " have no product");
  }

  static quantity over(const quantity& a, const quantity& b) {
    if (b.value == 0) fail("a division by 0");
    if (b.what == kind::plain) return {a.what, a.value / b.value};
    if (a.what == b.what) return {kind::plain, a.value / b.value};
    if (a.what == kind::plain && b.what == kind::duration)
      return {kind::rate, a.value / b.value * 1e9};
    if (a.what == kind::plain && b.what == kind::rate)
      return {kind::duration, a.value / b.value * 1e9};
    fail(std::string(name_of(a.what)) + " and " + name_of(b.what) + " have no quotient");
  }

  quantity factor() {
    const char c = next();
    if (c == '(') {
      take();
      const quantity inside = sum();
      if (next() != ')') fail("a `)` is missing");
      take();
      return inside;
    }
    if (c == '-') {
      take();
      const quantity inside = factor();
      return {inside.what, -inside.value};
    }
    if (!is_word(c)) fail(c == 0 ? "a value is missing at the end" : "no value: " + quoted(rest_));
    return std::isdigit(static_cast<unsigned char>(c)) || c == '.' ? literal() : named_(word());
  }

  std::string_view word() {
    std::size_t size = 0;
    while (size < rest_.size() && is_word(rest_[size])) ++size;
    const auto out = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return out;
  }

  /// A value with its unit. What follows a `/` without blanks belongs to it: `20/s`.
  quantity literal() {
    const auto from = rest_;
    std::size_t size = word().size();
    if (rest_.size() > 1 && rest_[0] == '/' && std::isalpha(static_cast<unsigned char>(rest_[1]))) {
      rest_.remove_prefix(1);
      size += 1 + word().size();
    }
    const auto text = from.substr(0, size);
    if (const auto value = read_quantity(text)) return *value;
    fail("no value: " + quoted(text));
  }

  std::string_view rest_;
  const quantity_of_name& named_;
};

}  // namespace

std::optional<quantity> read_quantity(std::string_view text) {
  if (const auto ratio = parse_ratio(text)) return quantity{kind::plain, *ratio};
  if (const auto time = parse_duration(text))
    return quantity{kind::duration, static_cast<double>(time->count())};
  if (const auto rate = parse_rate(text)) return quantity{kind::rate, *rate};
  if (const auto bits = parse_bandwidth(text))
    return quantity{kind::bandwidth, static_cast<double>(*bits)};
  if (const auto size = parse_bytes(text)) return quantity{kind::bytes, static_cast<double>(*size)};
  return {};
}

std::string text_of(const quantity& of) {
  const bool whole = std::abs(of.value) < whole_max && of.value == std::floor(of.value);
  char digits[64];
  std::snprintf(digits, sizeof digits, whole ? "%.0f" : "%.15g", of.value);
  std::string number = digits;
  if (number.find('e') != std::string::npos && std::abs(of.value) < 1) {
    // The language has no exponents.
    const int places = 14 - static_cast<int>(std::floor(std::log10(std::abs(of.value))));
    std::snprintf(digits, sizeof digits, "%.*f", std::min(places, 40), of.value);
    number = digits;
    number.erase(number.find_last_not_of('0') + 1);
  }
  switch (of.what) {
    case kind::duration:
      return format_duration(duration(std::llround(of.value)));
    case kind::rate:
      return number + "/s";
    case kind::bandwidth:
      return std::to_string(std::llround(of.value)) + "bit/s";
    case kind::bytes:
      return std::to_string(std::llround(of.value));
    case kind::plain:
      break;
  }
  return number;
}

std::string short_text_of(const quantity& of) {
  if (of.what != quantity::kind::duration || of.value == 0) return text_of(of);
  const auto exact = duration(std::llround(of.value));
  for (const auto& [name, factor] : {std::pair("s", 1e9), {"ms", 1e6}, {"us", 1e3}}) {
    if (of.value < factor) continue;
    char text[40];
    std::snprintf(text, sizeof text, "%.6g%s", of.value / factor, name);
    if (parse_duration(text) == exact) return text;
    break;
  }
  return text_of(of);
}

quantity calculate(std::string_view text, const quantity_of_name& named) {
  return calculation(text, named).run();
}

}  // namespace tandem::scenarios
