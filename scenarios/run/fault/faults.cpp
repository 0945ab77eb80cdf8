// SPDX-License-Identifier: MIT
#include "read/read_scenario.hpp"
#include "run/fault/fault.hpp"

#include <string>
#include <vector>

namespace tandem::scenarios {

std::unique_ptr<fault> read_partition(const yaml_value& value, const scenario& of);
std::unique_ptr<fault> read_link_episode(const yaml_value& value, const scenario& of);
std::unique_ptr<fault> read_die(const yaml_value& value, const scenario& of);
std::unique_ptr<fault> read_pause(const yaml_value& value, const scenario& of);
std::unique_ptr<fault> read_clock_jump(const yaml_value& value, const scenario& of);
std::unique_ptr<fault> read_descriptors(const yaml_value& value, const scenario& of);
std::unique_ptr<fault> read_stall_reading(const yaml_value& value, const scenario& of);
std::unique_ptr<fault> read_forget_flows(const yaml_value& value, const scenario& of);

std::span<const fault_kind> fault_kinds() {
  static constexpr fault_kind all[] = {
      {"partition", read_partition},
      {"link", read_link_episode},
      {"die", read_die},
      {"pause", read_pause},
      {"clock_jump", read_clock_jump},
      {"descriptors", read_descriptors},
      {"stall_reading", read_stall_reading},
      {"forget_flows", read_forget_flows},
  };
  return all;
}

void read_faults(const yaml_value& list, scenario& out) {
  constexpr std::size_t faults_max = 100;  // each is asked about every packet while it is on
  if (list.as_list().size() > faults_max)
    list.as_list()[faults_max].fail("a scenario has at most " + std::to_string(faults_max) +
                                    " faults");
  std::vector<std::string> words;
  for (const auto& kind : fault_kinds()) words.emplace_back(kind.word);
  list.each([&](const yaml_value& entry) {
    const yaml_mapping one(entry, "faults", words);
    const auto& [word, value] = one.only();
    for (const auto& kind : fault_kinds())
      if (kind.word == word) out.faults.push_back(kind.read(value, out));
  });
}

}  // namespace tandem::scenarios
