// SPDX-License-Identifier: MIT
// A result as OpenMetrics (github.com/OpenObservability/OpenMetrics, specification 1.0), under the
// names that a node serves: what is written for nodes, dashboards and alerts, works on a scenario.
#include "openmetrics.hpp"

#include "tandem/core/cause.hpp"
#include "tandem/core/counter_table.hpp"
#include "tandem/scenarios/expectation.hpp"

#include <algorithm>
#include <cstdio>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tandem::scenarios {
namespace {

/// What a number is called in Prometheus, without `_total`.
struct metric_name {
  std::string family;
  std::string reason;  ///< a label; empty: none
};

std::string without_total(std::string name) {
  if (name.ends_with("_total")) name.resize(name.size() - 6);
  return name;
}

metric_name name_of_metric(const std::string& measure) {
  const auto rows = counter_table();
  const auto row = std::ranges::find_if(
      rows, [&](const auto& r) { return r.name == measure || r.metric == measure; });
  if (row != rows.end() && !row->metric.empty())
    return {without_total(std::string(row->metric)), {}};
  if (const auto dot = measure.find('.'); dot != std::string::npos) {
    const auto family = measure.substr(0, dot);
    return {(family == "refusals" ? "icn_p2p_" : "tandem_") + family, measure.substr(dot + 1)};
  }
  return {"tandem_" + without_total(measure), {}};
}

using point = std::pair<std::int64_t, std::uint64_t>;  ///< nanoseconds, value

/// One line of a family over time, as far as it is known where it changed.
struct time_series {
  std::string labels;
  std::vector<point> points;
};

struct family_of_series {
  bool gauge = false;
  std::string help;
  std::vector<time_series> series;
};

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\' || c == '"') out += '\\';
    out += c == '\n' ? std::string("\\n") : std::string(1, c);
  }
  return out;
}

std::string labels_of(const run_result& run, std::string_view instance, std::string_view group,
                      const std::string& reason) {
  auto out = "job=\"tandem\",instance=\"" + escaped(instance) + "\",group=\"" + escaped(group) +
             "\",scenario=\"" + escaped(run.scenario) + "\",level=\"" + run.level + "\"";
  if (!reason.empty()) out += ",reason=\"" + reason + "\"";
  return out;
}

// Nodes where they were sampled, else the sums of groups: both would count everything twice.
constexpr const char* rows_of = R"(
  SELECT metric, kind, help, coalesce(node_name, node_groups.group_name),
    node_groups.group_name, time_ns, value
  FROM (SELECT * FROM sample_rows UNION ALL SELECT * FROM series_rows) AS given
  JOIN metrics USING (metric_id) JOIN node_groups USING (group_id)
  LEFT JOIN nodes ON nodes.node = given.node
  WHERE (given.node >= 0) = EXISTS (SELECT 1 FROM (SELECT * FROM sample_rows UNION ALL
    SELECT * FROM series_rows) AS other WHERE other.metric_id = given.metric_id AND
    other.node >= 0)
  ORDER BY metric_id, group_id, given.node, time_ns)";

std::map<std::string, family_of_series> families_in(const sqlite_file& in, const run_result& run) {
  std::map<std::string, family_of_series> all;
  sqlite_statement rows(in, rows_of);
  while (rows.next()) {
    const auto name = name_of_metric(rows.text(0));
    auto& family = all[name.family];
    family.gauge = rows.text(1) == "gauge";
    family.help = rows.text(2);
    const auto labels = labels_of(run, rows.text(3), rows.text(4), name.reason);
    if (family.series.empty() || family.series.back().labels != labels)
      family.series.push_back({labels, {}});
    family.series.back().points.emplace_back(rows.integer(5),
                                             static_cast<std::uint64_t>(rows.integer(6)));
  }
  return all;
}

std::vector<std::int64_t> sampled_times(const sqlite_file& in) {
  std::vector<std::int64_t> times;
  sqlite_statement rows(in, "SELECT DISTINCT time_ns FROM sample_rows ORDER BY time_ns");
  while (rows.next()) times.push_back(rows.integer(0));
  return times;
}

void write_series(std::ostream& out, const std::string& name, const time_series& of,
                  const std::vector<std::int64_t>& times, std::int64_t begin) {
  char number[64];
  auto next = of.points.begin();
  std::uint64_t value = 0;
  for (const auto time : times) {
    for (; next != of.points.end() && next->first <= time; ++next) value = next->second;
    std::snprintf(number, sizeof number, "} %llu %lld.%09lld\n",
                  static_cast<unsigned long long>(value),
                  static_cast<long long>(begin + time / 1'000'000'000),
                  static_cast<long long>(time % 1'000'000'000));
    out << name << '{' << of.labels << number;
  }
}

}  // namespace

void write_openmetrics(std::ostream& out, const sqlite_file& in, const run_result& run,
                       std::int64_t begin) {
  const auto times = sampled_times(in);
  for (const auto& [name, family] : families_in(in, run)) {
    out << "# TYPE " << name << (family.gauge ? " gauge\n" : " counter\n");
    if (!family.help.empty()) out << "# HELP " << name << ' ' << escaped(family.help) << '\n';
    for (const auto& each : family.series)
      write_series(out, name + (family.gauge ? "" : "_total"), each, times, begin);
  }
  out << "# EOF\n";
}

}  // namespace tandem::scenarios
