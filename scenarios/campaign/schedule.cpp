// SPDX-License-Identifier: MIT
#include "schedule.hpp"

#include "tandem/command/units.hpp"

#include <cmath>
#include <stdexcept>

namespace tandem::scenarios {

std::optional<double> width_value(const campaign_plan& plan, const cell_result& result) {
  if (!plan.seeds.until() || result.also.empty()) return {};
  return result.also.back().value;
}

// Batches of the same size whatever runs when: the same seeds in one process, ten, or after a
// crash.
std::uint64_t wanted_seeds(const campaign_plan& plan, std::size_t setting, std::size_t level,
                           const known_cells& known) {
  const auto& seeds = plan.seeds;
  std::vector<double> values;
  std::uint64_t wanted = seeds.least;
  for (std::uint64_t n = 0;; ++n) {
    if (n == wanted) {
      const auto found = interval_of(values);
      const double width = seeds.relative ? seeds.width * std::abs(found.mean) : seeds.width;
      if (wanted >= seeds.most || found.half_width <= width) return wanted;
      wanted += seeds.least;
    }
    const auto it = known.find(plan.cell_of(setting, level, n).key);
    if (it == known.end()) return wanted;
    if (!it->second) return n + 1;  // there is no such value: more seeds would not tell it
    values.push_back(*it->second);
  }
}

std::vector<cell> wanted_cells(const campaign_plan& plan, const shard& part,
                               const known_cells& known) {
  std::vector<cell> all;
  std::uint64_t turn = 0;
  const auto mine = [&] { return turn++ % part.count == part.number - 1; };
  for (std::size_t s = 0; s < plan.settings.size(); ++s)
    for (std::size_t l = 0; l < plan.levels.size(); ++l) {
      const bool until = plan.seeds.until();
      if (until && !mine()) continue;
      const auto count = until ? wanted_seeds(plan, s, l, known) : plan.seeds.least;
      for (std::uint64_t n = 0; n < count; ++n)
        if (until || mine()) all.push_back(plan.cell_of(s, l, n));
    }
  return all;
}

known_cells known_in(const campaign_plan& plan, const campaign_store& store) {
  known_cells known;
  for (const auto& key : store.keys()) {
    auto& value = known[key];
    if (plan.seeds.until()) value = width_value(plan, *store.find(key));
  }
  return known;
}

std::vector<cell> missing_cells(const campaign_plan& plan, const shard& part,
                                const campaign_store& store) {
  const auto known = known_in(plan, store);
  auto cells = wanted_cells(plan, part, known);
  std::erase_if(cells, [&](const cell& each) { return known.contains(each.key); });
  return cells;
}

shard read_shard(std::string_view text) {
  const auto slash = text.find('/');
  const auto number = parse_count(text.substr(0, slash));
  const auto count =
      slash == std::string_view::npos ? std::nullopt : parse_count(text.substr(slash + 1));
  if (!number || !count || *number < 1 || *number > *count)
    throw std::invalid_argument("a shard is written NUMBER/COUNT, from 1/3 to 3/3, not " +
                                quoted(text));
  return {*number, *count};
}

}  // namespace tandem::scenarios
