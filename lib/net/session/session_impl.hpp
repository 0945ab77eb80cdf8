// SPDX-License-Identifier: MIT
#pragma once

#include "net/security/upgrade.hpp"
#include "net/session/session.hpp"
#include "net/session/stream_protocols.hpp"

#include <algorithm>
#include <optional>

namespace tandem {

/// The session proper. Kept alive by its coroutine and by the write in flight, so that the owner
/// may destroy the session at any time; `owner_` is null from then on, or once on_closed was
/// called.
class session::impl final : public std::enable_shared_from_this<session::impl>,
                            public memory_holder,
                            public wire_meter,
                            public yamux_events,
                            public stream_context {
 public:
  impl(connection_id conn, direction way, byte_stream stream, const session_options& options,
       const tandem::clock& time, const peer_id& expected, const endpoint& remote,
       session_owner& owner);
  ~impl() { memory_->outlive(); }

  void start();
  void decide(cause refusal, duration retry_after);
  void probe(std::uint32_t nonce) { ping(nonce, true); }
  send_result send(std::span<const std::byte> message);
  void open_stream();
  void close_stream();
  boost::system::result<byte_stream> open(std::string_view protocol, const stream_terms& terms,
                                          std::function<void(error_code)> opened);
  void close(cause reason, duration retry_after);
  void abort(cause reason);
  session_progress progress();
  session_traffic take_traffic();
  const session_traffic& traffic() const noexcept { return traffic_; }
  const session_upgrade& upgraded() const noexcept { return upgraded_; }
  const std::shared_ptr<memory_budget>& memory() const noexcept { return memory_; }
  error_code failure() const noexcept { return failure_; }
  std::size_t streams() const noexcept {
    return std::max(mux_.inbound_streams(), mux_.streams() - mux_.inbound_streams());
  }
  /// The owner is gone.
  void detach();

 private:
  enum class phase : std::uint8_t {
    upgrading,
    open,     // frames are exchanged
    closing,  // our GoAway is due or sent; draining to end of file
    failing,  // GoAway(1) is due; closed once it left
    over,
  };
  struct outgoing {
    yamux_stream* stream = nullptr;
    message_burst* handler = nullptr;
  };
  struct ping_sent {
    std::uint32_t value;
    time_point at;
    bool probe;
  };

  static asio::awaitable<void> run(std::shared_ptr<impl> self);
  asio::awaitable<void> upgrade();
  void read_on(error_code error);
  void has_read(std::size_t size);
  asio::awaitable<void> await_decision();
  void open_muxer();
  void take_frames(byte_view in);
  void ended(error_code error);

  void pump();
  bool burst_is_over() const;
  bool produce(byte_buffer& out);
  bool can_send() const noexcept;
  bool open_burst(std::size_t memory);
  std::size_t write_most();
  void charge_writing(std::size_t size);
  void output_over();
  void write();
  void wrote(error_code error, std::size_t size);

  void ping(std::uint32_t value, bool probe);
  void ready();
  void finish(cause why, bool orderly);
  void note_app_bytes(std::size_t size);
  void note_traffic();
  void note_sent(std::size_t app_bytes);
  void note_left();
  void tell_streams();
  void shed_memory() override;
  bool running() const noexcept { return owner_ && phase_ != phase::over; }

  void on_wire_sent(std::size_t size) override;
  void on_wire_received(std::size_t size) override;
  void on_frame(const yamux_header& header) override;
  std::unique_ptr<yamux_handler> on_accept() override;
  bool on_pong(std::uint32_t value) override;
  void on_go_away(std::uint32_t code) override;
  byte_buffer identify() const override;
  bool on_stream_message(byte_view message) override;
  void on_stream_app_bytes(std::size_t size) override { note_app_bytes(size); }
  void on_messages_refused() override { messages_refused_ = true; }
  void on_burst_over(const message_burst& burst) override;
  void on_stream_in_use(bool opened) override;
  std::optional<stream_terms> handled(std::string_view protocol) const override;
  void on_stream_accepted(std::string_view protocol, byte_stream stream) override;
  void flush() override { pump(); }
  void on_stream_starved() override { starved_ = true; }
  asio::any_io_executor executor() override { return wire_.stream().get_executor(); }

  const connection_id conn_;
  const direction way_;
  const session_options& options_;
  const tandem::clock& time_;
  session_owner* owner_;
  const std::shared_ptr<memory_budget> memory_;  // what is held of it outlives the session
  memory_budget& budget_;
  wire wire_;
  peer_id expected_;
  const endpoint remote_;
  asio::cancellation_signal decided_;
  std::optional<cause> decision_;  // none: admitted
  session_traffic traffic_;
  session_upgrade upgraded_;
  error_code failure_;

  // Bytes of the whole stream that the transport took, and how far they came.
  std::uint64_t taken_ = 0;
  std::uint64_t app_end_ = 0;  // the end of the last application byte among them
  std::uint64_t left_ = 0;     // surely handed to the network
  std::uint64_t acknowledged_ = 0;

  phase phase_ = phase::upgrading;
  cause reason_ = cause::none;         // why this end closes
  duration retry_after_{};             // what it tells the peer with that
  cause remote_reason_ = cause::none;  // what the peer's GoAway said
  bool dirty_ = false;
  bool ready_ = false;
  bool deaf_ = false;    // what still arrives is discarded
  bool corked_ = false;  // writing waits for the end of what is being handled
  bool writing_ = false;
  bool told_ = false;  // our GoAway is among what was handed to the writer
  bool shut_ = false;  // sending has ended
  bool messages_refused_ = false;

  // Before the muxer, whose streams say so when they end.
  outgoing burst_;               // of messages, while it takes more
  outgoing finished_;            // the one before, until the peer finishes it too
  std::uint32_t kept_open_ = 0;  // users of burst_ beside the messages in it
  int streams_ = 0;              // that are use, both directions
  int streams_told_ = 0;
  bool streams_due_ = false;  // tell_streams() is on its way
  bool starved_ = false;      // a stream waits for memory

  yamux mux_;
  std::vector<ping_sent> pings_;
  byte_buffer read_;  // what a read goes to, once the muxer runs
  byte_buffer writing_bytes_;
  std::size_t written_ = 0;
  std::size_t app_bytes_writing_ = 0;
  std::uint64_t writing_charge_ = 0;  // of writing_bytes_, in budget_
};

}  // namespace tandem
