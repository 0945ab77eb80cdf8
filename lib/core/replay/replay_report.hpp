// SPDX-License-Identifier: MIT
#pragma once

#include "core/replay/replay_links.hpp"

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tandem::detail {

/// A decision as an action shows it: about a connection, or about listening. Nothing for probes and
/// what is no decision.
struct shown_decision {
  connection_id conn{};  ///< none: about listening
  replay_decision what;
};
std::optional<shown_decision> decision_of(const action& what, time_point at);

/// Collects what both runs decided in a step, compares it, and keeps the first difference of each
/// subject.
class replay_report {
 public:
  using subject = std::shared_ptr<replay_subject>;

  explicit replay_report(std::size_t rows_max) : rows_max_(rows_max) {}

  void add(const subject& about, bool open, const replay_decision& what);
  /// The end of a step.
  void compare();

  std::uint64_t count() const noexcept { return count_; }
  std::vector<divergence> take_rows();
  std::vector<divergence_total> totals() const;

 private:
  using kinds = std::map<std::pair<std::string, std::string>, std::uint64_t>;
  void compare(replay_subject& about);
  static void count(kinds& into, const divergence& row);

  const std::size_t rows_max_;
  std::uint64_t count_ = 0;
  std::vector<subject> touched_;
  std::vector<divergence> rows_;
  kinds beyond_;  ///< of the rows that were too many
};

}  // namespace tandem::detail
