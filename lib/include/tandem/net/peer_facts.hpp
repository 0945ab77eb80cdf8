// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/core/ids.hpp"
#include "tandem/core/time.hpp"

#include <boost/system/error_code.hpp>

#include <functional>
#include <string>
#include <vector>

namespace tandem {

/// What a peer said of itself when it was asked by libp2p's identify. Nothing proves it, and the
/// texts are any bytes. It takes at most about 4 KiB: what is beyond that is left out.
struct peer_facts {
  std::string agent;             ///< program and version, at most 128 bytes
  std::string protocol_version;  ///< at most 64 bytes
  std::vector<std::string> protocols;
  std::vector<endpoint> listening;  ///< over TCP, without those of other transports
  endpoint observed;                ///< where it sees us; port 0: it did not say

  friend bool operator==(const peer_facts&, const peer_facts&) = default;
};

/// Given what the peer said, or why that is not known: timed_out, not_connected,
/// net_error::no_common_protocol, net_error::malformed, net_error::key_mismatch, ….
using facts_handler = std::function<void(boost::system::error_code, const peer_facts&)>;
/// Given the round trip of 32 bytes, or why there was none: as facts_handler; malformed when other
/// bytes came back.
using ping_handler = std::function<void(boost::system::error_code, duration round_trip)>;

}  // namespace tandem
