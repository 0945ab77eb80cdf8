// SPDX-License-Identifier: MIT
#include "tandem/command/json_text.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <charconv>
#include <cmath>

namespace tandem {
namespace {

namespace json = boost::json;

// The shortest that is read as the same number; with an exponent only where people write one.
void add(std::string& to, double number) {
  const auto size = std::abs(number);
  const auto form = size == 0 || (size >= 1e-5 && size < 1e15) ? std::chars_format::fixed
                                                               : std::chars_format::general;
  char text[64];
  const auto end = std::to_chars(text, text + sizeof text, number, form).ptr;
  to.append(std::isfinite(number) ? std::string_view(text, end) : "null");
}

void add(std::string& to, const json::value& of) {
  if (const auto* number = of.if_double()) return add(to, *number);
  if (const auto* all = of.if_array()) {
    to += '[';
    for (const auto& each : *all) {
      if (&each != all->begin()) to += ',';
      add(to, each);
    }
    to += ']';
  } else if (const auto* members = of.if_object()) {
    to += '{';
    for (const auto& each : *members) {
      if (&each != members->begin()) to += ',';
      to.append(json::serialize(each.key())).append(":");
      add(to, each.value());
    }
    to += '}';
  } else {
    to += json::serialize(of);
  }
}

}  // namespace

std::string json_text(const json::value& of) {
  std::string text;
  add(text, of);
  return text;
}

}  // namespace tandem
