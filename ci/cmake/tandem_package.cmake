# SPDX-License-Identifier: MIT
# `cpack` makes tandem_VERSION_ARCH.deb: the command of a build without scenarios (TANDEM_BUILD_TOOLS=OFF), its unit,
# manual and completion. Not included by other builds: their command needs ns-3.
set(debian ${PROJECT_SOURCE_DIR}/lib/command/debian)
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME tandem)
set(CPACK_PACKAGE_CONTACT "Tandem maintainers <maintainers@tandem.invalid>")
set(CPACK_INSTALL_PREFIX /usr)
set(CPACK_SET_DESTDIR ON)  # /etc is outside of that
set(CPACK_STRIP_FILES ON)
set(CPACK_COMPONENTS_ALL node)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_NODE_PACKAGE_NAME tandem)
set(CPACK_DEBIAN_NODE_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
# Who makes the user that the node runs as.
set(CPACK_DEBIAN_NODE_PACKAGE_DEPENDS "systemd | systemd-sysusers")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "Peer-to-peer node that bounds what peers can make it hold")
set(CPACK_COMPONENT_NODE_DESCRIPTION "It listens for libp2p peers and dials them (TLS 1.3 or Noise over TCP, yamux),
keeps connections within limits of number, memory and rate, and serves metrics.
tandem.service runs it once enabled; /etc/tandem/node.yaml has its options.")
set(CPACK_DEBIAN_NODE_PACKAGE_CONTROL_EXTRA ${debian}/conffiles ${debian}/postinst ${debian}/prerm ${debian}/postrm)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
install(FILES LICENSES/MIT.txt DESTINATION ${CMAKE_INSTALL_DOCDIR} RENAME copyright COMPONENT node)
install(FILES lib/command/systemd/node.yaml DESTINATION /etc/tandem COMPONENT node)
include(CPack)
