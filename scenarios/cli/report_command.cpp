// SPDX-License-Identifier: MIT
#include "commands.hpp"
#include "tandem/command/bad_input.hpp"

#include <CLI/CLI.hpp>

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

namespace tandem::cli {
namespace {

namespace fs = std::filesystem;

/// The interpreter beside this program, as in a virtual environment; that of the environment that
/// is active; Debian's.
std::string interpreter(const fs::path& folder) {
  std::vector<fs::path> places{folder / "python3"};
  if (const char* active = std::getenv("VIRTUAL_ENV"))
    places.push_back(fs::path(active) / "bin/python3");
  for (const auto& place : places)
    if (::access(place.c_str(), X_OK) == 0) return place.string();
  return "/usr/bin/python3";
}

/// Where a build or an installation of this program has the package, if not where Python looks.
std::string package_folders(const fs::path& folder) {
  std::string out = (folder / "python").string();
  std::error_code none;
  for (const auto& each : fs::directory_iterator(folder.parent_path() / "lib", none))
    if (each.path().filename().string().starts_with("python3"))
      out += ":" + (each.path() / "dist-packages").string();
  return out;
}

constexpr const char* program = R"(import sys
sys.path += sys.argv.pop(1).split(":")
try:
    from tandem.__main__ import main
except ImportError as error:
    sys.stderr.write("tandem: report is written by the Python package: pip install 'tandem[report]' (%s has none: %s)\n"
                     % (sys.executable, error))
    sys.exit(2)
sys.exit(main(["report"] + sys.argv[1:]))
)";

class report_command final : public command {
 public:
  explicit report_command(CLI::App& parent)
      : app_(*parent.add_subcommand("report", "Write one HTML page of what was found")) {
    app_.add_option("PATH", paths_,
                    "Results that `tandem run --out` wrote, folders of them, or the folder of a "
                    "sweep")
        ->required();
    app_.add_option("-o,--output", output_, "The page")->capture_default_str();
    app_.add_option("--number", number_, "Of a sweep: the column that is drawn");
    app_.add_flag("--json", json_, "Print the verdicts as well, as one JSON object");
    app_.footer(
        "The page needs no network. The Python package writes it: pip install 'tandem[report]'.\n"
        "Exit codes: 0 written, whatever the verdicts were, 2 bad input.\n"
        "Examples:\n"
        "  tandem report results\n"
        "  tandem report my-sweep --number server.refusals.LimitReached -o refused.html");
  }
  CLI::App& app() override { return app_; }

  int run() override {
    const auto folder = fs::path(program_path()).parent_path();
    const auto python = interpreter(folder);
    std::vector<std::string> words{python, "-c", program, package_folders(folder), "-o", output_};
    if (!number_.empty()) words.insert(words.end(), {"--number", number_});
    if (json_) words.push_back("--json");
    words.push_back("--");
    words.insert(words.end(), paths_.begin(), paths_.end());
    std::vector<char*> arguments;
    for (auto& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    ::execv(python.c_str(), arguments.data());
    throw bad_input("report", "is written by the Python package, and " + python +
                                  " cannot be run; install Python 3.11 and the package: pip "
                                  "install 'tandem[report]'");
  }

 private:
  CLI::App& app_;
  std::vector<std::string> paths_;
  std::string output_ = "report.html";
  std::string number_;
  bool json_ = false;
};

}  // namespace

std::unique_ptr<command> make_report_command(CLI::App& parent) {
  return std::make_unique<report_command>(parent);
}

}  // namespace tandem::cli
