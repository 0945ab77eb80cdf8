// SPDX-License-Identifier: MIT
#include "stream/pipe.hpp"

#include <algorithm>
#include <cstring>
#include <new>

namespace tandem::sim {

pipe::~pipe() {
  while (first_) drop_first();
}

void pipe::append(boost::asio::const_buffer bytes) {
  block* fresh = ::new (::operator new(sizeof(block) + bytes.size())) block;
  fresh->size = bytes.size();
  std::memcpy(fresh->bytes(), bytes.data(), bytes.size());
  (last_ ? last_->next : first_) = fresh;
  last_ = fresh;
  tcp.written += bytes.size();
}

void pipe::append_end() {
  ended_ = true;
  end_ = ++tcp.written;
}

std::uint64_t pipe::readable() const noexcept {
  return tcp.unread() - (ended_ && tcp.delivered == end_ && tcp.read != end_ ? 1 : 0);
}

std::size_t pipe::read(boost::asio::mutable_buffer into) noexcept {
  const std::size_t n = std::min<std::size_t>(readable(), into.size());
  take(n, static_cast<std::byte*>(into.data()));
  return n;
}

void pipe::drop_unread() noexcept {
  take(readable(), nullptr);
  tcp.read = tcp.delivered;
}

void pipe::take(std::size_t n, std::byte* into) noexcept {
  tcp.read += n;
  while (n != 0) {
    const std::size_t part = std::min(n, first_->size - first_->read);
    if (into) {
      std::memcpy(into, first_->bytes() + first_->read, part);
      into += part;
    }
    first_->read += part;
    n -= part;
    if (first_->read == first_->size) drop_first();
  }
}

void pipe::drop_first() noexcept {
  block* dying = first_;
  first_ = dying->next;
  if (!first_) last_ = nullptr;
  dying->~block();
  ::operator delete(dying);
}

}  // namespace tandem::sim
