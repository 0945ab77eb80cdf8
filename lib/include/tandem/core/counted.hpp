// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tandem {

/// A count with its noun, for a person: `1 seed`, `12 seeds`; an irregular one says its plural.
inline std::string counted(std::uint64_t count, std::string_view one, std::string_view many = {}) {
  auto text = std::to_string(count) + " ";
  if (count == 1) return text.append(one);
  return many.empty() ? text.append(one).append("s") : text.append(many);
}

}  // namespace tandem
