// SPDX-License-Identifier: MIT
#include "net/protocol/varint.hpp"

#include "tandem/net/error.hpp"

namespace tandem {

constexpr std::size_t uvarint_size_max = 9;

void put_uvarint(byte_buffer& out, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) out.push_back(static_cast<std::uint8_t>(value | 0x80));
  out.push_back(static_cast<std::uint8_t>(value));
}

std::size_t uvarint_size(std::uint64_t value) noexcept {
  std::size_t size = 1;
  for (; value >= 0x80; value >>= 7) ++size;
  return size;
}

decoded<uvarint> parse_uvarint(byte_view in) {
  uvarint read;
  while (read.size < in.size() && read.size < uvarint_size_max) {
    const auto byte = in[read.size];
    read.value |= static_cast<std::uint64_t>(byte & 0x7f) << 7 * read.size;
    ++read.size;
    if ((byte & 0x80) != 0) continue;
    if (byte == 0 && read.size > 1) return net_error::malformed;
    return read;
  }
  if (read.size == uvarint_size_max) return net_error::malformed;
  return std::nullopt;
}

std::size_t prefixed_size(byte_view in) {
  const auto length = parse_uvarint(in);
  return length && *length ? (*length)->size + static_cast<std::size_t>((*length)->value) : 0;
}

decoded<prefixed> parse_prefixed(byte_view in, std::size_t most) {
  const auto length = parse_uvarint(in);
  if (!length) return length.error();
  if (!*length) return std::nullopt;
  const auto [value, size] = **length;
  if (value > most) return net_error::message_too_long;
  if (in.size() - size < value) return std::nullopt;
  return prefixed{in.subspan(size, value), size + static_cast<std::size_t>(value)};
}

}  // namespace tandem
