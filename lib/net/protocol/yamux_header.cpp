// SPDX-License-Identifier: MIT
#include "net/protocol/yamux_header.hpp"

#include "tandem/net/error.hpp"

namespace tandem {
namespace {

void put_big_endian(byte_buffer& out, std::uint32_t value, int bytes) {
  while (bytes-- > 0) out.push_back(static_cast<std::uint8_t>(value >> 8 * bytes));
}

std::uint32_t big_endian(byte_view in) {
  std::uint32_t value = 0;
  for (const auto byte : in) value = value << 8 | byte;
  return value;
}

}  // namespace

void put_yamux_header(byte_buffer& out, const yamux_header& header) {
  out.push_back(0);
  out.push_back(static_cast<std::uint8_t>(header.type));
  put_big_endian(out, header.flags, 2);
  put_big_endian(out, header.stream, 4);
  put_big_endian(out, header.length, 4);
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
