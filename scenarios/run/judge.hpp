// SPDX-License-Identifier: MIT
#pragma once

#include "fault_book.hpp"
#include "line_judge.hpp"
#include "tracker.hpp"

#include <functional>
#include <map>
#include <memory>
#include <span>
#include <vector>

namespace tandem::scenarios {

/// Watches what the expectations of a run are about while it runs, and judges them at its end.
/// Looking plans nothing in the world, so it cannot change the run.
class judge final : public number_listener {
 public:
  /// Times of the scenario count from `start`. `also` is judged like its expectations. References
  /// outlive this.
  judge(const scenario& what, std::span<const expectation> also, const tracker& ledger,
        const fault_book& faults, time_point start);

  /// Every node is there and nothing has happened.
  void begin();
  /// Calls `tell` once, in the moment in which the condition first holds, from within what made it
  /// hold. After begin().
  void watch(const expectation& condition, std::function<void()> tell);
  void on_change(std::size_t measure, std::uint64_t up, std::uint64_t down,
                 const happening& why) override;
  void on_value(std::size_t measure, double value, const happening& why) override;
  /// A fault began or ended.
  void on_fault(time_point now);

  /// The next time to look at what managers hear of late; `never` when there is none.
  time_point next_look() const;
  void look(time_point now);

  std::vector<check_result> verdicts(time_point end);
  std::vector<check_result> also(time_point end);

 private:
  void add(const expectation& line);
  void route(std::size_t line, const number_use& use, line_judge::place at);
  void begin(std::size_t line);
  /// Tells who watches for it.
  void look_whether_it_holds(std::size_t line);

  struct target {
    std::size_t line;
    line_judge::place at;
    node_index first;
    node_index count;
  };
  const scenario& scenario_;
  std::span<const expectation> also_;
  const tracker& tracker_;
  const fault_book& faults_;
  time_point start_;
  time_point looked_ = time_point::min();
  std::vector<std::unique_ptr<line_judge>> lines_;     ///< expectations, also, what is watched for
  std::map<std::size_t, std::function<void()>> tell_;  ///< by line
  std::vector<node_index> first_of_;                   ///< node of each group
  std::vector<std::vector<target>> targets_;           ///< by measure
};

}  // namespace tandem::scenarios
