// SPDX-License-Identifier: MIT
// What the reference remembers of addresses, and in which order they are tried.
#include "reference.hpp"

#include <tuple>

namespace tandem::reference {

path* manager::path_to(const endpoint& e) {
  const auto i = paths_.find({bytes_of(e), e.port});
  return i == paths_.end() ? nullptr : &i->second;
}

/// An attempt is over: what that says about its address.
void manager::address_over(const connection& c, cause why, bool local) {
  if (c.inbound || c.was_ready) return;
  const failure_class kind = detail::class_of(why);
  const bool about_path = kind == failure_class::refused || kind == failure_class::timeout;
  const bool in_vain = why == cause::dial_deadline || why == cause::abandoned;
  path& p = paths_[{bytes_of(c.remote), c.remote.port}];
  // A record that was over is made anew.
  const known before = failed_lately(p);
  if (before == known::no) p = {.worked_at = p.worked_at};
  const bool is_new = before == known::perhaps;
  if (in_vain && c.end == why && !c.connected) p.tried_at = now_;
  if (c.told || local || !about_path || why == cause::dial_deadline) return;
  if (kind == failure_class::refused) life_sign(now_);
  p.tried_at = p.silent_at = now_;
  if (offline_) return;
  if (!c.connected) subnet_failed(c.remote);
  for (; p.failures > 0 && now_ - p.failed_at >= options_.backoff_refund;
       p.failed_at += options_.backoff_refund) {
    --p.failures;
    if (p.failures_least > 0) --p.failures_least;
  }
  p.failures_least = p.doubtful || is_new ? 1 : p.failures_least + 1;
  ++p.failures;
  const bool none = options_.backoff_strategy == backoff_strategy::none;
  p.until_most = later(now_, none ? duration{} : options_.backoff_cap);
  p.failed_at = p.backed_off_at = now_;
  p.doubtful = false;
  const bool anyone = c.dial != 0 && dials_.at(c.dial).peer.empty();
  if (anyone && kind == failure_class::timeout) suspects({}, c.remote, c.last_received);
}

manager::known manager::failed_lately(const endpoint& e) {
  const path* p = path_to(e);
  return p == nullptr ? known::no : failed_lately(*p);
}

manager::known manager::failed_lately(const path& known_path) const {
  const path* const p = &known_path;
  if (p->tried_at == time_point::min()) return known::no;
  if (p->doubtful) return known::perhaps;
  const duration refund = options_.backoff_refund;
  if (now_ < p->tried_at + refund || now_ < p->failed_at + refund * p->failures_least)
    return known::yes;
  const bool over = now_ >= std::max(p->failed_at + refund * p->failures, p->until_most);
  return p->failures == 0 || over ? known::no : known::perhaps;
}

/// Other options come: what was over under those before stays so.
void manager::forget_paths() {
  for (auto& [where, p] : paths_) {
    const known is = failed_lately(p);
    if (is == known::no) p = {.worked_at = p.worked_at};
    p.doubtful |= is == known::perhaps;
  }
}

/// Of a peer that could not be reached, an address that never failed.
bool manager::brings_news(const dial& d, bool surely) {
  const memory* m = recall(d.peer);
  const auto unreached = {cause::connection_refused, cause::connect_timeout, cause::attempt_timeout,
                          cause::unreachable, cause::wrong_peer};
  if (m == nullptr || now_ < m->penalty_until ||
      (m->kind != failure_class::refused && m->kind != failure_class::timeout) ||
      std::ranges::find(unreached, m->why) == unreached.end())
    return false;
  for (const endpoint& e : d.addresses)
    if (const known k = failed_lately(e); k == known::no || (!surely && k == known::perhaps))
      return true;
  return false;
}

bool manager::may_try(const dial& d, const endpoint& e, bool surely) {
  return !d.denied.contains(e) && has_turn(d, e, surely);
}

bool manager::has_turn(const dial& d, const endpoint& e, bool surely) {
  if (d.tried.contains(e)) return false;
  if (d.ever.contains(e)) return true;
  if (d.ever.size() >= addresses_tried_max) return false;
  return !d.only_new || failed_lately(e) == known::no ||
         (!surely && failed_lately(e) == known::perhaps);
}

/// What may not be tried now is left out for good, unless a trial decides.
void manager::note_denied(dial& d) {
  for (const endpoint& e : d.addresses) {
    const verdict v = guarded(d.peer, e);
    if (avoids(e, d.peer) || (v.why != cause::none && !waits(v))) d.denied.insert(e);
  }
}

/// Proven in this dial; worked, the latest first; never tried; gave way; failed since, the longest
/// ago first. Among equals families take turns (RFC 8305, section 4), IPv6 first, in the order
/// given within one.
void manager::check_order(const dial& d, const endpoint& chosen) {
  const bool turn_v6 = !d.started || !d.last_was_v6;
  const auto place = [&](const endpoint& e) {
    const path* known_path = path_to(e);
    path p = known_path == nullptr ? path{} : *known_path;
    if (failed_lately(e) == known::no) p.tried_at = time_point::min();
    const int kind = d.proven.contains(e)              ? 0
                     : d.gave_way.contains(e)          ? 3
                     : p.worked_at > p.tried_at        ? 1
                     : p.tried_at == time_point::min() ? 2
                                                       : 4;
    const duration when = kind == 1   ? -p.worked_at.time_since_epoch()
                          : kind == 4 ? p.tried_at.time_since_epoch()
                                      : duration{};
    return std::tuple(kind, when, is_mapped(bytes_of(e)) == turn_v6);
  };
  if (failed_lately(chosen) == known::perhaps) return;
  bool before = true;  // in the list
  for (const endpoint& e : d.addresses) {
    if (e == chosen) before = false;
    if (e == chosen || !may_try(d, e) || avoids(e, d.peer) || failed_lately(e) == known::perhaps ||
        guarded(d.peer, e).why != cause::none)
      continue;
    require(place(e) > place(chosen) || (!before && place(e) == place(chosen)),
            "another address comes first");
  }
}

/// The dial says which addresses had no turn, each once.
void manager::tells_untried(const notification& n) {
  const auto q = requests_.find(n.request);
  require(q != requests_.end(), "an address without its request");
  const dial& d = dials_.at(q->second.dial);
  if (n.request != untried_of_) untried_ = 0;
  untried_of_ = n.request;
  require(d.started && n.peer == d.peer, "an untried address of a dial that tried none");
  std::uint64_t at = 0;
  for (const endpoint& e : d.addresses)
    if (!d.ever.contains(e) && at++ == untried_) {
      require(n.where == e, "untried addresses are told in their order");
      ++untried_;
      return;
    }
  fail("an address that was tried: " + text_of(action(actions::notify{n})));
}

/// A dial that may be in line for a place, with nothing under way, or only attempts that did not
/// connect when it is `beside` those; `surely`: must be.
bool manager::waits_in_line(const dial& d, bool surely, bool beside) {
  if (d.adopted != connection_id::none) return false;
  for (const connection_id id : attempts_of(d.key)) {
    const connection& c = connections_.at(id);
    if (surely || (c.connected ? c.at != life::ending : !beside)) return false;
  }
  if (!surely) return true;
  return d.pausing_until <= now_ && !held(d) && access(d.peer) != 1 &&
         attempts_at(d) < options_.max_attempts_per_peer &&
         std::ranges::any_of(d.addresses, [&](const endpoint& e) {
           return may_try(d, e) && !avoids(e, d.peer) && guarded(d.peer, e).why == cause::none;
         });
}

/// Whether the silent attempt may leave its place to somebody: one with fewer turns who has nothing
/// under way, or of higher priority.
bool manager::gives_way(const connection& c, const dial& mine, bool surely) {
  if (c.told) return false;  // its peer told why not
  if (now_ < later(c.last_received, c.patience)) return false;
  return std::ranges::any_of(dials_, [&](const auto& known) {
    const dial& d = known.second;
    return d.key != mine.key && places_taken(d.turns > 0) &&
           waits_in_line(d, surely, !surely && d.priority > mine.priority) &&
           (d.priority > mine.priority || (d.priority == mine.priority && d.turns < c.turn));
  });
}

}  // namespace tandem::reference
