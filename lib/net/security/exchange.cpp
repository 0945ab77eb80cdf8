// SPDX-License-Identifier: MIT
#include "net/security/exchange.hpp"

#include "net/protocol/protobuf.hpp"
#include "net/security/peer_key.hpp"
#include "tandem/net/error.hpp"

#include <algorithm>

namespace tandem {
namespace {

constexpr std::uint8_t id_tag = bytes_tag(1);
constexpr std::uint8_t public_key_tag = bytes_tag(2);

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
  if (!is_public_key_message(key)) return net_error::malformed;
  const auto peer = peer_id_of_public_key(key);
  if (!std::ranges::equal(peer.bytes(), id)) return net_error::key_mismatch;
  return exchange{peer, (*message)->size};
}

}  // namespace tandem
