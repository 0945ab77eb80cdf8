// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/core/option_table.hpp"

#include <type_traits>

namespace tandem::detail::trace_codec {

/// The options in the order of their table, for writing and for reading: see show_fields().
void fields(auto& a, manager_options& v) {
  for (const option_row& row : option_table())
    std::visit(
        [&](auto field) {
          if constexpr (std::is_same_v<decltype(field), option_choice>) {
            std::uint8_t value = field.get(v);
            a(value);
            if constexpr (std::remove_reference_t<decltype(a)>::reading) field.set(v, value);
          } else {
            a(v.*field);
          }
        },
        row.field);
}

}  // namespace tandem::detail::trace_codec
