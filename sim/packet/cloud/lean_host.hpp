// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "cloud/cloud_channel.hpp"
#include "cloud/cloud_net_device.hpp"

#include <ns3/node.h>
#include <ns3/tcp-l4-protocol.h>

namespace tandem::packet {

/// A node of ns-3 at `channel` with the least that TCP needs: IPv4, static routing and `tcp`, where
/// InternetStackHelper installs a dozen more. Its address is that of its device's host.
struct lean_host {
  lean_host(const ns3::Ptr<ns3::TandemCloudChannel>& channel,
            const ns3::Ptr<ns3::TcpL4Protocol>& tcp);

  ns3::Ptr<ns3::Node> node;
  ns3::Ptr<ns3::TandemCloudNetDevice> device;
};

}  // namespace tandem::packet
