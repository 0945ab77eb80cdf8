// SPDX-License-Identifier: MIT
#pragma once

#include "kernel/paths.hpp"
#include "stream/connection.hpp"
#include "tandem/sim/kernel.hpp"
#include "tandem/sim/tcp_profile.hpp"

#include <boost/asio/io_context.hpp>

#include <chrono>
#include <cstdint>
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

 protected:
  ~listener_directory() = default;
};

/// The longest a sender goes on retransmitting without an answer before the connection fails with
/// timed_out: Linux's net.ipv4.tcp_retries2 = 15, the 924.6 s of ip-sysctl.rst.
inline constexpr duration retransmissions_give_up_after = std::chrono::milliseconds(924'600);
/// The longest wait between two retransmissions (Linux TCP_RTO_MAX).
inline constexpr duration retransmission_timeout_max = std::chrono::seconds(120);
/// Connections that wait for accept, half-open ones included; further SYNs are dropped, as Linux
/// does when the accept queue is full (net.core.somaxconn 4096).
inline constexpr std::size_t backlog_max = 4096;
/// How long a listener keeps a half-open connection whose dialer vanished (Linux tcp_synack_retries
/// = 5).
inline constexpr duration half_open_kept = std::chrono::seconds(63);

/// TCP as the stream level models it: connects by the SYN schedule of a profile, ordered bytes, one
/// event for each chunk that arrives, loss and partition as delay.
///
/// Not modelled: congestion control, fast retransmission (a loss costs a whole timeout), lost
/// acknowledgements, TIME_WAIT. A SYN that was answered is not sent again unless the answer comes
/// later than the schedule's next SYN; the listener answers each SYN and does not repeat by itself.
class transport {
 public:
  transport(kernel& time, asio::io_context& io, paths& net, listener_directory& directory,
            tcp_profile profile)
      : kernel_(time), io_(io), paths_(net), directory_(directory), profile_(std::move(profile)) {}

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
  /// Wakes the writer of this end when `wanted` bytes of its buffer are free.
  void wake_writer_when_free(connection& c, side s, std::size_t wanted);

 private:
  // Handshake.
  void send_syn(connection_handle h);
  void arm_next_syn(connection& c);
  time_point next_syn_at(const connection& c) const;
  void syn_arrived(connection_handle h);
  void answer_syn(connection& c, bool with_reset);
  void syn_answered(connection_handle h, bool with_reset);
  void dial_cancelled(connection_handle h);
  void end_dial(connection& c, error_code why);
  void handshake_completed(connection& c);

  // Data.
  void pump(connection& c, side from);
  bool transmit(connection& c, side from);
  void lost(connection& c, side from);
  void retry(connection_handle h, side from);
  void recover(connection& c, side from);
  void chunk_arrived(connection_handle h, side to);
  void open_window(connection& c, side reader);
  void window_opened(connection_handle h, side sender);

  // Ends.
  void send_reset(connection& c, side from);
  void reset_arrived(connection_handle h, side to);
  void give_up(connection& c, side s);
  void stop_sending(connection& c, side s);
  void forget_half_open(connection& c);
  void wake(connection& c, side s);
  void wake_writer(connection& c, side s);
  void free_if_over(connection& c);
  connected hand_over(connection& c, side s);

  kernel& kernel_;
  asio::io_context& io_;
  paths& paths_;
  listener_directory& directory_;
  const tcp_profile profile_;
  connection_table table_;
};

}  // namespace tandem::sim
