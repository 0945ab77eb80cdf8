// SPDX-License-Identifier: MIT
#pragma once

#include <string>

namespace tandem {

/// The commit this was built from; `COMMIT-dirty-DIGEST` of sources that it does not have, and
/// `unknown-DIGEST` outside of git: two programs of different sources never say the same.
const std::string& build_commit();

/// `0.1.0`.
std::string build_version();

/// `0.1.0 (COMMIT)`.
std::string version_text();

}  // namespace tandem
