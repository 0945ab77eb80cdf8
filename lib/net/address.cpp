// SPDX-License-Identifier: MIT
#include "tandem/net/error.hpp"
#include "tandem/net/identity.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <utility>

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

constexpr std::array<std::pair<std::string_view, name_kind>, 4> name_kinds{
    {{"dns", name_kind::dns},
     {"dns4", name_kind::dns4},
     {"dns6", name_kind::dns6},
     {"dnsaddr", name_kind::dnsaddr}}};

/// Labels of at most 63 characters, all of at most 253 (RFC 1035, 2.3.4); a dot may end it.
bool is_name(std::string_view text) {
  if (text.ends_with('.')) text.remove_suffix(1);
  std::size_t label = 0;
  for (const char c : text) {
    if (c <= ' ' || c > '~' || (c == '.' && label == 0)) return false;
    label = c == '.' ? 0 : label + 1;
    if (label > 63) return false;
  }
  return label > 0 && text.size() <= 253;
}

boost::system::result<dial_address> parse_multiaddr(std::string_view text, bool names) {
  const auto family = take_part(text);
  const auto host_text = take_part(text);
  const auto kind = std::ranges::find(name_kinds, family, [](auto& each) { return each.first; });
  dial_address parsed;
  auto* port = &parsed.at.port;
  if (names && kind != name_kinds.end()) {
    if (!is_name(host_text)) return net_error::bad_address;
    parsed.name = {kind->second, std::string(host_text)};
    port = &parsed.name.port;
  } else if (family == "ip4" || family == "ip6") {
    const auto host = parse_host(host_text, family == "ip6");
    if (!host) return net_error::bad_address;
    parsed.at = *host;
  } else {
    return net_error::bad_address;
  }
  if (!parsed.named() || parsed.name.kind != name_kind::dnsaddr) {
    if (take_part(text) != "tcp") return net_error::bad_address;
    if (!parse_port(take_part(text), *port)) return net_error::bad_address;
  }
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

std::string to_multiaddr(const dial_address& at) {
  if (!at.named()) return to_multiaddr(at.at);
  const auto kind =
      std::ranges::find(name_kinds, at.name.kind, [](auto& each) { return each.second; });
  const auto text = "/" + std::string(kind->first) + "/" + at.name.name;
  return at.name.kind == name_kind::dnsaddr ? text : text + "/tcp/" + std::to_string(at.name.port);
}

boost::system::result<dial_address> parse_dial_address(std::string_view text) {
  if (text.find('\0') != text.npos) return net_error::bad_address;
  return text.starts_with('/') ? parse_multiaddr(text, true) : parse_address(text);
}

boost::system::result<dial_address> parse_address(std::string_view text) {
  if (text.find('\0') != text.npos) return net_error::bad_address;
  if (text.starts_with('/')) return parse_multiaddr(text, false);
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
