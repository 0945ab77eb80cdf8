// SPDX-License-Identifier: MIT
#include "net/security/upgrade.hpp"

#include "net/protocol/multistream.hpp"
#include "net/security/exchange.hpp"
#include "net/security/noise.hpp"
#include "net/security/tls.hpp"
#include "tandem/net/error.hpp"

#include <algorithm>
#include <array>

namespace tandem {

namespace {

constexpr std::string_view yamux_protocol = "/yamux/1.0.0";
/// Unknown protocols answered with `na` before the listener gives up.
constexpr int proposals_max = 16;

[[noreturn]] void fail(net_error error) { throw boost::system::system_error(error); }

/// Proposes `names` in turn until one is accepted; which that is.
asio::awaitable<std::size_t> propose(wire& on, std::span<const std::string_view> names) {
  put_multistream(on.unsent(), multistream_header);
  for (std::size_t i = 0; i < names.size(); ++i) {
    put_multistream(on.unsent(), names[i]);
    if (i == 0) co_await on.take(parse_multistream_header);
    const auto answer = co_await on.take(parse_multistream);
    if (answer.text == names[i]) co_return i;
    if (answer.text != multistream_na) fail(net_error::malformed);
  }
  fail(net_error::no_common_protocol);
}

/// The first proposal `known` accepts; its echo is left unsent.
template <class Known>
asio::awaitable<void> respond(wire& on, Known known) {
  co_await on.take(parse_multistream_header);
  put_multistream(on.unsent(), multistream_header);
  for (int proposals = 0; proposals < proposals_max; ++proposals) {
    const auto proposal = co_await on.take(parse_multistream);
    const bool accepted = known(proposal.text);
    put_multistream(on.unsent(), accepted ? proposal.text : multistream_na);
    if (accepted) co_return;
    co_await on.flush();  // the dialer may have said more than a proposal, for which it is let go
  }
  fail(net_error::no_common_protocol);
}

/// /plaintext/2.0.0: both ends say who they are, and nothing proves it.
asio::awaitable<secured_peer> plaintext(wire& on, security_terms terms) {
  put_exchange(on.unsent(), terms.own.self());
  const auto said = co_await on.take(parse_exchange);
  if (!terms.expected.empty() && said.peer != terms.expected) fail(net_error::wrong_peer);
  co_return secured_peer{said.peer};
}

constexpr std::array<security_protocol, every_security.size()> protocols{
    {{security::tls, "/tls/1.0.0", &tls},
     {security::noise, "/noise", &noise},
     {security::plaintext, "/plaintext/2.0.0", &plaintext}}};

const security_protocol& protocol_of(security kind) {
  return *std::ranges::find(protocols, kind, &security_protocol::kind);
}

}  // namespace

asio::awaitable<secured_peer> secure_connection(wire& on, security_terms terms,
                                                std::span<const security> allowed) {
  if (allowed.empty()) fail(net_error::security_not_allowed);
  std::vector<std::string_view> names;
  for (const auto kind : allowed) names.push_back(protocol_of(kind).name);
  std::size_t chosen = 0;
  if (terms.way == direction::outbound) {
    chosen = co_await propose(on, names);
  } else {
    co_await respond(on, [&](std::string_view name) {
      chosen = static_cast<std::size_t>(std::ranges::find(names, name) - names.begin());
      return chosen != names.size();
    });
  }
  auto secured = co_await protocol_of(allowed[chosen]).secure(on, terms);
  secured.kind = allowed[chosen];
  co_return secured;
}

asio::awaitable<void> choose_muxer(wire& on, direction way) {
  if (way == direction::outbound)
    co_await propose(on, std::span(&yamux_protocol, 1));
  else
    co_await respond(on, [](std::string_view name) { return name == yamux_protocol; });
}

}  // namespace tandem
