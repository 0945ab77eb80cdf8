// SPDX-License-Identifier: MIT
#include "printable.hpp"

#include <cstdio>

namespace tandem::cli {

std::string printable(std::string_view text) {
  std::string safe;
  for (const char c : text) {
    if (c >= ' ' && c < 0x7f && c != '\\') {
      safe += c;
      continue;
    }
    char escaped[5];
    std::snprintf(escaped, sizeof escaped, "\\x%02x", static_cast<unsigned char>(c));
    safe += escaped;
  }
  return safe;
}

}  // namespace tandem::cli
