// SPDX-License-Identifier: MIT
#pragma once

#include "net/protocol/yamux.hpp"
#include "net/session/stream_terms.hpp"
#include "tandem/net/byte_stream.hpp"

#include <functional>
#include <string>
#include <string_view>

namespace tandem {

class application_bytes;
class stream_context;

/// The muxer's side of a stream that an application reads and writes: what arrived and was not read
/// yet, charged to the connection, and the operations that wait. The window is granted again as the
/// application reads. Completions are posted, so that no application runs inside the muxer.
class application_channel final : public yamux_handler {
 public:
  /// Unsent bytes of one stream at most; a write beyond waits.
  static constexpr std::size_t unsent_max = 64 * 1024;
  /// So much of a write is queued however little memory there is, or it waits.
  static constexpr std::size_t queued_least = 1024;
  using opened_handler = std::function<void(error_code)>;

  /// Null when the connection may hold no more.
  static std::unique_ptr<application_channel> make(stream_context& context, memory_budget& budget,
                                                   const stream_terms& terms);
  ~application_channel() override;
  application_channel(const application_channel&) = delete;
  application_channel& operator=(const application_channel&) = delete;

  /// Proposes `protocol`. `opened` hears, once and not inside the call, whether the peer took it;
  /// the stream carries nothing before. Empty when the connection may hold no more.
  byte_stream propose(yamux_stream& stream, std::string_view protocol, opened_handler opened);
  /// The peer's proposal was taken: what it says from now on is the application's.
  byte_stream accept(yamux_stream& stream);

  void on_data(yamux_stream& stream, byte_view in) override;
  void on_fin(yamux_stream& stream) override;
  void on_reset() override { end(asio::error::connection_reset); }
  void on_sent(yamux_stream& stream) override;
  void on_over() override { end(asio::error::connection_aborted); }
  bool lingers() const noexcept override { return !received_.empty(); }
  std::size_t held() const noexcept override { return received_.capacity(); }

 private:
  friend class application_bytes;
  enum class state : std::uint8_t { header, answer, open };

  application_channel(stream_context& context, memory_budget& budget, const stream_terms& terms);
  byte_stream hand_over(yamux_stream& stream);

  void read(asio::mutable_buffer into, io_handler done);
  void write(asio::const_buffer from, io_handler done);
  void finish();
  void close();
  void abort();
  std::uint64_t unsent() const noexcept;

  void post(io_handler done, error_code error, std::size_t size);
  void complete(io_handler& waiting, error_code error, std::size_t size);
  decoded<std::size_t> take_answer(byte_view in);
  void take_bytes(yamux_stream& stream, byte_view in);
  void tell_opened(error_code error);
  bool readable() const noexcept;
  std::size_t take(asio::mutable_buffer into);
  std::size_t queue(asio::const_buffer from);
  void fail(yamux_stream& stream, error_code why);
  void end(error_code why);

  stream_context& context_;
  memory_budget& budget_;
  const stream_terms terms_;
  application_bytes* user_ = nullptr;  // none: the application let go of it
  yamux_stream* stream_ = nullptr;     // whose handler this is
  charged_bytes received_;             // of the negotiation first
  std::string protocol_;               // proposed
  opened_handler opened_;
  error_code ended_;  // why nothing moves any more
  io_handler reader_, writer_;
  asio::mutable_buffer into_;
  asio::const_buffer from_;
  state state_ = state::open;
  bool finishing_ = false;
  bool discards_ = false;
};

}  // namespace tandem
