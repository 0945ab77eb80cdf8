// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/core/option_table.hpp"
#include "tandem/scenarios/scenario.hpp"
#include "yaml_value.hpp"

#include <string>
#include <vector>

namespace tandem::scenarios {

std::vector<std::string> group_names(const scenario& of);

/// Reads `groups:`, behind those that `out` has.
void read_groups(const yaml_value& value, scenario& out);

/// Reads `workload:` and `faults:` into `out`, whose groups are read already.
void read_workload(const yaml_value& list, scenario& out);
void read_faults(const yaml_value& list, scenario& out);

/// Reads `expectations:` into `out`, of which everything else is read already.
void read_expectations(const yaml_value& list, scenario& out);

/// `when`: a comparison that is true or not in each moment of a run.
expectation read_condition(const yaml_value& value, const scenario& of);

/// Of `allow_untested`: why that is so.
std::string read_reason(const yaml_value& value);

/// Letters, digits, `_` and `-`.
bool is_name(std::string_view text);

/// Sets one manager option from its value. Throws bad_input when it is out of range.
void read_option(const option_row& row, const yaml_value& value, manager_options& out);

}  // namespace tandem::scenarios
