# SPDX-License-Identifier: MIT
# Run at every build: writes OUTPUT only when the commit, or whether files differ from it, changed.
execute_process(COMMAND git rev-parse --short=12 HEAD WORKING_DIRECTORY ${SOURCE}
                OUTPUT_VARIABLE commit OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE failed)
if(failed)
  set(commit unknown)
else()
  execute_process(COMMAND git diff --quiet HEAD -- WORKING_DIRECTORY ${SOURCE}
                  RESULT_VARIABLE differs OUTPUT_QUIET ERROR_QUIET)
  if(differs)
    string(APPEND commit -dirty)
  endif()
endif()
set(text "// SPDX-License-Identifier: MIT
// Written by commit.cmake.
#include \"tandem/command/version.hpp\"

namespace tandem {
const std::string& build_commit() {
  static const std::string commit = \"${commit}\";
  return commit;
}
}  // namespace tandem
")
set(before)
if(EXISTS ${OUTPUT})
  file(READ ${OUTPUT} before)
endif()
if(NOT text STREQUAL before)
  file(WRITE ${OUTPUT} "${text}")
endif()
