// SPDX-License-Identifier: MIT
#include "net/protocol/protobuf.hpp"

namespace tandem {

void put_field(byte_buffer& out, std::uint8_t tag, byte_view bytes) {
  out.push_back(tag);
  put_uvarint(out, bytes.size());
  out.insert(out.end(), bytes.begin(), bytes.end());
}

std::optional<protobuf_field> take_field(byte_view& in) {
  const auto tag = parse_uvarint(in);
  if (!tag || !*tag) return std::nullopt;
  in = in.subspan((*tag)->size);
  std::uint64_t size = 0;
  switch ((*tag)->value & 7) {
    case 1:
      size = 8;
      break;
    case 5:
      size = 4;
      break;
    case 0:
    case 2: {
      const auto number = parse_uvarint(in);
      if (!number || !*number) return std::nullopt;
      in = in.subspan((*number)->size);
      size = ((*tag)->value & 7) == 2 ? (*number)->value : 0;
      break;
    }
    default:
      return std::nullopt;
  }
  if (size > in.size()) return std::nullopt;
  const auto bytes = in.first(size);
  in = in.subspan(size);
  return protobuf_field{(*tag)->value, bytes};
}

}  // namespace tandem
