// SPDX-License-Identifier: MIT
#pragma once

#include <string>

namespace tandem {

/// The commit this was built from, with `-dirty` when files differed; `unknown` outside of git.
const std::string& build_commit();

}  // namespace tandem
