// SPDX-License-Identifier: MIT
#pragma once

#include "core/exact.hpp"
#include "tandem/core/replay.hpp"

#include <array>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

namespace tandem::test {

using namespace std::chrono_literals;

inline peer_id peer(std::uint32_t n) {
  const std::array<std::uint8_t, 6> raw{0,
                                        4,
                                        static_cast<std::uint8_t>(n >> 24),
                                        static_cast<std::uint8_t>(n >> 16),
                                        static_cast<std::uint8_t>(n >> 8),
                                        static_cast<std::uint8_t>(n)};
  return peer_id::from_bytes(raw);
}
inline endpoint address(std::uint16_t port = 1) { return endpoint::v4(10, 0, 0, 1, port); }
inline constexpr connection_id conn(std::uint64_t n) { return connection_id{n}; }
inline constexpr request_id req(std::uint64_t n) { return request_id{n}; }
inline constexpr time_point at(duration since_start) { return time_point{since_start}; }

/// Drives one manager from a script: the test says what happens and when, and reads what came out.
class driver {
 public:
  struct step {
    time_point at;
    action what;
  };

  explicit driver(const manager_options& options = {}, const peer_id& self = peer(1000),
                  std::uint64_t seed = 1)
      : manager(exact(options), self, seed, &trace) {}

  /// Answers at once every cancel, abort and reset with the last event of its id, and every
  /// ask_progress.
  bool answers = true;
  /// What it says of each connection when it is asked: when the peer last acknowledged what was
  /// said, and whether it has still to.
  time_point acknowledged{};
  bool more = true;

  /// Answers every probe at once.
  bool peers_live = false;

  /// Lets virtual time pass to `t` after the start; deadlines at `t` itself fire too.
  void run_to(duration t) {
    while (manager.next_deadline() <= at(t)) {
      now = std::max(now, manager.next_deadline());
      step_of_now();
      manager.advance(now);
      drain();
    }
    now = at(t);
  }
  void run_for(duration d) { run_to(now.time_since_epoch() + d); }

  void tell(const event& what) {
    step_of_now();
    manager.handle(now, what);
    drain();
  }

  void dial(request_id r, const peer_id& who, std::vector<endpoint> where = {address()},
            dial_mode mode = dial_mode::join, time_point deadline = never, int priority = 0) {
    tell(events::dial_wanted{r, who, where, mode, priority, deadline});
  }
  /// The rest of the handshake of a connected attempt or an arrived connection.
  void upgrade(connection_id c, const peer_id& who) {
    tell(events::authenticated{c, who});
    tell(events::ready{c});
  }
  void accept(connection_id c, const peer_id& who) {
    tell(events::arrived{c, address()});
    upgrade(c, who);
  }
  /// Connects, upgrades the attempt that start_attempt named last.
  connection_id connect(const peer_id& who) {
    const connection_id c = last<actions::start_attempt>()->attempt;
    tell(events::attempt_connected{c});
    upgrade(c, who);
    return c;
  }
  /// The one that began last at the peer.
  connection_id last_attempt(const peer_id& who) const {
    for (auto i = log.rbegin(); i != log.rend(); ++i)
      if (const auto* x = std::get_if<actions::start_attempt>(&i->what); x && x->peer == who)
        return x->attempt;
    return connection_id::none;
  }
  void fail(cause why = cause::connection_refused, bool local = false) {
    tell(events::attempt_failed{last<actions::start_attempt>()->attempt, why, local, {}});
  }
  void app_bytes(connection_id c, std::uint64_t n = 1) {
    tell(events::traffic{c, 0, n, n, now, now});
  }
  void other_bytes(connection_id c, std::uint64_t n = 12) {
    tell(events::traffic{c, n, n, 0, now, {}});
  }

  template <class T>
  std::optional<T> last() const {
    for (auto i = log.rbegin(); i != log.rend(); ++i)
      if (const T* found = std::get_if<T>(&i->what)) return *found;
    return std::nullopt;
  }
  template <class T>
  std::size_t count() const {
    std::size_t n = 0;
    for (const step& s : log) n += std::holds_alternative<T>(s.what);
    return n;
  }
  /// When the last action of this kind went out; `never` when none did.
  template <class T>
  time_point when() const {
    for (auto i = log.rbegin(); i != log.rend(); ++i)
      if (std::holds_alternative<T>(i->what)) return i->at;
    return never;
  }
  std::vector<std::pair<time_point, notification>> all(notice kind) const {
    std::vector<std::pair<time_point, notification>> found;
    for (const step& s : log)
      if (const auto* n = std::get_if<actions::notify>(&s.what); n && n->what.kind == kind)
        found.emplace_back(s.at, n->what);
    return found;
  }
  std::size_t count(notice kind) const { return all(kind).size(); }
  /// The last notification of this kind; an empty one of that kind when there is none.
  notification last(notice kind) const {
    const auto found = all(kind);
    notification none;
    none.kind = kind;
    return found.empty() ? none : found.back().second;
  }
  time_point when(notice kind) const {
    const auto found = all(kind);
    return found.empty() ? never : found.back().first;
  }
  const manager_counters& counters() const { return manager.counters(); }
  std::uint64_t refused(cause c) const { return counters().refused[static_cast<std::size_t>(c)]; }

  time_point now{};
  memory_trace trace;
  connection_manager manager;
  std::vector<step> log;

 private:
  /// A manager and its host that answer each other for ever, in no time, are a fault, which a test
  /// that hangs would not name.
  void step_of_now() {
    if (std::exchange(stepped_at_, now) != now) steps_ = 0;
    if (++steps_ > 100'000) throw std::runtime_error("nothing comes to rest");
  }

  time_point stepped_at_ = never;
  std::size_t steps_ = 0;

  void drain() {
    std::vector<event> owed;
    while (const auto a = manager.poll_action()) {
      log.push_back({now, *a});
      if (const auto* x = std::get_if<actions::probe>(&*a); x && peers_live)
        owed.push_back(events::probe_answered{x->conn, x->nonce});
      if (!answers) continue;
      if (const auto* x = std::get_if<actions::cancel_attempt>(&*a))
        owed.push_back(events::attempt_failed{x->attempt, cause::abandoned, true, {}});
      if (const auto* x = std::get_if<actions::abort>(&*a))
        owed.push_back(events::closed{x->conn, x->reason});
      if (const auto* x = std::get_if<actions::refuse>(&*a); x && x->how == refuse_how::reset)
        owed.push_back(events::closed{x->conn, x->refusal});
      if (const auto* x = std::get_if<actions::ask_progress>(&*a))
        owed.push_back(events::progressed{x->conn, acknowledged, more});
    }
    for (const event& e : owed) tell(e);
  }
};

}  // namespace tandem::test
