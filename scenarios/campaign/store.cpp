// SPDX-License-Identifier: MIT
#include "tandem/scenarios/campaign/store.hpp"

#include "results/sqlite_file.hpp"
#include "results/whole_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>
#include <boost/json.hpp>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace tandem::scenarios {
namespace {

namespace fs = std::filesystem;

constexpr const char* schema = R"(
CREATE TABLE IF NOT EXISTS cells (cell INTEGER PRIMARY KEY, key TEXT UNIQUE, level TEXT,
  seed INTEGER, sets TEXT, verdict TEXT, broke TEXT, trace_hash TEXT, events INTEGER, result TEXT);
CREATE TABLE IF NOT EXISTS parameters (cell INTEGER, path TEXT, value TEXT);
CREATE TABLE IF NOT EXISTS numbers (cell INTEGER, name TEXT, value REAL);
CREATE TABLE IF NOT EXISTS expectations (cell INTEGER, text TEXT, verdict TEXT, measured TEXT,
  value REAL, why TEXT);
CREATE INDEX IF NOT EXISTS numbers_by_cell ON numbers (cell);
CREATE INDEX IF NOT EXISTS parameters_by_cell ON parameters (cell);
CREATE INDEX IF NOT EXISTS expectations_by_cell ON expectations (cell);
)";
constexpr const char* tables[] = {"parameters", "numbers", "expectations", "cells"};

std::string path_in(const std::string& folder, const char* name) {
  return (fs::path(folder) / name).string();
}

void write_rows(sqlite_file& into, std::int64_t at, const cell& of, const cell_result& result) {
  sqlite_statement(into, "INSERT INTO cells VALUES (?,?,?,?,?,?,?,?,?,?)")(
      at, of.key, of.level, of.seed, boost::json::serialize(boost::json::value_from(of.sets)),
      name_of(result.verdict), result.broke, result.trace_hash, result.events, to_line(result));
  sqlite_statement parameter(into, "INSERT INTO parameters VALUES (?,?,?)");
  for (const auto& set : of.sets) {
    const auto equals = set.find('=');
    parameter(at, set.substr(0, equals), set.substr(equals + 1));
  }
  sqlite_statement number(into, "INSERT INTO numbers VALUES (?,?,?)");
  for (const auto& [name, value] : result.numbers) number(at, name, value);
  sqlite_statement line(into, "INSERT INTO expectations VALUES (?,?,?,?,?,?)");
  for (const auto& each : result.lines) {
    if (each.value)
      line(at, each.text, name_of(each.verdict), each.measured, *each.value, each.why);
    else
      line(at, each.text, name_of(each.verdict), each.measured, nullptr, each.why);
  }
}

void remove_rows(sqlite_file& from, const char* which, const std::string& value) {
  const auto cells = std::string("(SELECT cell FROM cells WHERE ") + which + ")";
  for (const auto* table : tables)
    sqlite_statement(
        from, ("DELETE FROM " + std::string(table) + " WHERE cell IN " + cells).c_str())(value);
}

std::int64_t next_cell(sqlite_file& in) {
  sqlite_statement last(in, "SELECT coalesce(max(cell) + 1, 0) FROM cells");
  last.next();
  return last.integer(0);
}

/// All of it or nothing.
template <class Do>
void transaction(sqlite_file& in, Do&& act) {
  in.run("BEGIN");
  try {
    act();
  } catch (...) {
    in.run("ROLLBACK");
    throw;
  }
  in.run("COMMIT");
}

void check_version(const sqlite_file& of, const std::string& path) {
  const auto version = of.version();
  if (version > campaign_schema_version)
    throw std::runtime_error(path + " is of version " + std::to_string(version) +
                             " of campaigns; this program reads " +
                             std::to_string(campaign_schema_version));
}

void make_tables(sqlite_file& in) {
  in.run(schema);
  in.run(("PRAGMA user_version = " + std::to_string(campaign_schema_version)).c_str());
}

}  // namespace

campaign_store::campaign_store(const std::string& folder) : folder_(folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  lock_ = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (lock_ < 0) throw std::runtime_error(folder + ": " + std::strerror(errno));
  if (flock(lock_, LOCK_EX | LOCK_NB) != 0) {
    close(lock_);
    throw std::runtime_error(folder + ": another process works in it");
  }
  open();
}

campaign_store::~campaign_store() {
  file_.reset();
  flock(lock_, LOCK_UN);  // a process that was forked meanwhile has the descriptor too
  close(lock_);
}

void campaign_store::open() {
  file_ = std::make_unique<sqlite_file>(path_in(folder_, "cells.sqlite"));
  check_version(*file_, path_in(folder_, "cells.sqlite"));
  // A process that is killed loses nothing that it committed; a power cut may lose the last cells.
  file_->run("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;");
  make_tables(*file_);
}

sqlite_file cells_in(const std::string& folder) {
  const auto path = path_in(folder, "cells.sqlite");
  sqlite_file file(path, sqlite_file::use::read);
  check_version(file, path);
  return file;
}

std::optional<std::string> campaign_store::plan() const {
  std::ifstream in(path_in(folder_, "plan.json"));
  if (!in) return {};
  return std::string(std::istreambuf_iterator<char>(in), {});
}

void campaign_store::keep_plan(const std::string& json) const {
  write_whole(path_in(folder_, "plan.json"), json);
}

std::vector<std::string> campaign_store::keys() const {
  std::vector<std::string> all;
  sqlite_statement select(*file_, "SELECT key FROM cells ORDER BY cell");
  while (select.next()) all.push_back(select.text(0));
  return all;
}

std::optional<cell_result> campaign_store::find(const std::string& key) const {
  sqlite_statement select(*file_, "SELECT result FROM cells WHERE key = ?");
  if (!select.with(key).next()) return {};
  return cell_result_of_line(select.text(0));
}

void campaign_store::add(const cell& of, const cell_result& result, std::optional<double> wall_s) {
  transaction(*file_, [&] {
    remove_rows(*file_, "key = ?", of.key);
    write_rows(*file_, next_cell(*file_), of, result);
  });
  if (!wall_s) return;
  std::ofstream(path_in(folder_, "timing.csv"), std::ios::app)
      << of.key << "," << of.level << "," << *wall_s << "\n";
}

void campaign_store::forget_broken() {
  transaction(*file_, [&] { remove_rows(*file_, "broke != ?", ""); });
}

void campaign_store::clear() {
  transaction(*file_, [&] { remove_rows(*file_, "key != ?", ""); });
  fs::remove(path_in(folder_, "timing.csv"));
}

void campaign_store::rewrite(const std::vector<cell>& order) {
  const auto path = path_in(folder_, "cells.sqlite");
  const auto part = path + ".part";
  fs::remove(part);
  {
    sqlite_file fresh(part);
    fresh.run("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;");
    transaction(fresh, [&] {
      make_tables(fresh);
      std::int64_t at = 0;
      for (const auto& each : order)
        if (const auto result = find(each.key)) write_rows(fresh, at++, each, *result);
    });
  }
  // The journal must not be taken for that of the new file: it is put in, and goes with its file
  // even where somebody is reading it.
  file_->run("PRAGMA wal_checkpoint(TRUNCATE)");
  file_.reset();
  for (const char* journal : {"-wal", "-shm"}) fs::remove(path + journal);
  fs::rename(part, path);
  file_ = std::make_unique<sqlite_file>(path);
}

}  // namespace tandem::scenarios
