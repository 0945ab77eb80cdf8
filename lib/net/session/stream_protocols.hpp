// SPDX-License-Identifier: MIT
#pragma once

#include "net/protocol/multistream.hpp"
#include "net/protocol/yamux.hpp"
#include "net/session/application_stream.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace tandem {

inline constexpr std::string_view ping_protocol = "/ipfs/ping/1.0.0";
inline constexpr std::string_view message_protocol = "/tandem/message/1.0.0";

/// Hands `take` what is there of the next message behind its length: the front of `in`, or what is
/// held of it and, moved there, what it lacks. `take` says how many bytes it used; nothing while
/// the message is not whole, and then its beginning is held and no byte beyond it. False when
/// `take` fails, or memory is refused.
template <class Take>
bool take_next(charged_bytes& held, byte_view& in, Take take) {
  if (held.empty()) {
    const auto used = take(in);
    if (!used) return false;
    if (!*used) {
      const auto begun = std::exchange(in, {});
      return held.append(begun, prefixed_size(begun));
    }
    in = in.subspan(**used);
    return true;
  }
  const auto whole = prefixed_size(held.view());
  const auto part = std::min(in.size(), whole == 0 ? 1 : whole - held.size());
  if (!held.append(in.first(part), whole)) return false;
  in = in.subspan(part);
  const auto used = take(held.view());
  if (used && *used) held.clear();
  return used.has_value();
}

class message_burst;

/// What the streams of one connection share with its session.
class stream_context {
 public:
  virtual ~stream_context() = default;
  /// What this end says of itself, behind its length.
  virtual byte_buffer identify() const = 0;
  /// False: nothing more is wanted.
  virtual bool on_stream_message(byte_view message) = 0;
  /// Bytes of the message protocol arrived: payload and length prefixes.
  virtual void on_stream_app_bytes(std::size_t size) = 0;
  /// The peer does not speak the message protocol.
  virtual void on_messages_refused() = 0;
  /// The burst's stream takes nothing more, or is gone. Not the place to touch a stream.
  virtual void on_burst_over(const message_burst& burst) = 0;
  /// A stream that is use of the connection, either side's, begins or is gone. Not the place to
  /// touch a stream.
  virtual void on_stream_in_use(bool opened) = 0;
  /// How streams of an application's protocol are treated; nothing when there is no such protocol.
  virtual std::optional<stream_terms> handled(std::string_view protocol) const = 0;
  /// The peer opened a stream of a protocol that is handled. Not the place to touch a stream.
  virtual void on_stream_accepted(std::string_view protocol, byte_stream stream) = 0;
  /// A stream has something to send, or may be over. The stream may be gone afterwards.
  virtual void flush() = 0;
  /// A stream waits for memory: streams hear on_sent() when something was written or taken.
  virtual void on_stream_starved() = 0;
  virtual asio::any_io_executor executor() = 0;

  std::size_t message_size_max = 0;
  int inbound_pings = 0;
  int inbound_messages = 0;
};

/// A stream the peer opened: negotiates, then answers /ipfs/ping/1.0.0 or /ipfs/id/1.0.0, takes
/// messages of /tandem/message/1.0.0, or is an application's; `na` to anything else. Resets the
/// stream when the peer breaks a protocol.
class inbound_stream final : public yamux_handler {
 public:
  /// Origin: libp2p's ping specification allows two; message senders use one at a time.
  static constexpr int streams_max = 2;
  /// Protocols refused on one stream before it is reset.
  static constexpr int proposals_max = 16;

  inbound_stream(stream_context& context, memory_budget& budget)
      : context_(context), budget_(budget), held_(budget) {}
  ~inbound_stream() override;

  void on_data(yamux_stream& stream, byte_view in) override;
  void on_fin(yamux_stream& stream) override;
  void on_reset() override;
  void on_sent(yamux_stream& stream) override {
    if (application_) application_->on_sent(stream);
  }
  void on_over() override {
    if (application_) application_->on_over();
  }
  bool lingers() const noexcept override { return application_ && application_->lingers(); }
  std::size_t held() const noexcept override {
    return application_ ? application_->held() : held_.capacity();
  }

 private:
  // Up to `message` there are units to take.
  enum class state : std::uint8_t { header, proposal, message, ping, application, over };

  decoded<std::size_t> take_unit(yamux_stream& stream, byte_view in);
  void choose(yamux_stream& stream, std::string_view proposed);
  void take_ping(yamux_stream& stream, byte_view in);

  stream_context& context_;
  memory_budget& budget_;
  charged_bytes held_;  // the beginning of a message that is not whole yet
  std::unique_ptr<application_channel> application_;
  state state_ = state::header;
  int proposals_ = 0;
};

/// The stream of one burst of outgoing messages: proposes, and hears whether it was accepted.
class message_burst final : public yamux_handler {
 public:
  message_burst(stream_context& context, memory_budget& budget) : context_(context), held_(budget) {
    context_.on_stream_in_use(true);
  }
  ~message_burst() override;
  message_burst(const message_burst&) = delete;
  message_burst& operator=(const message_burst&) = delete;

  /// Header and proposal, the first bytes of the stream.
  static byte_buffer opening();
  bool accepted() const noexcept { return state_ == state::accepted; }
  /// Everything was written: FIN follows what is queued, and the peer's FIN ends the stream.
  void finish(yamux_stream& stream);

  void on_data(yamux_stream& stream, byte_view in) override;
  void on_fin(yamux_stream& stream) override;
  void on_reset() override;
  std::size_t held() const noexcept override { return held_.capacity(); }

 private:
  enum class state : std::uint8_t { header, answer, accepted, finished };

  decoded<std::size_t> take_unit(byte_view in);
  void fail(yamux_stream& stream);

  stream_context& context_;
  charged_bytes held_;
  state state_ = state::header;
};

}  // namespace tandem
