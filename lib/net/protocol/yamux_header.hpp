// SPDX-License-Identifier: MIT
#pragma once

#include "net/protocol/varint.hpp"

namespace tandem {

/// Frame types and flags of yamux (hashicorp/yamux spec.md; libp2p specification, yamux/README.md).
enum class yamux_type : std::uint8_t { data = 0, window_update = 1, ping = 2, go_away = 3 };

namespace yamux_flag {
inline constexpr std::uint16_t syn = 1;
inline constexpr std::uint16_t ack = 2;
inline constexpr std::uint16_t fin = 4;
inline constexpr std::uint16_t rst = 8;
}  // namespace yamux_flag

/// The codes of a GoAway that yamux itself defines. Ours are in tandem/core/cause.hpp.
namespace yamux_code {
inline constexpr std::uint32_t normal = 0;
inline constexpr std::uint32_t protocol_error = 1;
inline constexpr std::uint32_t internal_error = 2;
}  // namespace yamux_code

inline constexpr std::size_t yamux_header_size = 12;
/// The window of every new stream, in both directions.
inline constexpr std::uint32_t yamux_initial_window = 256 * 1024;

struct yamux_header {
  yamux_type type{};
  std::uint16_t flags = 0;
  std::uint32_t stream = 0;
  std::uint32_t length = 0;  ///< of the data; or the delta, the ping's value, the GoAway's code

  friend bool operator==(const yamux_header&, const yamux_header&) = default;
};

void put_yamux_header(byte_buffer& out, const yamux_header& header);
/// Fails with unknown_frame for another version or type.
boost::system::result<yamux_header> parse_yamux_header(
    std::span<const std::uint8_t, yamux_header_size> in);

}  // namespace tandem
