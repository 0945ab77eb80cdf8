# SPDX-License-Identifier: MIT
# tandem_manual(TARGET): manual pages and shell completion of the command, made of what it prints of itself whenever it
# is linked, and installed beside it.
function(tandem_manual target)
  set(script ${PROJECT_SOURCE_DIR}/lib/command/manual/make_manual.py)
  set(folder ${PROJECT_BINARY_DIR}/manual)
  set_property(TARGET ${target} APPEND PROPERTY LINK_DEPENDS ${script})
  add_custom_command(TARGET ${target} POST_BUILD VERBATIM
    COMMAND $<TARGET_FILE:${target}> --help-json | ${Python3_EXECUTABLE} ${script} ${folder} ${PROJECT_VERSION})
  install(DIRECTORY ${folder}/man1 DESTINATION ${CMAKE_INSTALL_MANDIR} COMPONENT node)
  install(DIRECTORY ${folder}/bash/ DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions COMPONENT node)
  install(DIRECTORY ${folder}/zsh/ DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions COMPONENT node)
  install(DIRECTORY ${folder}/fish/ DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d COMPONENT node)
endfunction()
