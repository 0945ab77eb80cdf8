// SPDX-License-Identifier: MIT
#include "result_rows.hpp"

#include "tandem/core/cause.hpp"
#include "tandem/scenarios/expectation.hpp"

#include <boost/json.hpp>

#include <set>

namespace tandem::scenarios {
namespace {

double seconds_of(duration d) { return std::chrono::duration<double>(d).count(); }

void write_run(sqlite_file& into, const run_result& r) {
  sqlite_statement add(into, "INSERT INTO run VALUES (?, ?)");
  add("scenario", r.scenario);
  add("level", r.level);
  add("seed", r.seed);
  add("version", r.version);
  add("commit", r.commit);
  add("engine", r.engine);
  add("scenario_text", r.scenario_text);
  add("scenario_flat", r.scenario_flat);
  add("sets", boost::json::serialize(boost::json::value_from(r.sets)));
  add("scenario_hash", r.scenario_hash);
  if (r.trace_hash.empty())
    add("trace_hash", nullptr);
  else
    add("trace_hash", r.trace_hash);
  add("ok", r.ok ? 1 : 0);
  add("verdict", name_of(r.verdict));
  add("stopped", r.stopped ? 1 : 0);
  add("reached_s", seconds_of(r.reached));
  add("events", r.events);
  add("events_dropped", r.event_rows.dropped);
  add("wall_s", r.wall_s);
  add("reproduce", r.reproduce);
  sqlite_statement add_parameter(into, "INSERT INTO parameters VALUES (?, ?)");
  for (const auto& [name, value] : r.parameters) add_parameter(name, value);
}

void write_fingerprints(sqlite_file& into, const run_result& r) {
  if (!r.prints) return;
  sqlite_statement add(into, "INSERT INTO fingerprints VALUES (?, ?)");
  for (std::size_t i = 0; i < layers_count; ++i)
    add(name_of(static_cast<layer>(i)), text_of((*r.prints)[i]));
}

void write_verdicts(sqlite_file& into, const run_result& r) {
  sqlite_statement add(into, "INSERT INTO expectations VALUES (?,?,?,?,?)");
  for (const auto& check : r.checks)
    add(check.text, name_of(check.verdict), check.measured, check.why, check.looked);
  sqlite_statement add_invariant(into, "INSERT INTO invariants VALUES (?,?)");
  for (const auto& [name, looked] : r.invariants) add_invariant(name, looked);
  sqlite_statement add_fault(into, "INSERT INTO faults VALUES (?,?,?,?,?,?,?,?)");
  static_assert(touches_count == 4);
  for (const auto& f : r.faults)
    add_fault(f.text, name_of(f.verdict), f.times, f.touched[0], f.touched[1], f.touched[2],
              f.touched[3], f.why);
  sqlite_statement add_warning(into, "INSERT INTO warnings VALUES (?)");
  for (const auto& warning : r.warnings) add_warning(warning);
}

void write_groups(sqlite_file& into, const run_result& r) {
  sqlite_statement add(into, "INSERT INTO node_groups VALUES (?,?,?,?,?,?,?,?,?,?,?)");
  sqlite_statement add_metric(into, "INSERT INTO group_metrics VALUES (?,?,?,?,?)");
  sqlite_statement add_cause(into, "INSERT INTO group_causes VALUES (?,?,?,?)");
  sqlite_statement add_node(into, "INSERT INTO nodes VALUES (?, ?, ?)");
  std::uint64_t id = 0;
  for (const auto& group : r.groups) {
    const auto& s = group.summary;
    add(id++, group.name, group.first_node, group.count, s.active_last, s.active_max, s.dial_p50,
        s.dial_p99, s.attempts_peak, s.bytes_sent, s.bytes_received);
    for (const auto& [name, value] : group.metrics)
      add_metric(group.name, name, value.last, value.min, value.max);
    for (const auto& [name, times] : group.refusals) add_cause(group.name, "refused", name, times);
    for (const auto& [name, times] : s.failed) add_cause(group.name, "failed", name, times);
    for (const auto& [name, times] : s.closed) add_cause(group.name, "closed", name, times);
    for (std::uint32_t i = 0; i < group.count; ++i)
      add_node(group.first_node + i, group.name + "." + std::to_string(i), group.name);
  }
}

void write_events(sqlite_file& into, const run_result& r) {
  sqlite_statement add(into, "INSERT INTO event_rows VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)");
  const auto& e = r.event_rows;
  for (std::size_t i = 0; i < e.size(); ++i)
    add(e.time_ns[i], e.node[i], name_of(notice{e.kind[i]}), name_of(cause{e.why[i]}),
        direction{e.way[i]} == direction::inbound ? "inbound" : "outbound", e.connection[i],
        e.request[i], e.peer[i], e.current[i], e.limit[i], e.failures[i], e.ceiling_ns[i],
        e.until_ns[i]);
}

void write_stages(sqlite_file& into, const run_result& r) {
  sqlite_statement add(into, "INSERT INTO stage_rows VALUES (?,?,?,?)");
  for (std::size_t i = 0; i < r.stages.size(); ++i)
    add(r.stages.time_ns[i], r.stages.node[i], r.stages.connection[i], name_of(r.stages.stage[i]));
}

/// The id of a metric is its place among measures().
void write_samples(sqlite_file& into, const run_result& r) {
  const auto& s = r.samples;
  std::set<std::size_t> used(r.series.measure.begin(), r.series.measure.end());
  std::vector<std::size_t> ids;
  for (const auto& name : s.names) ids.push_back(measure_named(name).value());
  used.insert(ids.begin(), ids.end());
  sqlite_statement add_metric(into, "INSERT INTO metrics VALUES (?,?,?,?)");
  for (const auto id : used) {
    const auto& is = measures()[id];
    add_metric(id, is.name, is.kind == measure_kind::gauge ? "gauge" : "total", is.help);
  }
  sqlite_statement add(into, "INSERT INTO sample_rows VALUES (?,?,?,?,?)");
  for (std::size_t i = 0; i < s.size(); ++i)
    for (std::size_t column = 0; column < s.names.size(); ++column)
      add(s.time_ns[i], s.group[i], s.node[i], ids[column], s.values[column][i]);
  sqlite_statement add_series(into, "INSERT INTO series_rows VALUES (?,?,?,?,?)");
  const auto& of = r.series;
  for (std::size_t i = 0; i < of.size(); ++i)
    add_series(of.time_ns[i], of.group[i], of.node[i], of.measure[i], of.value[i]);
}

}  // namespace

void write_rows(sqlite_file& into, const run_result& result) {
  write_run(into, result);
  write_fingerprints(into, result);
  write_verdicts(into, result);
  write_groups(into, result);
  write_events(into, result);
  write_stages(into, result);
  write_samples(into, result);
}

}  // namespace tandem::scenarios
