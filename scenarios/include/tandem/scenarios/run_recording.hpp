// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/core/trace_sink.hpp"
#include "tandem/scenarios/scenario.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace tandem {
class direct_trace_file;
}

namespace tandem::scenarios {

/// What of a run is recorded, and where.
struct recording_options {
  /// The trace of each node goes to DIRECTORY/LEVEL/GROUP.NUMBER.000001.trace and so on.
  std::string directory;
  /// Selections as a scenario says them: `server`, `peers[3]`, `peers[0..9]`. None: every node.
  std::vector<std::string> nodes;
  std::uint64_t bytes_max = std::uint64_t{1} << 30;  ///< of all files of a level, about
  bool replace = false;                              ///< recordings of that level that are there
};

/// The most nodes of one run of which there is a file each.
inline constexpr std::size_t kept_nodes_max = 256;

/// Records nodes of one run as `tandem node --record` does, for `tandem replay`. Each node has the
/// same share of `bytes_max`; its oldest steps go first, and each file can be replayed alone.
class run_recording {
 public:
  /// Checks all that can be checked before the run, makes the folder, and takes what it is to
  /// replace out of it. Throws bad_input.
  run_recording(const scenario& what, const std::string& level, std::uint64_t seed,
                const recording_options& options);
  ~run_recording();
  run_recording(const run_recording&) = delete;
  run_recording& operator=(const run_recording&) = delete;

  /// For run_options::traces_to.
  trace_sink* operator[](std::uint32_t node) const;
  /// Writes the rest. Throws std::runtime_error when not all could be written, naming the first
  /// file.
  void finish();
  /// Where the files are.
  const std::string& folder() const noexcept { return folder_; }

 private:
  std::string folder_;
  std::map<std::uint32_t, std::unique_ptr<direct_trace_file>> files_;
};

/// Of which nodes the packets are kept, and where.
struct capture_options {
  std::string directory;           ///< the packets of each node go to DIRECTORY/GROUP.NUMBER.pcap
  std::vector<std::string> nodes;  ///< as recording_options::nodes
  bool replace = false;            ///< captures that are there
};

/// The files for the packets of one run at `packet`.
class run_captures {
 public:
  /// As run_recording. Throws bad_input.
  run_captures(const scenario& what, std::uint64_t seed, const capture_options& options);
  /// For run_options::captures_to.
  std::string operator[](std::uint32_t node) const;
  const std::string& folder() const noexcept { return folder_; }

 private:
  std::string folder_;
  std::map<std::uint32_t, std::string> files_;
};

}  // namespace tandem::scenarios
