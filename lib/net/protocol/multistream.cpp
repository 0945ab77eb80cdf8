// SPDX-License-Identifier: MIT
#include "net/protocol/multistream.hpp"

#include "tandem/net/error.hpp"

#include <algorithm>

namespace tandem {

void put_multistream(byte_buffer& out, std::string_view text) {
  out.reserve(out.size() + uvarint_size(text.size() + 1) + text.size() + 1);
  put_uvarint(out, text.size() + 1);
  out.insert(out.end(), text.begin(), text.end());
  out.push_back('\n');
}

decoded<multistream_message> parse_multistream_header(byte_view in) {
  static const auto expected = [] {
    byte_buffer bytes;
    put_multistream(bytes, multistream_header);
    return bytes;
  }();
  const auto size = std::min(in.size(), expected.size());
  if (!std::equal(in.begin(), in.begin() + static_cast<std::ptrdiff_t>(size), expected.begin()))
    return net_error::not_multistream;
  if (size < expected.size()) return std::nullopt;
  return multistream_message{multistream_header, expected.size()};
}

decoded<multistream_message> parse_multistream(byte_view in) {
  const auto message = parse_prefixed(in, multistream_size_max);
  if (!message) return message.error();
  if (!*message) return std::nullopt;
  const auto body = (*message)->body;
  if (body.empty() || body.back() != '\n') return net_error::malformed;
  const auto* text = reinterpret_cast<const char*>(body.data());
  return multistream_message{{text, body.size() - 1}, (*message)->size};
}

}  // namespace tandem
