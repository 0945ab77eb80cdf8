// SPDX-License-Identifier: MIT
#pragma once

#include "net/protocol/memory_budget.hpp"
#include "net/protocol/yamux_header.hpp"
#include "tandem/core/actions.hpp"

#include <boost/system/error_code.hpp>

#include <array>
#include <map>
#include <memory>

namespace tandem {

class yamux;
class yamux_stream;

/// What runs on one stream. It may write, finish or reset the stream inside these calls.
class yamux_handler {
 public:
  virtual ~yamux_handler() = default;
  virtual void on_data(yamux_stream& stream, byte_view in) = 0;
  virtual void on_fin(yamux_stream& stream) = 0;
  /// The peer reset the stream, or memory ran out: what is held is given back.
  virtual void on_reset() {}
  /// Some of what was written left, of this stream or, in tell_room(), of another. Inside
  /// produce(): not the place to reset or finish.
  virtual void on_sent(yamux_stream&) {}
  /// The muxer is over: no stream sends or receives any more.
  virtual void on_over() {}
  /// Not to be forgotten yet, although both ends finished: something received is not taken.
  virtual bool lingers() const noexcept { return false; }
  /// Bytes of memory that on_reset() would give back.
  virtual std::size_t held() const noexcept { return 0; }
};

/// Hears one muxer, inside yamux::receive.
class yamux_events {
 public:
  virtual ~yamux_events() = default;
  /// A well-formed header came, before anything is done about it.
  virtual void on_frame(const yamux_header& header) = 0;
  virtual std::unique_ptr<yamux_handler> on_accept() = 0;
  /// False when no ping with this value is waiting for its answer.
  virtual bool on_pong(std::uint32_t value) = 0;
  virtual void on_go_away(std::uint32_t code) = 0;
};

/// One stream of a muxer. Lives in its muxer until both ends finished, or one reset it.
class yamux_stream {
 public:
  yamux_stream(yamux& mux, std::uint32_t id, std::unique_ptr<yamux_handler> handler);

  std::uint32_t id() const noexcept { return id_; }
  /// False once it was reset by either end: nothing more is sent or delivered.
  bool alive() const noexcept { return !dead_; }
  /// The peer has finished.
  bool finished() const noexcept { return fin_received_; }
  /// Whether it is over depends on the handler, for which that has changed.
  void look_again();
  std::size_t unsent() const noexcept { return unsent_.size(); }
  /// Bytes that the peer may send before the handler is done with any.
  std::size_t window() const noexcept;

  /// Room for `size` bytes more to write. False when the connection may hold no more.
  bool reserve(std::size_t size) { return unsent_.reserve(size); }
  /// Queues bytes; `counted` ones are reported by yamux::produce when they leave. Resets the stream
  /// when the connection may hold no more.
  void write(byte_view bytes, bool counted = false);
  /// Ends sending after what is queued.
  void finish();
  /// After finish(): the stream is over when the FIN has left, whatever the peer does. Late frames
  /// of the peer fall on an unknown stream and are dropped.
  void forget();
  void reset();
  /// The handler is done with `size` received bytes: they may be granted again.
  void consumed(std::size_t size);
  /// Counted bytes grant as many received ones when they leave, and produce() does not report them:
  /// bounds what an echo can hold.
  void grant_as_sent() noexcept { grants_as_sent_ = true; }

 private:
  friend class yamux;

  yamux& mux_;
  std::uint32_t id_;
  std::unique_ptr<yamux_handler> handler_;
  charged_bytes unsent_;
  std::size_t uncounted_ = 0;  // bytes at the front of unsent_ that are not counted
  std::uint64_t send_window_ = yamux_initial_window;
  std::uint32_t receive_window_ = yamux_initial_window;
  std::uint32_t ungranted_ = 0;
  bool grants_as_sent_ = false;
  bool finishing_ = false;
  bool forget_ = false;
  bool fin_sent_ = false;
  bool fin_received_ = false;
  bool dead_ = false;
};

/// The yamux state machine (hashicorp/yamux spec.md), without input and output: bytes received go
/// in, bytes to send come out. Bounded by the number of streams, control_max, and for what streams
/// hold by the budget of the connection: a stream beyond it is reset.
class yamux {
 public:
  /// Unsent control frames; a peer that makes us answer more without reading is cut off. Origin: a
  /// read of 16 KiB full of frames that are answered each.
  static constexpr std::size_t control_max = 8 * 1024;
  /// What an open stream is reckoned at beside the bytes it holds.
  static constexpr std::size_t stream_memory = 320;
  /// One data frame, so that streams share a connection.
  static constexpr std::size_t frame_max = 16 * 1024;

  /// `way`: who dialled. `window`: receive window of a stream, at least yamux_initial_window.
  /// `events` and `budget` outlive it.
  yamux(direction way, std::size_t streams_max, std::uint32_t window, yamux_events& events,
        memory_budget& budget);

  /// Takes what arrived, in any portions. Fails with unknown_frame, window_exceeded or malformed;
  /// then it must not be called again.
  boost::system::error_code receive(byte_view in);
  /// Fails with too_many_streams, also when the connection may hold no more.
  boost::system::result<yamux_stream*> open(std::unique_ptr<yamux_handler> handler);
  void ping(std::uint32_t value) { control(yamux_type::ping, yamux_flag::syn, 0, value); }
  /// Nothing of what is being received is handed on any more; handlers hear on_over().
  void stop();

  struct produced {
    std::size_t counted = 0;  ///< bytes written as counted among those that left
    bool more = false;        ///< `most` was reached
  };
  /// Appends what can be sent now to `out`, control frames first, until it has `most` bytes or a
  /// few frame headers more.
  produced produce(byte_buffer& out, std::size_t most);
  /// False: there is nothing that produce() would do.
  bool has_output() const noexcept { return output_ || !control_.empty(); }
  std::size_t streams() const noexcept { return streams_.size(); }
  std::size_t inbound_streams() const noexcept { return inbound_; }
  /// Every stream hears on_sent(): there may be memory for what waits. Not inside receive().
  void tell_room();
  /// Resets the stream that holds most memory. Not to be called inside receive().
  void reset_largest();

 private:
  friend class yamux_stream;
  using stream_map = std::map<std::uint32_t, yamux_stream>;

  void control(yamux_type type, std::uint16_t flags, std::uint32_t stream, std::uint32_t length);
  boost::system::error_code take_header(const yamux_header& header);
  boost::system::error_code take_ping(const yamux_header& header);
  boost::system::error_code take_stream_frame(const yamux_header& header);
  boost::system::error_code accept(std::uint32_t id);
  bool is_peers(std::uint32_t id) const noexcept { return (id % 2 == 0) == dialer_; }
  stream_map::iterator erase(stream_map::iterator at);
  void deliver(byte_view data);
  void fin_received(std::uint32_t id);
  void produce_control(byte_buffer& out, std::size_t most);
  std::size_t take_from(yamux_stream& stream, byte_buffer& out, std::size_t most);
  stream_map::iterator produce_one(stream_map::iterator at, byte_buffer& out, std::size_t most,
                                   produced& sum);

  yamux_events& events_;
  memory_budget& budget_;
  stream_map streams_;
  byte_buffer control_;
  std::size_t inbound_ = 0;
  std::size_t streams_max_;
  std::uint32_t window_;
  std::uint32_t next_id_;
  std::uint32_t turn_ = 0;  // the stream whose turn to send it is
  bool dialer_;
  bool stopped_ = false;
  bool output_ = false;  // a stream may have something to send, or be over

  std::array<std::uint8_t, yamux_header_size> header_;
  std::size_t header_size_ = 0;
  std::uint32_t data_stream_ = 0;  // of the Data frame being received
  std::uint32_t data_left_ = 0;
  bool data_fin_ = false;
};

}  // namespace tandem
