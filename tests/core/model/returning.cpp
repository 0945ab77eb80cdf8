// SPDX-License-Identifier: MIT
// A peer that comes again while connections of its own, dead perhaps, take its places.
#include "reference.hpp"

namespace tandem::reference {
namespace {

bool leaves(const connection& c) {
  return !c.victim && (c.at == life::closing || c.at == life::ending);
}

bool is_asked(const connection& c) { return c.at == life::ready && c.answer_by != never; }

/// Its peer may have acknowledged what was said: that is to be asked first.
bool may_have_answered(const connection& c) { return c.unacknowledged && !c.answer_asked; }

}  // namespace

/// The one of the peer that waits, or null.
connection* manager::returning(const peer_id& peer) {
  for (auto& [id, c] : connections_)
    if (c.peer == peer && c.at == life::waiting && c.returning) return &c;
  return nullptr;
}

/// Whether the newcomer would have a place without `old`, of the same peer.
bool manager::in_the_way(connection& old, const connection& newcomer) {
  if (!old.permit || old.peer != newcomer.peer || old.id == newcomer.id) return false;
  old.permit = false;
  const bool fits = shortage(newcomer.peer, newcomer.inbound, &newcomer.remote).why == cause::none;
  old.permit = true;
  return fits;
}

/// Whether it is about to wait for one of its peer's own; those are asked whether they live.
bool manager::waits_for_own(connection& c) {
  using namespace std::chrono_literals;
  if (!c.inbound || returning(c.peer) != nullptr) return false;
  bool hopes = false;
  for (auto& [id, old] : connections_) {
    if (!in_the_way(old, c)) continue;
    const bool lives = !is_asked(old) && old.last_received >= c.began;  // it was heard since
    hopes |= (old.at == life::ready && !lives) || leaves(old);
    const duration handshake = now_ - c.began;
    const duration timeout = old.has_rtt ? std::max(probe_timeout(old), handshake) : 3 * handshake;
    const time_point by =
        later(now_, std::max<duration>({1s, timeout, std::min<duration>(8s, 3 * timeout)}));
    if (old.at == life::closing && leaves(old)) old.deadline = std::min(old.deadline, by);
    if (old.at != life::ready || lives || old.answer_by != never) continue;
    old.returned_at = now_;
    old.answer_asked = false;
    old.answer_by = by;
    owe("probe " + text_of(id) + " " + std::to_string(++old.nonce));
  }
  if (!hopes) return false;
  c.returning = true;
  c.at = life::waiting;
  const std::uint64_t key = joinable_dial(c.peer);
  if (key != 0 && dials_.at(key).adopted == connection_id::none) adopts(key, c.id);
  return true;
}

/// Whether everything that was in its way has shown that it lives.
bool manager::hopeless(const connection& newcomer) {
  for (auto& [id, old] : connections_)
    if (in_the_way(old, newcomer) && (is_asked(old) || leaves(old))) return false;
  return true;
}

/// Whether `old` goes now, the longest silent of those that are in the way of one that waits.
bool manager::must_have_answered(const connection& old) {
  const connection* newcomer = returning(old.peer);
  if (newcomer == nullptr || !is_asked(old) || now_ < old.answer_by || may_have_answered(old))
    return false;
  for (auto& [id, other] : connections_) {
    if (!in_the_way(other, *newcomer)) continue;
    if (leaves(other)) return false;
    if (is_asked(other) && now_ >= other.answer_by && !may_have_answered(other) &&
        other.order < old.order)
      return false;
  }
  return in_the_way(connections_.at(old.id), *newcomer);
}

/// What a newcomer hopes for is looked at when something happens to its peer's connections: marks,
/// which end by themselves, change what is in its way too.
void manager::check_returning() {
  for (auto& [id, c] : connections_) {
    if (event_ == nullptr && advanced_before_ < c.answer_by && must_have_answered(c))
      fail(text_of(id) + " keeps its place although it does not answer");
    if (event_ == nullptr && is_asked(c) && now_ >= c.answer_by) {
      require(!may_have_answered(c), "what a peer acknowledged is asked before it is given up");
      c.answer_asked = true;
    }
    if (c.peer == touched_ && c.at == life::waiting && c.returning && hopeless(c))
      fail(text_of(id) + " waits for nothing");
  }
}

}  // namespace tandem::reference
