// SPDX-License-Identifier: MIT
#include "read_duration_distribution.hpp"

namespace tandem::scenarios {

duration_distribution read_duration_distribution(const yaml_value& value, duration least) {
  if (!value.is_mapping()) return duration_distribution::constant(value.as_duration(least));
  const yaml_mapping given(value, "a distribution of durations", {"uniform", "exponential"});
  const auto& [key, entry] = given.only();
  if (key == "exponential") return duration_distribution::exponential(entry.as_duration(least));
  const auto ends = entry.as_list();
  if (ends.size() != 2)
    entry.fail("`" + entry.path() + "` must be the least and the most, as in [1s, 3s]");
  const auto from = ends[0].as_duration(least);
  const auto to = ends[1].as_duration(least);
  if (to < from) entry.fail("`" + entry.path() + "` must give the least first, then the most");
  return duration_distribution::uniform(from, to);
}

}  // namespace tandem::scenarios
