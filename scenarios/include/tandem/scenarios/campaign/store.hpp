// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/scenarios/campaign/cells.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tandem::scenarios {

class sqlite_file;

/// The folder of a campaign: `plan.json`, `cells.sqlite` and `timing.csv`; see
/// scenarios/reference/commands/sweep.md. Whatever kills the process, a cell that was added is
/// there. One process at a time. What fails is thrown as std::runtime_error with the path.
class campaign_store {
 public:
  /// Makes the folder when it is missing.
  explicit campaign_store(const std::string& folder);
  ~campaign_store();
  campaign_store(const campaign_store&) = delete;
  campaign_store& operator=(const campaign_store&) = delete;

  /// The text of plan.json; none: there is none yet.
  std::optional<std::string> plan() const;
  void keep_plan(const std::string& json) const;

  std::vector<std::string> keys() const;
  std::optional<cell_result> find(const std::string& key) const;
  /// One that is there is replaced. `wall_s` goes to timing.csv, which is no result.
  void add(const cell& of, const cell_result& result, std::optional<double> wall_s = {});
  /// Cells that did not run to their end, which are to be tried again.
  void forget_broken();
  void clear();
  /// Writes all that is there of these anew, in their order: the same cells, the same bytes.
  void rewrite(const std::vector<cell>& order);

 private:
  void open();

  std::string folder_;
  int lock_ = -1;
  std::unique_ptr<sqlite_file> file_;
};

/// The cells of such a folder, to be read. Throws std::runtime_error when they are of another
/// version.
sqlite_file cells_in(const std::string& folder);

/// Version of `cells.sqlite`, kept in `PRAGMA user_version`.
inline constexpr int campaign_schema_version = 1;

}  // namespace tandem::scenarios
