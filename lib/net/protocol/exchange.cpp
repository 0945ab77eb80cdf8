// SPDX-License-Identifier: MIT
#include "net/protocol/exchange.hpp"

#include "tandem/net/error.hpp"

#include <algorithm>

namespace tandem {
namespace {

constexpr std::uint8_t id_tag = 0x0a;          // field 1, length-delimited
constexpr std::uint8_t public_key_tag = 0x12;  // field 2, length-delimited

void put_field(byte_buffer& out, std::uint8_t tag, byte_view bytes) {
  out.push_back(tag);
  put_uvarint(out, bytes.size());
  out.insert(out.end(), bytes.begin(), bytes.end());
}

/// A protobuf field: its tag and, when it is length-delimited, its bytes.
struct field {
  std::uint64_t tag;
  byte_view bytes;
};

/// Takes the next field off the front of `in`; nothing when it is not well-formed.
std::optional<field> take_field(byte_view& in) {
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
  return field{(*tag)->value, bytes};
}

/// `08 type 12 length data`, type RSA 0, Ed25519 1, Secp256k1 2 or ECDSA 3; an Ed25519 key has 32
/// bytes (RFC 8032, 5.1.5).
bool is_public_key(byte_view in) {
  if (in.size() < 4 || in[0] != 0x08 || in[1] > 3 || in[2] != 0x12) return false;
  const auto length = parse_uvarint(in.subspan(3));
  if (!length || !*length || (*length)->value != in.size() - 3 - (*length)->size) return false;
  return in[1] != 1 || (*length)->value == 32;
}

}  // namespace

void put_exchange(byte_buffer& out, const identity& self) {
  byte_buffer body;
  put_field(body, id_tag, self.id().bytes());
  put_field(body, public_key_tag, self.public_key_message());
  put_uvarint(out, body.size());
  out.insert(out.end(), body.begin(), body.end());
}

decoded<exchange> parse_exchange(byte_view in) {
  const auto message = parse_prefixed(in, exchange_size_max);
  if (!message) return message.error();
  if (!*message) return std::nullopt;
  byte_view id, key;
  for (auto body = (*message)->body; !body.empty();) {
    const auto next = take_field(body);
    if (!next) return net_error::malformed;
    if (next->tag == id_tag) id = next->bytes;
    if (next->tag == public_key_tag) key = next->bytes;
  }
  if (!is_public_key(key)) return net_error::malformed;
  const auto peer = peer_id_of_public_key(key);
  if (!std::ranges::equal(peer.bytes(), id)) return net_error::key_mismatch;
  return exchange{peer, (*message)->size};
}

}  // namespace tandem
