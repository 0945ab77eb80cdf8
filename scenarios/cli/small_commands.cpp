// SPDX-License-Identifier: MIT
// check, list and schema.
#include "commands.hpp"
#include "tandem/command/bad_input.hpp"
#include "tandem/command/json_text.hpp"
#include "tandem/command/units.hpp"
#include "tandem/core/counted.hpp"
#include "tandem/scenarios/campaign/plan.hpp"
#include "tandem/scenarios/contradictions.hpp"
#include "tandem/scenarios/find.hpp"
#include "tandem/scenarios/node_file.hpp"
#include "tandem/scenarios/read.hpp"

#include <CLI/CLI.hpp>
#include <boost/json.hpp>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <optional>

namespace tandem::cli {
namespace {

using namespace scenarios;

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

class check_command final : public command {
 public:
  explicit check_command(CLI::App& parent)
      : app_(*parent.add_subcommand("check", "Read a scenario and say what is wrong with it")) {
    app_.add_option("SCENARIO", scenario_,
                    "A file, or a name found in ./scenarios or installed; or a file of options of "
                    "a node, as in `max_connections: 50000`")
        ->required();
    app_.add_option("--round-trip", round_trip_,
                    "Of a node: the longest there usually is, as 600ms");
    app_.add_option("--set", sets_, "path=value: change the scenario before it is read")
        ->expected(1)
        ->take_all();
    app_.add_flag("--json", json_, "Print one JSON object, for editors and programs");
    app_.add_flag("--flat", flat_,
                  "Print the scenario with what it extends and its parameters put in")
        ->excludes("--json");
    app_.footer(
        "Exit codes: 0 it can be run, 2 it cannot. Every mistake is told, each with "
        "file:line:column; settings that contradict each other,\n"
        "the round trips or the SYNs of TCP are warnings.\n"
        "Examples:\n"
        "  tandem check scenarios/global_limit.yaml\n"
        "  tandem check my.yaml --json\n"
        "  tandem check node.yaml --round-trip 600ms\n"
        "  tandem check my.yaml --flat --set parameters.peers=100");
  }
  CLI::App& app() override { return app_; }

  int run() override {
    const std::string file = find_scenario(scenario_, program_path());
    const auto round_trip = round_trip_of_a_node(file);
    if (!json_) return is_node_file(file) ? say_node(file, round_trip) : say(file);
    std::vector<std::string> mistakes;
    std::vector<std::string> warnings;
    try {
      warnings = is_node_file(file) ? contradictions_in_node_file(file, round_trip) : read(file);
    } catch (const bad_inputs& e) {
      mistakes = e.lines();
    } catch (const bad_input& e) {
      mistakes.emplace_back(e.what());
    }
    const boost::json::object told{{"file", file},
                                   {"ok", mistakes.empty()},
                                   {"mistakes", boost::json::value_from(mistakes)},
                                   {"warnings", boost::json::value_from(warnings)}};
    std::puts(json_text(told).c_str());
    return mistakes.empty() ? exit_held : exit_bad_input;
  }

 private:
  // Every value of what the file sweeps is put in and read.
  void check_sweep(const std::string& file, const scenario& what) const {
    if (!what.sweep.axes.empty()) make_plan({file, sets_, {}, {}, {}}, build_levels());
  }

  std::vector<std::string> read(const std::string& file) const {
    const auto what = read_scenario(file, sets_);
    checked_levels(what, build_levels());
    check_sweep(file, what);
    return warnings_of(what);
  }

  std::optional<duration> round_trip_of_a_node(const std::string& file) const {
    if (round_trip_.empty()) return {};
    const auto given = parse_duration(round_trip_);
    if (!given || *given < duration::zero())
      throw bad_input("--round-trip " + round_trip_, "no time; write 600ms or 1s");
    if (!is_node_file(file))
      throw bad_input("--round-trip " + round_trip_,
                      "a scenario says itself how far its nodes are");
    return given;
  }

  int say_node(const std::string& file, std::optional<duration> round_trip) const {
    if (!sets_.empty() || flat_)
      throw bad_input(file, "is no scenario, but options of a node: leave --set and --flat out");
    const auto warnings = contradictions_in_node_file(file, round_trip);
    std::printf("%s: these options of a node are fine\n", file.c_str());
    for (const auto& warning : warnings) std::printf("warning: %s\n", warning.c_str());
    return exit_held;
  }

  int say(const std::string& file) const {
    const auto what = read_scenario(file, sets_);
    std::uint64_t nodes = 0;
    for (const auto& group : what.groups) nodes += group.count;
    const auto levels = checked_levels(what, build_levels());
    check_sweep(file, what);
    if (flat_) {
      std::fputs(what.flat.c_str(), stdout);
      return exit_held;
    }
    std::printf("%s: scenario %s is fine: %s in %s, %s, levels %s\n", what.file.c_str(),
                what.name.c_str(), counted(nodes, "node").c_str(),
                counted(what.groups.size(), "group").c_str(),
                counted(what.expectations.size(), "expectation").c_str(), joined(levels).c_str());
    for (const auto& warning : warnings_of(what)) std::printf("warning: %s\n", warning.c_str());
    return exit_held;
  }
  // A run has only those of the file, which its result keeps.
  static std::vector<std::string> warnings_of(const scenario& what) {
    auto all = what.warnings;
    for (auto& line : contradictions_of(what)) all.push_back(std::move(line));
    return all;
  }

  CLI::App& app_;
  std::string scenario_;
  std::string round_trip_;
  std::vector<std::string> sets_;
  bool json_ = false;
  bool flat_ = false;
};

class list_command final : public command {
 public:
  explicit list_command(CLI::App& parent)
      : app_(*parent.add_subcommand("list", "List scenarios and what they show")) {
    app_.add_option("DIR", folder_,
                    "Folder to look in (default: ./scenarios and the installed ones)");
    app_.add_flag("--json", json_, "Print one JSON array, an object for each scenario");
    app_.footer(
        "Exit codes: 0 listed, 2 a file is wrong: its mistakes are told, the others listed.\n"
        "Examples:\n  tandem list scenarios\n  tandem list --json");
  }
  CLI::App& app() override { return app_; }

  int run() override {
    std::error_code ignored;
    if (!folder_.empty() && !std::filesystem::is_directory(folder_, ignored))
      throw bad_input(folder_, "no such folder");
    const auto folders = folder_.empty() ? scenario_folders(program_path()) : std::vector{folder_};
    bool good = true;
    for (const auto& folder : folders)
      for (const auto& file : scenarios_in(folder)) good = show(file) && good;
    if (json_) std::puts(json_text(found_).c_str());
    return good ? exit_held : exit_bad_input;
  }

 private:
  bool show(const std::string& file) try {
    const auto what = read_scenario(file);
    if (json_)
      found_.push_back({{"scenario", what.name},
                        {"file", file},
                        {"levels", boost::json::value_from(levels_of(what, build_levels()))},
                        {"description", what.description}});
    else
      std::printf("%-18s %-36s %s\n", what.name.c_str(),
                  joined(levels_of(what, build_levels())).c_str(), what.description.c_str());
    return true;
  } catch (const bad_inputs& e) {
    for (const auto& line : e.lines()) std::fprintf(stderr, "tandem: %s\n", line.c_str());
    return false;
  } catch (const bad_input& e) {
    std::fprintf(stderr, "tandem: %s\n", e.what());
    return false;
  }

  CLI::App& app_;
  std::string folder_;
  bool json_ = false;
  boost::json::array found_;
};

class schema_command final : public command {
 public:
  explicit schema_command(CLI::App& parent)
      : app_(*parent.add_subcommand("schema", "Print the JSON Schema of scenarios, for editors")) {
    app_.footer(
        "Example:\n"
        "  tandem schema > scenario.schema.json\n"
        "and in the first line of a scenario\n"
        "  # yaml-language-server: $schema=scenario.schema.json");
  }
  CLI::App& app() override { return app_; }

  int run() override {
    std::puts(schema);
    return exit_held;
  }

 private:
  static constexpr const char* schema =
#include "scenario_schema.inc"  // made by schema/make_schema.py
      ;

  CLI::App& app_;
};

}  // namespace

std::unique_ptr<command> make_check_command(CLI::App& parent) {
  return std::make_unique<check_command>(parent);
}
std::unique_ptr<command> make_list_command(CLI::App& parent) {
  return std::make_unique<list_command>(parent);
}
std::unique_ptr<command> make_schema_command(CLI::App& parent) {
  return std::make_unique<schema_command>(parent);
}

}  // namespace tandem::cli
