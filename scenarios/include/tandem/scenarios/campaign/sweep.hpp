// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/scenarios/campaign/plan.hpp"
#include "tandem/scenarios/campaign/statistics.hpp"
#include "tandem/scenarios/campaign/store.hpp"
#include "tandem/scenarios/campaign/workers.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tandem::scenarios {

/// Part `number` of `count`, from 1: cells in turns, and whole settings where seeds are run until
/// an interval is narrow.
struct shard {
  std::uint64_t number = 1;
  std::uint64_t count = 1;
};
/// `2/3`. Throws std::invalid_argument.
shard read_shard(std::string_view text);

struct campaign_progress {
  std::uint64_t done = 0;   ///< cells, by this call
  std::uint64_t total = 0;  ///< that are known to be needed, by this call
  std::uint64_t failed = 0;
  std::chrono::duration<double> wall{};
};

struct campaign_options {
  worker_options workers;
  std::string out;  ///< the folder
  shard part;
  bool overwrite = false;  ///< what the folder holds of other plans
  std::function<void(const campaign_progress&)> on_progress;
  std::function<bool()> stop;
};

/// What the seeds of one setting at one level gave.
struct setting_report {
  std::size_t setting = 0;
  std::string level;
  std::uint64_t ok = 0;
  std::uint64_t failed = 0;
  std::uint64_t untested = 0;
  std::uint64_t broke = 0;    ///< did not run to their end
  std::uint64_t missing = 0;  ///< were not run yet
  /// All seeds did the same: what they vary does not occur in the scenario.
  bool seeds_do_not_differ = false;
  std::vector<std::pair<std::string, interval>> lines;    ///< expectations with a value
  std::vector<std::pair<std::string, interval>> also;     ///< what was measured as well
  std::vector<std::pair<std::string, interval>> numbers;  ///< of all seeds that ran
  std::optional<cell> worst;                              ///< none: all is well
  std::string worst_why;
};

struct campaign_report {
  std::vector<setting_report> settings;  ///< of this part of the campaign
  std::uint64_t ran = 0;                 ///< cells, by this call
  std::uint64_t reused = 0;              ///< cells that were there
  bool stopped = false;

  enum verdict verdict() const;  ///< the worst; of what is missing nothing is said
  std::uint64_t broke() const;
  std::uint64_t missing() const;
};

/// Cells of the plan that the folder lacks: of `until` those to be run next.
std::vector<cell> missing_cells(const campaign_plan& plan, const shard& part,
                                const campaign_store& store);

/// Runs every cell that the folder lacks. Throws bad_input when the folder holds cells that the
/// plan does not have, std::runtime_error when it cannot be written.
campaign_report run_campaign(const campaign_plan& plan, const campaign_options& options);

/// Cells that it would not run, as the folder has them. Throws what it would throw.
std::uint64_t cells_there(const campaign_plan& plan, const campaign_options& options);

/// What run_campaign() does after its cells: puts them in their order, and reports.
campaign_report finish_campaign(const campaign_plan& plan, const shard& part,
                                campaign_store& store);

/// Makes of the folders of all shards of one campaign the one it would have made unsharded, byte
/// for byte. Throws bad_input when they are of different campaigns, or cells are missing.
campaign_report merge_campaigns(const std::vector<std::string>& folders, const std::string& out);
/// The plan that a folder holds. Throws bad_input.
campaign_plan plan_in(const std::string& folder);

/// For a person: a row for each setting; for programs: one JSON object. Both end in a newline.
std::string to_table(const campaign_plan& plan, const campaign_report& report,
                     const std::vector<std::string>& numbers);
std::string to_json(const campaign_plan& plan, const campaign_report& report);
/// What would be run: settings and cells, how many are there, how much simulated time.
std::string plan_text(const campaign_plan& plan, const shard& part, std::uint64_t there);

}  // namespace tandem::scenarios
