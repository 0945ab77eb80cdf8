// SPDX-License-Identifier: MIT
#include "tandem/command/json_text.hpp"
#include "tandem/command/units.hpp"
#include "tandem/core/counted.hpp"
#include "tandem/scenarios/campaign/shrink.hpp"
#include "tandem/scenarios/rerun.hpp"

#include <boost/json.hpp>

namespace tandem::scenarios {
namespace {

std::string size_text(const scenario_size& of) {
  return counted(of.nodes, "node") + ", " + counted(of.entries, "entry", "entries") +
         " of workload and faults, " + format_duration(of.length);
}

std::string comment(const std::string& text) {
  std::string out = "#   ";
  for (const char c : text) {
    out += c;
    if (c == '\n') out += "#   ";
  }
  return out + "\n";
}

}  // namespace

std::string head_of(const shrink_request& of, const shrink_report& report,
                    const std::string& level) {
  std::string out = "# Made by `tandem shrink` of " + of.file;
  for (const auto& set : of.sets) out += " --set " + quoted_for_shell(set);
  out += ". At " + level + " it fails like that:\n" + comment(report.line);
  if (!report.why.empty()) out += comment(report.why);
  return out + "# It was " + size_text(report.before) + ".\n";
}

std::string to_text(const shrink_request& of, const shrink_report& report) {
  if (report.text.empty()) return "stopped before the scenario itself was run\n";
  return "fails with: " + report.line + "\nbefore: " + size_text(report.before) +
         "\nnow:    " + size_text(report.after) + "\n" + counted(report.tried, "run") +
         (report.out_of_time ? ", until the time was over: it may get smaller yet"
          : report.stopped   ? ", stopped: it may get smaller yet"
                             : "") +
         "\n\n" + report.text + "\nWritten: " + of.out + "\n";
}

std::string to_json(const shrink_request& of, const shrink_report& report) {
  namespace json = boost::json;
  const auto size = [](const scenario_size& one) {
    return json::object{{"nodes", one.nodes},
                        {"entries", one.entries},
                        {"lines", one.lines},
                        {"duration_s", std::chrono::duration<double>(one.length).count()}};
  };
  return json_text(json::object{{"scenario", of.file},
                                {"line", report.line},
                                {"why", report.why},
                                {"before", size(report.before)},
                                {"after", size(report.after)},
                                {"runs", report.tried},
                                {"stopped", report.stopped},
                                {"out_of_time", report.out_of_time},
                                {"file", of.out},
                                {"text", report.text}}) +
         "\n";
}

}  // namespace tandem::scenarios
