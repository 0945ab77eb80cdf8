// SPDX-License-Identifier: MIT
#include "stream/pipe.hpp"

#include <algorithm>
#include <cstring>
#include <new>

namespace tandem::sim {

chunk* chunk::make(kind what, boost::asio::const_buffer from) {
  chunk* fresh = ::new (::operator new(sizeof(chunk) + from.size())) chunk;
  fresh->what = what;
  fresh->size = static_cast<std::uint32_t>(from.size());
  if (from.size() != 0) std::memcpy(fresh->bytes(), from.data(), from.size());
  return fresh;
}

void chunk::destroy(chunk* dying) noexcept {
  dying->~chunk();
  ::operator delete(dying);
}

void pipe::append(chunk* fresh) noexcept {
  (last_ ? last_->next : first_) = fresh;
  last_ = fresh;
  if (!unsent_) unsent_ = fresh;
  queued_ += fresh->size;
}

void pipe::sent() noexcept {
  chunk* going = unsent_;
  if (!flying_) flying_ = going;
  unsent_ = going->next;
  queued_ -= going->size;
  outstanding += going->size;
}

chunk* pipe::arrived() noexcept {
  chunk* here = flying_;
  flying_ = here->next == unsent_ ? nullptr : here->next;
  return here;
}

std::size_t pipe::read(boost::asio::mutable_buffer into) noexcept {
  std::size_t total = 0;
  while (readable() && first_->what == chunk::kind::data && total < into.size()) {
    const std::size_t n = std::min<std::size_t>(first_->size - first_->read, into.size() - total);
    std::memcpy(static_cast<std::byte*>(into.data()) + total, first_->bytes() + first_->read, n);
    first_->read += static_cast<std::uint32_t>(n);
    outstanding -= static_cast<std::uint32_t>(n);
    total += n;
    if (first_->read == first_->size) drop_first();
  }
  return total;
}

void pipe::drop_first() noexcept {
  chunk* dying = first_;
  first_ = dying->next;
  if (last_ == dying) last_ = nullptr;
  outstanding -= dying->size - dying->read;
  chunk::destroy(dying);
}

void pipe::drop_unread() noexcept {
  while (readable()) drop_first();
}

void pipe::drop_unsent() noexcept {
  if (!unsent_) return;
  chunk* kept = first_ == unsent_ ? nullptr : first_;
  while (kept && kept->next != unsent_) kept = kept->next;
  for (chunk* dying = unsent_; dying;) {
    chunk* next = dying->next;
    chunk::destroy(dying);
    dying = next;
  }
  unsent_ = nullptr;
  queued_ = 0;
  last_ = kept;
  (kept ? kept->next : first_) = nullptr;
}

void pipe::clear() noexcept {
  for (chunk* dying = first_; dying;) {
    chunk* next = dying->next;
    chunk::destroy(dying);
    dying = next;
  }
  first_ = flying_ = unsent_ = last_ = nullptr;
}

void pipe::acknowledge(time_point now) noexcept {
  while (acks_done_ < acks_.size() && acks_[acks_done_].at <= now) {
    last_ack_ = acks_[acks_done_++];
    unacked_ -= last_ack_.bytes;
  }
  if (acks_done_ == acks_.size()) {
    acks_.clear();
    acks_done_ = 0;
  }
}

void pipe::expect_acknowledgement(time_point at, time_point left, std::uint32_t bytes) {
  if (bytes == 0) return;
  unacked_ += bytes;
  if (acks_done_ != acks_.size() && acks_.back().at >= at) {
    acks_.back().bytes += bytes;
    acks_.back().left = left;
    return;
  }
  if (acks_done_ > 32 && acks_done_ * 2 > acks_.size()) {
    acks_.erase(acks_.begin(), acks_.begin() + static_cast<std::ptrdiff_t>(acks_done_));
    acks_done_ = 0;
  }
  acks_.push_back({at, left, bytes});
}

send_progress pipe::progress(time_point now) noexcept {
  acknowledge(now);
  send_progress out{queued_, queued_ + unacked_, {}, {}};
  time_point left = last_ack_.left;
  for (std::size_t i = acks_done_; i < acks_.size(); ++i)
    if (acks_[i].left <= now)
      left = acks_[i].left;
    else
      out.unsent += acks_[i].bytes;
  if (left != time_point{}) out.since_sent = now - left;
  if (last_ack_.at != time_point{}) out.since_acknowledged = now - last_ack_.at;
  return out;
}

time_point pipe::room_at(std::uint64_t wanted) const noexcept {
  std::uint64_t free = room();
  time_point at = never;
  for (std::size_t i = acks_done_; i < acks_.size() && free < wanted; ++i) {
    free += acks_[i].bytes;
    at = acks_[i].at;
  }
  return at;
}

std::uint64_t pipe::room() const noexcept {
  const std::uint64_t used = queued_ + unacked_;
  return used < send_buffer ? send_buffer - used : 0;
}

}  // namespace tandem::sim
