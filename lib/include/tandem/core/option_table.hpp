// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/core/options.hpp"

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <variant>

namespace tandem {

/// An option that is one of a few names.
struct option_choice {
  std::span<const std::string_view> names;  ///< by value of the enumeration
  std::uint8_t (*get)(const manager_options&);
  void (*set)(manager_options&, std::uint8_t);
};

/// Describes one field of manager_options, for parsers, `--help` and documentation.
struct option_row {
  std::string_view name;
  std::variant<std::uint64_t manager_options::*, duration manager_options::*,
               double manager_options::*, option_choice>
      field;
  double least;          ///< smallest allowed value: a count, seconds, a ratio or index of a choice
  double most;           ///< largest allowed value, in the same unit
  std::string_view doc;  ///< what it does, its extremes, and where the default comes from
};

std::span<const option_row> option_table() noexcept;

/// The row with this name, or null.
const option_row* option_named(std::string_view name) noexcept;

}  // namespace tandem
