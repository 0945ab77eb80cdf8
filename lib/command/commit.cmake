# SPDX-License-Identifier: MIT
# Run at every build: writes OUTPUT only when the commit, or what its sources differ by, changed.
# Results are kept under the name it gives, so two programs never share one: sources that no commit
# has are named by their digest.
set(sources)
foreach(room lib sim scenarios bindings)
  foreach(kind cpp hpp cc h py cmake txt)
    list(APPEND sources ${room}/*.${kind})
  endforeach()
endforeach()
list(APPEND sources CMakeLists.txt CMakePresets.json)
execute_process(COMMAND git rev-parse --short=12 HEAD WORKING_DIRECTORY ${SOURCE}
                OUTPUT_VARIABLE commit OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE failed)
execute_process(COMMAND git --no-optional-locks status --porcelain --untracked-files=all -- ${sources}
                WORKING_DIRECTORY ${SOURCE} OUTPUT_VARIABLE differs ERROR_QUIET)
if(failed)
  set(commit unknown)
elseif(differs)
  string(APPEND commit -dirty)
endif()
if(failed OR differs)
  list(TRANSFORM sources PREPEND ${SOURCE}/)
  file(GLOB_RECURSE files RELATIVE ${SOURCE} ${sources})
  list(SORT files)
  set(digests)
  foreach(file ${files})
    file(SHA256 ${SOURCE}/${file} digest)
    string(APPEND digests "${file} ${digest}\n")
  endforeach()
  string(SHA256 digest "${digests}")
  string(SUBSTRING ${digest} 0 12 digest)
  string(APPEND commit -${digest})
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
