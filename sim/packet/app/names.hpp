// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cctype>
#include <string>
#include <string_view>

namespace tandem::packet {

/// `max_connections` as ns-3 writes it: `MaxConnections`.
inline std::string camel_case(std::string_view name) {
  std::string made;
  bool begins = true;
  for (const char c : name) {
    if (c != '_') made += begins ? static_cast<char>(std::toupper(c)) : c;
    begins = c == '_';
  }
  return made;
}

}  // namespace tandem::packet
