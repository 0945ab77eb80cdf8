// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "tandem/packet/tandem-node.h"

#include <ns3/application-container.h>
#include <ns3/attribute.h>
#include <ns3/node-container.h>
#include <ns3/object-factory.h>

#include <cstdint>
#include <string>

namespace ns3 {

/// Installs TandemNodes on nodes that have an IPv4 stack, an IPv6 stack or both
/// (InternetStackHelper).
class TandemNodeHelper {
 public:
  /// Throws std::runtime_error, which names a class, when ns-3's libraries are not those whose
  /// headers Tandem was built with.
  TandemNodeHelper();

  /// Simulates two hosts, on IPv4 and on IPv6, to see whether TCP of this ns-3, with its attributes
  /// as they are set, does what Tandem's sockets need; throws std::runtime_error that says what is
  /// otherwise. Before there is anything to simulate, since it begins and ends with a fresh
  /// simulator; leaves ns-3's seed, run and automatic streams as they are. Who never calls it is
  /// told so on standard error at the first Install() of the process.
  static void CheckSockets();

  /// Sets an attribute of the applications installed from now on.
  void SetAttribute(const std::string& name, const AttributeValue& value);
  Ptr<TandemNode> Install(Ptr<Node> node) const;
  ApplicationContainer Install(const NodeContainer& nodes) const;
  /// On the node of that name (ns3::Names). Throws std::invalid_argument when there is none.
  Ptr<TandemNode> Install(const std::string& node) const;
  /// ns-3's convention; the applications use none of ns-3's random streams.
  std::int64_t AssignStreams(const NodeContainer&, std::int64_t) const { return 0; }

 private:
  ObjectFactory m_factory;
};

}  // namespace ns3
