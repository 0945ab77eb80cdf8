// SPDX-License-Identifier: MIT
#include "evaluate.hpp"

#include "tandem/core/counter_table.hpp"

namespace tandem::scenarios {
namespace {

double number(const tracked_number& n, statistic which, time_point now) {
  switch (which) {
    case statistic::min:
      return static_cast<double>(n.min());
    case statistic::max:
      return static_cast<double>(n.max());
    case statistic::mean:
      return n.mean(now);
    default:
      return static_cast<double>(n.value());
  }
}

verdict judged(bool held) { return held ? verdict::ok : verdict::failed; }

check_result judge_spread(const expectation& e, const tracked_spread& s) {
  const auto in = measures()[e.measure].unit;
  if (e.statistic == statistic::count)
    return {e.text, judged(holds(e, static_cast<double>(s.count))), std::to_string(s.count)};
  if (s.count == 0) return {e.text, verdict::untested, "no value"};
  if (e.statistic == statistic::every)
    return {e.text, judged(holds(e, s.min) && holds(e, s.max)),
            (s.min == s.max ? format_value(s.min, in)
                            : format_value(s.min, in) + " .. " + format_value(s.max, in)) +
                " (" + std::to_string(s.count) + ")"};
  double value = s.last;
  if (e.statistic == statistic::min) value = s.min;
  if (e.statistic == statistic::max) value = s.max;
  if (e.statistic == statistic::mean) value = s.sum / static_cast<double>(s.count);
  return {e.text, judged(holds(e, value)), format_value(value, in)};
}

}  // namespace

std::vector<check_result> evaluate(const scenario& what, const tracker& ledger,
                                   const std::vector<std::optional<double>>& at_values,
                                   time_point now) {
  std::vector<check_result> checks;
  for (std::size_t i = 0; i < what.expectations.size(); ++i) {
    const auto& e = what.expectations[i];
    const auto& numbers = ledger.group(e.group);
    if (measures()[e.measure].distribution) {
      checks.push_back(judge_spread(e, numbers.spreads[e.measure - numbers_count()]));
    } else if (e.at && !at_values[i]) {
      checks.push_back({e.text, verdict::failed, "not reached"});
    } else {
      const double value =
          e.at ? *at_values[i] : number(numbers.numbers[e.measure], e.statistic, now);
      checks.push_back({e.text, judged(holds(e, value)), format_value(value, unit::plain)});
    }
  }
  for (const auto& [invariant, how] : ledger.violations())
    checks.push_back({"invariant: " + invariant, verdict::failed, how});
  return checks;
}

std::vector<group_result> summarize(const scenario& what, const tracker& ledger) {
  std::vector<group_result> out;
  std::uint32_t first = 0;
  for (group_index g = 0; g < what.groups.size(); ++g) {
    const auto& numbers = ledger.group(g).numbers;
    group_result made{what.groups[g].name, first, what.groups[g].count, {}, {}};
    first += made.count;
    for (std::size_t row = 0; row < metric_table().size(); ++row) {
      const auto& n = numbers[measure_of(row)];
      made.metrics.push_back({std::string(metric_table()[row].metric),
                              {static_cast<double>(n.value()), static_cast<double>(n.min()),
                               static_cast<double>(n.max())}});
    }
    for (const auto& row : causes())
      if (const auto count = numbers[measure_of_refusal(row.value)].value())
        made.refusals.emplace_back(row.name, count);
    out.push_back(std::move(made));
  }
  return out;
}

}  // namespace tandem::scenarios
