// SPDX-License-Identifier: MIT
#include "tandem/scenarios/rerun.hpp"

namespace tandem::scenarios {

std::string quoted_for_shell(const std::string& text) {
  if (text.find_first_of(" \t'\"$&;|<>()*?[]{}\\`!#~") == std::string::npos) return text;
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

std::string rerun_line(const std::string& file, const std::string& level, std::uint64_t seed,
                       const std::vector<std::string>& sets) {
  auto line = "tandem run " + quoted_for_shell(file) + " --level " + level + " --seed " +
              std::to_string(seed);
  for (const auto& set : sets) line += " --set " + quoted_for_shell(set);
  return line;
}

}  // namespace tandem::scenarios
