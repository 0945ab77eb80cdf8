// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/core/actions.hpp"

#include <string>

namespace tandem::detail {

/// An action in one line: `refuse #4 LimitReached (tell)`.
std::string describe(const action& what);

}  // namespace tandem::detail
