// SPDX-License-Identifier: MIT
#include "learn/seen.hpp"

#include "tandem/command/bad_input.hpp"
#include "tandem/net/trace_file.hpp"

#include <algorithm>
#include <optional>

namespace tandem::scenarios {
namespace {

double seconds(time_point at) {
  return std::chrono::duration<double>(at.time_since_epoch()).count();
}

/// One connection while it lasts.
struct life {
  endpoint remote;
  bool inbound = false;
  double ready = -1;
  std::vector<double> round_trips;
};

class watcher {
 public:
  explicit watcher(seen_by_node& seen) : seen_(seen) {}

  void on_step(const replay_step& step) {
    now_ = seconds(step.at);
    if (began_ < 0) began_ = now_;
    // What a close means is told before the connection is forgotten.
    const bool closes = step.what && std::holds_alternative<events::closed>(*step.what);
    if (step.what && !closes) std::visit([this](const auto& e) { on(e); }, *step.what);
    for (const auto& done : step.actions)
      if (const auto* told = std::get_if<actions::notify>(&done)) on(told->what);
    if (closes) lives_.erase(static_cast<id>(std::get<events::closed>(*step.what).conn));
  }
  void finish() {
    seen_.length += now_ - began_;
    for (auto& [conn, of] : lives_) end(of, cause::none);
  }

 private:
  using id = std::uint64_t;

  void on(const events::dial_wanted& e) {
    seen_.dialled[e.peer].times.push_back(now_);
    ++(e.mode == dial_mode::join ? seen_.joining_dials : seen_.additional_dials);
  }
  void on(const events::arrived& e) {
    seen_.arrivals.push_back(now_);
    lives_[static_cast<id>(e.conn)] = {e.remote, true, -1, {}};
  }
  void on(const events::authenticated& e) {
    const auto it = lives_.find(static_cast<id>(e.conn));
    if (it == lives_.end() || !it->second.inbound) return;
    if (seen_.peers.insert(e.peer).second) ++seen_.peers_in_subnet[subnet_of(it->second.remote)];
  }
  void on(const events::rtt_sampled& e) {
    if (const auto it = lives_.find(static_cast<id>(e.conn)); it != lives_.end())
      it->second.round_trips.push_back(std::chrono::duration<double>(e.rtt).count());
  }
  template <class Other>
  void on(const Other&) {}

  void on(const notification& told) {
    const auto fail = [&](const char* kind) {
      ++seen_.failures[kind + std::string(" ") + std::string(name_of(told.why))];
    };
    switch (told.kind) {
      case notice::connection_established: {
        auto& of = lives_[static_cast<id>(told.conn)];
        of.ready = now_;
        if (!of.inbound) better(told.peer, fate::answering);
        return;
      }
      case notice::connection_closed:
        if (const auto it = lives_.find(static_cast<id>(told.conn)); it != lives_.end()) {
          end(it->second, told.why);
          lives_.erase(it);
        }
        return fail("closed");
      case notice::inbound_refused:
        return fail("refused");
      case notice::handshake_failed:
        if (told.way == direction::outbound) better(told.peer, fate::refusing);
        return fail("handshake failed");
      case notice::attempt_failed:
        if (answers(told.why)) better(told.peer, fate::refusing);
        return fail("attempt failed");
      case notice::dial_failed:
        return fail("dial failed");
      default:
        return;
    }
  }

  // One that nobody dialled is redialled by the manager itself, in any scenario.
  void better(const peer_id& peer, fate than) {
    if (const auto it = seen_.dialled.find(peer); it != seen_.dialled.end())
      it->second.best = std::max(it->second.best, than);
  }

  /// Somebody was there, and did not want it.
  static bool answers(cause why) {
    return why == cause::connection_refused || why == cause::reset ||
           why == cause::remote_refused || why == cause::remote_closed ||
           why == cause::handshake_failed || why == cause::wrong_peer;
  }

  void end(const life& of, cause why) {
    if (of.ready < 0) return;
    auto& seen = of.inbound ? seen_.inbound : seen_.outbound;
    const auto trip = middle_of(of.round_trips);
    if (trip) seen.round_trips.push_back(*trip);
    // A close is told one round trip after its end was wanted, or half a one after the dialer was
    // ready and half a one after it wanted the end.
    const double more = why == cause::none ? 0 : trip.value_or(0);
    const bool wanted = why == cause::requested || why == cause::remote_closed;
    (wanted ? seen.lives : seen.cut_short).push_back(std::max(0.0, now_ - of.ready - more));
  }

  static std::optional<double> middle_of(std::vector<double> values) {
    if (values.empty()) return {};
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::ranges::nth_element(values, middle);
    return *middle;
  }

  // /24 of IPv4, /64 of IPv6: where one operator's nodes are side by side.
  static std::string subnet_of(const endpoint& at) {
    return std::string(at.v6 ? "6" : "4") +
           std::string(at.address.begin(), at.address.begin() + (at.v6 ? 8 : 3));
  }

  seen_by_node& seen_;
  double now_ = 0;
  double began_ = -1;
  std::map<id, life> lives_;
};

}  // namespace

std::vector<double> seen_by_node::dials_of(fate which) const {
  std::vector<double> times;
  for (const auto& [peer, of] : dialled)
    if (of.best == which) times.insert(times.end(), of.times.begin(), of.times.end());
  std::ranges::sort(times);
  return times;
}

void watch_run(const recording& run, seen_by_node& seen) {
  trace_file_source heads({run.front()});
  const auto heading = heading_of(heads);
  seen.self = heading.self;
  seen.options = heading.options;
  watcher watching(seen);
  replay_options options;
  options.on_step = [&](const replay_step& step) { watching.on_step(step); };
  const auto found = replay_recording(run, {}, options);
  watching.finish();
  if (found.broken()) throw bad_input(found.record.error);
  if (!found.same())
    throw bad_input(run.front().string(),
                    "another build recorded it: this one decides otherwise; use that build");
}

}  // namespace tandem::scenarios
