// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/core/actions.hpp"
#include "tandem/core/trace_sink.hpp"
#include "tandem/scenarios/level.hpp"
#include "tandem/scenarios/scenario.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tandem::scenarios {

/// How far a run is.
struct progress {
  duration now{};     ///< time of the world
  duration length{};  ///< of the scenario
  std::chrono::duration<double> wall{};
  std::uint64_t events = 0;
};

struct run_options {
  std::optional<std::uint64_t> seed;  ///< instead of the scenario's
  /// 1 to 32, which run the nodes side by side, with the same result. Where something would have to
  /// wait for what another thread does, one does it, and `run_result::warnings` say why.
  unsigned threads = 1;
  bool record_events = true;
  std::size_t events_max = 1'000'000;  ///< rows; the first ones are kept, the rest counted
  std::size_t node_samples_max = 64;   ///< worlds with more nodes are sampled by group only
  /// Called on the thread of run() about every `progress_every`; may throw to stop.
  std::function<void(const progress&)> on_progress;
  std::chrono::milliseconds progress_every{250};
  std::function<bool()> stop;  ///< asked now and then; true ends the run early
  /// Who hears the trace of a node as well, through all its lives, in its thread; null: nobody. May
  /// be empty. What it gives outlives the run.
  std::function<trace_sink*(std::uint32_t node)> traces_to;
  /// The file that the packets of a node go to, as pcap; empty: they go to none. May be empty; only
  /// `packet` has packets.
  std::function<std::string(std::uint32_t node)> captures_to;
  /// Lines that are measured as well: they count for no verdict, and are in `run_result::also`.
  std::vector<expectation> also;
};

/// What is found of an expectation, a fault and a run.
enum class verdict : std::uint8_t {
  ok,        ///< it held, and was put to the test
  failed,    ///< it did not hold
  untested,  ///< it held only because nothing happened that could have broken it
};
std::string_view name_of(verdict) noexcept;

/// One expectation, or one built-in invariant that did not hold.
struct check_result {
  std::string text;
  enum verdict verdict = verdict::failed;
  std::string measured;
  /// Failed: when, where and what broke it. Untested: what did not happen. Ok: the reason why it
  /// need not be tested, when it was not.
  std::string why{};
  std::uint64_t looked = 0;  ///< how often it was looked at: values and changes
  /// Of its left side, of the node that is told; seconds where it is a time. Of `reaches` and
  /// `falls_to` how long that took, none when it did not.
  std::optional<double> value{};
  bool ok() const noexcept { return verdict == verdict::ok; }
};

/// What a fault can touch.
enum class touch : std::uint8_t { nodes, connections, attempts, packets };
inline constexpr std::size_t touches_count = 4;
std::string_view name_of(touch) noexcept;

/// What one fault did. One that began and touched nothing is untested.
struct fault_result {
  std::string text;
  enum verdict verdict = verdict::untested;
  std::uint64_t times = 0;  ///< it began
  std::array<std::uint64_t, touches_count> touched{};
  std::string why{};  ///< as of a check
};

struct number_summary {
  double last = 0;
  double min = 0;
  double max = 0;
};

/// Counts by the name of a cause, those that are not 0.
using cause_counts = std::vector<std::pair<std::string, std::uint64_t>>;

/// What a person wants to know of a group when nothing else was asked.
struct group_summary {
  std::uint64_t active_last = 0;
  std::uint64_t active_max = 0;
  cause_counts failed{};  ///< dials
  cause_counts closed{};
  std::optional<double> dial_p50{};  ///< seconds, of dials that connected; right to half a percent
  std::optional<double> dial_p99{};
  std::uint64_t attempts_peak = 0;  ///< in any second
  std::uint64_t bytes_sent = 0;
  std::uint64_t bytes_received = 0;
};

struct group_result {
  std::string name;
  std::uint32_t first_node = 0;
  std::uint32_t count = 0;
  std::vector<std::pair<std::string, number_summary>> metrics;  ///< the icn_p2p_* names
  cause_counts refusals;                                        ///< by this group's nodes
  group_summary summary{};
};

/// What the managers notified, oldest first: one row in each column. -1 stands for "none".
struct event_table {
  std::vector<std::int64_t> time_ns;
  std::vector<std::int32_t> node;
  std::vector<std::uint8_t> kind;  ///< enum notice
  std::vector<std::uint8_t> why;   ///< enum cause
  std::vector<std::uint8_t> way;   ///< enum direction
  std::vector<std::uint64_t> connection;
  std::vector<std::uint64_t> request;
  std::vector<std::int32_t> peer;  ///< node index
  std::vector<std::uint64_t> current;
  std::vector<std::uint64_t> limit;
  std::vector<std::uint32_t> failures;
  std::vector<std::int64_t> ceiling_ns;
  std::vector<std::int64_t> until_ns;  ///< -1: not known
  std::uint64_t dropped = 0;           ///< rows beyond events_max
  std::size_t size() const noexcept { return time_ns.size(); }
};

/// Where each connection and attempt was in its life; what notifications do not say.
enum class life_stage : std::uint8_t { dialled, arrived, connected, authenticated, ended };
inline constexpr std::size_t life_stages_count = 5;
std::string_view name_of(life_stage) noexcept;

/// Kept and bounded as events are.
struct stage_table {
  std::vector<std::int64_t> time_ns;
  std::vector<std::int32_t> node;
  std::vector<std::uint64_t> connection;
  std::vector<life_stage> stage;
  std::size_t size() const noexcept { return time_ns.size(); }
};

/// Numbers every `sample_every`: one row per group (node -1) and, in small worlds, per node.
struct sample_table {
  std::vector<std::int64_t> time_ns;
  std::vector<std::int32_t> group;
  std::vector<std::int32_t> node;
  std::vector<std::string> names;                  ///< of the columns in `values`
  std::vector<std::vector<std::uint64_t>> values;  ///< values[column][row]
  std::size_t size() const noexcept { return time_ns.size(); }
};

/// A part of what a run did, with a fingerprint of its own: a change is told by what it touched.
enum class layer : std::uint8_t {
  admission,  ///< whom each node admitted, refused and evicted, in order; no times
  backoff,    ///< failures, ceilings, waits, circuits and the uplink of each node, in order
  timers,     ///< when each node attempted, probed and ended something
  causes,     ///< how often each group had each cause of a failure, refusal or close
  bytes,      ///< what each group sent and received
  random,     ///< how many numbers each manager drew, step by step
};
inline constexpr std::size_t layers_count = 6;
std::string_view name_of(layer) noexcept;

/// Of one layer: a hash of what it had seen after each eighth of the scenario's length. Equal as
/// long as nothing of the layer differed; the last one is of all.
using fingerprint = std::array<std::uint64_t, 8>;
using fingerprints = std::array<fingerprint, layers_count>;

/// `30bc.77d0.….5206b55063bbf591`: four hexadecimal digits of each, then all of the last.
std::string text_of(const fingerprint& of);

/// The numbers that samples have not, each where it changed: a row holds until the next one of its
/// number, and before the first it is 0. Dials, attempts, SYNs, what was refused, failed and closed
/// by cause, of each group (node -1); in small worlds what a manager counts also of each node.
/// Looked at every `sample_every`.
struct series_table {
  std::vector<std::int64_t> time_ns;
  std::vector<std::int32_t> group;
  std::vector<std::int32_t> node;
  std::vector<std::uint32_t> measure;  ///< index in measures()
  std::vector<std::uint64_t> value;
  std::size_t size() const noexcept { return time_ns.size(); }
};

/// Everything one run of one scenario on one level found.
struct run_result {
  std::string scenario;
  std::string level;
  std::uint64_t seed = 0;
  std::string version;  ///< of Tandem
  std::string commit;
  std::string engine;             ///< of the level: `ns-3.37`; empty: Tandem's own
  std::string scenario_text;      ///< the file's, before any `--set`
  std::string scenario_flat;      ///< with `extends`, parameters and sets resolved
  std::vector<std::string> sets;  ///< the `path=value` applied
  std::vector<std::pair<std::string, std::string>> parameters;  ///< of the scenario, in its order
  std::string scenario_hash;                                    ///< hash_of() that
  std::string trace_hash;                                       ///< empty where time is real
  std::optional<fingerprints> prints;                           ///< none where time is real
  std::string reproduce;                                        ///< the line that runs it again
  bool ok = false;                     ///< the verdict is ok, and the run was not stopped
  enum verdict verdict = verdict::ok;  ///< the worst of all checks and faults
  bool stopped = false;                ///< ended early by `stop`
  duration reached{};                  ///< time of the world at the end
  std::vector<check_result> checks;
  std::vector<check_result> also;  ///< of run_options::also
  /// How often each built-in invariant was looked at; one that broke is among `checks` as well.
  std::vector<std::pair<std::string, std::uint64_t>> invariants;
  std::vector<fault_result> faults;   ///< in the order of the file
  std::vector<std::string> warnings;  ///< what is allowed, and probably not meant
  std::vector<group_result> groups;
  std::uint64_t events = 0;  ///< steps of all managers; the same meaning at every level
  double wall_s = 0;
  event_table event_rows;
  stage_table stages;
  sample_table samples;
  series_table series;
};

/// FNV-1a of the scenario's text and its `--set`s: what tells experiments apart, seed and level
/// aside.
std::string hash_of(const scenario& what);

/// Runs `what` on `on`. Built-in invariants are always on: limits are never exceeded at any event,
/// permits are conserved, nothing idle outlives its timeout, backoff stays within its bounds,
/// metrics equal the ledger of notifications. Throws bad_input when the level cannot honour the
/// scenario.
run_result run(const scenario& what, const level& on, const run_options& options = {});

}  // namespace tandem::scenarios
