// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/scenarios/campaign/cells.hpp"
#include "tandem/scenarios/campaign/sweep.hpp"
#include "tandem/scenarios/swarm_spec.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace tandem::scenarios {

struct swarm_request {
  std::string file;
  std::vector<std::string> sets;
  std::string level;                        ///< empty: the first that the file names
  std::optional<std::uint64_t> first_seed;  ///< none: the scenario's
};

/// Random options and faults for every seed, a time in which all heals, and what must hold then.
class swarm_plan {
 public:
  /// Reads and checks all before anything runs. Throws bad_inputs. `known` outlives the plan.
  swarm_plan(const swarm_request& of, const std::vector<level>& known);

  /// The run of a seed: decided by the seed alone.
  cell cell_of(std::uint64_t seed) const;
  /// It as a file in `folder`, over the scenario's own, that says why it is kept.
  std::string file_of(const cell& one, const std::vector<std::string>& why,
                      const std::string& folder) const;

  std::string scenario;
  std::string level_name;
  std::uint64_t first_seed = 1;
  std::vector<std::string> goals;  ///< `sometimes` lines: each is to hold in one seed
  std::vector<std::string> kept;   ///< `always` lines: each must hold in every seed
  std::string eventually;          ///< what must hold after the chaos
  bool heals = true;               ///< there is a `keep_connected` that `eventually` is about
  std::vector<std::string> kinds;  ///< of faults
  std::vector<std::string> notes;  ///< what was left out, and why

 private:
  void choose_lines();
  void choose_kinds(const swarm_spec& spec);
  std::vector<std::string> sets_with(const std::vector<std::string>& more) const;
  bool is_fine(const std::vector<std::string>& sets) const;

  swarm_request asked_;
  const level* on_;
  scenarios::scenario base_;
  swarm_spec spec_;
};

/// A seed in which something did not hold.
struct swarm_failure {
  std::uint64_t seed = 1;
  std::string line;  ///< the first that failed, or why the run did not end
  std::string why;
  std::string file;   ///< that keeps it
  std::string rerun;  ///< the line that runs that
};

struct swarm_options {
  worker_options workers;
  std::string out;                    ///< folder of seeds that failed; made when there is one
  std::optional<std::uint64_t> runs;  ///< none: until the budget, or until every goal was reached
  std::chrono::duration<double> budget{};
  std::function<void(const campaign_progress&)> on_progress;
  std::function<bool()> stop;
};

struct swarm_report {
  std::uint64_t runs = 0;
  std::vector<swarm_failure> failures;  ///< by seed
  /// The seed that first reached each goal.
  std::vector<std::optional<std::uint64_t>> reached;
  std::uint64_t healed = 0;  ///< runs in which something was missing, and came back
  bool stopped = false;

  bool all_reached() const;
};

swarm_report run_swarm(const swarm_plan& plan, const swarm_options& options);

std::string to_text(const swarm_plan& plan, const swarm_report& report);
std::string to_json(const swarm_plan& plan, const swarm_report& report);

}  // namespace tandem::scenarios
