// SPDX-License-Identifier: MIT
#include "read/read_manager.hpp"
#include "run/verbs/reading.hpp"
#include "run/verbs/targets.hpp"
#include "run/verbs/verb.hpp"
#include "run/workload.hpp"
#include "tandem/command/units.hpp"
#include "tandem/net/identity.hpp"

#include <functional>
#include <optional>
#include <string>

// What applications and operators tell nodes about others and about themselves.
namespace tandem::scenarios {
namespace {

/// Something a node does about one other; without an other, about itself.
struct command_work final : work {
  using command = std::function<void(workload& in, node_index node, node_index other)>;
  std::unique_ptr<doing> start(workload& in, std::uint64_t index) const override;
  std::string why_one_thread() const override {
    return who.to.neighbours() ? work::why_one_thread() : why_one_thread_of(when);
  }

  ends who;
  bool alone = false;
  schedule when;
  enum pick pick = pick::all;
  command act;
};

class commanding final : public doing {
 public:
  commanding(const command_work& what, workload& in, std::uint64_t index)
      : what_(what),
        in_(in),
        to_(in, what.who, what.pick, index),
        arrivals_(in, what.when, to_.from(), index,
                  [this](std::uint64_t, node_index node) { act(node); }) {}

  void begin() override { arrivals_.begin(); }
  void turn(node_index from, node_index to) override {
    in_.turn(from, [this, from, to] {
      if (in_.lives(from)) what_.act(in_, from, to);
    });
  }
  bool hears() const override { return what_.who.to.neighbours(); }
  void on_notification(node_index node, time_point, const notification& what) override {
    to_.on_notification(node, what);
  }
  void on_killed(node_index node) override { to_.on_killed(node); }

 private:
  void act(node_index node) {
    if (!in_.lives(node)) return;
    if (what_.alone)
      what_.act(in_, node, node);
    else
      to_.each(node, [&](node_index other) { what_.act(in_, node, other); });
  }

  const command_work& what_;
  workload& in_;
  targets to_;
  arrival_process arrivals_;
};

std::unique_ptr<doing> command_work::start(workload& in, std::uint64_t index) const {
  return std::make_unique<commanding>(*this, in, index);
}

// Of one node about others: `from`, `to`, `pick`, and the schedule.
std::unique_ptr<command_work> about_others(const yaml_mapping& given, const scenario& of) {
  auto out = std::make_unique<command_work>();
  read_ends(given, of, {.to_listens = false, .neighbours = true}, out->who);
  read_schedule(given, of, out->who.from.count, {}, out->when);
  read_pick(given, true, out->pick);
  return out;
}

// Of nodes about themselves: `nodes`, and the schedule.
std::unique_ptr<command_work> about_itself(const yaml_mapping& given, const scenario& of) {
  auto out = std::make_unique<command_work>();
  out->alone = true;
  given.require("nodes", [&](const auto& v) { out->who.from = read_nodes(v, of); });
  out->who.to = out->who.from;
  read_schedule(given, of, out->who.from.count, {}, out->when);
  return out;
}

// The end of a mark, counted from the start.
std::optional<duration> read_mark_end(const yaml_mapping& given, const scenario& of, duration at) {
  std::optional<duration> out;
  given.read("until", [&](const auto& v) {
    out = read_time(v, of);
    if (*out <= at) v.fail("`until` must be after `at`");
  });
  return out;
}

// `deny: {nodes: server, network: 10.0.0.0/24}`.
std::unique_ptr<work> read_network_mark(const yaml_value& value, const scenario& of,
                                        const char* word, mark what) {
  const yaml_mapping given(value, word,
                           {"nodes", "network", "at", "when", "allow_untested", "until", "on"});
  auto out = std::make_unique<command_work>();
  out->alone = true;
  given.require("nodes", [&](const auto& v) { out->who.from = read_nodes(v, of); });
  out->who.to = out->who.from;
  read_beginning(given, of, false, out->when);
  events::subnet_marked said;
  said.what = what;
  given.require("network", [&](const auto& v) {
    const auto range = parse_address_range(v.as_text());
    if (!range)
      v.fail(quoted(v.path()) + " must be a network, as in 10.0.0.0/24 or fd00::/64, not " +
             quoted(v.as_text()));
    said.network = range->first;
    said.prefix = range->prefix;
  });
  given.read("on", [&](const auto& v) { said.on = v.as_bool(); });
  const auto until = read_mark_end(given, of, out->when.at);
  out->act = [said, until](workload& in, node_index node, node_index) {
    auto one = said;
    if (until) one.until = later(in.start(), *until);
    in.operate(node, one);
  };
  return out;
}

std::unique_ptr<work> read_mark(const yaml_value& value, const scenario& of, const char* word,
                                mark what) {
  const bool of_networks = what == mark::allow || what == mark::deny;
  if (of_networks && value.is_mapping() && value.node()["network"])
    return read_network_mark(value, of, word, what);
  std::vector<std::string> keys{"from",           "to",    "pick", "at", "when",
                                "allow_untested", "until", "on"};
  if (what == mark::tag) keys.emplace_back("weight");
  const yaml_mapping given(value, word, keys);
  auto out = std::make_unique<command_work>();
  read_ends(given, of, {.to_listens = false, .neighbours = true}, out->who);
  read_pick(given, true, out->pick);
  read_beginning(given, of, false, out->when);
  events::peer_marked said;
  said.what = what;
  given.read("on", [&](const auto& v) { said.on = v.as_bool(); });
  if (what == mark::tag)
    given.require("weight", [&](const auto& v) {
      said.weight = static_cast<std::int32_t>(v.as_count(0, 1'000'000));
    });
  const auto until = read_mark_end(given, of, out->when.at);
  out->act = [said, until](workload& in, node_index node, node_index other) {
    auto one = said;
    one.peer = in.place().id(other);
    if (until) one.until = later(in.start(), *until);
    in.operate(node, one);
  };
  return out;
}

}  // namespace

std::unique_ptr<work> read_protect(const yaml_value& value, scenario& of) {
  return read_mark(value, of, "protect", mark::protect);
}
std::unique_ptr<work> read_tag(const yaml_value& value, scenario& of) {
  return read_mark(value, of, "tag", mark::tag);
}
std::unique_ptr<work> read_keep_alive(const yaml_value& value, scenario& of) {
  return read_mark(value, of, "keep_alive", mark::keep_alive);
}
std::unique_ptr<work> read_allow(const yaml_value& value, scenario& of) {
  return read_mark(value, of, "allow", mark::allow);
}
std::unique_ptr<work> read_deny(const yaml_value& value, scenario& of) {
  return read_mark(value, of, "deny", mark::deny);
}

std::unique_ptr<work> read_disconnect(const yaml_value& value, scenario& of) {
  auto out = about_others(
      yaml_mapping(value, "disconnect", with_schedule_keys({"from", "to", "pick"})), of);
  out->act = [](workload& in, node_index node, node_index other) {
    in.place().disconnect(node, other);
  };
  return out;
}

std::unique_ptr<work> read_override_backoff(const yaml_value& value, scenario& of) {
  auto out = about_others(
      yaml_mapping(value, "override_backoff", with_schedule_keys({"from", "to", "pick"})), of);
  out->act = [](workload& in, node_index node, node_index other) {
    in.operate(node, events::backoff_overridden{in.place().id(other)});
  };
  return out;
}

std::unique_ptr<work> read_network_changed(const yaml_value& value, scenario& of) {
  auto out =
      about_itself(yaml_mapping(value, "network_changed", with_schedule_keys({"nodes"})), of);
  out->act = [](workload& in, node_index node, node_index) {
    in.operate(node, events::network_changed{});
  };
  return out;
}

std::unique_ptr<work> read_pressure(const yaml_value& value, scenario& of) {
  const yaml_mapping given(value, "pressure",
                           with_schedule_keys({"nodes", "memory", "descriptors"}));
  auto out = about_itself(given, of);
  events::pressure said;
  given.read("memory", [&](const auto& v) { said.memory = v.as_bool(); });
  given.read("descriptors", [&](const auto& v) { said.descriptors = v.as_bool(); });
  out->act = [said](workload& in, node_index node, node_index) { in.operate(node, said); };
  return out;
}

// What the options do not name stays as the group has it.
std::unique_ptr<work> read_configure(const yaml_value& value, scenario& of) {
  const yaml_mapping given(value, "configure", with_schedule_keys({"nodes", "manager"}));
  auto out = about_itself(given, of);
  auto options = of.groups[out->who.from.group].manager;
  given.require("manager", [&](const auto& v) { read_manager(v, options); });
  out->act = [options](workload& in, node_index node, node_index) {
    in.operate(node, events::configured{options});
  };
  return out;
}

}  // namespace tandem::scenarios
