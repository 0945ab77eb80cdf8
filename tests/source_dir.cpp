// SPDX-License-Identifier: MIT
#include "source_dir.hpp"

namespace tandem {

std::string source_dir() { return TANDEM_SOURCE_DIR; }

}  // namespace tandem
