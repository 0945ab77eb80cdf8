// SPDX-License-Identifier: MIT
#include "read_distribution.hpp"

#include "csv.hpp"
#include "tandem/command/units.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

namespace tandem::scenarios {
namespace {

using sim::distribution;
using read_one = std::function<std::int64_t(const yaml_value&)>;

constexpr std::size_t values_max = 1'000'000;

// The two parameters of a form.
std::vector<yaml_value> two_of(const yaml_value& entry, const char* what) {
  auto both = entry.as_list();
  if (both.size() != 2) entry.fail(quoted(entry.path()) + " must be " + what);
  return both;
}

// The second parameter of a form: a number without unit in a range.
double number_of(const yaml_value& value, double least, double most, const char* range) {
  const double number = value.as_number();
  if (!(number >= least && number <= most))
    value.fail(quoted(value.path()) + " must be from " + range + ", not " + value.as_text());
  return number;
}

distribution uniform(const yaml_value& entry, const read_one& read) {
  const auto ends = two_of(entry, "the least and the most, as in [1s, 3s]");
  const auto from = read(ends[0]);
  const auto to = read(ends[1]);
  if (to < from) entry.fail(quoted(entry.path()) + " must give the least first, then the most");
  return distribution::uniform(from, to);
}

distribution exponential(const yaml_value& entry, const read_one& read) {
  return distribution::exponential(read(entry));
}

distribution normal(const yaml_value& entry, const read_one& read) {
  const auto both = two_of(entry, "the mean and the standard deviation, as in [80ms, 10ms]");
  return distribution::normal(read(both[0]), read(both[1]));
}

distribution lognormal(const yaml_value& entry, const read_one& read) {
  const auto both = two_of(entry, "the median and sigma, as in [80ms, 0.3]");
  return distribution::lognormal(read(both[0]), number_of(both[1], 0, 10, "0 to 10"));
}

distribution pareto(const yaml_value& entry, const read_one& read) {
  const auto both = two_of(entry, "the least value and alpha, as in [1s, 1.5]");
  return distribution::pareto(read(both[0]), number_of(both[1], 0.1, 1000, "0.1 to 1000"));
}

distribution weibull(const yaml_value& entry, const read_one& read) {
  const auto both = two_of(entry, "the scale and the shape, as in [1m, 0.5]");
  return distribution::weibull(read(both[0]), number_of(both[1], 0.1, 1000, "0.1 to 1000"));
}

// The part of `p99.9`.
double part_of(const std::string& key, const yaml_value& value) {
  const auto percent = key.starts_with('p') ? parse_number(key.substr(1)) : std::nullopt;
  if (!percent || !(*percent >= 0 && *percent <= 100))
    value.fail_key(quoted(key) + " is no quantile: write p0 to p100, as in p50 or p99.9");
  return *percent / 100;
}

distribution quantiles(const yaml_value& entry, const read_one& read) {
  std::vector<distribution::point> points;
  for (const auto& [key, value] : entry.entries()) {
    const distribution::point next{part_of(key, value), read(value)};
    if (!points.empty() && next.at <= points.back().at)
      value.fail_key("quantile " + quoted(key) + " must come before those above it");
    if (!points.empty() && next.value < points.back().value)
      value.fail(quoted(value.path()) + " must not be below the quantile before it");
    points.push_back(next);
  }
  if (points.size() < 2)
    entry.fail(quoted(entry.path()) +
               " needs at least two quantiles, as in {p50: 20ms, p99: 90ms}");
  return distribution::quantiles(std::move(points));
}

distribution values(const yaml_value& entry, const read_one& read) {
  std::vector<std::int64_t> list;
  if (entry.node().IsSequence()) {
    for (const auto& one : entry.as_list()) list.push_back(read(one));
    if (list.empty()) entry.fail(quoted(entry.path()) + " is empty: give at least one value");
    return distribution::values(std::move(list));
  }
  const auto table = read_csv(entry);
  for (const auto& row : table.rows)
    for (const auto& cell : row.cells)
      read_cell(entry, table, row, cell, [&](const auto& v) { list.push_back(read(v)); });
  if (list.size() > values_max)
    entry.fail(table.file + " has more than " + std::to_string(values_max) + " values");
  return distribution::values(std::move(list));
}

struct form {
  const char* name;
  distribution (*read)(const yaml_value& entry, const read_one& read);
};
constexpr form forms[] = {{"uniform", uniform},     {"exponential", exponential},
                          {"normal", normal},       {"lognormal", lognormal},
                          {"pareto", pareto},       {"weibull", weibull},
                          {"quantiles", quantiles}, {"values", values}};

}  // namespace

distribution read_distribution(const yaml_value& value, std::string_view what,
                               const read_one& read) {
  if (!value.is_mapping()) return distribution::constant(read(value));
  std::vector<std::string> names;
  for (const auto& one : forms) names.emplace_back(one.name);
  const yaml_mapping given(value, "a distribution of " + std::string(what), names);
  const auto& [key, entry] = given.only();
  return std::ranges::find(forms, key, &form::name)->read(entry, read);
}

namespace {

/// Fits of how long the peers of KAD stayed in several months of 2007 and how long they were away:
/// Steiner, En-Najjary, Biersack, "Analyzing Peer Behavior in KAD" (Eurecom RR-07-205), minutes, as
/// the KadChurnModel of PeerfactSim.KOM quotes them.
struct measured {
  const char* name;
  double scale_minutes;
  double shape;
};
constexpr measured measured_sessions[] = {
    {"kad_session", 169.5385, 0.61511},        // of peers that came during the measurement
    {"kad_first_session", 357.7152, 0.54512},  // of those that were there when it began
    {"kad_absence", 413.6765, 0.47648},        // between two sessions
};

}  // namespace

duration_distribution read_duration_distribution(const yaml_value& value, duration least) {
  if (!value.is_mapping())
    for (const auto& one : measured_sessions)
      if (value.node().IsScalar() && value.node().Scalar() == one.name)
        return {distribution::weibull(std::llround(one.scale_minutes * 60e9), one.shape)};
  return {read_distribution(value, "durations",
                            [least](const auto& v) { return v.as_duration(least).count(); })};
}

distribution read_byte_distribution(const yaml_value& value, std::uint64_t most) {
  return read_distribution(value, "sizes", [most](const auto& v) {
    return static_cast<std::int64_t>(v.as_bytes(0, most));
  });
}

}  // namespace tandem::scenarios
