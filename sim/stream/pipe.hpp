// SPDX-License-Identifier: MIT
#pragma once

#include "kernel/tcp_flow.hpp"

#include <boost/asio/buffer.hpp>

#include <cstddef>
#include <cstdint>

namespace tandem::sim {

/// One direction of a connection: a flow, and the bytes that were written and not yet read. The end
/// of sending takes one position of the flow after the last byte, as a FIN does.
class pipe {
 public:
  pipe() = default;
  pipe(const pipe&) = delete;
  pipe& operator=(const pipe&) = delete;
  ~pipe();

  flow tcp;

  void append(boost::asio::const_buffer bytes);
  void append_end();
  /// Nothing may be appended any more.
  bool ended() const noexcept { return ended_ || tcp.stopped; }
  /// Sends nothing any more: what is not on its way never arrives.
  void stop() noexcept { tcp.stopped = true; }

  std::uint64_t readable() const noexcept;
  /// Everything before the end was read, and the end has arrived.
  bool at_end() const noexcept { return ended_ && tcp.read + 1 == end_ && tcp.delivered == end_; }
  /// Copies what is readable, as much as `into` takes.
  std::size_t read(boost::asio::mutable_buffer into) noexcept;
  void drop_unread() noexcept;

  bool update_on_its_way = false;  ///< of the window

 private:
  struct block {
    block* next = nullptr;
    std::size_t size = 0;
    std::size_t read = 0;
    std::byte* bytes() noexcept { return reinterpret_cast<std::byte*>(this + 1); }
  };

  void drop_first() noexcept;
  void take(std::size_t n, std::byte* into) noexcept;

  block* first_ = nullptr;
  block* last_ = nullptr;
  std::uint64_t end_ = 0;  // position after the end
  bool ended_ = false;
};

}  // namespace tandem::sim
