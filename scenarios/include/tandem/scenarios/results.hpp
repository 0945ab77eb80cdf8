// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/scenarios/run.hpp"

#include <cstdint>
#include <memory>
#include <ostream>
#include <span>
#include <string>
#include <string_view>

namespace tandem::scenarios {

/// One JSON array, an object per result, ending in a newline; scenarios/reference/results.md lists
/// the keys.
std::string to_json(std::span<const run_result> results);

/// Expectations down, levels across, each with what was measured; then one line per result that
/// runs it again.
std::string to_table(std::span<const run_result> results);

/// The name of the file with the result of an experiment: `SCENARIO-LEVEL-SEED-HASH.sqlite`, HASH
/// the first eight digits of hash_of() it. Other text or other `--set`s: another name.
std::string sqlite_name(const scenario& what, const std::string& level, std::uint64_t seed);

/// Makes `directory` and tries whether such a file, without a result in it, can be written there;
/// it is gone afterwards. Throws what write_sqlite() would throw, before a long run instead of
/// after it.
void try_sqlite(const scenario& what, const std::string& level, std::uint64_t seed,
                const std::string& directory);

/// What to do with a result of the same experiment that is there already.
enum class older_result : std::uint8_t { keep, replace };

/// Writes the result into `directory` under its sqlite_name() (the tables are in
/// scenarios/reference/results.md) and returns the path. Makes the directory; the file appears
/// whole. Throws std::runtime_error naming the file and the reason; what is to be kept is one.
std::string write_sqlite(const run_result& result, const std::string& directory,
                         older_result older = older_result::keep);

/// The name of series_table::measure.
std::string_view measure_name(std::uint32_t measure);

/// Version of the SQLite schema, kept in `PRAGMA user_version`.
inline constexpr int sqlite_schema_version = 3;

/// A result that was written, of this version or an older one. Reading changes no file. What cannot
/// be read throws std::runtime_error naming the file.
class result_file {
 public:
  /// Throws bad_input when there is no result at `path`, or one of a later version.
  explicit result_file(const std::string& path);
  ~result_file();
  result_file(const result_file&) = delete;
  result_file& operator=(const result_file&) = delete;

  /// All but events, samples and series: what to_table() and to_json() show.
  run_result summary() const;
  /// The events that were kept. Those of `dropped` are in summary().
  event_table events() const;
  stage_table stages() const;
  sample_table samples() const;
  series_table series() const;
  /// Samples and series as OpenMetrics text, the start of the run at `begin` (seconds since 1970).
  void write_openmetrics(std::ostream& out, std::int64_t begin) const;
  /// The lives of connections in the Trace Event Format, which Perfetto and Chrome show.
  void write_perfetto(std::ostream& out) const;

 private:
  class impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace tandem::scenarios
