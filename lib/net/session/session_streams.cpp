// SPDX-License-Identifier: MIT
// The streams of a session: messages, and what applications open.
#include "net/protocol/identify.hpp"
#include "net/security/credentials.hpp"
#include "net/session/session_impl.hpp"
#include "tandem/net/error.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <utility>

namespace tandem {
namespace {

constexpr std::array own_protocols{ping_protocol, identify_protocol, message_protocol};

}  // namespace

bool session::impl::can_send() const noexcept {
  return running() && phase_ == phase::open && ready_ && remote_reason_ == cause::none;
}

send_result session::impl::send(std::span<const std::byte> message) {
  if (!can_send()) return send_result::gone;
  if (message.size() > options_.message_size_max || messages_refused_) return send_result::refused;
  byte_buffer prefix;
  put_uvarint(prefix, message.size());
  const auto size = prefix.size() + message.size();
  const auto backlog = burst_.stream ? burst_.stream->unsent() : 0;
  if (backlog != 0 && backlog + size > options_.backlog_max) return send_result::refused;
  if (!burst_.stream && !open_burst(size)) return send_result::refused;
  if (!burst_.stream->reserve(size)) return send_result::refused;
  burst_.stream->write(prefix, true);
  burst_.stream->write({reinterpret_cast<const std::uint8_t*>(message.data()), message.size()},
                       true);
  pump();
  return send_result::accepted;
}

/// All of it or nothing: a stream is not opened to be reset for want of `memory`.
bool session::impl::open_burst(std::size_t memory) {
  const auto opening = message_burst::opening();
  const auto whole = yamux::stream_memory + opening.size() + memory;
  if (!budget_.claim(whole)) return false;
  budget_.give(whole);
  auto handler = std::make_unique<message_burst>(*this, budget_);
  auto* const heard = handler.get();
  const auto opened = mux_.open(std::move(handler));
  if (!opened) return false;
  burst_ = {*opened, heard};
  burst_.stream->reserve(opening.size() + memory);
  burst_.stream->write(opening);
  return true;
}

void session::impl::open_stream() {
  ++kept_open_;
  if (!can_send() || messages_refused_ || burst_.stream) return;
  if (open_burst(0)) pump();
}

void session::impl::close_stream() {
  if (kept_open_ == 0) return;
  --kept_open_;
  pump();
}

bool session::speaks(std::string_view protocol) noexcept {
  return std::ranges::find(own_protocols, protocol) != own_protocols.end();
}

boost::system::result<byte_stream> session::impl::open(std::string_view protocol,
                                                       const stream_terms& terms,
                                                       std::function<void(error_code)> opened) {
  if (!can_send()) return error_code(asio::error::not_connected);
  auto channel = application_channel::make(*this, budget_, terms);
  if (!channel) return net_error::out_of_memory;
  auto* const of = channel.get();
  const auto stream = mux_.open(std::move(channel));
  if (!stream) return stream.error();
  auto made = of->propose(**stream, protocol, std::move(opened));
  pump();
  if (!made) return net_error::out_of_memory;
  return made;
}

std::optional<stream_terms> session::impl::handled(std::string_view protocol) const {
  const auto found = options_.protocols->find(protocol);
  if (found == options_.protocols->end()) return std::nullopt;
  return found->second;
}

void session::impl::on_stream_accepted(std::string_view protocol, byte_stream stream) {
  owner_->on_stream_accepted(conn_, protocol, std::move(stream));
}

std::unique_ptr<yamux_handler> session::impl::on_accept() {
  return std::make_unique<inbound_stream>(*this, budget_);
}

byte_buffer session::impl::identify() const {
  std::vector<std::string_view> protocols(own_protocols.begin(), own_protocols.end());
  for (const auto& [name, terms] : *options_.protocols) protocols.push_back(name);
  byte_buffer out;
  put_identify(out, {options_.own->self().public_key_message(), options_.agent, *options_.listening,
                     remote_, protocols});
  return out;
}

bool session::impl::on_stream_message(byte_view message) {
  owner_->on_message(conn_, std::as_bytes(message));
  return running();
}

void session::impl::on_burst_over(const message_burst& burst) {
  if (burst_.handler == &burst) burst_ = {};
  if (finished_.handler == &burst) finished_ = {};
}

void session::impl::on_stream_in_use(bool opened) {
  streams_ += opened ? 1 : -1;
  if (!running() || std::exchange(streams_due_, true)) return;
  // Later: the muxer is at work on its streams, and the owner may be in a call of its own.
  asio::post(wire_.stream().get_executor(), [self = shared_from_this()] { self->tell_streams(); });
}

void session::impl::tell_streams() {
  streams_due_ = false;
  while (running() && streams_told_ != streams_) {
    const bool opened = streams_told_ < streams_;
    streams_told_ += opened ? 1 : -1;
    if (!opened) note_left();
    owner_->on_stream(conn_, opened);
  }
}

}  // namespace tandem
