// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

namespace tandem::cli {

/// What a peer sends as text, for a terminal: other bytes than printable ASCII as \x1b.
std::string printable(std::string_view text);

}  // namespace tandem::cli
