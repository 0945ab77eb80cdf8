// SPDX-License-Identifier: MIT
#pragma once

#include "net/protocol/varint.hpp"

namespace tandem {

// The few messages of libp2p in the wire format of Protocol Buffers: fields in any order, unknown
// ones skipped, the last of a repeated one wins.

/// The tag of a length-delimited field.
constexpr std::uint8_t bytes_tag(unsigned number) noexcept {
  return static_cast<std::uint8_t>(number << 3 | 2);
}

struct protobuf_field {
  std::uint64_t tag = 0;
  byte_view bytes;  ///< of a length-delimited field; otherwise not looked at
};

/// `tag` is below 128.
void put_field(byte_buffer& out, std::uint8_t tag, byte_view bytes);
/// Takes the next field off the front of `in`; nothing when it is not well-formed.
std::optional<protobuf_field> take_field(byte_view& in);

}  // namespace tandem
