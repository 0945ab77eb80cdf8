// SPDX-License-Identifier: MIT
#pragma once

#include "net/protocol/varint.hpp"

#include <string_view>

namespace tandem {

// multistream-select 1.0 (libp2p specification, connections/README.md): uvarint length with the
// newline, UTF-8 text, newline.

inline constexpr std::string_view multistream_header = "/multistream/1.0.0";
inline constexpr std::string_view multistream_na = "na";
/// The longest message taken, newline included (origin: js-libp2p's limit).
inline constexpr std::size_t multistream_size_max = 1024;

struct multistream_message {
  std::string_view text;  ///< without the newline; points into the bytes parsed
  std::size_t size = 0;   ///< with prefix and newline
};

void put_multistream(byte_buffer& out, std::string_view text);
/// The first message of either side. Fails with not_multistream at the first byte that differs.
decoded<multistream_message> parse_multistream_header(byte_view in);
/// Fails with message_too_long, or malformed when the newline is missing.
decoded<multistream_message> parse_multistream(byte_view in);

}  // namespace tandem
