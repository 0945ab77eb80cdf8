// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/core/replay.hpp"

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace tandem {

/// The recorded segments of one run of a node, in order.
using recording = std::vector<std::filesystem::path>;

/// The runs in what a person gave: each a file, a PATH as it was recorded to, which stands for all
/// of PATH.*.trace, or a folder, which stands for every PATH in it and below. A segment that goes
/// on from the one before belongs to its run. Throws bad_input.
std::vector<recording> recordings_in(const std::vector<std::string>& given);

/// The change of options that `NAME=VALUE` texts ask for; empty when there are none. Throws
/// bad_input.
option_change change_of(const std::vector<std::string>& sets);

/// What replaying one run found.
struct replayed {
  recording files;
  std::vector<std::string> sets;
  replay_result record;                    ///< with the recorded options
  std::optional<open_replay_result> open;  ///< with the changed ones, when any were

  /// Nothing differs: exit code 0, otherwise 1.
  bool same() const { return open ? open->divergences_count == 0 : record.matches; }
  /// The record is broken, not merely without its tail: exit code 2.
  bool broken() const { return !record.error.empty() && !record.truncated; }
};

/// How much of the files was read, 0 to 1.
using replay_report_progress = std::function<void(double read, const replay_progress& at)>;

/// Replays one run, with the options changed by `sets` if there are any. Throws bad_input when the
/// changed options cannot be used.
replayed replay_recording(const recording& files, const std::vector<std::string>& sets,
                          replay_options options = {},
                          const replay_report_progress& on_progress = {});

/// One JSON array, an object per run.
std::string to_json(const std::vector<replayed>& runs);
/// One JSON object: what a manager says of a peer.
std::string to_json(const explanation& of);
/// For a person; at most `rows_max` divergences each.
std::string to_text(const replayed& run, std::size_t rows_max);

}  // namespace tandem
