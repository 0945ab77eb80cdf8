// SPDX-License-Identifier: MIT
#pragma once

#include "stream/pipe.hpp"
#include "tandem/core/ids.hpp"
#include "tandem/net/network.hpp"
#include "tandem/sim/link.hpp"
#include "tandem/sim/pending.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

namespace tandem::sim {

class modelled_stream;

/// Names a connection for as long as it lives; a stale handle finds nothing.
struct connection_handle {
  std::uint32_t slot = 0;
  std::uint32_t generation = 0;
};

enum class side : std::uint8_t { dialer, listener };

constexpr side other(side s) noexcept { return s == side::dialer ? side::listener : side::dialer; }

/// What became of one end.
enum class end_fate : std::uint8_t { none, reset, timed_out };

/// One end of a connection.
struct connection_end {
  host_index host = 0;
  std::uint16_t port = 0;
  bool present = false;  ///< somebody holds it: a dial, a listener's queue, a stream
  bool open = false;     ///< takes data; otherwise data is answered with a reset
  end_fate fate = end_fate::none;
  modelled_stream* user = nullptr;
};

/// How far the listener's end has come.
enum class inbound_state : std::uint8_t { none, half_open, queued, accepted };

/// A TCP connection as both of its ends see it; freed when neither end is present any more.
struct connection {
  connection_end& end(side s) { return ends[static_cast<std::size_t>(s)]; }
  const connection_end& end(side s) const { return ends[static_cast<std::size_t>(s)]; }
  /// The bytes that `from` sends.
  pipe& sent_by(side from) { return pipes[static_cast<std::size_t>(from)]; }
  pipe& received_by(side to) { return sent_by(other(to)); }

  connection_handle handle;
  std::array<connection_end, 2> ends;
  std::array<pipe, 2> pipes;

  endpoint remote;  ///< as dialled
  pending<error_code, connected> dial;
  time_point began{};       ///< of the first SYN
  std::uint64_t flows = 0;  ///< of paths, at the last SYN
  std::uint32_t syns = 0;   ///< sent so far
  timer_id next_syn = timer_id::none;
  inbound_state inbound = inbound_state::none;
  std::uint64_t listener = 0;  ///< which listener of the host was asked
  time_point half_open_since{};
  std::uint32_t syn_acks = 0;  ///< sent by the listener's own clock
  bool syn_ack_armed = false;
};

/// Owns the connections of a fabric.
class connection_table {
 public:
  connection& make();
  connection* find(connection_handle h) const noexcept {
    const slot& s = slots_[h.slot];
    return s.generation == h.generation ? s.held.get() : nullptr;
  }
  void free(connection_handle h);

 private:
  struct slot {
    std::unique_ptr<connection> held;
    std::uint32_t generation = 0;
  };
  std::vector<slot> slots_;
  std::vector<std::uint32_t> free_;
};

}  // namespace tandem::sim
