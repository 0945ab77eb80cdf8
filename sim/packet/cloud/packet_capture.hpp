// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "cloud/cloud_net_device.hpp"

#include <string>

namespace tandem::packet {

/// Writes every IPv4 packet that leaves and reaches `device` from now on into `file` (pcap, times
/// in microseconds of virtual time); none when its name is empty. What is lost on the way was sent.
/// Throws std::runtime_error naming the file when it cannot be made.
void capture(ns3::TandemCloudNetDevice& device, const std::string& file);

}  // namespace tandem::packet
