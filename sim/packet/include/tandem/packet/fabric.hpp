// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "tandem/sim/fabric.hpp"

#include <memory>

namespace tandem::packet {

/// Hosts on ns-3's IPv4 and TCP, packet by packet, in virtual time.
///
/// Every host is one ns-3 node with one address of 10.0.0.0/8 on a cloud: a unicast channel that
/// gives each packet the latency, jitter and loss of its pair of hosts, after the sender's access
/// rate. Packets of one pair of hosts never overtake each other. Partitions apply to packets when
/// they are sent.
///
/// With options.routers a host is at the access of its router, and routers are nodes of ns-3 with
/// queues of their own.
///
/// The first fabric of a process is preceded by a few simulated hours of two hosts that hold the
/// loaded ns-3 to what TandemTcpSocket counts on (10 ms of processor time): throws
/// std::runtime_error with what differs.
///
/// Does not cover: ARP, IPv6.
///
/// TCP follows options.tcp: its SYN schedule and least retransmission timeout; with Linux profiles
/// also Linux' delayed ACK (40 ms), 15 data retries and 60 s of TIME_WAIT. Segments are 1448 bytes.
///
/// ns-3 is one per process: throws std::logic_error while another fabric, or another use of ns-3,
/// is alive. Fabrics can follow one another. Nodes and streams are destroyed before their fabric,
/// or are owned by handlers of its executor.
std::unique_ptr<sim::fabric> make_packet_fabric(sim::fabric_options options);

}  // namespace tandem::packet
