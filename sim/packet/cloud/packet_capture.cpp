// SPDX-License-Identifier: GPL-2.0-only
#include "cloud/packet_capture.hpp"

#include <ns3/pcap-file-wrapper.h>
#include <ns3/simulator.h>
#include <ns3/trace-helper.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <stdexcept>

namespace tandem::packet {
namespace {

void write(ns3::Ptr<ns3::PcapFileWrapper> file, ns3::Ptr<const ns3::Packet> packet) {
  file->Write(ns3::Simulator::Now(), packet);
}

}  // namespace

void capture(ns3::TandemCloudNetDevice& device, const std::string& file) {
  if (file.empty()) return;
  // ns-3 ends the process when it cannot: who asks is told instead.
  std::FILE* tried = std::fopen(file.c_str(), "wb");
  if (tried == nullptr) throw std::runtime_error(file + ": " + std::strerror(errno));
  std::fclose(tried);
  const auto made = ns3::PcapHelper().CreateFile(file, std::ios::out, ns3::PcapHelper::DLT_RAW);
  for (const char* way : {"MacTx", "MacRx"})
    device.TraceConnectWithoutContext(way, ns3::MakeBoundCallback(&write, made));
}

}  // namespace tandem::packet
