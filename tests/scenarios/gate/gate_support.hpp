// SPDX-License-Identifier: MIT
#pragma once

#include "scenarios/run_support.hpp"
#include "tandem/scenarios/gate/review.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace tandem::scenarios {

/// A folder of scenarios of its own.
class gate_folder : public testing::Test {
 protected:
  gate_folder() {
    std::filesystem::remove_all(folder);
    std::filesystem::create_directories(folder);
    options.levels = test_levels();
    options.jobs = 2;
  }
  ~gate_folder() override { std::filesystem::remove_all(folder); }

  static std::string crowded(const std::string& limit = "3") {
    return "scenario: crowded\n"
           "levels: [message, stream]\n"
           "duration: 8s\n"
           "groups:\n"
           "  server:  {listen: true, manager: {max_connections: " +
           limit +
           "}}\n"
           "  dialers: {count: 5}\n"
           "workload:\n"
           "  - dial: {from: dialers, to: server, at: 1s, arrivals: {every: 1s}}\n"
           "expectations:\n"
           "  - server.refusals.LimitReached >= 1\n"
           "  - server.active == " +
           limit + "\n";
  }
  std::string write(const std::string& name, const std::string& text) const {
    const auto path = folder + "/" + name + ".yaml";
    std::ofstream(path) << text;
    return path;
  }
  std::vector<gate_result> run(const std::string& level = {}) const {
    return run_gate(plan_cases(scenarios_in(folder), options.levels, level), options);
  }
  /// Every baseline is what is found now.
  void accept_all() {
    options.for_review = true;
    review(run(), [](const gate_result&) { return answer::accept; });
    options.for_review = false;
  }
  static std::string text_of(const std::string& path) {
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
  }

  // Tests run side by side.
  const std::string folder = testing::TempDir() + "tandem_gate_" +
                             testing::UnitTest::GetInstance()->current_test_info()->name();
  gate_options options;
};

}  // namespace tandem::scenarios
