// SPDX-License-Identifier: MIT
// Every number and distribution in one table: measures, and where each is.
#include "measure_table.hpp"

#include "measure_rows.hpp"

#include <algorithm>
#include <string>
#include <vector>

namespace tandem::scenarios {
namespace {

using kind = measure_kind;
using names = std::vector<std::string>;

measure measure_of_counter(const counter_row& row) {
  measure made;
  made.name =
      row.metric.empty() || !row.measured || &row >= counter_table().data() + metric_table().size()
          ? row.name
          : row.metric;
  for (const auto name : {row.name, row.metric})
    if (!name.empty() && name != made.name) made.also.emplace_back(name);
  made.kind = row.gauge ? kind::gauge : kind::total;
  made.help = row.help;
  made.help.pop_back();  // a sentence's full stop
  made.lags =
      row.field == &manager_counters::bytes_sent || row.field == &manager_counters::bytes_received;
  const auto& extras = counter_extras();
  if (const auto it = std::ranges::find(extras, row.name, &counter_extra::name);
      it != extras.end()) {
    if (*it->also != 0) made.also.emplace_back(it->also);
    made.causes = it->causes;
  }
  if (made.lags) made.help += "; at `message` application bytes only";
  return made;
}

// A limit that was never approached refuses nobody; the rest as the family has it.
names causes_of(family of, cause why, const family_row& row) {
  if (of != family::refusals) return row.causes;
  switch (why) {
    case cause::limit_reached:
    case cause::per_peer_limit_reached:
    case cause::pending_limit_reached:
    case cause::inbound_limit_reached:
    case cause::outbound_limit_reached:
      return {"approached." + std::string(name_of(why))};
    case cause::backing_off:
    case cause::circuit_open:
    case cause::offline:
      return {"failed"};
    default:
      return row.causes;
  }
}

std::vector<measure> make_measures() {
  std::vector<measure> all;
  for (const auto& row : counter_table()) all.push_back(measure_of_counter(row));
  for (std::size_t f = 0; f < families_count; ++f)
    for (const auto& row : causes()) {
      const auto& of = family_rows()[f];
      all.push_back({std::string(of.name) + "." + std::string(row.name),
                     {},
                     kind::total,
                     unit::plain,
                     of.help,
                     causes_of(static_cast<family>(f), row.value, of)});
    }
  all.insert(all.end(), tally_rows().begin(), tally_rows().end());
  all.insert(all.end(), spread_rows().begin(), spread_rows().end());
  return all;
}

std::size_t in_family(std::size_t family, cause why) {
  return counter_table().size() + family * causes_count + static_cast<std::size_t>(why);
}

}  // namespace

std::span<const measure> measures() {
  static const std::vector<measure> all = make_measures();
  return all;
}

std::optional<std::size_t> measure_named(std::string_view name) {
  const auto all = measures();
  const auto it = std::ranges::find_if(all, [&](const measure& m) {
    return m.name == name || std::ranges::find(m.also, name) != m.also.end();
  });
  if (it == all.end()) return {};
  return static_cast<std::size_t>(it - all.begin());
}

std::span<const std::size_t> sampled_rows() {
  static const std::vector<std::size_t> rows = [] {
    std::vector<std::size_t> out;
    for (std::size_t row = 0; row < counter_table().size(); ++row)
      if (counter_table()[row].measured) out.push_back(row);
    return out;
  }();
  return rows;
}

std::size_t measure_of(std::size_t counter_row) noexcept { return counter_row; }
std::size_t measure_of(family of, cause why) {
  return in_family(static_cast<std::size_t>(of), why);
}
std::size_t measure_of(tally what) {
  return in_family(families_count, cause{}) + static_cast<std::size_t>(what);
}
std::size_t measure_of(spread what) { return numbers_count() + static_cast<std::size_t>(what); }
std::size_t numbers_count() { return in_family(families_count, cause{}) + tallies_count; }

}  // namespace tandem::scenarios
