// SPDX-License-Identifier: MIT
#include "commands.hpp"
#include "results/whole_file.hpp"
#include "tandem/command/bad_input.hpp"
#include "tandem/scenarios/results.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <functional>
#include <iostream>
#include <optional>
#include <span>
#include <string>
#include <system_error>
#include <vector>

namespace tandem::cli {
namespace {

using namespace scenarios;

/// Seconds since 1970 of `2020-01-01T00:00:00Z`.
std::optional<std::int64_t> parse_time(const std::string& text) {
  std::tm parts{};
  const char* end = ::strptime(text.c_str(), "%Y-%m-%dT%H:%M:%SZ", &parts);
  if (end == nullptr || *end != '\0') return {};
  return ::timegm(&parts);
}

class show_command final : public command {
 public:
  explicit show_command(CLI::App& parent)
      : app_(*parent.add_subcommand("show", "Print what a kept run printed, again")) {
    app_.add_option("FILE", files_, "Results that `tandem run --out` wrote; several side by side")
        ->required();
    app_.add_flag("--json", json_, "Print one JSON array, an object per file");
    app_.add_option("--openmetrics", openmetrics_,
                    "Write its samples here as OpenMetrics, for `promtool tsdb create-blocks-from "
                    "openmetrics`; - is standard output")
        ->type_name("OUT")
        ->excludes("--json");
    app_.add_option("--begin", begin_, "When the run began, for --openmetrics")
        ->type_name("TIME")
        ->capture_default_str();
    app_.add_option("--perfetto", perfetto_,
                    "Write the lives of its connections here, for ui.perfetto.dev and "
                    "chrome://tracing; - is standard output")
        ->type_name("OUT")
        ->excludes("--json");
    app_.footer(
        "Files of older versions are read as well, and are not changed.\n"
        "Exit codes: 0 shown, whatever the verdict was, 2 bad input.\n"
        "Examples:\n"
        "  tandem run global_limit --out results\n"
        "  tandem show results/global_limit-*.sqlite\n"
        "  tandem show results/global_limit-stream-1-*.sqlite --json\n"
        "  tandem show results/global_limit-stream-1-*.sqlite --openmetrics run.om\n"
        "  tandem show results/global_limit-stream-1-*.sqlite --perfetto run.json");
  }
  CLI::App& app() override { return app_; }

  int run() override {
    if (!openmetrics_.empty() || !perfetto_.empty()) return export_one();
    std::vector<run_result> results;
    for (const auto& path : files_) results.push_back(result_file(path).summary());
    if (json_)
      std::fputs(to_json(results).c_str(), stdout);
    else
      print_tables(results);
    return exit_held;
  }

 private:
  int export_one() const {
    if (files_.size() != 1)
      throw bad_input("--openmetrics and --perfetto",
                      "take one FILE, not " + std::to_string(files_.size()));
    const auto begin = parse_time(begin_);
    if (!begin)
      throw bad_input("--begin " + begin_,
                      "must be a time in UTC, written as 2020-01-01T00:00:00Z");
    const result_file file(files_.front());
    if (!openmetrics_.empty())
      write_to(openmetrics_, [&](std::ostream& out) { file.write_openmetrics(out, *begin); });
    if (!perfetto_.empty())
      write_to(perfetto_, [&](std::ostream& out) { file.write_perfetto(out); });
    return exit_held;
  }

  static void write_to(const std::string& path, const std::function<void(std::ostream&)>& write) {
    if (path == "-") return write(std::cout);
    try {
      write_whole(path, write);
    } catch (const std::system_error& e) {
      throw bad_input(path, "cannot write: " + e.code().message());
    }
  }

  // Levels and seeds of one scenario side by side, scenarios below each other.
  static void print_tables(std::span<const run_result> results) {
    while (!results.empty()) {
      const auto end = std::ranges::find_if(
          results, [&](const auto& r) { return r.scenario != results.front().scenario; });
      const auto size = static_cast<std::size_t>(end - results.begin());
      std::fputs(to_table(results.first(size)).c_str(), stdout);
      results = results.subspan(size);
      if (!results.empty()) std::fputs("\n", stdout);
    }
  }

  CLI::App& app_;
  std::vector<std::string> files_;
  bool json_ = false;
  std::string openmetrics_;
  std::string begin_ = "2020-01-01T00:00:00Z";
  std::string perfetto_;
};

}  // namespace

std::unique_ptr<command> make_show_command(CLI::App& parent) {
  return std::make_unique<show_command>(parent);
}

}  // namespace tandem::cli
