// SPDX-License-Identifier: MIT
#include "evaluate.hpp"

#include "tandem/core/counter_table.hpp"

namespace tandem::scenarios {
namespace {

cause_counts counts_of(const std::vector<tracked_number>& numbers, family of) {
  cause_counts counts;
  for (const auto& row : causes())
    if (const auto count = numbers[measure_of(of, row.value)].value())
      counts.emplace_back(row.name, count);
  return counts;
}

group_summary summary_of(const group_numbers& group) {
  const auto number = [&](const char* name) { return group.numbers[*measure_named(name)]; };
  return {.active_last = number("active").value(),
          .active_max = number("active").max(),
          .failed = counts_of(group.numbers, family::dial_failed),
          .closed = counts_of(group.numbers, family::closed),
          .dial_p50 = group.dial_times.quantile(0.5),
          .dial_p99 = group.dial_times.quantile(0.99),
          .attempts_peak = group.attempts.most(),
          .bytes_sent = number("bytes_sent").value(),
          .bytes_received = number("bytes_received").value()};
}

}  // namespace

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
    made.refusals = counts_of(numbers, family::refusals);
    made.summary = summary_of(ledger.group(g));
    out.push_back(std::move(made));
  }
  return out;
}

}  // namespace tandem::scenarios
