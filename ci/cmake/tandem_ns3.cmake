# SPDX-License-Identifier: MIT
# tandem_ns3(MODULE...): an imported target ns3_MODULE each, and ns3_MISSING: those that were not found. Of the ns-3
# installed under TANDEM_NS3_ROOT, else of the system.
#
# Not find_package(ns3): the config of Debian's libns3-dev demands programs of another package and names libgsl.so
# without depending on libgsl-dev. Headers and libraries are all that is needed.
set(TANDEM_NS3_ROOT "" CACHE PATH "Where an ns-3 of your own is installed; empty: the system's")

function(tandem_ns3)
  # What was found under another root is not this one's.
  if(DEFINED NS3_SEARCHED_ROOT AND NOT "${NS3_SEARCHED_ROOT}" STREQUAL "${TANDEM_NS3_ROOT}")
    get_directory_property(known CACHE_VARIABLES)
    list(FILTER known INCLUDE REGEX "^NS3_(INCLUDE_DIR|.*_LIBRARY)$")
    foreach(name ${known})
      unset(${name} CACHE)
    endforeach()
  endif()
  set(NS3_SEARCHED_ROOT "${TANDEM_NS3_ROOT}" CACHE INTERNAL "Where ns-3 was looked for")
  set(system)
  if(TANDEM_NS3_ROOT)
    set(system NO_DEFAULT_PATH)
  endif()
  find_path(NS3_INCLUDE_DIR ns3/tcp-socket-base.h PATHS ${TANDEM_NS3_ROOT} PATH_SUFFIXES include ${system})
  set(headers ${NS3_INCLUDE_DIR})
  if(EXISTS ${NS3_INCLUDE_DIR}/boost)  # of the PyPI package: a part of Boost, of another version than ours
    set(headers ${CMAKE_BINARY_DIR}/ns3_headers)
    file(MAKE_DIRECTORY ${headers})
    file(CREATE_LINK ${NS3_INCLUDE_DIR}/ns3 ${headers}/ns3 SYMBOLIC)
  endif()
  set(missing)
  foreach(module ${ARGN})
    # Debian: libns3-core.so; built by oneself: libns3.41-core.so, with the profile after it unless that is release.
    set(own)
    foreach(profile "" -optimized -default -relwithdebinfo -minsizerel -debug)
      file(GLOB found ${TANDEM_NS3_ROOT}/lib*/libns3*-${module}${profile}.so)
      list(APPEND own ${found})
    endforeach()
    if(TANDEM_NS3_ROOT AND own)
      list(GET own 0 own)
      set(NS3_${module}_LIBRARY ${own} CACHE FILEPATH "ns-3's ${module}")
    endif()
    find_library(NS3_${module}_LIBRARY ns3-${module} PATHS ${TANDEM_NS3_ROOT} PATH_SUFFIXES lib lib64 ${system})
    mark_as_advanced(NS3_${module}_LIBRARY)
    if(NOT NS3_INCLUDE_DIR OR NOT NS3_${module}_LIBRARY)
      list(APPEND missing ${module})
    elseif(NOT TARGET ns3_${module})
      add_library(ns3_${module} INTERFACE IMPORTED GLOBAL)
      target_include_directories(ns3_${module} SYSTEM INTERFACE ${headers})
      target_link_libraries(ns3_${module} INTERFACE ${NS3_${module}_LIBRARY})
    endif()
  endforeach()
  set(ns3_MISSING ${missing} PARENT_SCOPE)
endfunction()
