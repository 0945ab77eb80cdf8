// SPDX-License-Identifier: MIT
#pragma once

#include "campaign/process_pool.hpp"
#include "tandem/scenarios/gate/gate.hpp"

#include <cstddef>
#include <optional>
#include <string>

namespace tandem::scenarios {

/// What differs most, in a few words.
std::string first_line(const difference& of);
/// Where `expectations.3` stands in the scenario's own file; 0: not there.
std::size_t line_of(const scenario& what, const std::string& path);
std::size_t line_of_expectation(const scenario& what, const std::string& text);

/// What the other side found of the scenario, at the level and seed of `found`; nothing: it has no
/// such result. Throws std::runtime_error when the other tandem cannot be run.
std::optional<outcome> other_outcome(const gate_reference& of, const scenario& what,
                                     const outcome& found, bool with_events);

/// Why a process that did not end well gave no result.
std::string why_broken(const task_end& task);

/// A result as a child tells it to its parent.
std::string told(const gate_result& of);
gate_result heard(const std::string& text, const gate_case& what);

}  // namespace tandem::scenarios
