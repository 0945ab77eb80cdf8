// SPDX-License-Identifier: GPL-2.0-only
#include "tcp/library_check.hpp"

#include <ns3/application.h>
#include <ns3/channel.h>
#include <ns3/net-device.h>
#include <ns3/tcp-cubic.h>
#include <ns3/tcp-l4-protocol.h>
#include <ns3/tcp-socket-base.h>
#include <ns3/tcp-socket-state.h>

#include <stdexcept>
#include <string>

namespace ns3 {

namespace {

template <class Class>
void Check() {
  CheckClass(Class::GetTypeId(), sizeof(Class));
}

}  // namespace

void CheckClass(TypeId id, std::size_t header) {
  if (id.GetSize() == header) return;
  throw std::runtime_error(
      "the ns-3 library that is loaded is not the one tandem::packet was built with: its " +
      id.GetName() + " has " + std::to_string(id.GetSize()) + " bytes and not " +
      std::to_string(header) + "; build Tandem with -DTANDEM_NS3_ROOT=PREFIX of that library");
}

void CheckLibrary() {
  static const bool checked = [] {
    Check<TcpSocketBase>();
    Check<TcpSocketState>();
    Check<TcpL4Protocol>();
    Check<TcpCubic>();
    Check<Application>();
    Check<NetDevice>();
    Check<Channel>();
    return true;
  }();
  static_cast<void>(checked);
}

}  // namespace ns3
