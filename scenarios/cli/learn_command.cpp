// SPDX-License-Identifier: MIT
#include "commands.hpp"
#include "read/read_scenario.hpp"
#include "results/whole_file.hpp"
#include "tandem/command/bad_input.hpp"
#include "tandem/command/json_text.hpp"
#include "tandem/core/counted.hpp"
#include "tandem/scenarios/learn.hpp"

#include <CLI/CLI.hpp>
#include <boost/json.hpp>

#include <cstdio>
#include <string>
#include <system_error>
#include <vector>

namespace tandem::cli {
namespace {

using namespace scenarios;

class learn_command final : public command {
 public:
  explicit learn_command(CLI::App& parent)
      : app_(*parent.add_subcommand("learn", "Make a scenario that is like a recording")) {
    app_.add_option("RECORD", record_,
                    "Files, a PATH of `node --record`, or a folder of `run --record`")
        ->required();
    app_.add_option("-o,--output", output_, "Where the scenario goes; - is standard output")
        ->type_name("FILE")
        ->capture_default_str();
    app_.add_option("--name", name_, "What the scenario is called")->capture_default_str();
    app_.add_flag("--json", json_,
                  "Print the quality of each fit, and the scenario, as one JSON object");
    app_.footer(
        "As the node saw it: when others came, how long they stayed, how far away they were, and "
        "in\n"
        "how many subnets. Nothing in it names a peer or an address. How well each distribution "
        "fits\n"
        "is said on standard error: the distance of Kolmogorov and Smirnov, 0 to 1.\n"
        "Exit codes: 0 learned, 2 bad input.\n"
        "Examples:\n"
        "  tandem node --listen 0.0.0.0:4001 --allow-plaintext --record /var/tmp/node\n"
        "  tandem learn /var/tmp/node -o like_mine.yaml && tandem run like_mine.yaml");
  }
  CLI::App& app() override { return app_; }

  int run() override {
    if (!is_name(name_))
      throw bad_input("--name " + name_, "must be a name of letters, digits, _ and -");
    const auto learned = learn(recordings_in(record_), name_);
    if (json_) {
      std::puts(json_text(object_of(learned)).c_str());
      return exit_held;
    }
    if (output_ == "-") {
      std::fputs(learned.yaml.c_str(), stdout);
    } else {
      try {
        write_whole(output_, learned.yaml);
      } catch (const std::system_error& e) {
        throw bad_input("-o " + output_, e.code().message());
      }
    }
    for (const auto& fit : learned.fits)
      std::fprintf(stderr, "%s: %s, distance %.3f of %s%s%s\n", fit.what.c_str(),
                   fit.text.empty() ? "none" : fit.text.c_str(), fit.distance,
                   counted(fit.values, "value").c_str(), fit.why.empty() ? "" : "; ",
                   fit.why.c_str());
    return exit_held;
  }

 private:
  static boost::json::object object_of(const learned_scenario& learned) {
    boost::json::array fits;
    for (const auto& fit : learned.fits)
      fits.push_back({{"what", fit.what},
                      {"text", fit.text},
                      {"values", fit.values},
                      {"distance", fit.distance},
                      {"why", fit.why}});
    boost::json::object failures;
    for (const auto& [what, times] : learned.failures) failures[what] = times;
    return {{"node", learned.node},
            {"scenario", learned.yaml},
            {"fits", std::move(fits)},
            {"failures", std::move(failures)}};
  }

  CLI::App& app_;
  std::vector<std::string> record_;
  std::string output_ = "-";
  std::string name_ = "learned";
  bool json_ = false;
};

}  // namespace

std::unique_ptr<command> make_learn_command(CLI::App& parent) {
  return std::make_unique<learn_command>(parent);
}

}  // namespace tandem::cli
