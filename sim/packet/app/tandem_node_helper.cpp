// SPDX-License-Identifier: GPL-2.0-only
#include "tandem/packet/tandem-node-helper.h"

#include "seam/socket_check.hpp"
#include "tcp/library_check.hpp"

#include <ns3/names.h>
#include <ns3/node.h>

#include <stdexcept>

namespace ns3 {

TandemNodeHelper::TandemNodeHelper() {
  CheckLibrary();
  m_factory.SetTypeId(TandemNode::GetTypeId());
}

void TandemNodeHelper::CheckSockets() {
  using tandem::packet::family;
  tandem::packet::check_sockets({family::ipv4, family::ipv6});
}

void TandemNodeHelper::SetAttribute(const std::string& name, const AttributeValue& value) {
  m_factory.Set(name, value);
}

Ptr<TandemNode> TandemNodeHelper::Install(Ptr<Node> node) const {
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
