// SPDX-License-Identifier: MIT
#include "tandem/command/recording.hpp"

#include "tandem/command/bad_input.hpp"
#include "tandem/command/option_text.hpp"
#include "tandem/command/units.hpp"
#include "tandem/core/option_table.hpp"
#include "tandem/net/trace_file.hpp"

#include <stdexcept>
#include <system_error>
#include <utility>

namespace tandem {

namespace {

/// The runs of `files`, in which a segment goes on from the one before, or begins one. `last` is
/// the node of the run that the first may go on from; none: it begins one.
void add_runs(const recording& files, std::vector<recording>& runs, peer_id& last) {
  for (const auto& file : files) {
    trace_file_source source({file});
    const auto heading = heading_of(source);
    if (!heading.error.empty()) {
      const auto where = file.string();
      throw heading.error.starts_with(where) ? bad_input(heading.error)
                                             : bad_input(where, heading.error);
    }
    if (heading.continues && !runs.empty() && last == heading.self)
      runs.back().push_back(file);
    else
      runs.push_back({file});
    last = heading.self;
  }
}

}  // namespace

std::vector<recording> recordings_in(const std::vector<std::string>& given) {
  std::vector<recording> runs;
  peer_id last;
  for (const auto& path : given) {
    std::error_code unknown;
    const bool folder = std::filesystem::is_directory(path, unknown);
    const auto paths = folder ? trace_paths_below(path) : std::vector<std::filesystem::path>{path};
    const auto before = runs.size();
    for (const auto& each : paths) {
      if (folder) last = {};
      add_runs(trace_segments(each), runs, last);
    }
    if (runs.size() == before)
      throw bad_input(path, folder ? "no recording in this folder"
                                   : "no such recording; give its files, or the PATH of `node "
                                     "--record`, or the folder of `run --record`");
  }
  return runs;
}

option_change change_of(const std::vector<std::string>& sets) {
  std::vector<std::pair<const option_row*, std::string>> values;
  for (const auto& set : sets) {
    const auto equals = set.find('=');
    if (equals == std::string::npos) throw bad_input("--set " + set, "write NAME=VALUE");
    std::string name = set.substr(0, equals);
    for (auto& c : name)
      if (c == '-') c = '_';
    const auto* row = option_named(name);
    if (row == nullptr) {
      std::vector<std::string> known;
      for (const auto& each : option_table()) known.emplace_back(each.name);
      throw bad_input("--set " + set,
                      "no option is called " + tandem::quoted(name) + suggestion(name, known));
    }
    values.emplace_back(row, set.substr(equals + 1));
    manager_options probe;
    try {
      set_option(*row, values.back().second, probe);
    } catch (const std::invalid_argument& e) {
      throw bad_input("--set " + set, e.what());
    }
  }
  if (values.empty()) return {};
  return [values](manager_options& options) {
    for (const auto& [row, text] : values) set_option(*row, text, options);
  };
}

replayed replay_recording(const recording& files, const std::vector<std::string>& sets,
                          replay_options options, const replay_report_progress& on_progress) {
  replayed result;
  result.files = files;
  result.sets = sets;
  const auto change = change_of(sets);
  trace_file_source source(files);
  if (on_progress)
    options.on_progress = [&](const replay_progress& at) {
      const auto total = static_cast<double>(source.total());
      on_progress(total > 0 ? static_cast<double>(source.consumed()) / total : 0, at);
    };
  if (!change) {
    result.record = replay(source, options);
    return result;
  }
  try {
    result.open = replay_open(source, change, options);
  } catch (const std::invalid_argument& e) {
    throw bad_input("--set", e.what());
  }
  result.record = result.open->record;
  return result;
}

}  // namespace tandem
