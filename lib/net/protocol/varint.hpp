// SPDX-License-Identifier: MIT
#pragma once

#include <boost/system/result.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace tandem {

using byte_buffer = std::vector<std::uint8_t>;
using byte_view = std::span<const std::uint8_t>;

/// What a decoder says of bytes that may go on: a value, nothing yet (more bytes are needed), or
/// why they never can be one.
template <class T>
using decoded = boost::system::result<std::optional<T>>;

/// An unsigned varint (multiformats): little-endian groups of seven bits, minimal, at most 9 bytes.
struct uvarint {
  std::uint64_t value = 0;
  std::size_t size = 0;  ///< bytes it takes
};

void put_uvarint(byte_buffer& out, std::uint64_t value);
std::size_t uvarint_size(std::uint64_t value) noexcept;
/// Fails with malformed when it is not minimal or too long.
decoded<uvarint> parse_uvarint(byte_view in);

/// A message behind its length.
struct prefixed {
  byte_view body;
  std::size_t size = 0;  ///< with its prefix
};
/// Fails with message_too_long when the body is longer than `most`, before it is there.
decoded<prefixed> parse_prefixed(byte_view in, std::size_t most);
/// Bytes of the message that begins like this, its prefix included; 0 while that cannot be told.
std::size_t prefixed_size(byte_view in);

}  // namespace tandem
