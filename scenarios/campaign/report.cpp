// SPDX-License-Identifier: MIT
#include "report.hpp"

#include "schedule.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace tandem::scenarios {
namespace {

constexpr std::string_view cause_counts_of_a_cell[] = {"refusals", "dial_failed", "closed"};

/// Values by name, in the order in which the names came first.
class value_lists {
 public:
  void add(const std::string& name, double value) {
    const auto [it, fresh] = index_.try_emplace(name, lists_.size());
    if (fresh) lists_.emplace_back(name, std::vector<double>());
    lists_[it->second].second.push_back(value);
  }
  void add(const std::vector<cell_line>& lines) {
    for (const auto& line : lines)
      if (line.value) add(line.text, *line.value);
  }
  /// Of `runs` runs: counts by cause are told where they are not 0.
  std::vector<std::pair<std::string, interval>> intervals(std::size_t runs) const {
    std::vector<std::pair<std::string, interval>> out;
    for (auto [name, values] : lists_) {
      if (is_cause_count(name)) values.resize(runs, 0);
      out.emplace_back(name, interval_of(values));
    }
    return out;
  }

 private:
  static bool is_cause_count(const std::string& name) {
    const auto begins = name.find('.');
    const auto rest = std::string_view(name).substr(begins == std::string::npos ? 0 : begins + 1);
    return std::ranges::any_of(cause_counts_of_a_cell, [&](auto which) {
      return rest.starts_with(which) && rest.substr(which.size()).starts_with('.');
    });
  }

  std::vector<std::pair<std::string, std::vector<double>>> lists_;
  std::map<std::string, std::size_t> index_;
};

std::uint64_t lines_with(const cell_result& of, verdict what) {
  return static_cast<std::uint64_t>(std::ranges::count(of.lines, what, &cell_line::verdict));
}

/// How bad: what broke, then failed lines, then untested ones.
std::uint64_t badness(const cell_result& of) {
  if (!of.ran()) return 2'000'000;
  return 1000 * lines_with(of, verdict::failed) + lines_with(of, verdict::untested);
}

std::string reason_of(const cell_result& of) {
  if (!of.ran()) return of.broke;
  const auto bad = lines_with(of, verdict::failed) > 0 ? verdict::failed : verdict::untested;
  const auto it = std::ranges::find(of.lines, bad, &cell_line::verdict);
  if (it == of.lines.end()) return {};
  return std::string(name_of(bad)) + ": " + it->text + ": measured " + it->measured +
         (it->why.empty() ? "" : "; " + it->why);
}

/// One seed at which it was so is enough for `sometimes`.
void share_sometimes(std::vector<std::pair<cell, cell_result>>& seeds) {
  const auto is_met = [&](const cell_line& line) {
    return std::ranges::any_of(seeds, [&](const auto& seed) {
      return std::ranges::any_of(seed.second.lines, [&](const cell_line& other) {
        return other.text == line.text && other.verdict == verdict::ok;
      });
    });
  };
  for (auto& [of, result] : seeds) {
    if (!result.ran() || result.verdict == verdict::ok) continue;
    for (auto& line : result.lines)
      if (line.text.starts_with("sometimes ") && is_met(line)) line.verdict = verdict::ok;
    result.verdict = lines_with(result, verdict::failed) > 0     ? verdict::failed
                     : lines_with(result, verdict::untested) > 0 ? verdict::untested
                                                                 : verdict::ok;
  }
}

/// One setting at one level while its seeds are added.
class gathered {
 public:
  gathered(std::size_t setting, std::string level) {
    out_.setting = setting;
    out_.level = std::move(level);
  }
  void add(const cell& of, std::optional<cell_result> result) {
    if (result)
      seeds_.emplace_back(of, std::move(*result));
    else
      ++out_.missing;
  }
  bool empty() const { return seeds_.empty() && out_.missing == 0; }
  setting_report report() {
    share_sometimes(seeds_);
    for (const auto& [of, result] : seeds_) count(of, result);
    out_.seeds_do_not_differ = ran_ > 1 && conducts_.size() == 1 && !conducts_.begin()->empty();
    out_.lines = lines_.intervals(ran_);
    out_.also = also_.intervals(ran_);
    out_.numbers = numbers_.intervals(ran_);
    return out_;
  }

 private:
  void count(const cell& of, const cell_result& result) {
    if (const auto bad = badness(result); bad > worst_) {
      worst_ = bad;
      out_.worst = of;
      out_.worst_why = reason_of(result);
    }
    if (!result.ran()) {
      ++out_.broke;
      return;
    }
    ++(result.verdict == verdict::ok       ? out_.ok
       : result.verdict == verdict::failed ? out_.failed
                                           : out_.untested);
    ++ran_;
    conducts_.insert(result.conduct());
    lines_.add(result.lines);
    also_.add(result.also);
    for (const auto& [name, value] : result.numbers) numbers_.add(name, value);
  }

  setting_report out_;
  std::vector<std::pair<cell, cell_result>> seeds_;
  std::uint64_t worst_ = 0;
  std::size_t ran_ = 0;
  std::set<std::string> conducts_;
  value_lists lines_;
  value_lists also_;
  value_lists numbers_;
};

}  // namespace

campaign_report report_of(const campaign_plan& plan, const shard& part,
                          const campaign_store& store) {
  campaign_report report;
  std::set<std::string> mine;
  const auto known = known_in(plan, store);
  for (auto& each : wanted_cells(plan, part, known)) mine.insert(std::move(each.key));
  for (std::size_t s = 0; s < plan.settings.size(); ++s)
    for (std::size_t l = 0; l < plan.levels.size(); ++l) {
      gathered seeds(s, plan.levels[l]);
      const auto count = plan.seeds.until() ? wanted_seeds(plan, s, l, known) : plan.seeds.least;
      for (std::uint64_t n = 0; n < count; ++n)
        if (const auto one = plan.cell_of(s, l, n); mine.contains(one.key))
          seeds.add(one, store.find(one.key));
      if (!seeds.empty()) report.settings.push_back(seeds.report());
    }
  return report;
}

enum verdict campaign_report::verdict() const {
  const auto any = [&](auto member) {
    return std::ranges::any_of(settings, [&](const auto& one) { return one.*member > 0; });
  };
  if (any(&setting_report::failed) || any(&setting_report::broke)) return verdict::failed;
  return any(&setting_report::untested) ? verdict::untested : verdict::ok;
}

std::uint64_t campaign_report::broke() const {
  std::uint64_t sum = 0;
  for (const auto& one : settings) sum += one.broke;
  return sum;
}

std::uint64_t campaign_report::missing() const {
  std::uint64_t sum = 0;
  for (const auto& one : settings) sum += one.missing;
  return sum;
}

}  // namespace tandem::scenarios
