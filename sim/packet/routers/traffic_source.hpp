// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "tandem/core/random.hpp"
#include "tandem/sim/topology.hpp"

#include <ns3/inet-socket-address.h>
#include <ns3/node.h>

#include <memory>

namespace tandem::packet {

/// One flow of cross traffic and who takes it; both end with the source, which does not outlive the
/// simulation.
class traffic_source {
 public:
  virtual ~traffic_source() = default;
};

/// As much as TCP lets through, as ns-3's BulkSendApplication, over a TandemTcpSocket.
std::unique_ptr<traffic_source> make_bulk(const ns3::Ptr<ns3::Node>& from,
                                          const ns3::Ptr<ns3::Node>& to,
                                          const ns3::InetSocketAddress& at,
                                          const sim::cross_traffic& how);

/// UDP at a constant rate while it is on, as ns-3's OnOffApplication, but on first.
std::unique_ptr<traffic_source> make_on_off(const ns3::Ptr<ns3::Node>& from,
                                            const ns3::Ptr<ns3::Node>& to,
                                            const ns3::InetSocketAddress& at,
                                            const sim::cross_traffic& how, random_stream random);

}  // namespace tandem::packet
