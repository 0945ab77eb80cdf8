// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "tandem/sim/topology.hpp"

#include <ns3/ipv4-address.h>
#include <ns3/packet.h>
#include <ns3/queue-disc.h>
#include <ns3/queue.h>

#include <functional>

namespace tandem::packet {

/// Hears what happens to a packet, by who sent it.
using queue_listener = std::function<void(ns3::Ipv4Address source, sim::queue_event what)>;

/// Tells of every packet of a root queue disc, or of a point-to-point device's own queue, from now
/// on. `who` outlives the queue.
void watch(const ns3::Ptr<ns3::QueueDisc>& queue, const queue_listener& who);
void watch(const ns3::Ptr<ns3::Queue<ns3::Packet>>& queue, const queue_listener& who);

}  // namespace tandem::packet
