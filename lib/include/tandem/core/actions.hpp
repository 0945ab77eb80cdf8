// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/core/cause.hpp"
#include "tandem/core/ids.hpp"
#include "tandem/core/time.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

namespace tandem {

enum class stage : std::uint8_t {
  handshake,    ///< go on with the upgrade: negotiate security, then report `authenticated`
  established,  ///< the permit is taken: negotiate the muxer, then report `ready`
};

enum class refuse_how : std::uint8_t {
  reset,  ///< before the handshake: the dialer sees a reset
  tell,   ///< after it: finish the muxer, GoAway with the reason, shut down sending, drain
};

enum class direction : std::uint8_t { inbound, outbound };

enum class notice : std::uint8_t {
  dial_started,  ///< the first attempt of a request began
  dial_succeeded,
  dial_failed,      ///< `why`; `until`: not before then again, when backing off
  attempt_failed,   ///< one address failed; the dial may go on
  address_untried,  ///< `where` had no turn in the dial that fails next; the next dials begin with
                    ///< it
  connection_established,
  connection_closed,  ///< of an established connection; `until`: so long the peer asks to be left
  handshake_failed,   ///< a connection ended before it was ready
  inbound_refused,    ///< this node refused; `current` against `limit`
  remote_refused,     ///< the peer refused and said why
  backoff_started,    ///< `failures`, `ceiling`, `until`
  circuit_opened,
  circuit_half_opened,
  circuit_closed,
  uplink_lost,  ///< `failures` peers in a row failed: this node is taken to be offline
  uplink_restored,
  shutdown_began,
};

/// Number of notices, for tables indexed by one.
inline constexpr std::size_t notices_count = static_cast<std::size_t>(notice::shutdown_began) + 1;

std::string_view name_of(notice) noexcept;

/// One thing worth telling the application, with its cause and the numbers that led to it. Fields
/// that do not apply are empty.
struct notification {
  notice kind{};
  cause why = cause::none;
  direction way = direction::outbound;
  connection_id conn{};
  request_id request{};
  peer_id peer{};
  std::uint64_t current = 0;   ///< the count a limit was compared with
  std::uint64_t limit = 0;     ///< that limit
  std::uint32_t failures = 0;  ///< consecutive failures of the peer; LivenessLost: probes missed
  duration ceiling{};  ///< the most the backoff could have been; LivenessLost: wait for each probe
  time_point until = never;   ///< when the refusal ends, if known
  endpoint where{};           ///< the other end's address, when it is known
  std::uint32_t untried = 0;  ///< dial_failed: addresses that had no turn, each told before

  friend bool operator==(const notification&, const notification&) = default;
};

/// `LimitReached{limit: 256, current: 256}`: the cause of a notification with its numbers.
std::string describe(const notification&);

/// What the core tells the driver to do.
namespace actions {

struct resolve {  ///< Find addresses of the peer: `addresses_found`.
  request_id request{};
  peer_id peer{};
};
/// Connect to `address`. The core itself cancels after `timeout`.
struct start_attempt {
  connection_id attempt{};
  peer_id peer{};
  endpoint address{};
  duration timeout{};
};
/// Stop connecting; `attempt_failed` still comes, or `attempt_connected` when it crossed.
struct cancel_attempt {
  connection_id attempt{};
};
struct admit {  ///< Go on with what `stage` says.
  connection_id conn{};
  enum stage stage {};
};
/// The core aborts by itself when a told peer lingers longer than `refusal_linger`.
struct refuse {
  connection_id conn{};
  cause refusal{};
  refuse_how how{};
  duration retry_after{};
};
/// What has the peer acknowledged of what we said? `progressed` answers, before the clock moves.
struct ask_progress {
  connection_id conn{};
};
struct probe {  ///< Ask whether it is there: `probe_answered`.
  connection_id conn{};
  std::uint32_t nonce = 0;
};
/// Orderly: say why unless RemoteClosed, shut down sending, drain. It is aborted at `drain_until`.
struct close {
  connection_id conn{};
  cause reason{};
  duration retry_after{};
  time_point drain_until{};
};
struct abort {  ///< End it at once; `closed` follows.
  connection_id conn{};
  cause reason{};
};
struct listen_pause {};   ///< Accept nobody.
struct listen_resume {};  ///< Accept again.
struct notify {           ///< Tell the application.
  notification what{};
};
struct shutdown_complete {  ///< The end.
  std::uint64_t left = 0;   /**< ids whose `closed` never came */
};

}  // namespace actions

using action = std::variant<actions::resolve, actions::start_attempt, actions::cancel_attempt,
                            actions::admit, actions::refuse, actions::probe, actions::close,
                            actions::abort, actions::listen_pause, actions::listen_resume,
                            actions::notify, actions::shutdown_complete, actions::ask_progress>;

}  // namespace tandem
