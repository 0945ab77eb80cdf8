// SPDX-License-Identifier: MIT
#include "read/read_distribution.hpp"
#include "run/verbs/arrivals.hpp"
#include "run/verbs/reading.hpp"
#include "run/verbs/verb.hpp"
#include "run/workload.hpp"
#include "tandem/command/units.hpp"

#include <boost/unordered/unordered_flat_map.hpp>
#include <boost/unordered/unordered_flat_set.hpp>

#include <optional>
#include <utility>
#include <vector>

namespace tandem::scenarios {
namespace {

struct dial_work final : work_between {
  std::unique_ptr<doing> start(workload& in, std::uint64_t index) const override;
  std::string why_one_thread() const override { return why_one_thread_of(when); }

  dial_mode mode = dial_mode::join;
  std::optional<duration_distribution> hold;  ///< until the dialer disconnects; none: for ever
  duration deadline{};                        ///< after the dial; 0: none but the manager's
  std::string where;                          ///< of the entry
};

class dialing final : public doing {
 public:
  dialing(const dial_work& what, workload& in, std::uint64_t index)
      : what_(what),
        in_(in),
        to_(in.nodes_of(what.who.to)),
        index_(index),
        parts_(in.split().threads),
        arrivals_(
            in, what.when, in.nodes_of(what.who.from), index,
            [this](std::uint64_t k, node_index from) { dial(k, from); },
            arrival_process::whose::itself) {}

  void begin() override { arrivals_.begin(); }
  void turn(node_index from, node_index to) override {
    in_.turn(from, [this, from, to] {
      if (in_.lives(from)) dial_at(from, to);
    });
  }
  bool hears() const override { return what_.hold || what_.when.think; }

  void on_notification(node_index node, time_point now, const notification& what) override {
    auto& mine = of(node);
    const bool failed = what.kind == notice::dial_failed;
    if (failed || what.kind == notice::dial_succeeded) {
      if (mine.asked.erase({node, static_cast<std::uint64_t>(what.request)}) == 0) return;
      if (failed)
        arrivals_.over(node);
      else
        connected(node, now, what.conn);
    } else if (what.kind == notice::connection_closed) {
      if (mine.open.erase({node, static_cast<std::uint64_t>(what.conn)}) != 0) arrivals_.over(node);
    }
  }
  // A new life of the node numbers its requests and connections from the start again.
  void on_killed(node_index node) override {
    const auto of_node = [node](const key& entry) { return entry.first == node; };
    erase_if(of(node).asked, of_node);
    erase_if(of(node).open, of_node);
  }
  void on_restarted(node_index node) override { arrivals_.over(node); }
  std::string warning() const override {
    std::uint64_t shared = 0;
    for (const auto& part : parts_) shared += part.shared;
    if (!what_.hold || shared == 0) return {};
    return what_.where + ": " + std::to_string(shared) +
           " of its dials joined a connection that an earlier one holds, so that the shortest hold "
           "ends it for all of them; `mode: additional` gives each its own";
  }

 private:
  using key = std::pair<node_index, std::uint64_t>;

  /// What nodes of one thread have.
  struct alignas(64) part {
    boost::unordered_flat_set<key> asked;  ///< requests whose end matters
    boost::unordered_flat_set<key> open;   ///< connections that are held
    std::uint64_t shared = 0;              ///< dials that joined one of those
    boost::unordered_flat_map<node_index, random_stream> holding, choice;
  };

  part& of(node_index node) { return parts_[in_.split().of(node)]; }
  // What one node draws does not hang on the others.
  random_stream& drawn(boost::unordered_flat_map<node_index, random_stream>& from, const char* what,
                       node_index node) const {
    const auto [it, fresh] = from.try_emplace(node, 0);
    if (fresh) it->second = random_stream::of(in_.seed(), what, index_ << 32 | node);
    return it->second;
  }

  void dial(std::uint64_t k, node_index from) {
    if (!in_.lives(from)) return;
    const bool random = what_.pick == pick::random;
    const auto choice =
        random ? drawn(of(from).choice, "choice of a node", from).up_to(to_.size() - 1) : k;
    dial_at(from, in_.target_of(to_, from, choice));
  }
  void dial_at(node_index from, node_index to) {
    const auto request = in_.dial(from, to, what_.mode, what_.deadline);
    if (what_.hold || what_.when.think)
      of(from).asked.insert({from, static_cast<std::uint64_t>(request)});
  }
  void connected(node_index node, time_point now, connection_id conn) {
    auto& mine = of(node);
    if (!mine.open.insert({node, static_cast<std::uint64_t>(conn)}).second) ++mine.shared;
    if (!what_.hold) return;
    auto& random = drawn(mine.holding, "holding of a node", node);
    in_.at_node(later(now, what_.hold->draw(random)), node,
                [this, node, conn] { in_.place().disconnect(node, conn); });
  }

  const dial_work& what_;
  workload& in_;
  node_list to_;
  std::uint64_t index_;
  std::vector<part> parts_;  ///< of threads
  arrival_process arrivals_;
};

std::unique_ptr<doing> dial_work::start(workload& in, std::uint64_t index) const {
  return std::make_unique<dialing>(*this, in, index);
}

// `{fixed: 10s}` is another way to write the constant `10s`.
duration_distribution read_hold(const yaml_value& value) {
  constexpr duration above_zero{1};
  if (!value.is_mapping()) return read_duration_distribution(value, above_zero);
  const auto entries = value.entries();
  if (entries.size() == 1 && entries.front().first == "fixed")
    return duration_distribution::constant(entries.front().second.as_duration(above_zero));
  return read_duration_distribution(value, above_zero);
}

// A connection that nothing uses is idle before its hold is over.
void warn_of_idle(const yaml_value& hold, const duration_distribution& how, const ends& who,
                  scenario& of) {
  constexpr double longest = 0.99;  // a part of the holds
  for (const auto group : {who.from.group, who.to.group}) {
    const auto timeout = of.groups[group].manager.connection_timeout;
    if (how.quantile(longest) <= timeout) continue;
    of.warnings.push_back(hold.where() + ": " + quoted(hold.path()) + " can be longer than the " +
                          format_duration(timeout) + " of connection_timeout of group " +
                          quoted(of.groups[group].name) +
                          ", which closes what is idle before it is over; `manager: {passive: "
                          "true}` or a longer connection_timeout keeps it");
    return;
  }
}

}  // namespace

std::unique_ptr<work> read_dial(const yaml_value& value, scenario& of) {
  const yaml_mapping given(value, "dial",
                           with_schedule_keys({"from", "to", "mode", "hold", "deadline", "pick"}));
  auto out = std::make_unique<dial_work>();
  read_ends(given, of, {}, out->who);
  read_schedule(given, of, out->who.from.count, {.think = true}, out->when);
  given.read("mode", [&](const auto& v) {
    out->mode = v.as_one_of({"join", "additional"}, "dial mode") == 0 ? dial_mode::join
                                                                      : dial_mode::additional;
  });
  out->where = value.where();
  given.read("hold", [&](const auto& v) {
    out->hold = read_hold(v);
    warn_of_idle(v, *out->hold, out->who, of);
  });
  given.read("deadline", [&](const auto& v) { out->deadline = v.as_duration(duration{1}); });
  read_pick(given, false, out->pick);
  return out;
}

}  // namespace tandem::scenarios
