// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/core/options.hpp"
#include "tandem/net/node.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace tandem {

/// What a connection manager lives in, as far as it is known.
struct surroundings {
  std::optional<duration> round_trip{};  ///< the longest there usually is
  std::span<const duration>
      syn_at{};  ///< when TCP sends SYNs, from the first at 0; empty: not known
  std::optional<std::uint64_t> descriptors{};  ///< that the process may have open
  std::optional<std::uint64_t> memory{};       ///< bytes that it may take
};
/// What the system grants this process: descriptors, and the least of the machine's memory, its
/// control group's (memory.max of version 2) and RLIMIT_AS.
surroundings surroundings_of_this_process();
/// Takes as many descriptors for this process as are needed, or as it may without being root.
void raise_descriptors(std::uint64_t needed);

/// What a node at its limits takes of its machine.
struct machine_needs {
  std::uint64_t connections = 0;
  std::uint64_t memory = 0;  ///< bytes, as max_memory reckons them
  /// Also of what is pending or being refused, and of a process beside its connections.
  std::uint64_t descriptors = 0;
};
machine_needs needs_of(const manager_options& options);

/// Settings that are allowed, and do not do together what each says.
struct contradiction {
  std::string field;    ///< the option to look at first, by the name users know
  std::string message;  ///< names all of them, with their values and what follows
};

/// Every contradiction between usable options (problems_of() is empty) and what surrounds them.
std::vector<contradiction> contradictions_of(const manager_options& options,
                                             const surroundings& around = {},
                                             const buffer_options& buffers = {});

}  // namespace tandem
