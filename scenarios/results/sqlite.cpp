// SPDX-License-Identifier: MIT
#include "sqlite_file.hpp"
#include "tandem/core/cause.hpp"
#include "tandem/scenarios/results.hpp"

#include <unistd.h>
#include <boost/json.hpp>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <stdexcept>

namespace tandem::scenarios {
namespace {

constexpr const char* schema = R"(
CREATE TABLE run (key TEXT PRIMARY KEY, value);
CREATE TABLE fingerprints (layer TEXT PRIMARY KEY, text TEXT);
CREATE TABLE expectations (text TEXT, verdict TEXT, measured TEXT, why TEXT);
CREATE TABLE faults (text TEXT, verdict TEXT, times INTEGER, nodes INTEGER, connections INTEGER,
  attempts INTEGER, packets INTEGER, why TEXT);
CREATE TABLE nodes (node INTEGER PRIMARY KEY, name TEXT, "group" TEXT);
CREATE TABLE events (time_ns INTEGER, node INTEGER, kind TEXT, cause TEXT, direction TEXT,
  connection INTEGER, request INTEGER, peer INTEGER, current INTEGER, "limit" INTEGER,
  failures INTEGER, ceiling_ns INTEGER, until_ns INTEGER);
CREATE TABLE samples (time_ns INTEGER, "group" TEXT, node INTEGER, metric TEXT, value INTEGER);
)";

void write_run(sqlite_file& into, const run_result& r) {
  sqlite_statement add(into, "INSERT INTO run VALUES (?, ?)");
  add("scenario", r.scenario);
  add("level", r.level);
  add("seed", r.seed);
  add("commit", r.commit);
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
  add("events", r.events);
  add("events_dropped", r.event_rows.dropped);
  add("wall_s", r.wall_s);
  add("reproduce", r.reproduce);
  add("json", to_json({&r, 1}));
}

void write_fingerprints(sqlite_file& into, const run_result& r) {
  if (!r.prints) return;
  sqlite_statement add(into, "INSERT INTO fingerprints VALUES (?, ?)");
  for (std::size_t i = 0; i < layers_count; ++i)
    add(name_of(static_cast<layer>(i)), text_of((*r.prints)[i]));
}

void write_verdicts(sqlite_file& into, const run_result& r) {
  sqlite_statement add(into, "INSERT INTO expectations VALUES (?,?,?,?)");
  for (const auto& check : r.checks)
    add(check.text, name_of(check.verdict), check.measured, check.why);
  sqlite_statement add_fault(into, "INSERT INTO faults VALUES (?,?,?,?,?,?,?,?)");
  static_assert(touches_count == 4);
  for (const auto& f : r.faults)
    add_fault(f.text, name_of(f.verdict), f.times, f.touched[0], f.touched[1], f.touched[2],
              f.touched[3], f.why);
}

void write_nodes(sqlite_file& into, const run_result& r) {
  sqlite_statement add(into, "INSERT INTO nodes VALUES (?, ?, ?)");
  for (const auto& group : r.groups)
    for (std::uint32_t i = 0; i < group.count; ++i)
      add(group.first_node + i, group.name + "." + std::to_string(i), group.name);
}

void write_events(sqlite_file& into, const run_result& r) {
  sqlite_statement add(into, "INSERT INTO events VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)");
  const auto& e = r.event_rows;
  for (std::size_t i = 0; i < e.size(); ++i)
    add(e.time_ns[i], e.node[i], name_of(notice{e.kind[i]}), name_of(cause{e.why[i]}),
        direction{e.way[i]} == direction::inbound ? "inbound" : "outbound", e.connection[i],
        e.request[i], e.peer[i], e.current[i], e.limit[i], e.failures[i], e.ceiling_ns[i],
        e.until_ns[i]);
}

void write_samples(sqlite_file& into, const run_result& r) {
  sqlite_statement add(into, "INSERT INTO samples VALUES (?,?,?,?,?)");
  const auto& s = r.samples;
  for (std::size_t i = 0; i < s.size(); ++i)
    for (std::size_t column = 0; column < s.names.size(); ++column)
      add(s.time_ns[i], r.groups[static_cast<std::size_t>(s.group[i])].name, s.node[i],
          s.names[column], s.values[column][i]);
}

namespace fs = std::filesystem;

std::string name_of_result(const std::string& scenario, const std::string& level,
                           std::uint64_t seed, const std::string& hash) {
  return scenario + "-" + level + "-" + std::to_string(seed) + "-" + hash.substr(0, 8) + ".sqlite";
}

// Takes the name with an empty file, so that of two runs that end at once one is told.
void claim(const fs::path& path) {
  if (std::FILE* file = std::fopen(path.c_str(), "wx")) {
    std::fclose(file);
    return;
  }
  throw std::runtime_error(path.string() + ": " + std::strerror(errno));
}

void fill(const fs::path& path, const run_result& result) {
  fs::remove(path);
  claim(path);  // the reason when that fails is the system's
  sqlite_file into(path.string());
  // A result is written once and whole: a crash loses it, whatever the journal did.
  into.run("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;");
  into.run("BEGIN");
  into.run(schema);
  into.run(("PRAGMA user_version = " + std::to_string(sqlite_schema_version)).c_str());
  write_run(into, result);
  write_fingerprints(into, result);
  write_verdicts(into, result);
  write_nodes(into, result);
  write_events(into, result);
  write_samples(into, result);
  into.run("COMMIT");
}

/// Writes the result beside `path` and has `use` take it from there.
void write_beside(const fs::path& path, const run_result& result, auto use) {
  const auto part = fs::path(path.string() + "." + std::to_string(getpid()) + ".part");
  try {
    fs::create_directories(path.parent_path());
    fill(part, result);
    use(part);
  } catch (const fs::filesystem_error& e) {
    std::remove(part.c_str());
    throw std::runtime_error(e.path1().string() + ": " + e.code().message());
  } catch (...) {
    std::remove(part.c_str());
    throw;
  }
}

}  // namespace

std::string sqlite_name(const scenario& what, const std::string& level, std::uint64_t seed) {
  return name_of_result(what.name, level, seed, hash_of(what));
}

void try_sqlite(const scenario& what, const std::string& level, std::uint64_t seed,
                const std::string& directory) {
  const auto path = fs::path(directory) / sqlite_name(what, level, seed);
  write_beside(path, {}, [&](const fs::path& part) {
    if (fs::is_directory(path))
      throw fs::filesystem_error({}, path, std::make_error_code(std::errc::is_a_directory));
    fs::remove(part);
  });
}

std::string write_sqlite(const run_result& result, const std::string& directory,
                         older_result older) {
  const auto path = fs::path(directory) / name_of_result(result.scenario, result.level, result.seed,
                                                         result.scenario_hash);
  write_beside(path, result, [&](const fs::path& part) {
    if (older == older_result::keep) claim(path);
    fs::rename(part, path);
  });
  return path.string();
}

}  // namespace tandem::scenarios
