// SPDX-License-Identifier: MIT
#include "net/session/stream_protocols.hpp"

#include "net/protocol/identify.hpp"
#include "tandem/net/error.hpp"

#include <algorithm>
#include <utility>

namespace tandem {
namespace {

constexpr std::size_t ping_size = 32;
const auto aborted = make_error_code(boost::system::errc::operation_canceled);

void write_multistream(yamux_stream& stream, std::string_view text) {
  byte_buffer out;
  put_multistream(out, text);
  stream.write(out);
}

}  // namespace

inbound_stream::~inbound_stream() {
  if (state_ == state::ping) --context_.inbound_pings;
  if (state_ != state::message) return;
  --context_.inbound_messages;
  context_.on_stream_in_use(false);
}

void inbound_stream::on_data(yamux_stream& stream, byte_view in) {
  const auto size = in.size();
  if (state_ == state::message) context_.on_stream_app_bytes(size);
  while (state_ < state::ping && stream.alive() && !in.empty()) {
    const bool negotiating = state_ != state::message;
    if (!take_next(held_, in, [&](byte_view begun) { return take_unit(stream, begun); }))
      stream.reset();
    if (negotiating && state_ == state::message) context_.on_stream_app_bytes(in.size());
  }
  if (state_ == state::ping) take_ping(stream, in);
  if (state_ == state::application) {
    stream.consumed(size - in.size());
    if (stream.alive() && !in.empty()) application_->on_data(stream, in);
    return;
  }
  if (state_ == state::over) in = {};
  if (!stream.alive()) held_.clear();
  // A ping's bytes are granted again as their echo leaves.
  stream.consumed(size - in.size());
}

void inbound_stream::on_fin(yamux_stream& stream) {
  if (application_)
    application_->on_fin(stream);
  else
    stream.finish();
}

void inbound_stream::on_reset() {
  held_.clear();
  if (application_) application_->on_reset();
}

/// The next step of the negotiation, or one message.
decoded<std::size_t> inbound_stream::take_unit(yamux_stream& stream, byte_view in) {
  if (state_ == state::message) {
    const auto message = parse_prefixed(in, context_.message_size_max);
    if (!message) return message.error();
    if (!*message) return std::nullopt;
    if (!context_.on_stream_message((*message)->body)) return aborted;
    return (*message)->size;
  }
  const bool header = state_ == state::header;
  const auto message = header ? parse_multistream_header(in) : parse_multistream(in);
  if (!message) return message.error();
  if (!*message) return std::nullopt;
  if (header) {
    state_ = state::proposal;
    write_multistream(stream, multistream_header);
  } else {
    choose(stream, (*message)->text);
  }
  return (*message)->size;
}

void inbound_stream::choose(yamux_stream& stream, std::string_view proposed) {
  if (proposed == ping_protocol && context_.inbound_pings < streams_max) {
    ++context_.inbound_pings;
    state_ = state::ping;
    write_multistream(stream, proposed);
  } else if (proposed == message_protocol && context_.inbound_messages < streams_max) {
    ++context_.inbound_messages;
    context_.on_stream_in_use(true);
    state_ = state::message;
    write_multistream(stream, proposed);
  } else if (proposed == identify_protocol) {
    state_ = state::over;
    write_multistream(stream, proposed);
    stream.write(context_.identify());
    stream.finish();
  } else if (const auto terms = context_.handled(proposed)) {
    application_ = application_channel::make(context_, budget_, *terms);
    if (!application_) return stream.reset();
    state_ = state::application;
    write_multistream(stream, proposed);
    context_.on_stream_accepted(proposed, application_->accept(stream));
  } else if (proposed == ping_protocol || proposed == message_protocol ||
             ++proposals_ >= proposals_max) {
    stream.reset();
  } else {
    write_multistream(stream, multistream_na);
  }
}

void inbound_stream::take_ping(yamux_stream& stream, byte_view in) {
  stream.grant_as_sent();
  if (!held_.empty()) {
    const auto part = std::min(in.size(), ping_size - held_.size());
    if (!held_.append(in.first(part), ping_size)) return stream.reset();
    in = in.subspan(part);
    if (held_.size() < ping_size) return;
    stream.write(held_.view(), true);
    held_.clear();
  }
  const auto whole = in.size() / ping_size * ping_size;
  stream.write(in.first(whole), true);
  if (!held_.append(in.subspan(whole), ping_size)) stream.reset();
}

message_burst::~message_burst() {
  context_.on_burst_over(*this);
  context_.on_stream_in_use(false);
}

byte_buffer message_burst::opening() {
  byte_buffer out;
  put_multistream(out, multistream_header);
  put_multistream(out, message_protocol);
  return out;
}

void message_burst::on_data(yamux_stream& stream, byte_view in) {
  stream.consumed(in.size());
  if (state_ == state::finished) return;
  while (stream.alive() && !in.empty())
    if (state_ == state::accepted ||
        !take_next(held_, in, [this](byte_view begun) { return take_unit(begun); }))
      fail(stream);
  if (!stream.alive()) held_.clear();
}

/// The next answer of the negotiation.
decoded<std::size_t> message_burst::take_unit(byte_view in) {
  const auto message = parse_multistream(in);
  if (!message) return message.error();
  if (!*message) return std::nullopt;
  const auto text = (*message)->text;
  if (text == multistream_na) context_.on_messages_refused();
  if (text != (state_ == state::header ? multistream_header : message_protocol))
    return net_error::no_common_protocol;
  state_ = state_ == state::header ? state::answer : state::accepted;
  return (*message)->size;
}

void message_burst::on_fin(yamux_stream& stream) {
  if (state_ != state::finished) fail(stream);
}

void message_burst::finish(yamux_stream& stream) {
  state_ = state::finished;
  stream.finish();
}

void message_burst::on_reset() {
  held_.clear();
  context_.on_burst_over(*this);
}

void message_burst::fail(yamux_stream& stream) {
  stream.reset();
  context_.on_burst_over(*this);
}

}  // namespace tandem
