// SPDX-License-Identifier: MIT
#pragma once

#include <boost/describe/enum.hpp>

#include <cstdint>

namespace tandem::detail {

/// Mistakes that `tandem ci --prove` has the policy make, to see which scenarios notice. Only
/// sources look for them, never headers: they are compiled twice, see lib/CMakeLists.txt.
// clang-format off
BOOST_DEFINE_ENUM_CLASS(mutation,
  none, limit_off_by_one, per_peer_limit_off_by_one, backoff_without_jitter, backoff_without_cap,
  idle_timer_not_reset, fin_counts_as_use, permit_leaked, breaker_never_opens,
  liveness_never_fires, ban_ignored, pending_limit_ignored, silent_keep_newcomers_out,
  protected_is_evicted, retry_after_ignored, start_not_spread, silence_not_spread,
  old_place_not_probed, sleep_probes_nobody, uplink_never_lost, both_ends_refuse_duplicates, accept_rate_ignored,
  shutdown_tells_nobody_when, looks_at_a_clock)
// clang-format on

#ifdef TANDEM_MUTANTS
/// The one that this process makes.
extern mutation chosen_mutation;
inline bool mutant(mutation which) noexcept { return chosen_mutation == which; }
/// Real time, which nothing here may know. The program gives it.
extern std::uint64_t (*forbidden_clock)();
#else
constexpr bool mutant(mutation) noexcept { return false; }
constexpr std::uint64_t forbidden_clock() noexcept { return 0; }
#endif

}  // namespace tandem::detail
