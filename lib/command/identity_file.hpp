// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/net/identity.hpp"

#include <string>

namespace tandem::cli {

/// The identity whose 32 secret bytes `path` holds. A file that is not there is made, readable by
/// its owner only. Throws bad_input.
identity identity_from(const std::string& path);

}  // namespace tandem::cli
