// SPDX-License-Identifier: MIT
#pragma once

#include "core/fields.hpp"
#include "core/policy/prefix.hpp"
#include "core/table/deadline_queue.hpp"
#include "core/table/index_table.hpp"
#include "core/table/slot_table.hpp"
#include "tandem/core/ids.hpp"
#include "tandem/core/time.hpp"

#include <array>
#include <cstdint>
#include <vector>

namespace tandem::detail {

/// What the operator said about a peer or a network.
enum class access : std::uint8_t { unsaid, allowed, denied };

/// Allowed and denied peers and networks, each until its time. Of networks the longest prefix that
/// matches decides. When there is no room the rule that expires soonest goes, be it the new one;
/// rules without end never do.
class access_list {
 public:
  /// One rule, which replaces what was said of the same peer or network. Returns false when there
  /// are `rules_max` that do not expire sooner.
  bool set(const peer_id& peer, access what, time_point until, time_point now,
           std::uint64_t rules_max);
  bool set(const prefix& range, access what, time_point until, time_point now,
           std::uint64_t rules_max);
  /// Takes a rule back, if it says `what`.
  void take_back(const peer_id& peer, access what) noexcept;
  void take_back(const prefix& range, access what) noexcept;

  access of(const peer_id& peer, time_point now) const noexcept;
  /// At most one probe for each prefix length in use, longest first.
  access of(const endpoint& where, time_point now) const noexcept;

  /// Rules held; expired ones leave when the next is set.
  std::size_t size() const noexcept { return rules_.size(); }

  TANDEM_FIELDS(rules_, by_subject_, expiry_, lengths_, rules_of_length_, peers_)

 private:
  struct rule {
    peer_id peer;  ///< empty: the rule is about `range`
    prefix range;
    time_point until = never;
    access what = access::unsaid;
    bool used = false;
    slot<rule> next_free;
  };
  using rule_slot = slot<rule>;
  /// Prefix lengths 0 to 128, one bit each.
  using length_set = std::array<std::uint64_t, 3>;

  rule_slot find(const peer_id& peer) const noexcept;
  rule_slot find(const prefix& range) const noexcept;
  bool change(rule_slot r, access what, time_point until, time_point now, std::uint64_t rules_max);
  void erase(rule_slot r) noexcept;
  std::uint64_t hash_of_rule(rule_slot r) const noexcept;

  slot_table<rule> rules_;
  index_table<rule> by_subject_;
  deadline_queue<rule_slot> expiry_;  ///< of rules that end
  length_set lengths_{};              ///< for which there are rules
  std::vector<std::uint32_t> rules_of_length_;
  std::size_t peers_ = 0;  ///< rules about peers
};

}  // namespace tandem::detail
