// SPDX-License-Identifier: MIT
#pragma once

#include "kernel/paths.hpp"
#include "kernel/tcp_flow.hpp"
#include "stream/connection.hpp"
#include "tandem/sim/host_manners.hpp"
#include "tandem/sim/kernel.hpp"
#include "tandem/sim/tcp_profile.hpp"

#include <boost/asio/io_context.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <utility>

namespace tandem::sim {

class modelled_acceptor;

/// Finds who listens; implemented by the fabric.
class listener_directory {
 public:
  /// The listener of `host` on `port`, or null; also null when there is no such host.
  virtual modelled_acceptor* listener_on(host_index host, std::uint16_t port) = 0;
  /// The host at this address, or nothing.
  virtual std::optional<host_index> host_at(const endpoint& at) const = 0;
  virtual endpoint address_of(host_index host, std::uint16_t port) const = 0;
  virtual const host_manners& manners_of(host_index host) const = 0;

 protected:
  ~listener_directory() = default;
};


/// TCP as the stream level models it: connects by the SYN schedule of a profile, ordered bytes over
/// tcp_flows, one event for each flight that arrives.
///
/// Not modelled: TIME_WAIT; what tcp_flows leaves out. A SYN that was answered is not sent again
/// unless the answer comes later than the schedule's next SYN, or an access link may drop it.
class transport final : flow_owner {
 public:
  transport(kernel& time, asio::io_context& io, paths& net, listener_directory& directory,
            tcp_profile profile, std::function<void(host_index)> on_syn)
      : kernel_(time),
        io_(io),
        paths_(net),
        directory_(directory),
        profile_(std::move(profile)),
        flows_(time, net, profile_, *this),
        on_syn_(std::move(on_syn)) {}

  asio::io_context& io() noexcept { return io_; }
  kernel& time() noexcept { return kernel_; }
  connection* find(connection_handle h) const noexcept { return table_.find(h); }

  // Dialing (handshake.cpp).
  void connect(host_index from, std::uint16_t port, const endpoint& remote, connect_handler done);

  // Accepting (handshake.cpp).
  /// The stream of a connection taken from a listener's queue; nothing when it is no more.
  std::optional<connected> accept(connection_handle h);
  /// The listener is gone, and with it the connections it had not handed out.
  void refuse(connection_handle h);

  // What a stream does to its end (transport.cpp). `c` may be gone when they return.
  std::size_t write(connection& c, side s, asio::const_buffer from);
  std::size_t read(connection& c, side s, asio::mutable_buffer into);
  void shutdown_send(connection& c, side s);
  void close(connection& c, side s);
  void abort(connection& c, side s);
  send_progress progress(connection& c, side s);
  /// Wakes the writer of this end when `wanted` bytes of its buffer, or a few segments, are free.
  void wait_for_room(connection& c, side s, std::size_t wanted);

 private:
  // Handshake.
  void send_syn(connection_handle h);
  void arm_next_syn(connection& c);
  time_point next_syn_at(const connection& c) const;
  void syn_arrived(connection_handle h);
  void answer_syn(connection& c, bool with_reset);
  void repeat_syn_ack(connection_handle h);
  void arm_syn_ack(connection& c);
  void syn_answered(connection_handle h, bool with_reset, time_point asked_at);
  void acknowledge_syn(connection& c);
  void dial_cancelled(connection_handle h);
  void end_dial(connection& c, error_code why);
  void handshake_completed(connection& c);

  // Data.
  static flow_name name_of(const connection& c, side from) {
    return {c.handle.slot, c.handle.generation, static_cast<std::uint32_t>(from), 0};
  }
  flow* find(const flow_name& name) override;
  void delivered(const flow_name& name) override;
  void acknowledged(const flow_name& name) override;
  void gave_up(const flow_name& name) override;
  void open_window(connection& c, side reader);
  void window_opened(connection_handle h, side sender);

  // Ends.
  void send_reset(connection& c, side from);
  void reset_arrived(connection_handle h, side to);
  void wake(connection& c, side s);
  void free_if_over(connection& c);
  connected hand_over(connection& c, side s);

  kernel& kernel_;
  asio::io_context& io_;
  paths& paths_;
  listener_directory& directory_;
  const tcp_profile profile_;
  tcp_flows flows_;
  const std::function<void(host_index)> on_syn_;
  connection_table table_;
};

}  // namespace tandem::sim
