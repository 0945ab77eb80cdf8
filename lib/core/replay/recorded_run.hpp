// SPDX-License-Identifier: MIT
#pragma once

#include "core/trace/trace_reader.hpp"
#include "tandem/core/replay.hpp"

#include <memory>
#include <optional>
#include <vector>

namespace tandem::detail {

/// A recorded trace, a step at a time, fed to a manager with the recorded options: what it does is
/// compared with the record byte for byte until the first difference.
class recorded_run {
 public:
  /// One handle or advance and the actions that followed it.
  struct step {
    time_point at{};
    std::optional<event> what;  ///< none: advance; its spans are valid until the next step
    std::vector<action> actions;
  };

  /// Reads the header; failed() when there is none that can be used. Both outlive it.
  recorded_run(trace_source& from, const replay_options& options);

  /// Goes on by one step. False at the end of what can be read.
  bool next();
  const step& current() const noexcept { return step_; }

  bool failed() const noexcept { return manager_ == nullptr; }
  /// The trace began with a checkpoint: there were inputs before.
  bool continues() const noexcept { return before_ > 0; }
  bool differs() const noexcept { return differs_; }
  const trace_codec::trace_reader::header& header() const noexcept { return header_; }
  const connection_manager& manager() const noexcept { return *manager_; }
  /// To be called once, at the end.
  replay_result finish();

 private:
  struct emitted_bytes final : trace_sink {
    void record(std::span<const std::byte> bytes) override {
      all.insert(all.end(), bytes.begin(), bytes.end());
    }
    std::vector<std::byte> all;
  };
  bool restore();
  bool next_segment();
  bool read_input(trace_codec::record_kind kind);
  void feed();
  void compare_record();
  void differ(std::size_t matching, bool recorded);

  trace_codec::trace_reader from_;
  const replay_options& options_;
  trace_codec::trace_reader::header header_;
  emitted_bytes emitted_;
  std::size_t compared_ = 0;  ///< of emitted_
  std::unique_ptr<connection_manager> manager_;
  std::optional<trace_codec::record_kind> ahead_;  ///< of the next record, already read
  std::uint64_t before_ = 0;                       ///< inputs before the trace
  step step_;
  bool differs_ = false;
  replay_result result_;
};

/// A notification that goes to replay_options::on_watched.
void watch(const replay_options& options, time_point at, bool open, const action& what);

}  // namespace tandem::detail
