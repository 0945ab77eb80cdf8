// SPDX-License-Identifier: MIT
#include "net/protocol/upgrade.hpp"

#include "net/protocol/exchange.hpp"
#include "net/protocol/multistream.hpp"
#include "tandem/net/error.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <array>
#include <utility>

namespace tandem {

asio::awaitable<void> wire::flush() {
  for (std::size_t sent = 0; sent < unsent_.size();) {
    error_code error;
    const auto rest = asio::buffer(unsent_) + sent;
    const auto size =
        co_await stream_.async_write_some(rest, asio::redirect_error(asio::use_awaitable, error));
    if (stopped_) error = asio::error::operation_aborted;
    if (error) throw boost::system::system_error(error);
    meter_.on_wire_sent(size);
    sent += size;
  }
  unsent_ = byte_buffer();
}

asio::awaitable<void> wire::read_more(asio::cancellation_signal* stop) {
  read_.drop_front(std::exchange(used_, 0));
  if (read_.size() > unread_max) throw boost::system::system_error(net_error::malformed);
  const auto room = read_.extend(read_size);
  if (room.empty()) throw boost::system::system_error(net_error::out_of_memory);
  const auto space = asio::buffer(room.data(), room.size());
  error_code error;
  std::size_t size = 0;
  if (stop) {
    size = co_await stream_.async_read_some(
        space, asio::bind_cancellation_slot(stop->slot(),
                                            asio::redirect_error(asio::use_awaitable, error)));
  } else {
    size =
        co_await stream_.async_read_some(space, asio::redirect_error(asio::use_awaitable, error));
  }
  if (stopped_) throw boost::system::system_error(asio::error::operation_aborted);
  read_.shorten(read_size - size);
  if (size != 0) meter_.on_wire_received(size);
  if (error && !(stop && error == asio::error::operation_aborted))
    throw boost::system::system_error(error);
}

namespace {

constexpr std::string_view plaintext_protocol = "/plaintext/2.0.0";
constexpr std::string_view yamux_protocol = "/yamux/1.0.0";
/// Unknown protocols answered with `na` before the listener gives up.
constexpr int proposals_max = 16;

[[noreturn]] void fail(net_error error) { throw boost::system::system_error(error); }

asio::awaitable<void> propose(wire& on, std::string_view protocol) {
  put_multistream(on.unsent(), multistream_header);
  put_multistream(on.unsent(), protocol);
  co_await on.take(parse_multistream_header);
  const auto answer = co_await on.take(parse_multistream);
  if (answer.text == multistream_na) fail(net_error::no_common_protocol);
  if (answer.text != protocol) fail(net_error::malformed);
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
  }
  fail(net_error::no_common_protocol);
}

/// /plaintext/2.0.0: both ends say who they are, and nothing proves it.
asio::awaitable<peer_id> plaintext(wire& on, security_terms terms) {
  put_exchange(on.unsent(), terms.self);
  const auto said = co_await on.take(parse_exchange);
  if (!terms.expected.empty() && said.peer != terms.expected) fail(net_error::wrong_peer);
  co_return said.peer;
}

constexpr std::array<security_protocol, 1> every_security{{{plaintext_protocol, &plaintext}}};

}  // namespace

std::span<const security_protocol> security_protocols(bool allow_plaintext) noexcept {
  return std::span(every_security).first(allow_plaintext ? 1 : 0);
}

asio::awaitable<peer_id> secure_connection(wire& on, security_terms terms,
                                           std::span<const security_protocol> protocols) {
  const security_protocol* chosen = nullptr;
  if (terms.way == direction::outbound) {
    if (protocols.empty()) fail(net_error::plaintext_not_allowed);
    chosen = &protocols.front();
    co_await propose(on, chosen->name);
  } else {
    co_await respond(on, [&](std::string_view name) {
      for (const auto& protocol : protocols)
        if (protocol.name == name) chosen = &protocol;
      return chosen != nullptr;
    });
  }
  co_return co_await chosen->secure(on, terms);
}

asio::awaitable<void> choose_muxer(wire& on, direction way) {
  if (way == direction::outbound)
    co_await propose(on, yamux_protocol);
  else
    co_await respond(on, [](std::string_view name) { return name == yamux_protocol; });
}

}  // namespace tandem
