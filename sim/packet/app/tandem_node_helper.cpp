// SPDX-License-Identifier: GPL-2.0-only
#include "tandem/packet/tandem-node-helper.h"

#include "seam/socket_check.hpp"
#include "tcp/library_check.hpp"

#include <ns3/names.h>
#include <ns3/node.h>

#include <atomic>
#include <iostream>
#include <stdexcept>

namespace ns3 {

namespace {

/// Whether somebody asked, in this process, or was told that nobody did.
std::atomic<bool> asked = false;

}  // namespace

TandemNodeHelper::TandemNodeHelper() {
  CheckLibrary();
  m_factory.SetTypeId(TandemNode::GetTypeId());
}

void TandemNodeHelper::CheckSockets() {
  asked = true;
  using tandem::packet::stack;
  tandem::packet::check_sockets({stack::ipv4, stack::ipv6});
}

void TandemNodeHelper::SetAttribute(const std::string& name, const AttributeValue& value) {
  m_factory.Set(name, value);
}

Ptr<TandemNode> TandemNodeHelper::Install(Ptr<Node> node) const {
  // Not in the log, which is off by default. Now that there is a node it cannot be asked any more:
  // that begins with a fresh simulator.
  if (!asked.exchange(true))
    std::cerr << "TandemNodeHelper: nobody asked whether TCP of this ns-3 does what Tandem's "
                 "sockets need; call TandemNodeHelper::CheckSockets() before there is a node"
              << std::endl;
  const auto application = m_factory.Create<TandemNode>();
  node->AddApplication(application);
  return application;
}

ApplicationContainer TandemNodeHelper::Install(const NodeContainer& nodes) const {
  ApplicationContainer installed;
  for (auto node = nodes.Begin(); node != nodes.End(); ++node) installed.Add(Install(*node));
  return installed;
}

Ptr<TandemNode> TandemNodeHelper::Install(const std::string& node) const {
  const auto found = Names::Find<Node>(node);
  if (!found) throw std::invalid_argument("TandemNodeHelper: no node has the name " + node);
  return Install(found);
}

}  // namespace ns3
