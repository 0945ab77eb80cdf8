// SPDX-License-Identifier: MIT
// What the runs of one value say: whether the line holds, and whether that may be chance.
#include "tandem/core/counted.hpp"
#include "tandem/scenarios/campaign/search.hpp"
#include "tandem/scenarios/campaign/statistics.hpp"

#include <set>

namespace tandem::scenarios {
namespace {

// So many runs that are alike leave less than 14 % of all that are not, with 95 %.
constexpr std::uint64_t enough_alike = 20;

class value_judge {
 public:
  value_judge(const search_plan& plan, const std::vector<cell_result>& runs, tried_value& to)
      : plan_(plan), to_(to), seeds_(runs.size()), last_(seeds_ >= plan.asked.seeds_most) {
    to_.seeds = seeds_;
    to_.failed = to_.untested = 0;
    to_.why.clear();
    for (const auto& run : runs) hear(run);
  }

  bool judge() {
    to_.number = interval_of_rare(numbers_, error());
    if (!broke_.empty()) return no("a run broke: " + broke_);
    if (!plan_.of_mean) return each_run();
    if (numbers_.size() < seeds_)
      return no("the number has no value in " + counted(seeds_ - numbers_.size(), "run"));
    to_.why.clear();
    to_.untested = 0;  // its value is known, however far from the bound
    const double chance = is_same() ? 0 : to_.number.half_width;
    const bool low = holds_at(to_.number.mean - chance);
    const bool high = holds_at(to_.number.mean + chance);
    const bool alike = to_.number.least == to_.number.most;
    to_.significant = low == high && (!alike || is_same() || seeds_ >= enough_alike);
    to_.holds = low == high ? low : holds_at(to_.number.mean);
    return to_.significant || last_;
  }

 private:
  void hear(const cell_result& run) {
    conducts_.insert(run.conduct());
    if (!run.ran()) {
      if (broke_.empty()) broke_ = run.broke;
      return;
    }
    const auto& line = run.also.front();
    if (line.value) numbers_.push_back(*line.value);
    if (line.verdict == verdict::failed && to_.failed++ == 0)
      to_.why = line.why.empty() ? line.measured : line.why;
    if (line.verdict == verdict::untested) ++to_.untested;
  }

  /// Nothing in it is random: the first run tells all.
  bool is_same() const { return conducts_.size() == 1 && !conducts_.contains(""); }

  bool no(std::string why) {
    to_.holds = false;
    to_.significant = true;
    to_.why = std::move(why);
    return true;
  }

  // One run in which it fails says that it does not hold.
  bool each_run() {
    to_.holds = to_.failed == 0;
    to_.significant = !to_.holds || is_same() || seeds_ >= enough_alike;
    return to_.significant || last_;
  }

  bool holds_at(double left) const {
    const double bound = value_of(plan_.line.low, {});
    return scenarios::holds(plan_.line, left, bound, bound);
  }

  // After the first look, and twice as many seeds for each next one.
  double error() const {
    if (plan_.asked.seeds_least == plan_.asked.seeds_most) return 0.05;
    std::uint64_t look = 1;
    for (auto seen = plan_.asked.seeds_least; seen < seeds_; seen *= 2) ++look;
    return error_of_look(look);
  }

  const search_plan& plan_;
  tried_value& to_;
  std::uint64_t seeds_;
  bool last_;
  std::vector<double> numbers_;
  std::set<std::string> conducts_;
  std::string broke_;
};

}  // namespace

bool judge_value(const search_plan& plan, const std::vector<cell_result>& runs, tried_value& to) {
  return value_judge(plan, runs, to).judge();
}

}  // namespace tandem::scenarios
