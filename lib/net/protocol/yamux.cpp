// SPDX-License-Identifier: MIT
#include "net/protocol/yamux.hpp"

#include "tandem/net/error.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace tandem {

using boost::system::error_code;

namespace {

/// A window is a number of 32 bits (spec.md).
constexpr std::uint64_t window_max = std::numeric_limits<std::uint32_t>::max();

/// Room for `more` bytes; capacity doubles, but not above `most` unless it must.
void make_room(byte_buffer& out, std::size_t more, std::size_t most) {
  const auto needed = out.size() + more;
  if (needed > out.capacity()) out.reserve(std::max(needed, std::min(2 * out.capacity(), most)));
}

}  // namespace

yamux_stream::yamux_stream(yamux& mux, std::uint32_t id, std::unique_ptr<yamux_handler> handler)
    : mux_(mux), id_(id), handler_(std::move(handler)), unsent_(mux.budget_) {}

void yamux_stream::write(byte_view bytes, bool counted) {
  if (dead_ || finishing_) return;
  if (!unsent_.append(bytes)) return reset();
  if (!counted) uncounted_ = unsent();
  mux_.output_ = true;
}

void yamux_stream::finish() {
  finishing_ = true;
  mux_.output_ = true;
}

void yamux_stream::forget() {
  forget_ = true;
  mux_.output_ = true;
}

void yamux_stream::look_again() { mux_.output_ = true; }

void yamux_stream::reset() {
  if (dead_) return;
  dead_ = true;
  unsent_.clear();
  mux_.output_ = true;
  mux_.control(yamux_type::window_update, yamux_flag::rst, id_, 0);
}

std::size_t yamux_stream::window() const noexcept { return mux_.window_; }

void yamux_stream::consumed(std::size_t size) {
  ungranted_ += static_cast<std::uint32_t>(size);
  if (dead_ || fin_received_ || ungranted_ < mux_.window_ / 2) return;
  mux_.control(yamux_type::window_update, 0, id_, ungranted_);
  receive_window_ += ungranted_;
  ungranted_ = 0;
}

yamux::yamux(direction way, std::size_t streams_max, std::uint32_t window, yamux_events& events,
             memory_budget& budget)
    : events_(events),
      budget_(budget),
      streams_max_(streams_max),
      window_(std::max(window, yamux_initial_window)),
      next_id_(way == direction::outbound ? 1 : 2),
      dialer_(way == direction::outbound) {}

void yamux::control(yamux_type type, std::uint16_t flags, std::uint32_t stream,
                    std::uint32_t length) {
  make_room(control_, yamux_header_size, control_max);
  put_yamux_header(control_, {type, flags, stream, length});
}

void yamux::stop() {
  if (std::exchange(stopped_, true)) return;
  for (auto& [id, stream] : streams_) stream.handler_->on_over();
}

error_code yamux::receive(byte_view in) {
  while (!in.empty() && !stopped_) {
    if (data_left_ != 0) {
      const auto size = std::min<std::size_t>(in.size(), data_left_);
      data_left_ -= static_cast<std::uint32_t>(size);
      deliver(in.first(size));
      in = in.subspan(size);
      if (data_left_ == 0 && data_fin_ && !stopped_) fin_received(data_stream_);
      continue;
    }
    const auto size = std::min(in.size(), yamux_header_size - header_size_);
    std::copy_n(in.begin(), size, header_.begin() + static_cast<std::ptrdiff_t>(header_size_));
    in = in.subspan(size);
    if ((header_size_ += size) < yamux_header_size) break;
    header_size_ = 0;
    const auto header = parse_yamux_header(header_);
    if (!header) return header.error();
    events_.on_frame(*header);
    if (stopped_) break;
    if (const auto error = take_header(*header)) return error;
    if (control_.size() > control_max) return net_error::malformed;
  }
  return {};
}

error_code yamux::take_header(const yamux_header& header) {
  switch (header.type) {
    case yamux_type::ping:
      return take_ping(header);
    case yamux_type::go_away:
      events_.on_go_away(header.length);
      return {};
    default:
      return take_stream_frame(header);
  }
}

error_code yamux::take_ping(const yamux_header& header) {
  if (header.stream != 0) return net_error::malformed;
  if ((header.flags & yamux_flag::syn) != 0)
    control(yamux_type::ping, yamux_flag::ack, 0, header.length);
  else if ((header.flags & yamux_flag::ack) == 0 || !events_.on_pong(header.length))
    return net_error::malformed;
  return {};
}

error_code yamux::take_stream_frame(const yamux_header& header) {
  if (header.stream == 0) return net_error::malformed;
  if ((header.flags & yamux_flag::syn) != 0)
    if (const auto error = accept(header.stream)) return error;
  const auto found = streams_.find(header.stream);
  auto* stream = found == streams_.end() ? nullptr : &found->second;
  const bool fin = (header.flags & yamux_flag::fin) != 0;
  if (stream && (header.flags & yamux_flag::rst) != 0) {
    stream->dead_ = true;
    stream->unsent_.clear();
    output_ = true;
    stream->handler_->on_reset();
  }
  if (header.type == yamux_type::window_update) {
    if (stream) {
      if (header.length > window_max - stream->send_window_) return net_error::window_exceeded;
      stream->send_window_ += header.length;
      output_ = true;
    }
    if (fin) fin_received(header.stream);
    return {};
  }
  if (stream) {
    if (header.length > stream->receive_window_) return net_error::window_exceeded;
    stream->receive_window_ -= header.length;
  }
  data_stream_ = header.stream;
  data_left_ = header.length;
  data_fin_ = fin;
  if (data_left_ == 0 && fin) fin_received(header.stream);
  return {};
}

error_code yamux::accept(std::uint32_t id) {
  if (!is_peers(id) || streams_.contains(id)) return net_error::malformed;
  if (inbound_ >= streams_max_ || !budget_.claim(stream_memory)) {
    control(yamux_type::window_update, yamux_flag::rst, id, 0);
    return {};
  }
  ++inbound_;
  const auto grown = window_ - yamux_initial_window;
  control(yamux_type::window_update, yamux_flag::ack, id, grown);
  const auto [at, added] = streams_.try_emplace(id, *this, id, events_.on_accept());
  at->second.receive_window_ += grown;
  return {};
}

boost::system::result<yamux_stream*> yamux::open(std::unique_ptr<yamux_handler> handler) {
  constexpr auto last_id = std::numeric_limits<std::uint32_t>::max() - 2;
  if (streams_.size() - inbound_ >= streams_max_ || next_id_ >= last_id ||
      !budget_.claim(stream_memory))
    return net_error::too_many_streams;
  const auto id = next_id_;
  next_id_ += 2;
  const auto grown = window_ - yamux_initial_window;
  control(yamux_type::window_update, yamux_flag::syn, id, grown);
  const auto [at, added] = streams_.try_emplace(id, *this, id, std::move(handler));
  at->second.receive_window_ += grown;
  return &at->second;
}

void yamux::deliver(byte_view data) {
  const auto found = streams_.find(data_stream_);
  if (found == streams_.end() || found->second.dead_ || found->second.fin_received_) return;
  found->second.handler_->on_data(found->second, data);
}

void yamux::fin_received(std::uint32_t id) {
  const auto found = streams_.find(id);
  if (found == streams_.end() || found->second.dead_ || found->second.fin_received_) return;
  found->second.fin_received_ = true;
  output_ = true;
  found->second.handler_->on_fin(found->second);
}

yamux::produced yamux::produce(byte_buffer& out, std::size_t most) {
  produced sum;
  produce_control(out, most);
  sum.more = !control_.empty();
  if (!output_ || sum.more) return sum;
  output_ = false;
  auto at = streams_.lower_bound(turn_);
  for (auto turns = streams_.size(); turns > 0; --turns) {
    if (at == streams_.end()) at = streams_.begin();
    turn_ = at->first;
    if (out.size() >= most) {
      sum.more = output_ = true;
      break;
    }
    at = produce_one(at, out, most, sum);
  }
  // Granting while sending may have queued window updates.
  produce_control(out, most);
  sum.more |= !control_.empty();
  return sum;
}

void yamux::produce_control(byte_buffer& out, std::size_t most) {
  const auto room = most - std::min(most, out.size());
  const auto frames = (room + yamux_header_size - 1) / yamux_header_size;
  const auto size = std::min(control_.size(), frames * yamux_header_size);
  if (out.empty() && size == control_.size()) {
    out = std::exchange(control_, {});
    return;
  }
  make_room(out, size, most);
  const auto end = control_.begin() + static_cast<std::ptrdiff_t>(size);
  out.insert(out.end(), control_.begin(), end);
  if (size == control_.size())
    control_ = byte_buffer();
  else
    control_.erase(control_.begin(), end);
}

void yamux::tell_room() {
  for (auto& [id, stream] : streams_)
    if (stream.alive()) stream.handler_->on_sent(stream);
}

void yamux::reset_largest() {
  auto largest = streams_.end();
  std::size_t most = 0;
  for (auto at = streams_.begin(); at != streams_.end(); ++at) {
    const auto& stream = at->second;
    const auto held = stream.unsent_.capacity() + stream.handler_->held() +
                      (is_peers(at->first) ? stream_memory : 0);
    if (held == 0 || held < most) continue;
    largest = at;
    most = held;
  }
  if (largest == streams_.end()) return;
  largest->second.reset();
  largest->second.handler_->on_reset();
  erase(largest);
}

yamux::stream_map::iterator yamux::erase(stream_map::iterator at) {
  if (is_peers(at->first)) --inbound_;
  budget_.give(stream_memory);
  return streams_.erase(at);
}

yamux::stream_map::iterator yamux::produce_one(stream_map::iterator at, byte_buffer& out,
                                               std::size_t most, produced& sum) {
  auto& stream = at->second;
  while (!stream.dead_ && stream.unsent() != 0 && stream.send_window_ != 0 && out.size() < most)
    sum.counted += take_from(stream, out, most - out.size());
  const bool stays = stream.unsent() != 0 && stream.send_window_ != 0;
  if (!stream.dead_ && stays) sum.more = output_ = true;
  if (!stream.dead_ && stream.finishing_ && !stream.fin_sent_ && stream.unsent() == 0) {
    put_yamux_header(out, {yamux_type::window_update, yamux_flag::fin, stream.id_, 0});
    stream.fin_sent_ = true;
  }
  const bool over =
      stream.fin_sent_ && (stream.forget_ || (stream.fin_received_ && !stream.handler_->lingers()));
  if (!stream.dead_ && !over) return std::next(at);
  return erase(at);
}

std::size_t yamux::take_from(yamux_stream& stream, byte_buffer& out, std::size_t most) {
  const auto size =
      std::min({stream.unsent(), most, frame_max, static_cast<std::size_t>(stream.send_window_)});
  make_room(out, yamux_header_size + size, out.size() + most);
  put_yamux_header(out, {yamux_type::data, 0, stream.id_, static_cast<std::uint32_t>(size)});
  const auto from = stream.unsent_.view().first(size);
  out.insert(out.end(), from.begin(), from.end());
  stream.unsent_.drop_front(size);
  stream.send_window_ -= size;
  const auto uncounted = std::min(size, stream.uncounted_);
  stream.uncounted_ -= uncounted;
  stream.handler_->on_sent(stream);
  if (!stream.grants_as_sent_) return size - uncounted;
  stream.consumed(size - uncounted);
  return 0;
}

}  // namespace tandem
