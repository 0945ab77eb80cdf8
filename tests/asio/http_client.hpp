// SPDX-License-Identifier: MIT
#pragma once

#include "asio/loop.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>

#include <array>
#include <memory>
#include <string>
#include <string_view>

namespace tandem::test {

/// A connection to a server on the same loop that keeps what it hears.
class http_client {
 public:
  http_client(loop& io, std::uint16_t port,
              const asio::ip::address& at = asio::ip::address_v4::loopback())
      : state_(std::make_shared<state>(io)) {
    state_->socket.connect({at, port});
    listen(state_);
  }
  ~http_client() { close(); }
  http_client(http_client&&) = default;

  void send(std::string_view text) {
    error_code ignored;
    asio::write(state_->socket, asio::buffer(text), ignored);
  }
  void close() {
    error_code ignored;
    if (state_) state_->socket.close(ignored);
  }
  const std::string& heard() const { return state_->heard; }
  bool ended() const { return state_->ended; }
  /// How often `part` was heard.
  std::size_t count(std::string_view part) const {
    std::size_t found = 0;
    for (auto at = heard().find(part); at != heard().npos; at = heard().find(part, at + 1)) ++found;
    return found;
  }

 private:
  struct state {
    explicit state(loop& io) : socket(io.context) {}
    asio::ip::tcp::socket socket;
    std::array<char, 65536> piece{};
    std::string heard;
    bool ended = false;
  };

  static void listen(const std::shared_ptr<state>& to) {
    to->socket.async_read_some(asio::buffer(to->piece),
                               [to](const error_code& error, std::size_t size) {
                                 to->heard.append(to->piece.data(), size);
                                 to->ended = static_cast<bool>(error);
                                 if (!error) listen(to);
                               });
  }

  std::shared_ptr<state> state_;
};

}  // namespace tandem::test
