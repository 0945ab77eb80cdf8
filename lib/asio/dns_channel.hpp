// SPDX-License-Identifier: MIT
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <ares.h>

#include <functional>
#include <map>
#include <memory>
#include <string>

namespace tandem {

/// A channel of c-ares whose sockets and deadline wait on an executor. Destroying it ends what is
/// asked with ARES_EDESTRUCTION, inside the call: not to be done by a callback of c-ares.
class dns_channel {
 public:
  /// `after` runs when c-ares did something. Throws std::invalid_argument for servers that are
  /// none, std::runtime_error when c-ares cannot begin.
  dns_channel(const boost::asio::any_io_executor& on, const std::string& servers,
              std::function<void()> after);
  ~dns_channel();
  dns_channel(const dns_channel&) = delete;
  dns_channel& operator=(const dns_channel&) = delete;

  ares_channel get() const noexcept { return channel_; }
  /// After something was asked: its deadline is watched.
  void arm();

 private:
  struct watched {
    watched(const boost::asio::any_io_executor& on, ares_socket_t socket) : waits(on, socket) {}
    boost::asio::posix::stream_descriptor waits;
    bool for_reading = false, for_writing = false;  ///< is to be waited for
    bool reading = false, writing = false;          ///< is being waited for
  };

  void watch(ares_socket_t socket, bool reading, bool writing);
  void wait(ares_socket_t socket, const std::shared_ptr<watched>& on);
  void process(ares_socket_t readable, ares_socket_t writable);

  boost::asio::any_io_executor on_;
  std::function<void()> after_;
  ares_channel channel_ = nullptr;
  std::map<ares_socket_t, std::shared_ptr<watched>> sockets_;
  boost::asio::steady_timer deadline_;
  const std::shared_ptr<char> alive_ = std::make_shared<char>();
};

}  // namespace tandem
