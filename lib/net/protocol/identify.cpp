// SPDX-License-Identifier: MIT
#include "net/protocol/identify.hpp"

#include "net/protocol/protobuf.hpp"
#include "tandem/net/error.hpp"

#include <algorithm>

namespace tandem {
namespace {

constexpr auto public_key_tag = bytes_tag(1);
constexpr auto listen_tag = bytes_tag(2);
constexpr auto protocols_tag = bytes_tag(3);
constexpr auto observed_tag = bytes_tag(4);
constexpr auto protocol_version_tag = bytes_tag(5);
constexpr auto agent_version_tag = bytes_tag(6);
/// What other implementations send, and ask for.
constexpr std::string_view protocol_version = "ipfs/0.1.0";
/// Of 4096 bytes each of them takes at most 21.
constexpr std::size_t listed_max = 100;
/// Bytes up to which there is room for another protocol; behind it are observed address, version
/// and agent.
constexpr std::size_t protocols_end = 3500;

byte_view bytes_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

bool has_address(const endpoint& at) {
  return at.port != 0 && std::ranges::any_of(at.address, [](auto byte) { return byte != 0; });
}

void put_address(byte_buffer& out, std::uint8_t tag, const endpoint& at) {
  byte_buffer address;
  put_multiaddr(address, at);
  put_field(out, tag, address);
}

constexpr std::uint8_t ip4 = 0x04, ip6 = 0x29, tcp = 0x06;

std::string_view text_of(byte_view bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

std::optional<endpoint> parse_multiaddr(byte_view in) {
  if (in.empty() || (in[0] != ip4 && in[0] != ip6)) return std::nullopt;
  endpoint at;
  at.v6 = in[0] == ip6;
  const std::size_t size = at.v6 ? 16 : 4;
  if (in.size() < 1 + size + 3 || in[1 + size] != tcp) return std::nullopt;
  std::copy_n(in.begin() + 1, size, at.address.begin());
  at.port = static_cast<std::uint16_t>(in[2 + size] << 8 | in[3 + size]);
  return at;
}

boost::system::result<identify_answer> parse_identify(byte_view in) {
  const auto message = parse_prefixed(in, identify_size_max);
  if (!message) return message.error();
  if (!*message) return net_error::malformed;
  identify_answer said;
  for (auto body = (*message)->body; !body.empty();) {
    const auto next = take_field(body);
    if (!next) return net_error::malformed;
    if (next->tag == public_key_tag) said.public_key_message = next->bytes;
    if (next->tag == protocol_version_tag) said.protocol_version = text_of(next->bytes);
    if (next->tag == agent_version_tag) said.agent = text_of(next->bytes);
    if (next->tag == protocols_tag) said.protocols.push_back(text_of(next->bytes));
    if (next->tag != listen_tag && next->tag != observed_tag) continue;
    const auto at = parse_multiaddr(next->bytes);
    if (!at || !has_address(*at)) continue;
    if (next->tag == listen_tag) said.listening.push_back(*at);
    if (next->tag == observed_tag) said.observed = *at;
  }
  return said;
}

void put_multiaddr(byte_buffer& out, const endpoint& at) {
  out.push_back(at.v6 ? ip6 : ip4);
  const auto size = at.v6 ? 16 : 4;
  out.insert(out.end(), at.address.begin(), at.address.begin() + size);
  out.insert(out.end(), {tcp, static_cast<std::uint8_t>(at.port >> 8),
                         static_cast<std::uint8_t>(at.port & 0xff)});
}

void put_identify(byte_buffer& out, const identify_facts& facts) {
  byte_buffer body;
  put_field(body, public_key_tag, facts.public_key_message);
  std::size_t addresses = 0;
  for (const auto& at : facts.listening)
    if (has_address(at) && ++addresses <= listed_max) put_address(body, listen_tag, at);
  for (const auto protocol : facts.protocols)
    if (body.size() + protocol.size() < protocols_end)
      put_field(body, protocols_tag, bytes_of(protocol));
  if (has_address(facts.observed)) put_address(body, observed_tag, facts.observed);
  put_field(body, protocol_version_tag, bytes_of(protocol_version));
  put_field(body, agent_version_tag, bytes_of(facts.agent));
  put_uvarint(out, body.size());
  out.insert(out.end(), body.begin(), body.end());
}

}  // namespace tandem
