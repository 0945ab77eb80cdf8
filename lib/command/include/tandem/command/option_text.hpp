// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/core/option_table.hpp"

#include <string>
#include <string_view>

namespace tandem {

/// Sets one manager option from text: a count, a size (`64MiB`), a duration (`30s`) or a ratio.
/// Throws std::invalid_argument, whose text names the option, what it must be and what was given.
void set_option(const option_row& row, std::string_view text, manager_options& into);

/// The value of one option as set_option() would read it.
std::string option_text(const option_row& row, const manager_options& of);

/// What kind of value an option takes: `COUNT`, `SIZE`, `DURATION`, `RATIO` or `CHOICE`.
std::string_view option_kind(const option_row& row);

}  // namespace tandem
