// SPDX-License-Identifier: MIT
#include "ci_outputs.hpp"

#include "results/whole_file.hpp"
#include "tandem/command/bad_input.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <system_error>

namespace tandem::cli {
namespace {

void add(const std::string& path, const std::string& text) {
  std::ofstream to(path, std::ios::binary | std::ios::app);
  to << text << std::flush;
  if (!to) throw bad_input(path, std::string("cannot be written: ") + std::strerror(errno));
}

void write_junit(const std::string& path, const std::vector<scenarios::gate_result>& results) {
  try {
    scenarios::write_whole(path, scenarios::gate_junit(results));
  } catch (const std::system_error& e) {
    throw bad_input(path, "cannot be written: " + e.code().message());
  }
}

std::string value_of(const char* variable) {
  const char* value = std::getenv(variable);
  return value ? value : "";
}

std::string summary_of(const ci_files& files) {
  return files.summary.empty() ? value_of("GITHUB_STEP_SUMMARY") : files.summary;
}

}  // namespace

void try_outputs(const ci_files& files) {
  for (const auto& path : {files.junit, summary_of(files)})
    if (!path.empty()) add(path, "");
}

junit_so_far::junit_so_far(const std::vector<scenarios::gate_case>& cases, const ci_files& files)
    : path_(files.junit), results_(cases.size()) {
  // Into a pipe or a device the whole is written once, at the end.
  if (!std::filesystem::is_regular_file(path_)) path_.clear();
  for (std::size_t i = 0; i < cases.size(); ++i) results_[i].what = cases[i];
  write();
}

void junit_so_far::add(const scenarios::gate_result& one) {
  const auto id = [](const scenarios::gate_result& of) { return of.what.id(); };
  *std::ranges::find(results_, one.what.id(), id) = one;
  write();
}

void junit_so_far::write() const {
  if (!path_.empty()) write_junit(path_, results_);
}

void write_outputs(const std::vector<scenarios::gate_result>& results, const ci_files& files) {
  if (value_of("GITHUB_ACTIONS") == "true")
    std::fputs(scenarios::gate_annotations(results).c_str(), stderr);
  if (!files.junit.empty()) write_junit(files.junit, results);
  if (const auto summary = summary_of(files); !summary.empty())
    add(summary, scenarios::gate_markdown(results));
}

}  // namespace tandem::cli
