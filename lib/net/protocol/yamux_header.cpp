// SPDX-License-Identifier: MIT
#include "net/protocol/yamux_header.hpp"

#include "tandem/net/error.hpp"

#include <array>

namespace tandem {
namespace {

constexpr std::uint8_t byte_of(std::uint32_t value, int place) {
  return static_cast<std::uint8_t>(value >> 8 * place);
}

std::uint32_t big_endian(byte_view in) {
  std::uint32_t value = 0;
  for (const auto byte : in) value = value << 8 | byte;
  return value;
}

}  // namespace

void put_yamux_header(byte_buffer& out, const yamux_header& header) {
  const auto& [type, flags, stream, length] = header;
  const std::array<std::uint8_t, yamux_header_size> bytes{0,
                                                          static_cast<std::uint8_t>(type),
                                                          byte_of(flags, 1),
                                                          byte_of(flags, 0),
                                                          byte_of(stream, 3),
                                                          byte_of(stream, 2),
                                                          byte_of(stream, 1),
                                                          byte_of(stream, 0),
                                                          byte_of(length, 3),
                                                          byte_of(length, 2),
                                                          byte_of(length, 1),
                                                          byte_of(length, 0)};
  out.insert(out.end(), bytes.begin(), bytes.end());
}

boost::system::result<yamux_header> parse_yamux_header(
    std::span<const std::uint8_t, yamux_header_size> in) {
  if (in[0] != 0 || in[1] > static_cast<std::uint8_t>(yamux_type::go_away))
    return net_error::unknown_frame;
  return yamux_header{static_cast<yamux_type>(in[1]),
                      static_cast<std::uint16_t>(big_endian(in.subspan(2, 2))),
                      big_endian(in.subspan(4, 4)), big_endian(in.subspan(8, 4))};
}

}  // namespace tandem
