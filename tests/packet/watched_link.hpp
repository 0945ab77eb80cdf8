// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <ns3/error-model.h>
#include <ns3/net-device-container.h>
#include <ns3/pointer.h>
#include <ns3/simulator.h>

#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

namespace tandem::packet {

enum segment_flags : unsigned { fin = 0x01, syn = 0x02, rst = 0x04, ack = 0x10 };

/// A segment of TCP as it lies behind a header of IPv4 or IPv6 without options.
struct segment {
  std::int64_t at = 0;  ///< microseconds
  bool by_dialer = false;
  unsigned flags = 0;
  std::uint32_t sequence = 0, ack = 0;
  std::size_t payload = 0;  ///< bytes
};

/// The two ends of a point-to-point link, the dialer's first. Keeps each segment that comes to
/// either, also what it drops then: that for which `drops` is true.
class watched_link {
 public:
  explicit watched_link(const ns3::NetDeviceContainer& ends) {
    for (std::uint32_t i = 0; i < 2; ++i) {
      const auto watcher = ns3::Create<end>();
      watcher->by_dialer = i == 1;
      watcher->link = this;
      ends.Get(i)->SetAttribute("ReceiveErrorModel", ns3::PointerValue(watcher));
    }
  }
  watched_link(const watched_link&) = delete;
  watched_link& operator=(const watched_link&) = delete;

  /// Those that are like this, in the order in which they came.
  std::vector<segment> which(const std::function<bool(const segment&)>& is) const {
    std::vector<segment> found;
    for (const segment& each : seen)
      if (is(each)) found.push_back(each);
    return found;
  }

  std::function<bool(const segment&)> drops;
  std::vector<segment> seen;

 private:
  struct end final : ns3::ErrorModel {
    bool DoCorrupt(ns3::Ptr<ns3::Packet> packet) override {
      std::uint8_t h[2 + 40 + 20] = {};  // PPP, IPv6, TCP
      packet->CopyData(h, sizeof h);
      const bool ipv6 = h[2] >> 4 == 6;
      constexpr std::uint8_t tcp_protocol = 6;
      if (h[ipv6 ? 8 : 11] != tcp_protocol) return false;
      const std::uint8_t* const tcp = h + 2 + (ipv6 ? 40 : 20);
      const auto word = [tcp](int i) {
        return std::uint32_t{tcp[i]} << 24 | std::uint32_t{tcp[i + 1]} << 16 |
               std::uint32_t{tcp[i + 2]} << 8 | tcp[i + 3];
      };
      const std::size_t headers = static_cast<std::size_t>(tcp - h) + (tcp[12] >> 4) * 4U;
      const segment came{ns3::Simulator::Now().GetMicroSeconds(),
                         by_dialer,
                         tcp[13],
                         word(4),
                         word(8),
                         packet->GetSize() - headers};
      link->seen.push_back(came);
      return link->drops && link->drops(came);
    }
    void DoReset() override {}

    bool by_dialer = false;
    watched_link* link = nullptr;
  };
};

}  // namespace tandem::packet
