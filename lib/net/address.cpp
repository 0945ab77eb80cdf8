// SPDX-License-Identifier: MIT
#include "tandem/net/error.hpp"
#include "tandem/net/identity.hpp"

#include <arpa/inet.h>

#include <charconv>
#include <optional>

namespace tandem {
namespace {

std::string host_of(const endpoint& at) {
  char text[INET6_ADDRSTRLEN] = {};
  inet_ntop(at.v6 ? AF_INET6 : AF_INET, at.address.data(), text, sizeof text);
  return text;
}

std::optional<endpoint> parse_host(std::string_view text, bool v6) {
  endpoint at;
  at.v6 = v6;
  if (inet_pton(v6 ? AF_INET6 : AF_INET, std::string(text).c_str(), at.address.data()) != 1)
    return std::nullopt;
  return at;
}

bool parse_port(std::string_view text, std::uint16_t& port) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc() && end == text.data() + text.size();
}

/// Takes `/part` off the front of `text`; empty when there is none.
std::string_view take_part(std::string_view& text) {
  if (!text.starts_with('/')) return {};
  const auto end = std::min(text.find('/', 1), text.size());
  const auto part = text.substr(1, end - 1);
  text.remove_prefix(end);
  return part;
}

boost::system::result<dial_address> parse_multiaddr(std::string_view text) {
  const auto family = take_part(text);
  if (family != "ip4" && family != "ip6") return net_error::bad_address;
  const auto host = parse_host(take_part(text), family == "ip6");
  dial_address parsed;
  if (!host || take_part(text) != "tcp") return net_error::bad_address;
  parsed.at = *host;
  if (!parse_port(take_part(text), parsed.at.port)) return net_error::bad_address;
  if (text.empty()) return parsed;
  if (take_part(text) != "p2p") return net_error::bad_address;
  const auto peer = parse_peer_id(take_part(text));
  if (!peer) return peer.error();
  if (!text.empty()) return net_error::bad_address;
  parsed.peer = *peer;
  return parsed;
}

}  // namespace

std::string to_string(const endpoint& at) {
  const auto host = at.v6 ? "[" + host_of(at) + "]" : host_of(at);
  return host + ":" + std::to_string(at.port);
}

std::string to_multiaddr(const endpoint& at) {
  return (at.v6 ? "/ip6/" : "/ip4/") + host_of(at) + "/tcp/" + std::to_string(at.port);
}

boost::system::result<dial_address> parse_address(std::string_view text) {
  if (text.find('\0') != text.npos) return net_error::bad_address;
  if (text.starts_with('/')) return parse_multiaddr(text);
  const auto colon = text.rfind(':');
  if (colon == text.npos) return net_error::bad_address;
  auto host = text.substr(0, colon);
  const bool v6 = host.starts_with('[') && host.ends_with(']');
  if (v6) host = host.substr(1, host.size() - 2);
  const auto at = parse_host(host, v6);
  dial_address parsed;
  if (!at) return net_error::bad_address;
  parsed.at = *at;
  if (!parse_port(text.substr(colon + 1), parsed.at.port)) return net_error::bad_address;
  return parsed;
}

boost::system::result<address_range> parse_address_range(std::string_view text) {
  if (text.find('\0') != text.npos) return net_error::bad_address;
  const auto slash = text.find('/');
  const auto host = text.substr(0, slash);
  const bool v6 = host.find(':') != host.npos;
  const auto at = parse_host(host, v6);
  const std::uint16_t bits = v6 ? 128 : 32;
  std::uint16_t prefix = bits;
  if (!at) return net_error::bad_address;
  if (slash != text.npos && (!parse_port(text.substr(slash + 1), prefix) || prefix > bits))
    return net_error::bad_address;
  for (std::size_t bit = prefix; bit < bits; ++bit)
    if (at->address[bit / 8] >> (7 - bit % 8) & 1) return net_error::bad_address;
  return address_range{*at, static_cast<std::uint8_t>(prefix)};
}

}  // namespace tandem
