// SPDX-License-Identifier: MIT
#include "tandem/scenarios/results.hpp"

#include <algorithm>
#include <cstdio>
#include <vector>

namespace tandem::scenarios {
namespace {

using row = std::vector<std::string>;

std::string seconds(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2f s", value);
  return text;
}

// Columns in characters, not bytes: UTF-8 continuation bytes take no place.
std::size_t width_of(const std::string& text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (c & 0xc0) != 0x80; }));
}

std::string line_of(const row& cells, const std::vector<std::size_t>& widths) {
  std::string line;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    line += cells[i];
    if (i + 1 < cells.size()) line += std::string(widths[i] - width_of(cells[i]) + 2, ' ');
  }
  while (!line.empty() && line.back() == ' ') line.pop_back();
  return line + "\n";
}

// The texts of all checks, in order: an invariant that broke may be in one result only.
std::vector<std::string> texts_of(std::span<const run_result> results) {
  std::vector<std::string> texts;
  for (const auto& r : results)
    for (const auto& check : r.checks)
      if (std::ranges::find(texts, check.text) == texts.end()) texts.push_back(check.text);
  return texts;
}

std::string cell_of(const run_result& r, const std::string& text) {
  const auto it = std::ranges::find(r.checks, text, &check_result::text);
  if (it == r.checks.end()) return "";
  return (it->ok ? "ok    " : "FAIL  ") + it->measured;
}

}  // namespace

std::string to_table(std::span<const run_result> results) {
  if (results.empty()) return {};
  std::vector<row> rows;
  row head{results.front().scenario};
  for (const auto& r : results) head.push_back(r.level);
  rows.push_back(head);
  for (const auto& text : texts_of(results)) {
    row cells{text};
    for (const auto& r : results) cells.push_back(cell_of(r, text));
    rows.push_back(std::move(cells));
  }
  row verdict{"all held"}, hash{"trace hash"}, events{"events"}, wall{"wall time"};
  for (const auto& r : results) {
    verdict.push_back(r.stopped ? "stopped" : r.ok ? "yes" : "NO");
    hash.push_back(r.trace_hash.empty() ? "-" : r.trace_hash);
    events.push_back(std::to_string(r.events));
    wall.push_back(seconds(r.wall_s));
  }
  rows.insert(rows.end(), {verdict, hash, events, wall});

  std::vector<std::size_t> widths(head.size());
  for (const auto& cells : rows)
    for (std::size_t i = 0; i < cells.size(); ++i)
      widths[i] = std::max(widths[i], width_of(cells[i]));
  std::size_t total = 2 * (widths.size() - 1);
  for (const auto width : widths) total += width;
  const auto rule = std::string(total, '-') + "\n";

  std::string out = line_of(rows.front(), widths) + rule;
  const auto facts = rows.size() - 4;
  for (std::size_t i = 1; i < rows.size(); ++i)
    out += (i == facts ? rule : "") + line_of(rows[i], widths);
  out += "\nRun again:\n";
  for (const auto& r : results) out += "  " + r.reproduce + "\n";
  return out;
}

}  // namespace tandem::scenarios
