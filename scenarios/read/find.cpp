// SPDX-License-Identifier: MIT
#include "tandem/scenarios/find.hpp"

#include "tandem/command/bad_input.hpp"
#include "tandem/command/units.hpp"

#include <algorithm>
#include <filesystem>

namespace tandem::scenarios {
namespace fs = std::filesystem;

std::vector<std::string> scenario_folders(const std::string& program) {
  std::vector<std::string> folders{"scenarios"};
  std::error_code ignored;
  // PREFIX/bin/tandem, PREFIX/lib/python3.11/dist-packages/tandem/_run.py
  for (auto place = fs::path(program).parent_path(); place.has_relative_path();
       place = place.parent_path())
    if (const auto folder = place / "share/tandem/scenarios"; fs::is_directory(folder, ignored)) {
      folders.push_back(folder.string());
      break;
    }
  return folders;
}

std::vector<std::string> scenarios_in(const std::string& folder) {
  std::vector<std::string> found;
  std::error_code failed;
  for (const auto& entry : fs::directory_iterator(folder, failed))
    if (entry.path().extension() == ".yaml") found.push_back(entry.path().string());
  std::ranges::sort(found);
  return found;
}

std::string find_scenario(const std::string& what, const std::string& program) {
  if (what.empty()) throw bad_input("no scenario is named; give a file, or a name in ./scenarios");
  if (const auto end = what.find('\n'); end != std::string::npos)
    throw bad_input(what.substr(0, end), "is text of several lines, not a scenario file");
  std::error_code ignored;
  if (fs::is_regular_file(what, ignored)) return what;
  std::vector<std::string> names;
  if (what.find('/') == std::string::npos) {
    for (const auto& folder : scenario_folders(program)) {
      if (const auto path = fs::path(folder) / (what + ".yaml"); fs::is_regular_file(path, ignored))
        return path.string();
      for (const auto& file : scenarios_in(folder)) names.push_back(fs::path(file).stem().string());
    }
  }
  if (fs::is_directory(what, ignored)) throw bad_input(what, "is a folder; name a scenario file");
  throw bad_input(what, "no such scenario file" + suggestion(what, names));
}

}  // namespace tandem::scenarios
