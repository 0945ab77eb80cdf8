// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/core/trace.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace tandem {

/// How far a replay is.
struct replay_progress {
  time_point now{};          ///< time of the last input
  std::uint64_t inputs = 0;  ///< handle and advance calls so far
  std::uint64_t bytes = 0;   ///< of the trace read
};

/// One handle or advance of a recorded run, and the actions that followed it.
struct replay_step {
  time_point at{};
  const event* what = nullptr;  ///< null: advance
  std::span<const action> actions;
};

struct replay_options {
  /// Called after every step of replay(), in order.
  std::function<void(const replay_step&)> on_step;
  /// Called every few thousand inputs; what it throws ends the replay.
  std::function<void(const replay_progress&)> on_progress;
  /// When not empty, on_watched hears what the managers say about this peer, and the result
  /// explains it as of the end.
  peer_id watch;
  /// `open`: said by the manager with the changed options.
  std::function<void(time_point, bool open, const notification&)> on_watched;
  std::size_t divergences_max = 100'000;  ///< kept by an open-loop replay; all are counted
  /// An open-loop replay stops, with an error, when it would wake more often between two inputs.
  std::uint64_t own_deadlines_max = 100'000;
};

/// What replaying a trace with its own options found.
struct replay_result {
  bool identical = false;         ///< the whole trace was read, every action came out the same
  bool matches = false;           ///< every action that could be read came out the same
  bool truncated = false;         ///< the tail is missing, as after a crash; `error` says where
  std::string error;              ///< not empty when it was not read, or not followed, to its end
  std::uint64_t inputs = 0;       ///< handle and advance calls replayed
  std::uint64_t actions = 0;      ///< recorded actions compared
  time_point begin{};             ///< of the first input
  time_point end{};               ///< of the last one
  std::uint64_t mismatch_at = 0;  ///< byte offset of the first difference, unless `matches`
  time_point mismatch_time{};     ///< and its time,
  std::string recorded;           ///< the action recorded there,
  std::string replayed;           ///< and the one that came instead
  peer_id self;                   ///< of the node that was recorded
  manager_counters counters;      ///< at the end
  std::optional<explanation> explained;  ///< of replay_options::watch
};

/// Feeds the inputs of a recorded trace to a manager with the recorded options and seed, and
/// compares its actions with the recorded ones; ends at the first difference.
replay_result replay(trace_source& trace, const replay_options& options = {});
replay_result replay(std::span<const std::byte> trace);

/// Whether a trace is the first of its run or goes on from a checkpoint.
struct trace_heading {
  bool continues = false;
  std::uint64_t inputs = 0;  ///< before it
  peer_id self;
  manager_options options;
  std::string error;  ///< not empty when it cannot be read
};
trace_heading heading_of(trace_source& trace);

/// One decision of a manager about a connection, a request, or its listening.
struct replay_decision {
  time_point at = never;  ///< `never`: it decided nothing
  std::string_view what;  ///< `refuse`, `admit established`, `close`, `dial_failed`, …
  cause why = cause::none;
  friend bool operator==(const replay_decision&, const replay_decision&) = default;
};

/// `refuse LimitReached`, or `nothing`.
std::string describe(const replay_decision& what);

enum class divergence_of : std::uint8_t { connection, request, node };

/// The first decision about one connection or request that differs between two runs. A side that
/// decided nothing at that time shows its next decision about the subject, if there was one.
struct divergence {
  divergence_of about{};
  connection_id recorded_conn{};  ///< none: only in the open run
  connection_id open_conn{};      ///< none: only in the recorded run
  request_id request{};
  peer_id peer;    ///< when known
  endpoint where;  ///< the other end's address, of a connection
  replay_decision recorded;
  replay_decision open;
};

/// How many subjects differ in the same way.
struct divergence_total {
  std::string recorded;  ///< as describe() has it
  std::string open;
  std::uint64_t count = 0;
};

/// What replaying a trace with other options found.
struct open_replay_result {
  replay_result record;  ///< the trace with its own options, in lockstep
  std::uint64_t divergences_count = 0;
  std::vector<divergence> divergences;                              ///< in the order of their times
  std::vector<divergence_total> totals;                             ///< most first
  std::array<std::uint64_t, std::variant_size_v<event>> skipped{};  ///< recorded events, by kind
  std::uint64_t skipped_count = 0;
  std::uint64_t assumed = 0;           ///< events that only the open run needed, made up
  std::uint64_t unusable_options = 0;  ///< recorded `configured` that the change contradicts
  manager_counters counters;           ///< of the open run at the end
  std::optional<explanation> explained;
};

/// The name of the event with this index in the variant `event`.
std::string_view event_name(std::size_t index);

/// Changes options in place; applied to the recorded ones and to those of every recorded
/// `configured`.
using option_change = std::function<void(manager_options&)>;

/// Feeds the inputs of a recorded trace to a manager with changed options: what would have been
/// decided otherwise? The other side does not react to the new decisions (open loop), so:
///   - events are fed as recorded; inbound ids stay; an attempt is taken for the recorded one to
///   the
///     same peer and address, in order; `resolve` likewise by peer;
///   - events whose cause does not exist in the new run are skipped and counted;
///   - what only the new run ends (cancel, abort, close, refuse) ends at once;
///   - an attempt without a recorded outcome waits for its own timeout;
///   - a connection that the new run keeps longer, or admits alone, lives until the end of the
///     trace and answers probes; it carries nothing, so it may become idle. An arrival that only
///     the new run admits and of which no peer is known is reset;
///   - after the first difference the random numbers of the runs differ too.
/// Stays in lockstep with a manager under the recorded options, whose deadlines tell how late the
/// recorded driver was. Throws std::invalid_argument when the changed options cannot be used.
open_replay_result replay_open(trace_source& trace, const option_change& change,
                               const replay_options& options = {});

}  // namespace tandem
