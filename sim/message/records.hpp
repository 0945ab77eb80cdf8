// SPDX-License-Identifier: MIT
#pragma once

#include "kernel/tcp_flow.hpp"
#include "tandem/core/cause.hpp"
#include "tandem/core/ids.hpp"
#include "tandem/core/time.hpp"
#include "tandem/sim/link.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <vector>

namespace tandem::sim::message {

inline constexpr std::uint32_t none = ~std::uint32_t{0};

/// Names one end of a connection: twice the slot of the connection, plus 1 for the listener's.
using end_index = std::uint32_t;
inline constexpr unsigned dialer = 0;
inline constexpr unsigned listener = 1;

/// Names a connection for as long as it lives.
struct handle {
  std::uint32_t slot = none;
  std::uint32_t generation = 0;
};

/// How far one end has come, as its driver sees it.
enum class phase : std::uint8_t {
  absent,     ///< not there yet
  dialing,    ///< SYNs go out
  upgrading,  ///< connected or accepted, not ready
  ready,
  refusing,  ///< refused by this end, being told
  closing,   ///< said goodbye, waits for the other's
  gone,      ///< its last event was reported
};

constexpr bool is_live(phase p) noexcept { return p != phase::absent && p != phase::gone; }

/// What crosses the network after the handshake of TCP, in order.
enum class kind : std::uint8_t {
  hello,     ///< dialer: acknowledgement, multistream header, security proposal
  exchange,  ///< listener: echo, its Exchange
  propose,   ///< dialer: its Exchange, multistream header, muxer proposal
  open,      ///< listener: echo, first yamux frame
  goodbye,   ///< GoAway with a reason, end of sending
  fin,       ///< end of sending, in answer
  ping,
  pong,
  data,         ///< application bytes
  stream,       ///< a stream that stays open without any
  stream_over,  ///< end of sending on it
  stream_done,  ///< end of sending on it, in answer
};

struct packet {
  kind what{};
  cause why = cause::none;   ///< of a goodbye
  std::uint64_t value = 0;   ///< nonce, application bytes, or the code of a GoAway
  std::uint64_t number = 0;  ///< of a message, as its sender gave it
};

/// One end of a connection.
struct end_record {
  std::uint64_t id = 0;
  time_point last_arrival{};  ///< of what this end sent: nothing overtakes
  time_point asked_at{};      ///< when it sent what the next answer answers
  host_index host = 0;
  end_index older_of_host = none;
  end_index newer_of_host = none;
  std::uint32_t tcp = none;      ///< its sender, when it needs one
  std::uint32_t known = 0;       ///< flows of paths, as the last SYN said
  std::uint32_t flying = none;   ///< the last of `unsent` that goes without a sender
  std::uint32_t unsent = 0;      ///< application bytes that left and have not arrived
  std::uint32_t asked = 0;       ///< nonce of the last probe; code of the GoAway of a refusing end
  std::uint16_t kept_open = 0;   ///< users of a stream that stays open
  std::uint8_t round_trips = 0;  ///< samples that TCP had without a sender
  phase at = phase::absent;
  cause refusal = cause::none;
  bool told = false;  ///< the end of what this end sends arrives at last_arrival, for certain
};

/// Each end is read and changed at its host alone, and so are what is before the ends at the
/// dialer's, what is behind them at the listener's. `target`, `port` and the dialer's host never
/// change: both read them. Where a direction has a sender, everything is at one place.
struct record {
  std::uint32_t generation = 0;
  std::uint32_t next_free = none;
  time_point began{};        ///< of the first SYN
  host_index target = none;  ///< none: nobody has the address
  std::uint16_t port = 0;
  std::uint8_t syns = 0;
  std::uint8_t syns_out = 0;  ///< whose answer, or that there is none, is still to come
  bool to_v6 = false;         ///< the dialer's address is an IPv6 one
  bool syn_armed = false;
  bool in_doubt = false;  ///< a hello was sent, and the listener has not said that it is over
  std::array<end_record, 2> ends;
  std::uint32_t incarnation = 0;  ///< of the listener when it answered the SYN
  bool accepted_syn = false;      ///< a listener took a SYN
};

/// The listener's end is about to come into being.
inline bool hello_flying(const record& c) {
  return c.in_doubt && c.ends[listener].at == phase::absent;
}

/// Bytes on their way, in the order in which they arrive: a ring for each end, which names its
/// last.
class flying_bytes {
 public:
  void add(std::uint32_t& last, time_point arrives, std::uint32_t bytes);
  /// How many of them arrived by `now`; forgets these.
  std::uint32_t arrived(std::uint32_t& last, time_point now);

 private:
  struct one {
    time_point arrives;
    std::uint32_t bytes;
    std::uint32_t next;
  };
  std::vector<one> all_;
  std::uint32_t free_ = none;
};

/// The connections of all hosts, at stable addresses; grows by chunks and keeps them. Each shard
/// takes and gives of its own chunks; another reads what it was told of, also while they become
/// more.
class record_table {
 public:
  explicit record_table(std::uint32_t shards);

  handle take(std::uint32_t shard);
  void give(std::uint32_t shard, std::uint32_t slot);
  record& at(std::uint32_t slot) { return (*chunks_[slot / chunk_size])[slot % chunk_size]; }
  record* find(handle h) {
    record& r = at(h.slot);
    return r.generation == h.generation ? &r : nullptr;
  }
  handle handle_of(std::uint32_t slot) { return {slot, at(slot).generation}; }
  end_record& end(end_index e) { return at(e / 2).ends[e % 2]; }

 private:
  static constexpr std::uint32_t chunk_size = 1024;
  static constexpr std::size_t chunks_max = (std::size_t{1} << 31) / chunk_size;
  struct stock {
    std::uint32_t free = none;
    std::uint32_t fresh = 0;  // never used; of a new chunk when it begins one
  };

  std::uint32_t begin_chunk();

  std::mutex growing_;
  std::vector<std::unique_ptr<std::array<record, chunk_size>>> chunks_;
  std::vector<stock> stocks_;
};

/// One direction as a model of TCP carries it: where a packet may be lost or wait for an access
/// link, and where a message takes more than one.
struct sender {
  struct packed {
    packet what;
    std::uint64_t end;      ///< position after its last byte
    bool streamed = false;  ///< an open stream of its sender
    bool opened = false;    ///< and of its receiver
  };

  flow tcp{};
  std::deque<packed> undelivered{};
  std::uint64_t told = 0;  ///< bytes of the first one that its receiver was told of
  std::uint32_t next_free = none;
};

}  // namespace tandem::sim::message
