// SPDX-License-Identifier: MIT
#include "net/session/stream_protocols.hpp"

namespace tandem {
namespace {

constexpr std::size_t ping_size = 32;

/// Removes `size` bytes from the front, and gives the memory back when nothing is left.
void drop_front(byte_buffer& bytes, std::size_t size) {
  if (size == bytes.size())
    bytes = {};
  else
    bytes.erase(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
}

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
  context_.on_message_stream(false);
}

void inbound_stream::on_data(yamux_stream& stream, byte_view in) {
  if (state_ == state::message) {
    context_.on_stream_app_bytes(in.size());
    if (held_.empty()) {
      keep(in, take_messages(stream, in));
    } else {
      held_.insert(held_.end(), in.begin(), in.end());
      drop_front(held_, take_messages(stream, held_));
    }
    stream.consumed(in.size());
    return;
  }
  held_.insert(held_.end(), in.begin(), in.end());
  if (state_ == state::ping) {
    take_ping(stream);
    return;
  }
  negotiate(stream);
  const auto left = held_.size();
  if (state_ == state::ping) take_ping(stream);
  if (state_ == state::message && left != 0) {
    context_.on_stream_app_bytes(left);
    drop_front(held_, take_messages(stream, held_));
  }
  // A ping's bytes are granted again as their echo leaves.
  stream.consumed(in.size() - (state_ == state::ping ? left : 0));
}

void inbound_stream::negotiate(yamux_stream& stream) {
  while (stream.alive() && (state_ == state::header || state_ == state::proposal)) {
    const auto message =
        state_ == state::header ? parse_multistream_header(held_) : parse_multistream(held_);
    if (message && !*message) return;
    if (!message) {
      stream.reset();
      return;
    }
    const auto [text, size] = **message;
    if (state_ == state::header) {
      state_ = state::proposal;
      write_multistream(stream, multistream_header);
    } else {
      choose(stream, text);
    }
    drop_front(held_, size);
  }
}

void inbound_stream::choose(yamux_stream& stream, std::string_view proposed) {
  if (proposed == ping_protocol && context_.inbound_pings < streams_max) {
    ++context_.inbound_pings;
    state_ = state::ping;
    write_multistream(stream, proposed);
  } else if (proposed == message_protocol && context_.inbound_messages < streams_max) {
    ++context_.inbound_messages;
    context_.on_message_stream(true);
    state_ = state::message;
    write_multistream(stream, proposed);
  } else if (proposed == ping_protocol || proposed == message_protocol ||
             ++proposals_ >= proposals_max) {
    stream.reset();
  } else {
    write_multistream(stream, multistream_na);
  }
}

void inbound_stream::take_ping(yamux_stream& stream) {
  stream.grant_as_sent();
  const auto whole = held_.size() / ping_size * ping_size;
  stream.write(byte_view(held_).first(whole), true);
  drop_front(held_, whole);
}

std::size_t inbound_stream::take_messages(yamux_stream& stream, byte_view in) {
  std::size_t used = 0;
  while (stream.alive() && used < in.size()) {
    const auto message = parse_prefixed(in.subspan(used), context_.message_size_max);
    if (!message) {
      stream.reset();
      return in.size();
    }
    if (!*message) break;
    used += (*message)->size;
    if (!context_.on_stream_message((*message)->body)) return in.size();
  }
  return used;
}

void inbound_stream::keep(byte_view in, std::size_t used) {
  const auto rest = in.subspan(used);
  held_.assign(rest.begin(), rest.end());
}

message_burst::~message_burst() {
  context_.on_burst_over(*this);
  context_.on_message_stream(false);
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
  if (state_ == state::accepted) {
    fail(stream);
    return;
  }
  held_.insert(held_.end(), in.begin(), in.end());
  while (stream.alive() && !held_.empty()) {
    const auto message = parse_multistream(held_);
    if (message && !*message) return;
    const auto expected = state_ == state::header ? multistream_header : message_protocol;
    if (!message || state_ == state::accepted || (*message)->text != expected) {
      if (message && (*message)->text == multistream_na) context_.on_messages_refused();
      fail(stream);
      return;
    }
    state_ = state_ == state::header ? state::answer : state::accepted;
    drop_front(held_, (*message)->size);
  }
}

void message_burst::on_fin(yamux_stream& stream) {
  if (state_ != state::finished) fail(stream);
}

void message_burst::finish(yamux_stream& stream) {
  state_ = state::finished;
  stream.finish();
}

void message_burst::fail(yamux_stream& stream) {
  stream.reset();
  context_.on_burst_over(*this);
}

}  // namespace tandem
