// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/scenarios/scenario.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tandem::scenarios {

/// Reads a scenario file. `sets` are `path=value` texts
/// (`groups.server.manager.max_connections=128`, `workload.0.dial.count=2`) applied on the YAML
/// tree before it is read. Throws bad_input for what cannot be read at all, and bad_inputs with
/// every mistake in it: unknown or repeated keys (with the closest known one), wrong types, values
/// out of range, names nobody defined.
scenario read_scenario(const std::string& path, const std::vector<std::string>& sets = {});

/// The same from YAML or JSON text; `name` stands for the file in messages.
scenario parse_scenario(std::string_view text, const std::string& name,
                        const std::vector<std::string>& sets = {});

/// Lines as `expectations` has them, about `of`. Throws bad_input, which says what and where in its
/// line.
std::vector<expectation> read_lines(const std::vector<std::string>& lines, const scenario& of);
/// The same of what is measured as well: a number alone, `server.queued_bytes.max`, is one too.
std::vector<expectation> read_measures(const std::vector<std::string>& lines, const scenario& of);

/// What the entries of `workload` or `faults` are: `dial`, `send`, ...
std::vector<std::string> kinds_in(const scenario& of, const std::string& list);

/// The text of the one value that `--set` would put at a path: what the file says, or the default
/// of a manager's option. None: there is no such value.
std::optional<std::string> value_at(const scenario& of, const std::string& path);

}  // namespace tandem::scenarios
