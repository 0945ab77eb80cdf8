// SPDX-License-Identifier: MIT
#include "record_options.hpp"

#include "tandem/command/bad_input.hpp"
#include "tandem/command/units.hpp"

#include <CLI/CLI.hpp>

#include <system_error>

namespace tandem::cli {

void record_options::add_to(CLI::App& app) {
  const char* const group = "Recording";
  app.add_option("--record", path_,
                 "Record every input and decision into PATH.000001.trace, PATH.000002.trace, ... "
                 "for `tandem replay`")
      ->group(group)
      ->type_name("PATH");
  app.add_option("--record-segment", segment_, "Size after which the next file begins")
      ->group(group)
      ->type_name("BYTES")
      ->capture_default_str();
  app.add_option("--record-segments", segments_, "Files kept; the oldest is deleted first")
      ->group(group)
      ->type_name("COUNT")
      ->capture_default_str();
}

trace_file_options record_options::read() const {
  trace_file_options options;
  options.path = path_;
  const auto segment = parse_bytes(segment_);
  if (!segment || *segment < 4096)
    throw bad_input("--record-segment " + segment_, "must be at least 4KiB, written as 64MiB");
  const auto segments = parse_count(segments_);
  if (!segments || *segments == 0)
    throw bad_input("--record-segments " + segments_, "must be a whole number from 1");
  options.segment_bytes = *segment;
  options.segments_max = *segments;
  return options;
}

void record_options::check() const { read(); }

std::unique_ptr<trace_file> record_options::start() const {
  const auto options = read();
  if (path_.empty()) return nullptr;
  try {
    return std::make_unique<trace_file>(options);
  } catch (const std::system_error& e) {
    std::string what = e.what();  // the standard library appends the reason once more
    const std::string twice = ": " + e.code().message();
    if (what.ends_with(twice + twice)) what.resize(what.size() - twice.size());
    throw bad_input("--record " + path_, what);
  }
}

std::optional<std::string> recording_watch::look(trace_file& file) {
  const auto now = std::chrono::steady_clock::now();
  if (now < next_) return {};
  next_ = now + std::chrono::seconds(2);
  file.flush();
  if (said_) return {};
  const auto status = file.status();
  if (status.error.empty()) return {};
  said_ = true;
  return "tandem: recording stopped, the node goes on: " + status.error;
}

}  // namespace tandem::cli
