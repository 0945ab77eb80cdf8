// SPDX-License-Identifier: MIT
#include "find_scenario.hpp"

#include "tandem/command/bad_input.hpp"
#include "tandem/command/units.hpp"

#include <algorithm>
#include <filesystem>

namespace tandem::cli {
namespace fs = std::filesystem;

std::vector<std::string> scenario_folders() {
  std::vector<std::string> folders{"scenarios"};
  std::error_code ignored;
  const auto self = fs::read_symlink("/proc/self/exe", ignored);
  if (!self.empty())
    folders.push_back((self.parent_path().parent_path() / "share/tandem/scenarios").string());
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

std::string find_scenario(const std::string& what) {
  std::error_code ignored;
  if (fs::is_regular_file(what, ignored)) return what;
  std::vector<std::string> names;
  if (what.find('/') == std::string::npos) {
    for (const auto& folder : scenario_folders()) {
      if (const auto path = fs::path(folder) / (what + ".yaml"); fs::is_regular_file(path, ignored))
        return path.string();
      for (const auto& file : scenarios_in(folder)) names.push_back(fs::path(file).stem().string());
    }
  }
  if (fs::is_directory(what, ignored)) throw bad_input(what, "is a folder; name a scenario file");
  throw bad_input(what, "no such scenario file" + suggestion(what, names));
}

}  // namespace tandem::cli
