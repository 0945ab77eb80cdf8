// SPDX-License-Identifier: MIT
#pragma once

#include "reference.hpp"
#include "tandem/core/random.hpp"
#include "tandem/core/trace.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

namespace tandem::reference {

enum class step_kind : std::uint8_t {
  dial,
  abandon,
  disconnect,
  mark_peer,
  mark_subnet,
  override_backoff,
  configure,
  addresses,
  connect,
  fail_attempt,
  arrive,
  authenticate,
  ready,
  traffic,
  rtt,
  answer,
  open_stream,
  close_stream,
  told_refusal,
  close,
  network_changed,
  pressure,
  accept_failed,
  advance,
  shutdown,
};
inline constexpr std::size_t step_kinds = static_cast<std::size_t>(step_kind::shutdown) + 1;

/// One step of a script: what happens, with numbers that choose among what there is when it is
/// played, so that a script with steps taken out still makes sense.
struct step {
  step_kind kind{};
  std::uint8_t a = 0;
  std::uint8_t b = 0;
  std::uint8_t c = 0;
  std::uint32_t time = 0;  ///< see player::pass()
};

/// Options and weights of a run, chosen by its seed: each seed turns features on or off.
struct setting {
  manager_options options;
  std::array<std::uint32_t, step_kinds> weights{};
  std::uint32_t time_chance = 10;  ///< of 100 steps so many let time pass
  bool outages = false;            ///< there are times when this node dials, and nobody answers
};
setting setting_of(std::uint64_t seed);
/// The options a `configure` step switches to.
manager_options changed(const manager_options& from, std::uint64_t seed);
std::vector<step> script_of(std::uint64_t seed, const setting& of, std::size_t steps);

struct failure {
  std::size_t at = 0;  ///< the step
  std::string what;
};

/// What a run reached, so that tests can say that they test something.
struct reached {
  std::uint64_t events = 0;
  manager_counters counters;
  std::array<std::uint64_t, notices_count> notices{};
  std::optional<trace_hash> traces{};  ///< of every manager's trace, when asked for
};

/// Plays a script to a manager and to the reference. Tells what went wrong, if anything did; `log`,
/// when given, hears every event and action.
std::optional<failure> play(std::uint64_t seed, const manager_options& options,
                            const std::vector<step>& script, reached* sum = nullptr,
                            std::ostream* log = nullptr);

/// The script without the steps that its failure does not need (delta debugging: Zeller and
/// Hildebrandt, TSE 2002).
std::vector<step> shrunk(std::uint64_t seed, const manager_options& options,
                         std::vector<step> script);

}  // namespace tandem::reference
