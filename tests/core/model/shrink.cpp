// SPDX-License-Identifier: MIT
#include "player.hpp"

#include <utility>

namespace tandem::reference {

std::vector<step> shrunk(std::uint64_t seed, const manager_options& options,
                         std::vector<step> script) {
  const auto first = play(seed, options, script);
  if (!first) return script;
  if (first->at < script.size()) script.resize(first->at + 1);
  // A long script that does not get shorter is not worth minutes.
  std::size_t steps_left = 3'000'000;
  const auto fails = [&](const std::vector<step>& s) {
    if (steps_left < s.size()) return false;
    steps_left -= s.size();
    return play(seed, options, s).has_value();
  };
  for (std::size_t chunk = std::max<std::size_t>(1, script.size() / 2);; chunk /= 2) {
    for (std::size_t from = 0; from < script.size();) {
      std::vector<step> less(script.begin(), script.begin() + static_cast<std::ptrdiff_t>(from));
      const std::size_t rest = std::min(script.size(), from + chunk);
      less.insert(less.end(), script.begin() + static_cast<std::ptrdiff_t>(rest), script.end());
      if (fails(less))
        script = std::move(less);
      else
        from += chunk;
    }
    if (chunk <= 1) break;
  }
  // Steps that need no time to pass.
  for (step& s : script) {
    const std::uint32_t time = std::exchange(s.time, 0);
    if (time != 0 && !fails(script)) s.time = time;
  }
  return script;
}

}  // namespace tandem::reference
