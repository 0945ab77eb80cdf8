// SPDX-License-Identifier: MIT
// The file of a result: its name, and how it comes to be whole.
#include "result_rows.hpp"
#include "schema.hpp"
#include "sqlite_file.hpp"
#include "tandem/scenarios/results.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <stdexcept>

namespace tandem::scenarios {
namespace {

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
  make_tables(into);
  write_rows(into, result);
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
