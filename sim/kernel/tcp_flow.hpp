// SPDX-License-Identifier: MIT
#pragma once

#include "kernel/congestion.hpp"
#include "kernel/paths.hpp"
#include "tandem/sim/kernel.hpp"
#include "tandem/sim/tcp_profile.hpp"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace tandem::sim {

/// Unacknowledged and unsent bytes of one direction, as a kernel's SO_SNDBUF (ns-3
/// TcpSocket::SndBufSize).
inline constexpr std::uint64_t send_buffer = 128 * 1024;
/// Bytes on the wire or unread of one direction: the receiver's window (ns-3
/// TcpSocket::RcvBufSize).
inline constexpr std::uint64_t receive_buffer = 128 * 1024;
/// The longest a sender goes on retransmitting without an answer before the connection fails with
/// timed_out: Linux's net.ipv4.tcp_retries2 = 15, the 924.6 s of ip-sysctl.rst.
inline constexpr duration retransmissions_give_up_after = std::chrono::milliseconds(924'600);
/// The longest wait between two retransmissions (Linux TCP_RTO_MAX).
inline constexpr duration retransmission_timeout_max = std::chrono::seconds(120);

/// Segments that were sent together, at most 64; a bit for each.
struct flight {
  std::uint64_t end = 0;      ///< position after its last byte
  std::uint64_t missing = 0;  ///< have not arrived
  std::uint64_t good = 0;     ///< came through when they were first sent
  std::uint64_t lost = 0;     ///< were lost when they were last sent
  std::uint64_t marked = 0;   ///< of these: the sender knows, and will send them again
  std::uint64_t resent = 0;   ///< were sent again: only a timeout tells that they are lost
  time_point sent_at{};
  time_point left_at{};         ///< the sender's access link, the last time
  time_point resent_at{};       ///< the last time
  time_point acked_at = never;  ///< when the acknowledgement of `good` is back; not known before
  std::uint32_t bytes = 0;
  std::uint8_t segments = 0;
  std::uint8_t unacked = 0;
  std::uint8_t acked_after = 0;  ///< acknowledged segments that were sent after its first lost one
};

/// How many segments of a flight these are.
constexpr unsigned count(std::uint64_t segments) {
  return static_cast<unsigned>(std::popcount(segments));
}

/// Bytes of some segments of a flight; the last one may be short.
constexpr std::uint64_t bytes_of(const flight& of, std::uint64_t segments) {
  const bool last = (segments >> (of.segments - 1)) & 1;
  return count(segments) * segment_size - (last ? of.segments * segment_size - of.bytes : 0);
}

/// One direction of a TCP connection: a sender and a receiver of numbered bytes, whatever they are.
struct flow {
  host_index from = 0;
  host_index to = 0;
  std::uint64_t known = 0;    ///< paths::flows() at the last SYN
  std::uint64_t written = 0;  ///< by the sender's user
  std::uint64_t sent = 0;
  std::uint64_t acked = 0;      ///< everything before arrived, and the sender knows
  std::uint64_t delivered = 0;  ///< everything before arrived
  std::uint64_t read = 0;       ///< by the receiver's user
  std::uint64_t in_flight = 0;  ///< bytes
  congestion control{};
  time_point last_left{};     ///< of flights that are acknowledged
  time_point last_arrival{};  ///< nothing overtakes
  time_point acknowledged_at{};
  time_point progress{};  ///< from when the retransmission timeout counts
  time_point failing_since{};
  std::vector<flight> flights{};
  std::uint32_t first_serial = 0;  ///< of flights[0]
  std::uint32_t acked_flights = 0;
  std::uint32_t heard_flights = 0;  ///< whose first acknowledgement was looked at
  std::uint32_t delivered_flights = 0;
  std::uint32_t recovers_until = 0;  ///< serial; losses of flights before it were answered
  std::uint8_t backoff = 0;          ///< timeouts in a row
  bool blocked = false;              ///< something waits for an acknowledgement
  bool ack_armed = false;
  bool timer_armed = false;
  bool stopped = false;          ///< nothing is sent any more
  std::uint32_t wants_room = 0;  ///< bytes that the sender's user waits for

  /// Bytes that have not left the sender's access link by `now`.
  std::uint64_t unsent(time_point now) const noexcept;
  /// When the last byte left of what did by `now`.
  time_point left_at(time_point now) const noexcept;
  std::uint64_t unread() const noexcept { return delivered - read; }
  std::uint64_t room() const noexcept {
    const std::uint64_t used = written - acked;
    return used < send_buffer ? send_buffer - used : 0;
  }
  /// Bytes of the receiver's window that are taken, as the sender knows.
  std::uint64_t window_used() const noexcept { return sent - std::min(read, acked); }
};

/// Names a flow for as long as it lives.
struct flow_name {
  std::uint32_t slot = 0;
  std::uint32_t generation = 0;
  std::uint32_t direction : 1 = 0;
  std::uint32_t serial : 31 = 0;  ///< of a flight, in events
};

/// Who has the flows. Each call may end the flow.
class flow_owner {
 public:
  virtual flow* find(const flow_name& name) = 0;
  virtual void delivered(const flow_name& name) = 0;  ///< more has arrived in order
  virtual void acknowledged(const flow_name& name) = 0;
  virtual void gave_up(const flow_name& name) = 0;

 protected:
  ~flow_owner() = default;
};

/// TCP's sending as a model, a flight of segments at a time: slow start and Cubic, loss of single
/// segments, fast retransmission after three acknowledgements of later segments (SACK), timeouts
/// after RFC 6298 with backoff, the receiver's window, access links. Acknowledgements cost no
/// event unless somebody waits for one, and no bandwidth; they are lost only when their way is cut.
class tcp_flows {
 public:
  tcp_flows(kernel& time, paths& net, const tcp_profile& profile, flow_owner& owner)
      : kernel_(time), paths_(net), profile_(profile), owner_(owner) {}

  /// Sends what may be sent; after anything was written.
  void push(flow& f, flow_name name);
  /// Tells the sender what was acknowledged by now.
  void hear(flow& f);
  /// The owner wants acknowledged() when so many bytes, or a few segments, of the buffer are free.
  void wait_for_room(flow& f, flow_name name, std::uint64_t wanted);

 private:
  void transmit(flow& f, flow_name name, std::uint64_t bytes);
  bool resend(flow& f, flow_name name, bool at_once);
  void launch(flow& f, flow_name name, std::uint64_t segments);
  void reached(flow_name name, std::uint64_t segments, unsigned stop);
  void arrived(flow_name name, std::uint64_t segments);
  void resent_acknowledged(flow_name name, std::uint64_t segments);
  void acknowledge(flow& f, std::uint32_t index);
  void advance(flow& f, time_point at);
  bool detect(flow& f);
  void arm_ack(flow& f, flow_name name);
  void heard(flow_name name);
  void tell_of_room(flow& f, flow_name name);
  void arm_timer(flow& f, flow_name name);
  void timer(flow_name name);
  time_point deadline(const flow& f) const;
  void time_out(flow& f, flow_name name);
  std::uint64_t flight_max(const flow& f) const;
  static flight& at(flow& f, flow_name name) { return f.flights[name.serial - f.first_serial]; }

  kernel& kernel_;
  paths& paths_;
  const tcp_profile& profile_;
  flow_owner& owner_;
};

}  // namespace tandem::sim
