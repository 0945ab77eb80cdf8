// SPDX-License-Identifier: MIT
// Any bytes are a multiaddr, any text an address, a network or a peer id: what is read is written
// as text that reads the same.
#include "fuzz.hpp"
#include "net/protocol/identify.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tandem;
  const byte_view in(data, size);
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto at = parse_multiaddr(in)) {
    byte_buffer again;
    put_multiaddr(again, *at);
    must(std::ranges::equal(again, in.first(again.size())));
  }
  if (const auto read = parse_address(text)) {
    const auto again = parse_address(to_multiaddr(read->at));
    must(again.has_value() && again->at == read->at);
    const auto short_form = parse_address(to_string(read->at));
    must(short_form.has_value() && short_form->at == read->at);
  }
  if (const auto read = parse_dial_address(text)) {
    const auto again = parse_dial_address(to_multiaddr(*read));
    must(again.has_value() && again->at == read->at && again->name == read->name);
  }
  if (const auto peer = parse_peer_id(text)) {
    const auto again = parse_peer_id(to_string(*peer));
    must(again.has_value() && *again == *peer);
  }
  if (const auto range = parse_address_range(text))
    must(range->first.port == 0 && range->prefix <= (range->first.v6 ? 128 : 32));
  return 0;
}
