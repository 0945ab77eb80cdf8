// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/core/time.hpp"
#include "tandem/net/byte_stream.hpp"
#include "tandem/net/clock.hpp"

#include <boost/asio/buffer.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace tandem::sim {

/// What one write put on the wire, or a packet without bytes that must arrive in order.
struct chunk {
  enum class kind : std::uint8_t { data, handshake_ack, fin };

  chunk* next = nullptr;
  std::uint32_t size = 0;
  std::uint32_t read = 0;
  kind what = kind::data;

  std::byte* bytes() noexcept { return reinterpret_cast<std::byte*>(this + 1); }
  static chunk* make(kind what, boost::asio::const_buffer from);
  static void destroy(chunk* dying) noexcept;
};

/// One direction of a connection: a list of chunks, oldest first, in three parts:
///   [first, flying) arrived and unread, [flying, unsent) on the wire, [unsent, end) waiting for
///   the window or for a retransmission. An empty part's pointer is null.
class pipe {
 public:
  pipe() = default;
  pipe(const pipe&) = delete;
  pipe& operator=(const pipe&) = delete;
  ~pipe() { clear(); }

  void append(chunk* fresh) noexcept;
  /// Moves the first unsent chunk to the wire.
  void sent() noexcept;
  /// Moves the oldest chunk on the wire to the unread ones, and returns it.
  chunk* arrived() noexcept;

  bool readable() const noexcept { return first_ && first_ != flying_ && first_ != unsent_; }
  chunk* first() const noexcept { return first_; }
  chunk* unsent() const noexcept { return unsent_; }
  /// Copies unread data, up to the size of `into` or a fin.
  std::size_t read(boost::asio::mutable_buffer into) noexcept;
  void drop_first() noexcept;
  void drop_unread() noexcept;
  void drop_unsent() noexcept;
  void clear() noexcept;

  /// Forgets what the peer has acknowledged by `now`.
  void acknowledge(time_point now) noexcept;
  /// `bytes` will be acknowledged at `at`, after they left the access link at `left`.
  void expect_acknowledgement(time_point at, time_point left, std::uint32_t bytes);
  send_progress progress(time_point now) noexcept;
  /// When at least `wanted` bytes of the buffer are free, as far as acknowledgements are expected;
  /// the last one expected when that is too few, `never` when none is.
  time_point room_at(std::uint64_t wanted) const noexcept;
  std::uint64_t room() const noexcept;

  std::uint32_t outstanding = 0;   ///< bytes on the wire or unread: they take the receiver's window
  std::uint8_t retries = 0;        ///< consecutive losses of the first unsent chunk
  bool fin = false;                ///< nothing may be appended any more
  bool recovering = false;         ///< the first unsent chunk was lost and waits for `retry`
  bool update_on_its_way = false;  ///< of the window
  bool wake_armed = false;         ///< for a writer that waits for room
  time_point failing_since{};
  time_point last_arrival{};  ///< nothing overtakes
  timer_id retry = timer_id::none;

 private:
  struct acknowledgement {
    time_point at;
    time_point left;
    std::uint64_t bytes;
  };

  chunk* first_ = nullptr;
  chunk* flying_ = nullptr;
  chunk* unsent_ = nullptr;
  chunk* last_ = nullptr;
  std::uint64_t queued_ = 0;   // unsent bytes
  std::uint64_t unacked_ = 0;  // bytes sent and not acknowledged
  std::vector<acknowledgement> acks_;
  std::size_t acks_done_ = 0;
  acknowledgement last_ack_{};
};

/// Unacknowledged and unsent bytes of one direction, as a kernel's SO_SNDBUF (ns-3
/// TcpSocket::SndBufSize).
inline constexpr std::uint64_t send_buffer = 128 * 1024;
/// Bytes on the wire or unread of one direction: the receiver's window (ns-3
/// TcpSocket::RcvBufSize).
inline constexpr std::uint64_t receive_buffer = 128 * 1024;
/// The most one write takes.
inline constexpr std::uint64_t chunk_max = 64 * 1024;

}  // namespace tandem::sim
