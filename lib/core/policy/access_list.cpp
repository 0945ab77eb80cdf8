// SPDX-License-Identifier: MIT
#include "core/policy/access_list.hpp"

#include <bit>

namespace tandem::detail {

slot<access_list::rule> access_list::find(const peer_id& peer) const noexcept {
  return by_subject_.find(hash_of(peer), [&](rule_slot r) { return rules_[r].peer == peer; });
}

slot<access_list::rule> access_list::find(const prefix& range) const noexcept {
  return by_subject_.find(hash_of(range), [&](rule_slot r) {
    return rules_[r].peer.empty() && rules_[r].range == range;
  });
}

std::uint64_t access_list::hash_of_rule(rule_slot r) const noexcept {
  const rule& x = rules_[r];
  return x.peer.empty() ? hash_of(x.range) : hash_of(x.peer);
}

bool access_list::set(const peer_id& peer, access what, time_point until, time_point now,
                      std::uint64_t rules_max) {
  rule_slot r = find(peer);
  if (r == no_slot) {
    r = rules_.take();
    rules_[r].peer = peer;
    by_subject_.insert(hash_of(peer), r);
    ++peers_;
  }
  return change(r, what, until, now, rules_max);
}

bool access_list::set(const prefix& range, access what, time_point until, time_point now,
                      std::uint64_t rules_max) {
  rule_slot r = find(range);
  if (r == no_slot) {
    r = rules_.take();
    rules_[r].range = range;
    by_subject_.insert(hash_of(range), r);
    if (rules_of_length_.empty()) rules_of_length_.resize(prefix::length_most + 1);
    if (++rules_of_length_[range.length] == 1)
      lengths_[range.length / 64] |= std::uint64_t{1} << range.length % 64;
  }
  return change(r, what, until, now, rules_max);
}

bool access_list::change(rule_slot r, access what, time_point until, time_point now,
                         std::uint64_t rules_max) {
  rules_[r].what = what;
  rules_[r].until = until;
  expiry_.arm(r, until);
  while (expiry_.next() <= now) erase(expiry_.pop());
  while (rules_.size() > rules_max && expiry_.size() > 0) erase(expiry_.pop());
  if (rules_.size() <= rules_max) return until <= now || rules_[r].used;
  erase(r);
  return false;
}

void access_list::erase(rule_slot r) noexcept {
  const rule& x = rules_[r];
  if (!x.peer.empty())
    --peers_;
  else if (--rules_of_length_[x.range.length] == 0)
    lengths_[x.range.length / 64] &= ~(std::uint64_t{1} << x.range.length % 64);
  by_subject_.erase(hash_of_rule(r), r);
  expiry_.disarm(r);
  rules_.release(r);
}

void access_list::take_back(const peer_id& peer, access what) noexcept {
  if (const rule_slot r = find(peer); r != no_slot && rules_[r].what == what) erase(r);
}

void access_list::take_back(const prefix& range, access what) noexcept {
  if (const rule_slot r = find(range); r != no_slot && rules_[r].what == what) erase(r);
}

access access_list::of(const peer_id& peer, time_point now) const noexcept {
  if (peers_ == 0) return access::unsaid;
  const rule_slot r = find(peer);
  return r == no_slot || now >= rules_[r].until ? access::unsaid : rules_[r].what;
}

access access_list::of(const endpoint& where, time_point now) const noexcept {
  if (rules_.size() == peers_) return access::unsaid;
  const prefix address = prefix_of(where);
  // An IPv4 address is not part of ::/0: prefixes of IPv6 that hold all of IPv4 do not mean it.
  const unsigned shortest = is_v4(address) ? prefix::v4_from : 0;
  for (unsigned word = lengths_.size(); word-- > 0;) {
    std::uint64_t bits = lengths_[word];
    while (bits != 0) {
      const unsigned bit = 63U - static_cast<unsigned>(std::countl_zero(bits));
      const unsigned length = word * 64 + bit;
      if (length < shortest) return access::unsaid;
      bits &= ~(std::uint64_t{1} << bit);
      const rule_slot r = find(first_bits(address, length));
      if (r != no_slot && now < rules_[r].until) return rules_[r].what;
    }
  }
  return access::unsaid;
}

}  // namespace tandem::detail
