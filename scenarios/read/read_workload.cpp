// SPDX-License-Identifier: MIT
#include "read_scenario.hpp"
#include "run/verbs/verb.hpp"

#include <utility>

namespace tandem::scenarios {
void read_workload(const yaml_value& list, scenario& out) {
  std::vector<std::string> words;
  for (const auto& verb : verbs()) words.emplace_back(verb.word);
  list.each([&](const yaml_value& entry) {
    const yaml_mapping one(entry, "workload", words);
    const auto& [word, value] = one.only();
    for (const auto& verb : verbs())
      if (verb.word == word) {
        auto made = verb.read(value, out);
        made->path = value.path();
        out.workload.push_back(std::move(made));
      }
  });
}

}  // namespace tandem::scenarios
