// SPDX-License-Identifier: MIT
#include "record_options.hpp"

#include "tandem/command/bad_input.hpp"
#include "tandem/command/units.hpp"

#include <CLI/CLI.hpp>

#include <cstdio>
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

std::unique_ptr<trace_file> record_options::start() const {
  trace_file_options options;
  options.path = path_;
  const auto segment = parse_bytes(segment_);
  if (!segment || *segment < 4096)
    throw bad_input("--record-segment " + segment_, "must be at least 4KiB, written as 64MiB");
  const auto segments = parse_count(segments_);
  if (!segments || *segments == 0)
    throw bad_input("--record-segments " + segments_, "must be a whole number from 1");
  if (path_.empty()) return nullptr;
  options.segment_bytes = *segment;
  options.segments_max = *segments;
  try {
    return std::make_unique<trace_file>(options);
  } catch (const std::system_error& e) {
    std::string what = e.what();  // the standard library appends the reason once more
    const std::string twice = ": " + e.code().message();
    if (what.ends_with(twice + twice)) what.resize(what.size() - twice.size());
    throw bad_input("--record " + path_, what);
  }
}

void recording_watch::look() {
  const auto now = std::chrono::steady_clock::now();
  if (file_ == nullptr || now < next_) return;
  next_ = now + std::chrono::seconds(2);
  file_->flush();
  if (said_) return;
  const auto status = file_->status();
  if (status.error.empty()) return;
  said_ = true;
  std::fprintf(stderr, "tandem: recording stopped, the node goes on: %s\n", status.error.c_str());
}

}  // namespace tandem::cli
