// SPDX-License-Identifier: MIT
#include "tandem/command/units.hpp"
#include "tandem/scenarios/results.hpp"

#include <algorithm>
#include <cmath>
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

std::string mark_of(verdict what) {
  return what == verdict::ok ? "ok    " : what == verdict::failed ? "FAIL  " : "UNTESTED  ";
}

std::string cell_of(const run_result& r, const std::string& text) {
  const auto it = std::ranges::find(r.checks, text, &check_result::text);
  if (it == r.checks.end()) return "";
  return mark_of(it->verdict) + it->measured;
}

std::string fault_cell_of(const run_result& r, const std::string& text) {
  const auto it = std::ranges::find(r.faults, text, &fault_result::text);
  if (it == r.faults.end()) return "";
  std::string touched;
  for (std::size_t i = 0; i < touches_count; ++i)
    if (it->touched[i] > 0)
      touched += (touched.empty() ? "" : ", ") + std::to_string(it->touched[i]) + " " +
                 std::string(name_of(static_cast<touch>(i)));
  return mark_of(it->verdict) + (touched.empty() ? "nothing" : touched);
}

// What a person needs to know of each line that is not simply ok.
std::string reasons_of(const run_result& r) {
  std::string out;
  const auto add = [&](const auto& found, const std::string& text) {
    if (!found.why.empty())
      out += "  " + std::string(name_of(found.verdict)) + ": " + text + ": " + found.why + "\n";
  };
  for (const auto& check : r.checks) add(check, check.text);
  for (const auto& fault : r.faults) add(fault, "fault: " + fault.text);
  for (const auto& warning : r.warnings) out += "  warning: " + warning + "\n";
  if (out.empty()) return out;
  return "\nAt " + r.level + ", seed " + std::to_string(r.seed) + ":\n" + out;
}

std::string text_of(const cause_counts& counts) {
  std::string out;
  for (const auto& [name, count] : counts)
    out += (out.empty() ? "" : ", ") + name + " " + std::to_string(count);
  return out.empty() ? "-" : out;
}

// Three digits: more are not known.
std::string text_of(std::optional<double> time) {
  if (!time) return "-";
  if (*time <= 0) return "0 s";
  const double digit = std::pow(10, std::floor(std::log10(*time)) - 2);
  return format_value(std::round(*time / digit) * digit, unit::seconds);
}

std::string text_of(const std::vector<row>& rows) {
  std::vector<std::size_t> widths(rows.front().size());
  for (const auto& cells : rows)
    for (std::size_t i = 0; i < cells.size(); ++i)
      widths[i] = std::max(widths[i], width_of(cells[i]));
  std::string out;
  for (const auto& cells : rows) out += "  " + line_of(cells, widths);
  return out;
}

// What a person wants to know of a run that nothing was expected of.
std::string summary_of(const run_result& r) {
  std::vector<row> rows{{"group", "active", "most", "refused", "failed", "closed", "dial p50",
                         "dial p99", "attempts/s", "bytes sent", "received"}};
  for (const auto& group : r.groups) {
    const auto& s = group.summary;
    rows.push_back({group.name, std::to_string(s.active_last), std::to_string(s.active_max),
                    text_of(group.refusals), text_of(s.failed), text_of(s.closed),
                    text_of(s.dial_p50), text_of(s.dial_p99), std::to_string(s.attempts_peak),
                    std::to_string(s.bytes_sent), std::to_string(s.bytes_received)});
  }
  return "\nNothing was expected. At " + r.level + ", seed " + std::to_string(r.seed) + ":\n" +
         text_of(rows);
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
  for (const auto& fault : results.front().faults) {
    row cells{"fault: " + fault.text};
    for (const auto& r : results) cells.push_back(fault_cell_of(r, fault.text));
    rows.push_back(std::move(cells));
  }
  row held{"all held"}, hash{"trace hash"}, events{"events"}, wall{"wall time"};
  for (const auto& r : results) {
    held.push_back(r.stopped                        ? "stopped"
                   : r.verdict == verdict::ok       ? "yes"
                   : r.verdict == verdict::untested ? "UNTESTED"
                                                    : "NO");
    hash.push_back(r.trace_hash.empty() ? "-" : r.trace_hash);
    events.push_back(std::to_string(r.events));
    wall.push_back(seconds(r.wall_s));
  }
  rows.insert(rows.end(), {held, hash, events, wall});

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
  for (const auto& r : results) {
    out += reasons_of(r);
    if (r.checks.empty()) out += summary_of(r);
  }
  out += "\nRun again:\n";
  for (const auto& r : results) out += "  " + r.reproduce + "\n";
  return out;
}

}  // namespace tandem::scenarios
