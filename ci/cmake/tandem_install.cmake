# SPDX-License-Identifier: MIT
# The installed package: headers, static libraries and the files that find_package(tandem) and pkg-config read.
include(CMakePackageConfigHelpers)
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/tandem)
install(DIRECTORY lib/include/tandem DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
# A component each, so that who wants the policy alone needs nothing else. As pkg-config has it: what a component
# requires, and the libraries that have no .pc file.
set(requires_core)
set(requires_net "tandem-core libssl libcrypto zlib")
set(requires_asio "tandem-net prometheus-cpp-core libcares")
set(about_core "the connection manager: every decision, no input or output")
set(about_net "sessions and the node, on a network of your own")
set(about_asio "the node on real sockets, and its metrics endpoint")
file(RELATIVE_PATH up /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
foreach(component core net asio)
  install(TARGETS tandem_${component} EXPORT tandem_${component})
  install(EXPORT tandem_${component} FILE tandem_${component}.cmake NAMESPACE tandem:: DESTINATION ${package_dir})
  set(name ${component})
  set(about ${about_${component}})
  set(requires ${requires_${component}})
  configure_file(ci/cmake/tandem.pc.in ${CMAKE_CURRENT_BINARY_DIR}/tandem-${component}.pc @ONLY)
  install(FILES ${CMAKE_CURRENT_BINARY_DIR}/tandem-${component}.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endforeach()
configure_package_config_file(ci/cmake/tandemConfig.cmake.in ${CMAKE_CURRENT_BINARY_DIR}/tandemConfig.cmake
                              INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/tandemConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/tandemConfig.cmake ${CMAKE_CURRENT_BINARY_DIR}/tandemConfigVersion.cmake
        DESTINATION ${package_dir})
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY LICENSES DESTINATION ${CMAKE_INSTALL_DOCDIR})
