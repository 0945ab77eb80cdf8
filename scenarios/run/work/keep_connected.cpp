// SPDX-License-Identifier: MIT
#include "read/read_distribution.hpp"
#include "run/work/reading.hpp"
#include "run/work/work.hpp"
#include "run/workload.hpp"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

namespace tandem::scenarios {
namespace {

/// Dials, and dials again whenever a dial failed (as soon as backoff allows) or the connection
/// closed. The first dial of a node's life comes within its start_spread, or when it arrives.
struct keep_work final : work {
  std::unique_ptr<doing> start(workload& in, std::uint64_t index) const override;

  ends who;
  schedule when;
  /// Before dialling again when nothing says how long to wait; none: as the manager does with
  /// protected peers, backoff_base and a part of start_spread.
  std::optional<duration_distribution> pause;
  enum pick pick = pick::round_robin;
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
        arrivals_(in, what.when, from_, index,
                  [this](std::uint64_t, node_index who) { arrive(who); }) {}

  void begin() override {
    auto choice = random_stream::of(in_.seed(), "choice", index_);
    kept_.reserve(from_.size());
    for (std::uint64_t i = 0; i < from_.size(); ++i) {
      const auto k = what_.pick == pick::random ? choice.up_to(to_.size() - 1) : i;
      kept_.push_back({in_.target_of(to_, from_[i], k),
                       {},
                       false,
                       random_stream::of(in_.seed(), "pause", index_ << 32 | from_[i])});
      if (what_.when.once()) first(i, in_.start() + what_.when.at);
    }
    if (!what_.when.once()) arrivals_.begin();
  }

  void on_notification(node_index node, time_point now, const notification& what) override {
    const auto member = from_.place_of(node);
    if (member == from_.size() || in_.leaves(node)) return;
    auto& state = kept_[member];
    const auto after_pause = [&] { return later(now, pause_of(state)); };
    if (what.kind == notice::connection_closed) {
      if (in_.ledger().index_of(what.peer) == static_cast<std::int32_t>(state.target) &&
          !state.planned && state.request == request_id::none &&
          in_.ledger().connections(node, state.target) == 0)
        dial_at(member, what.until != never ? what.until : after_pause());
    } else if ((what.kind == notice::dial_succeeded || what.kind == notice::dial_failed) &&
               what.request == state.request && state.request != request_id::none) {
      state.request = {};
      if (what.kind == notice::dial_failed && !state.planned)
        dial_at(member, what.until != never && what.until > now ? what.until : after_pause());
    }
  }
  void on_killed(node_index node) override {
    const auto member = from_.place_of(node);
    if (member == from_.size()) return;
    kept_[member].request = {};
    kept_[member].planned = false;
  }
  void on_restarted(node_index node) override {
    const auto member = from_.place_of(node);
    if (member == from_.size() || (!what_.when.once() && !kept_[member].arrived)) return;
    first(member, std::max(in_.now(), in_.start() + what_.when.at));
  }

 private:
  struct kept {
    node_index target = 0;
    request_id request{};  ///< none: not dialling
    bool planned = false;  ///< a dial is planned
    random_stream random;  ///< of its pauses
    bool arrived = false;
    bool wanted = false;  ///< the first dial came
  };

  void arrive(node_index who) {
    const auto member = from_.place_of(who);
    kept_[member].arrived = true;
    dial(member);
  }
  // Nodes that start together do not dial in one instant.
  void first(std::uint64_t member, time_point when) {
    dial_at(member, later(when, duration_distribution::uniform({}, manager_.start_spread)
                                    .draw(kept_[member].random)));
  }
  duration pause_of(kept& state) const {
    if (what_.pause) return what_.pause->draw(state.random);
    return manager_.backoff_base +
           duration_distribution::uniform({}, manager_.start_spread).draw(state.random);
  }
  void dial_at(std::uint64_t member, time_point when) {
    kept_[member].planned = true;
    in_.at_node(when, from_[member], [this, member] { dial(member); });
  }
  void dial(std::uint64_t member) {
    auto& state = kept_[member];
    const auto node = from_[member];
    state.planned = false;
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
  std::vector<kept> kept_;
  arrival_process arrivals_;
};

std::unique_ptr<doing> keep_work::start(workload& in, std::uint64_t index) const {
  return std::make_unique<keeping>(*this, in, index);
}

}  // namespace

std::unique_ptr<work> read_keep_connected(const yaml_value& value, scenario& of) {
  const yaml_mapping given(value, "keep_connected",
                           {"from", "to", "at", "arrivals", "pause", "pick"});
  auto out = std::make_unique<keep_work>();
  read_ends(given, of, {}, out->who);
  read_schedule(given, of, out->who.from.count, {}, out->when);
  given.read("pause",
             [&](const auto& v) { out->pause = read_duration_distribution(v, duration{1}); });
  read_pick(given, false, out->pick);
  return out;
}

}  // namespace tandem::scenarios
