// SPDX-License-Identifier: MIT
#include "tandem/scenarios/run_recording.hpp"

#include "kept_nodes.hpp"
#include "tandem/command/bad_input.hpp"
#include "tandem/net/trace_file.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <stdexcept>
#include <system_error>

namespace tandem::scenarios {
namespace {

namespace fs = std::filesystem;

// Of a node: old steps go a part at a time.
constexpr std::uint64_t segments = 4;
constexpr std::uint64_t segment_least = std::uint64_t{16} << 10;

}  // namespace

run_recording::run_recording(const scenario& what, const std::string& level, std::uint64_t seed,
                             const recording_options& options) {
  const auto kept = keep_nodes(what, seed, "--record", options.nodes,
                               fs::path(options.directory) / level, ".trace", options.replace);
  folder_ = kept.folder.string();
  trace_file_options file;
  file.flush_bytes = std::size_t{16} << 10;
  file.segments_max = segments;
  file.segment_bytes = std::max(segment_least, options.bytes_max / (kept.nodes.size() * segments));
  try {
    for (const auto node : kept.nodes) {
      file.path = kept.folder / file_name_of(what, node);
      files_.emplace(node, std::make_unique<direct_trace_file>(file));
    }
  } catch (const std::system_error& e) {
    throw bad_input("--record " + options.directory, e.what());
  }
}

run_recording::~run_recording() = default;

trace_sink* run_recording::operator[](std::uint32_t node) const {
  const auto it = files_.find(node);
  return it == files_.end() ? nullptr : it->second.get();
}

void run_recording::finish() {
  for (const auto& [node, file] : files_) {
    file->flush();
    if (const auto status = file->status(); !status.error.empty())
      throw std::runtime_error("--record: " + status.error + "; the recording ends there");
  }
}

run_captures::run_captures(const scenario& what, std::uint64_t seed,
                           const capture_options& options) {
  const auto kept =
      keep_nodes(what, seed, "--pcap", options.nodes, options.directory, ".pcap", options.replace);
  folder_ = kept.folder.string();
  if (::access(folder_.c_str(), W_OK) != 0)
    throw bad_input("--pcap " + folder_, std::strerror(errno));
  for (const auto node : kept.nodes)
    files_.emplace(node, (kept.folder / (file_name_of(what, node) + ".pcap")).string());
}

std::string run_captures::operator[](std::uint32_t node) const {
  const auto it = files_.find(node);
  return it == files_.end() ? std::string() : it->second;
}

}  // namespace tandem::scenarios
