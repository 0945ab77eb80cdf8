// SPDX-License-Identifier: MIT
// What a result file says, read again.
#include "openmetrics.hpp"
#include "perfetto.hpp"
#include "schema.hpp"
#include "sqlite_file.hpp"
#include "tandem/command/bad_input.hpp"
#include "tandem/core/cause.hpp"
#include "tandem/scenarios/expectation.hpp"
#include "tandem/scenarios/results.hpp"

#include <boost/json.hpp>

#include <cmath>
#include <filesystem>
#include <map>
#include <stdexcept>

namespace tandem::scenarios {
namespace {

constexpr const char* remedy = "; name a file that `tandem run --out` wrote";

sqlite_file read_only(const std::string& path) try {
  auto file = sqlite_file(path, sqlite_file::use::read);
  file.version();  // the first look at its bytes
  return file;
} catch (const std::runtime_error& e) {
  throw bad_input(e.what() + std::string(remedy));
}

/// In the version of this build, whatever version the file has.
sqlite_file opened(const std::string& path) {
  std::error_code unknown;
  if (!std::filesystem::exists(path, unknown))
    throw bad_input(path, std::string("no such file") + remedy);
  if (std::filesystem::is_directory(path, unknown))
    throw bad_input(path, std::string("is a folder") + remedy);
  auto file = read_only(path);
  const int version = file.version();
  if (version < 1 || !file.has("run")) throw bad_input(path, std::string("is no result") + remedy);
  if (version > sqlite_schema_version)
    throw bad_input(path, "is of version " + std::to_string(version) +
                              " of the result file; this program reads 1 to " +
                              std::to_string(sqlite_schema_version));
  if (version == sqlite_schema_version) return file;
  auto newer = sqlite_file::copy_of(file);
  migrate(newer, version);
  return newer;
}

verdict verdict_of(std::string_view name) {
  for (const auto each : {verdict::ok, verdict::failed, verdict::untested})
    if (name_of(each) == name) return each;
  throw std::runtime_error("no verdict is called `" + std::string(name) + "`");
}

std::uint64_t count(sqlite_statement& row, int column) {
  return static_cast<std::uint64_t>(row.integer(column));
}

std::optional<double> maybe(sqlite_statement& row, int column) {
  if (row.is_null(column)) return {};
  return row.real(column);
}

void read_run(const sqlite_file& in, run_result& out) {
  std::map<std::string, std::string, std::less<>> is;
  sqlite_statement rows(in, "SELECT name, value FROM run");
  while (rows.next()) is.emplace(rows.text(0), rows.text(1));
  const auto number = [&](const char* name) {
    return std::strtoull(is[name].c_str(), nullptr, 10);
  };
  const auto real = [&](const char* name) { return std::strtod(is[name].c_str(), nullptr); };
  out.scenario = is["scenario"];
  out.level = is["level"];
  out.seed = number("seed");
  out.version = is["version"];
  out.commit = is["commit"];
  out.engine = is["engine"];
  out.scenario_text = is["scenario_text"];
  out.scenario_flat = is["scenario_flat"];
  out.sets = boost::json::value_to<std::vector<std::string>>(boost::json::parse(is["sets"]));
  out.scenario_hash = is["scenario_hash"];
  out.trace_hash = is["trace_hash"];
  out.ok = number("ok") != 0;
  out.verdict = verdict_of(is["verdict"]);
  out.stopped = number("stopped") != 0;
  out.reached = duration(std::llround(real("reached_s") * 1e9));
  out.events = number("events");
  out.event_rows.dropped = number("events_dropped");
  out.wall_s = real("wall_s");
  out.reproduce = is["reproduce"];
  sqlite_statement parameters(in, "SELECT name, value FROM parameters ORDER BY rowid");
  while (parameters.next()) out.parameters.emplace_back(parameters.text(0), parameters.text(1));
}

// Four digits of each hash but the last are kept.
fingerprint fingerprint_of(const std::string& text) {
  fingerprint out{};
  for (std::size_t i = 0; i < out.size() && 5 * i < text.size(); ++i) {
    const auto digits = text.substr(5 * i, i + 1 < out.size() ? 4 : 16);
    out[i] = std::strtoull(digits.c_str(), nullptr, 16) << (i + 1 < out.size() ? 48 : 0);
  }
  return out;
}

void read_fingerprints(const sqlite_file& in, run_result& out) {
  sqlite_statement rows(in, "SELECT layer, text FROM fingerprints");
  while (rows.next())
    for (std::size_t i = 0; i < layers_count; ++i)
      if (name_of(static_cast<layer>(i)) == rows.text(0)) {
        if (!out.prints) out.prints.emplace();
        (*out.prints)[i] = fingerprint_of(rows.text(1));
      }
}

void read_verdicts(const sqlite_file& in, run_result& out) {
  sqlite_statement checks(
      in, "SELECT text, verdict, measured, why, looked FROM expectations ORDER BY rowid");
  while (checks.next())
    out.checks.push_back({checks.text(0), verdict_of(checks.text(1)), checks.text(2),
                          checks.text(3), count(checks, 4)});
  sqlite_statement invariants(in, "SELECT name, looked FROM invariants ORDER BY rowid");
  while (invariants.next()) out.invariants.emplace_back(invariants.text(0), count(invariants, 1));
  sqlite_statement faults(in,
                          "SELECT text, verdict, times, nodes, connections, attempts, packets, why "
                          "FROM faults ORDER BY rowid");
  while (faults.next())
    out.faults.push_back({faults.text(0),
                          verdict_of(faults.text(1)),
                          count(faults, 2),
                          {count(faults, 3), count(faults, 4), count(faults, 5), count(faults, 6)},
                          faults.text(7)});
  sqlite_statement warnings(in, "SELECT text FROM warnings ORDER BY rowid");
  while (warnings.next()) out.warnings.emplace_back(warnings.text(0));
}

cause_counts counts_of(const sqlite_file& in, const std::string& group, std::string_view happened) {
  cause_counts out;
  sqlite_statement rows(
      in,
      "SELECT cause, times FROM group_causes WHERE group_name = ? AND happened = ? "
      "ORDER BY rowid");
  rows.with(group, happened);
  while (rows.next()) out.emplace_back(rows.text(0), count(rows, 1));
  return out;
}

void read_groups(const sqlite_file& in, run_result& out) {
  sqlite_statement rows(
      in,
      "SELECT group_name, first_node, node_count, active_last, active_max, dial_p50_s, "
      "dial_p99_s, attempts_peak, bytes_sent, bytes_received FROM node_groups "
      "ORDER BY group_id");
  while (rows.next()) {
    auto& made = out.groups.emplace_back();
    made.name = rows.text(0);
    made.first_node = static_cast<std::uint32_t>(rows.integer(1));
    made.count = static_cast<std::uint32_t>(rows.integer(2));
    made.summary = {.active_last = count(rows, 3),
                    .active_max = count(rows, 4),
                    .failed = counts_of(in, made.name, "failed"),
                    .closed = counts_of(in, made.name, "closed"),
                    .dial_p50 = maybe(rows, 5),
                    .dial_p99 = maybe(rows, 6),
                    .attempts_peak = count(rows, 7),
                    .bytes_sent = count(rows, 8),
                    .bytes_received = count(rows, 9)};
    made.refusals = counts_of(in, made.name, "refused");
    sqlite_statement metrics(in,
                             "SELECT metric, last_value, min_value, max_value FROM group_metrics "
                             "WHERE group_name = ? ORDER BY rowid");
    metrics.with(made.name);
    while (metrics.next())
      made.metrics.push_back(
          {metrics.text(0), {metrics.real(1), metrics.real(2), metrics.real(3)}});
  }
}

template <class Enum>
std::map<std::string, Enum, std::less<>> by_name(std::size_t size) {
  std::map<std::string, Enum, std::less<>> all;
  for (std::size_t i = 0; i < size; ++i)
    all.emplace(name_of(static_cast<Enum>(i)), static_cast<Enum>(i));
  return all;
}

}  // namespace

class result_file::impl {
 public:
  explicit impl(const std::string& path) : in(opened(path)) {}
  const sqlite_file in;
};

result_file::result_file(const std::string& path) : impl_(std::make_unique<impl>(path)) {}
result_file::~result_file() = default;

event_table result_file::events() const {
  static const auto notices = by_name<notice>(notices_count);
  event_table out;
  sqlite_statement rows(impl_->in,
                        "SELECT time_ns, node, kind, cause, direction, connection, request, peer, "
                        "current_value, limit_value, failures, ceiling_ns, until_ns "
                        "FROM event_rows ORDER BY rowid");
  while (rows.next()) {
    const auto kind = notices.find(rows.text(2));
    if (kind == notices.end())
      throw std::runtime_error("a result has an event `" + rows.text(2) +
                               "` that this program does not know");
    out.time_ns.push_back(rows.integer(0));
    out.node.push_back(static_cast<std::int32_t>(rows.integer(1)));
    out.kind.push_back(static_cast<std::uint8_t>(kind->second));
    out.why.push_back(static_cast<std::uint8_t>(cause_named(rows.text(3)).value_or(cause::none)));
    out.way.push_back(static_cast<std::uint8_t>(rows.text(4) == "inbound" ? direction::inbound
                                                                          : direction::outbound));
    out.connection.push_back(count(rows, 5));
    out.request.push_back(count(rows, 6));
    out.peer.push_back(static_cast<std::int32_t>(rows.integer(7)));
    out.current.push_back(count(rows, 8));
    out.limit.push_back(count(rows, 9));
    out.failures.push_back(static_cast<std::uint32_t>(rows.integer(10)));
    out.ceiling_ns.push_back(rows.integer(11));
    out.until_ns.push_back(rows.integer(12));
  }
  return out;
}

stage_table result_file::stages() const {
  static const auto stages = by_name<life_stage>(life_stages_count);
  stage_table out;
  sqlite_statement rows(impl_->in,
                        "SELECT time_ns, node, connection, stage FROM stage_rows ORDER BY rowid");
  while (rows.next()) {
    out.time_ns.push_back(rows.integer(0));
    out.node.push_back(static_cast<std::int32_t>(rows.integer(1)));
    out.connection.push_back(count(rows, 2));
    out.stage.push_back(stages.at(rows.text(3)));
  }
  return out;
}

// A column for each metric that samples have, in the order of the first row.
sample_table result_file::samples() const {
  sample_table out;
  std::map<std::int64_t, std::size_t> columns;
  sqlite_statement metrics(impl_->in,
                           "SELECT metric_id, metric FROM metrics WHERE metric_id IN "
                           "(SELECT DISTINCT metric_id FROM sample_rows) ORDER BY metric_id");
  while (metrics.next()) {
    columns.emplace(metrics.integer(0), out.names.size());
    out.names.push_back(metrics.text(1));
  }
  out.values.resize(out.names.size());
  sqlite_statement rows(impl_->in,
                        "SELECT time_ns, group_id, node, metric_id, value FROM sample_rows "
                        "ORDER BY time_ns, group_id, node");
  for (std::size_t cell = 0; rows.next(); ++cell) {
    if (cell % out.names.size() == 0) {
      out.time_ns.push_back(rows.integer(0));
      out.group.push_back(static_cast<std::int32_t>(rows.integer(1)));
      out.node.push_back(static_cast<std::int32_t>(rows.integer(2)));
    }
    out.values[columns.at(rows.integer(3))].push_back(count(rows, 4));
  }
  return out;
}

series_table result_file::series() const {
  std::map<std::int64_t, std::uint32_t> measure;
  sqlite_statement metrics(impl_->in, "SELECT metric_id, metric FROM metrics");
  while (metrics.next())
    if (const auto known = measure_named(metrics.text(1)))
      measure.emplace(metrics.integer(0), static_cast<std::uint32_t>(*known));
  series_table out;
  sqlite_statement rows(impl_->in,
                        "SELECT time_ns, group_id, node, metric_id, value FROM series_rows "
                        "ORDER BY rowid");
  while (rows.next()) {
    const auto known = measure.find(rows.integer(3));
    if (known == measure.end()) continue;  // of another build
    out.time_ns.push_back(rows.integer(0));
    out.group.push_back(static_cast<std::int32_t>(rows.integer(1)));
    out.node.push_back(static_cast<std::int32_t>(rows.integer(2)));
    out.measure.push_back(known->second);
    out.value.push_back(count(rows, 4));
  }
  return out;
}

std::string_view measure_name(std::uint32_t measure) { return measures()[measure].name; }

void result_file::write_openmetrics(std::ostream& out, std::int64_t begin) const {
  scenarios::write_openmetrics(out, impl_->in, summary(), begin);
}

void result_file::write_perfetto(std::ostream& out) const {
  auto run = summary();
  run.event_rows = events();
  run.stages = stages();
  scenarios::write_perfetto(out, run);
}

run_result result_file::summary() const {
  run_result out;
  read_run(impl_->in, out);
  read_fingerprints(impl_->in, out);
  read_verdicts(impl_->in, out);
  read_groups(impl_->in, out);
  return out;
}

}  // namespace tandem::scenarios
