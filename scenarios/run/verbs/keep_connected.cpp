// SPDX-License-Identifier: MIT
#include "read/read_distribution.hpp"
#include "run/verbs/reading.hpp"
#include "run/verbs/verb.hpp"
#include "run/workload.hpp"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

namespace tandem::scenarios {
namespace {

/// Dials, and dials again whenever a dial failed (as soon as backoff allows) or the connection
/// closed. The first dial of a node's life comes within its start_spread, or when it arrives.
struct keep_work final : work_between {
  std::unique_ptr<doing> start(workload& in, std::uint64_t index) const override;
  std::string why_one_thread() const override { return why_one_thread_of(when); }

  /// Before dialling again when nothing says how long to wait; none: as the manager does with
  /// protected peers, backoff_base and a part of start_spread, or of more after a silence.
  std::optional<duration_distribution> pause;
  std::uint64_t neighbours = 1;  ///< different nodes of `to` that each node keeps; 0: all of them
};

class keeping final : public doing {
 public:
  keeping(const keep_work& what, workload& in, std::uint64_t index)
      : what_(what),
        in_(in),
        index_(index),
        from_(in.nodes_of(what.who.from)),
        to_(in.nodes_of(what.who.to)),
        manager_(in.plan().groups[what.who.from.group].manager),
        each_(what.neighbours == 0 ? to_.size() : what.neighbours),
        arrivals_(
            in, what.when, from_, index, [this](std::uint64_t, node_index who) { arrive(who); },
            arrival_process::whose::itself) {}

  void begin() override {
    auto choice = random_stream::of(in_.seed(), "choice", index_);
    kept_.reserve(from_.size() * each_);
    for (std::uint64_t i = 0; i < from_.size(); ++i) {
      choose(i, choice);
      if (what_.when.once()) first(i, in_.start() + what_.when.at);
    }
    if (!what_.when.once()) arrivals_.begin();
  }

  void on_notification(node_index node, time_point now, const notification& what) override {
    const auto member = from_.place_of(node);
    if (member == from_.size() || in_.leaves(node)) return;
    for (auto slot = member * each_; slot < (member + 1) * each_; ++slot)
      hear(slot, node, now, what);
  }
  void on_killed(node_index node) override {
    const auto member = from_.place_of(node);
    if (member == from_.size()) return;
    for (auto slot = member * each_; slot < (member + 1) * each_; ++slot) kept_[slot].request = {};
  }
  void on_restarted(node_index node) override {
    const auto member = from_.place_of(node);
    if (member == from_.size() || (!what_.when.once() && !kept_[member * each_].arrived)) return;
    first(member, std::max(in_.now(), in_.start() + what_.when.at));
  }

 private:
  struct kept {
    node_index target = 0;  ///< the node itself: nobody
    request_id request{};   ///< none: not dialling
    bool planned = false;   ///< a dial is planned
    random_stream random;   ///< of its pauses
    bool arrived = false;
    bool wanted = false;  ///< the first dial came
  };

  node_index node_of(std::uint64_t slot) const { return from_[slot / each_]; }

  // The neighbours of one node, each its own.
  void choose(std::uint64_t member, random_stream& choice) {
    const auto node = from_[member];
    const auto add = [&](node_index target) {
      const auto slot = kept_.size() - member * each_;
      kept_.push_back(
          {target, {}, false, random_stream::of(in_.seed() + slot, "pause", index_ << 32 | node)});
    };
    if (what_.neighbours == 1) {
      const auto k = what_.pick == pick::random ? choice.up_to(to_.size() - 1) : member;
      add(in_.target_of(to_, node, k));
    } else if (what_.neighbours == 0) {
      for (std::uint64_t k = 0; k < to_.size(); ++k) add(to_[k]);
    } else if (what_.pick == pick::random) {
      for (const auto target : drawn(node, choice)) add(target);
    } else {  // those behind it, as on a ring
      auto k = member;
      for (std::uint64_t i = 0; i < each_; ++i, ++k) {
        if (to_[k % to_.size()] == node) ++k;
        add(to_[k % to_.size()]);
      }
    }
  }
  // Some of the others, by Floyd's sample.
  std::vector<node_index> drawn(node_index node, random_stream& choice) const {
    const auto self = to_.place_of(node);
    const auto others = to_.size() - (self == to_.size() ? 0 : 1);
    std::vector<std::uint64_t> places;
    for (auto last = others - each_; last < others; ++last) {
      const auto k = choice.up_to(last);
      places.push_back(std::ranges::find(places, k) == places.end() ? k : last);
    }
    std::vector<node_index> found;
    for (const auto k : places) found.push_back(to_[k >= self ? k + 1 : k]);
    return found;
  }

  void hear(std::uint64_t slot, node_index node, time_point now, const notification& what) {
    auto& state = kept_[slot];
    const auto after_pause = [&] { return later(now, pause_of(state, what)); };
    if (what.kind == notice::connection_closed) {
      if (in_.ledger().index_of(what.peer) == static_cast<std::int32_t>(state.target) &&
          !state.planned && state.request == request_id::none &&
          in_.ledger().connections(node, state.target) == 0)
        dial_at(slot, what.until != never ? what.until : after_pause());
    } else if ((what.kind == notice::dial_succeeded || what.kind == notice::dial_failed) &&
               what.request == state.request && state.request != request_id::none) {
      state.request = {};
      if (what.kind == notice::dial_failed && !state.planned)
        dial_at(slot, what.until != never && what.until > now ? what.until : after_pause());
    }
  }
  void arrive(node_index who) {
    const auto member = from_.place_of(who);
    for (auto slot = member * each_; slot < (member + 1) * each_; ++slot) {
      kept_[slot].arrived = true;
      dial(slot);
    }
  }
  // Nodes that start together do not dial in one instant.
  void first(std::uint64_t member, time_point when) {
    for (auto slot = member * each_; slot < (member + 1) * each_; ++slot)
      dial_at(slot, later(when, duration_distribution::uniform({}, manager_.start_spread)
                                    .draw(kept_[slot].random)));
  }
  duration pause_of(kept& state, const notification& after) const {
    if (what_.pause) return what_.pause->draw(state.random);
    const bool silence =
        after.kind == notice::connection_closed &&
        (after.why == cause::liveness_lost || after.why == cause::transport_timeout);
    const auto spread = silence ? silence_spread(manager_) : manager_.start_spread;
    return manager_.backoff_base + duration_distribution::uniform({}, spread).draw(state.random);
  }
  void dial_at(std::uint64_t slot, time_point when) {
    kept_[slot].planned = true;
    in_.at_node(when, node_of(slot), [this, slot] { dial(slot); });
  }
  void dial(std::uint64_t slot) {
    auto& state = kept_[slot];
    const auto node = node_of(slot);
    state.planned = false;
    if (state.target == node) return;
    if (!std::exchange(state.wanted, true)) in_.wants(node, state.target);
    if (!in_.works(node) || state.request != request_id::none) return;
    if (in_.ledger().connections(node, state.target) == 0)
      state.request = in_.dial(node, state.target, dial_mode::join, {});
  }

  const keep_work& what_;
  workload& in_;
  std::uint64_t index_;
  node_list from_;
  node_list to_;
  const manager_options& manager_;
  std::uint64_t each_;      ///< neighbours of each node
  std::vector<kept> kept_;  ///< node by node
  arrival_process arrivals_;
};

std::unique_ptr<doing> keep_work::start(workload& in, std::uint64_t index) const {
  return std::make_unique<keeping>(*this, in, index);
}

}  // namespace

std::unique_ptr<work> read_keep_connected(const yaml_value& value, scenario& of) {
  const yaml_mapping given(value, "keep_connected",
                           {"from", "to", "at", "arrivals", "pause", "pick", "neighbours"});
  auto out = std::make_unique<keep_work>();
  read_ends(given, of, {}, out->who);
  read_schedule(given, of, out->who.from.count, {}, out->when);
  given.read("pause",
             [&](const auto& v) { out->pause = read_duration_distribution(v, duration{1}); });
  read_pick(given, false, out->pick);
  given.read("neighbours", [&](const auto& v) {
    if (v.as_text() == "all") {
      out->neighbours = 0;
      return;
    }
    const bool same = out->who.from.group == out->who.to.group;
    out->neighbours = v.as_count(1, std::max<std::uint64_t>(1, out->who.to.count - (same ? 1 : 0)));
    if (given.find("pick") == nullptr) out->pick = pick::random;
  });
  return out;
}

}  // namespace tandem::scenarios
