// SPDX-License-Identifier: MIT
#include "table_text.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace tandem::scenarios {

namespace json = boost::json;

std::string aligned(const std::vector<table_row>& rows) {
  std::vector<std::size_t> widths;
  for (const auto& cells : rows)
    for (std::size_t i = 0; i < cells.size(); ++i) {
      if (widths.size() == i) widths.push_back(0);
      widths[i] = std::max(widths[i], cells[i].size());
    }
  std::string out;
  for (const auto& cells : rows) {
    std::string line;
    for (std::size_t i = 0; i < cells.size(); ++i)
      line += cells[i] + std::string(widths[i] - cells[i].size() + 2, ' ');
    out += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  }
  return out;
}

std::string short_number(double value) {
  char text[40];
  std::snprintf(text, sizeof text, "%.4g", value);
  return std::abs(value) < 1e6 && value == std::floor(value) ? std::to_string(std::llround(value))
                                                             : text;
}

std::string text_of(const interval& of) {
  const auto mean = short_number(of.mean);
  if (!std::isfinite(of.half_width) || of.half_width == 0) return mean;
  char text[40];
  std::snprintf(text, sizeof text, "%.2g", of.half_width);
  return mean + " +- " + text;
}

json::object object_of(const interval& of) {
  return {{"n", of.count},
          {"mean", of.mean},
          {"half_width", std::isfinite(of.half_width) ? json::value(of.half_width) : json::value()},
          {"min", of.least},
          {"max", of.most}};
}

}  // namespace tandem::scenarios
