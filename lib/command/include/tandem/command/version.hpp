// SPDX-License-Identifier: MIT
#pragma once

#include <string>

namespace tandem {

/// The commit this was built from, with `-dirty` when files differed; `unknown` outside of git.
const std::string& build_commit();

/// `0.1.0`.
std::string build_version();

/// `0.1.0 (COMMIT)`.
std::string version_text();

}  // namespace tandem
