// SPDX-License-Identifier: MIT
#include "dns_channel.hpp"

#include <sys/time.h>

#include <chrono>
#include <stdexcept>
#include <utility>

namespace tandem {
namespace {

using boost::asio::posix::descriptor_base;

constexpr int first_patience_ms = 2000;  // doubled for each further turn
constexpr int turns = 3;
// What goes through every network in one piece (DNS flag day 2020); more comes over TCP.
constexpr int datagram_max = 1232;

ares_options options_of(ares_sock_state_cb watch, void* self) {
  ares_options options{};
  options.flags = ARES_FLAG_NOSEARCH | ARES_FLAG_EDNS;
  options.timeout = first_patience_ms;
  options.tries = turns;
  options.ednspsz = datagram_max;
  options.sock_state_cb = watch;
  options.sock_state_cb_data = self;
  return options;
}

}  // namespace

dns_channel::dns_channel(const boost::asio::any_io_executor& on, const std::string& servers,
                         std::function<void()> after)
    : on_(on), after_(std::move(after)), deadline_(on) {
  const auto watching = [](void* self, ares_socket_t socket, int reading, int writing) {
    static_cast<dns_channel*>(self)->watch(socket, reading != 0, writing != 0);
  };
  auto options = options_of(watching, this);
  const int made = ares_init_options(&channel_, &options,
                                     ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES |
                                         ARES_OPT_EDNSPSZ | ARES_OPT_SOCK_STATE_CB);
  if (made != ARES_SUCCESS) throw std::runtime_error(ares_strerror(made));
  if (servers.empty()) return;
  const int set = ares_set_servers_ports_csv(channel_, servers.c_str());
  if (set == ARES_SUCCESS) return;
  ares_destroy(std::exchange(channel_, nullptr));
  throw std::invalid_argument("`" + servers + "` is no list of name servers");
}

dns_channel::~dns_channel() {
  if (channel_ != nullptr) ares_destroy(channel_);
}

/// c-ares says what it waits for; nothing: it is about to close the socket.
void dns_channel::watch(ares_socket_t socket, bool reading, bool writing) {
  if (!reading && !writing) {
    const auto gone = sockets_.find(socket);
    if (gone == sockets_.end()) return;
    gone->second->waits.release();  // whoever waits hears operation_aborted
    sockets_.erase(gone);
    return;
  }
  auto& on = sockets_[socket];
  if (!on) on = std::make_shared<watched>(on_, socket);
  on->for_reading = reading;
  on->for_writing = writing;
  wait(socket, on);
}

void dns_channel::wait(ares_socket_t socket, const std::shared_ptr<watched>& on) {
  const auto begin = [&](bool watched::*wanted, bool watched::*waiting,
                         descriptor_base::wait_type what) {
    if (!((*on).*wanted) || (*on).*waiting) return;
    (*on).*waiting = true;
    on->waits.async_wait(what, [this, socket, what, waiting,
                                weak = std::weak_ptr(on)](const boost::system::error_code& failed) {
      const auto still = weak.lock();
      if (!still || failed) return;  // the socket is gone, and the channel may be
      (*still).*waiting = false;
      const bool readable = what == descriptor_base::wait_read;
      process(readable ? socket : ARES_SOCKET_BAD, readable ? ARES_SOCKET_BAD : socket);
    });
  };
  begin(&watched::for_reading, &watched::reading, descriptor_base::wait_read);
  begin(&watched::for_writing, &watched::writing, descriptor_base::wait_write);
}

void dns_channel::process(ares_socket_t readable, ares_socket_t writable) {
  ares_process_fd(channel_, readable, writable);
  for (const auto& [socket, on] : sockets_) wait(socket, on);
  const auto after = after_;
  after();  // which may destroy this
}

void dns_channel::arm() {
  timeval left{};
  if (ares_timeout(channel_, nullptr, &left) == nullptr) return void(deadline_.cancel());
  deadline_.expires_after(std::chrono::seconds(left.tv_sec) +
                          std::chrono::microseconds(left.tv_usec));
  deadline_.async_wait([this, weak = std::weak_ptr(alive_)](const auto& failed) {
    if (!failed && !weak.expired()) process(ARES_SOCKET_BAD, ARES_SOCKET_BAD);
  });
}

}  // namespace tandem
