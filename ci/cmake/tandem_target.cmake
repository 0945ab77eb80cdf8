# SPDX-License-Identifier: MIT
# tandem_library(NAME DIR...): a static library tandem_NAME, alias tandem::NAME, of every .cpp directly
# in the folders given. Language level and the floating point rule of every room stand here, once.
function(tandem_settings target)
  target_compile_features(${target} PUBLIC cxx_std_20)
  set_target_properties(${target} PROPERTIES CXX_EXTENSIONS OFF POSITION_INDEPENDENT_CODE ON)
  # Sanitizer and release builds must take the same decisions (no contraction, no fast math).
  target_compile_options(${target} PRIVATE -ffp-contract=off)
endfunction()

function(tandem_library name)
  set(sources)
  foreach(folder ${ARGN})
    file(GLOB found CONFIGURE_DEPENDS ${folder}/*.cpp)
    list(APPEND sources ${found})
  endforeach()
  add_library(tandem_${name} STATIC ${sources})
  add_library(tandem::${name} ALIAS tandem_${name})
  set_target_properties(tandem_${name} PROPERTIES EXPORT_NAME ${name})
  tandem_settings(tandem_${name})
endfunction()
