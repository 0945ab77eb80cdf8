// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/scenarios/level.hpp"
#include "tandem/scenarios/scenario.hpp"
#include "tandem/scenarios/sweep_spec.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace tandem::scenarios {

/// One run of a campaign: a scenario with some of its values put in, at one level, with one seed.
struct cell {
  std::string file;
  std::vector<std::string> sets;  ///< `path=value`
  std::string level;
  std::uint64_t seed = 1;
  std::vector<std::string> also{};  ///< run_options::also, as written
  /// Sixteen digits of all that decides what it gives: the flat scenario and what it reads, level,
  /// seed, `also` and the commit. Empty: whoever runs it need not compare.
  std::string key{};
};

/// One combination of the values of all axes.
struct setting {
  std::vector<std::string> values;  ///< one of each axis
  std::string hash;                 ///< of its scenario
  std::uint64_t nodes = 0;
  duration length{};
};

/// What a campaign is to find out. Its cells are in the order of settings, levels, seeds.
struct campaign_plan {
  std::string scenario;
  std::string file;
  std::string text;               ///< of the file
  std::string flat;               ///< of the scenario without any value put in
  std::vector<std::string> sets;  ///< `path=value` of every cell
  std::vector<axis> axes;
  std::vector<setting> settings;  ///< the last axis changes first
  std::vector<std::string> levels;
  std::uint64_t first_seed = 1;
  seed_count seeds;
  std::vector<std::string> also;  ///< what is measured as well, as written
  std::string commit;

  /// The `path=value` of a setting, those of every cell among them.
  std::vector<std::string> sets_of(const setting& one) const;
  cell cell_of(std::size_t setting, std::size_t level, std::uint64_t number) const;
  /// Cells of a fixed number of seeds; the least of `until`.
  std::uint64_t cells() const { return settings.size() * levels.size() * seeds.least; }
};

/// What a campaign is made of.
struct campaign_request {
  std::string file;
  std::vector<std::string> sets;  ///< `path=value` of every cell
  sweep_spec flags;               ///< over the file's own
  std::vector<given_text> also;   ///< what is measured as well: numbers, or lines
  /// Asked now and then while settings are read; true gives up, and the plan has none.
  std::function<bool()> stop;
};

/// Reads and checks every setting before anything runs. Throws bad_inputs with what is wrong: which
/// value of which axis, where that was given, and why.
campaign_plan make_plan(const campaign_request& of, const std::vector<level>& known);

/// Its key, for the scenario that `of` names. `hash`: that of the setting.
std::string key_of(const cell& of, const std::string& hash, const std::string& commit);

/// All of a scenario that decides what its runs give, seed and level aside.
std::string content_hash(const scenario& what);

/// Whether every condition holds for these values.
bool conditions_hold(const std::vector<given_text>& conditions, const std::vector<axis>& axes,
                     const std::vector<std::string>& values);

/// A plan as JSON, the same bytes for the same plan.
std::string plan_json(const campaign_plan& plan);
/// Throws std::invalid_argument for anything else.
campaign_plan plan_of_json(std::string_view text);

}  // namespace tandem::scenarios
