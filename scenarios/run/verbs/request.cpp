// SPDX-License-Identifier: MIT
#include "read/read_distribution.hpp"
#include "run/verbs/open_items.hpp"
#include "run/verbs/reading.hpp"
#include "run/verbs/targets.hpp"
#include "run/verbs/verb.hpp"
#include "run/workload.hpp"
#include "tandem/command/units.hpp"
#include "tandem/net/send_result.hpp"

#include <algorithm>

namespace tandem::scenarios {
namespace {

// A message of the workload carries its number.
constexpr std::uint64_t bytes_least = 8;
constexpr std::uint64_t bytes_max = message_size_default - 8;

struct request_work final : work_between {
  std::unique_ptr<doing> start(workload& in, std::uint64_t index) const override;
  bool is_use() const override { return true; }

  sim::distribution size;
  sim::distribution reply_size;
  duration_distribution think = duration_distribution::constant({});
  duration deadline{};  ///< an answer that comes later is none; 0: whenever
};

/// A message there, a time to think, and a message back, over the connections that there are. While
/// it waits for the answer a stream is open.
class requesting final : public doing {
 public:
  requesting(const request_work& what, workload& in, std::uint64_t index)
      : what_(what),
        in_(in),
        to_(in, what.who, what.pick, index),
        random_(random_stream::of(in.seed(), "requests", index)),
        arrivals_(in, what.when, to_.from(), index,
                  [this](std::uint64_t, node_index from) { ask(from); }) {}

  void begin() override { arrivals_.begin(); }
  void turn(node_index from, node_index to) override {
    in_.turn(from, [this, from, to] {
      if (in_.lives(from)) ask(from, to);
    });
  }
  void on_notification(node_index node, time_point, const notification& what) override {
    to_.on_notification(node, what);
    if (what.kind == notice::connection_closed)
      fail_all(node, [&](const asked& one) { return one.waits_on == what.conn; });
  }
  void on_killed(node_index node) override {
    to_.on_killed(node);
    fail_all(node, [](const asked&) { return true; });
  }
  void on_restarted(node_index node) override { arrivals_.over(node); }
  void on_sent(std::uint64_t number, send_result result) override {
    if (result != send_result::accepted) end(number / 2, false);
  }
  void on_arrived(node_index at, std::uint64_t number) override {
    if (number % 2 == 1) return end(number / 2, true);
    if (open_.find(number / 2) == nullptr) return;
    in_.at_node(later(in_.now(), what_.think.draw(random_)), at, [this, at, number] {
      if (const asked* one = open_.find(number / 2))
        in_.send(*this, at, one->from, size_of(what_.reply_size), number + 1);
    });
  }

 private:
  struct asked {
    node_index from;
    node_index to;
    time_point at;
    connection_id waits_on;  ///< where its stream is open: to wait is use, at both ends
  };

  std::uint64_t size_of(const sim::distribution& of) {
    return std::max(bytes_least, static_cast<std::uint64_t>(of.draw(random_)));
  }
  void ask(node_index from) {
    if (!in_.lives(from)) return;
    bool any = false;
    to_.each(from, [&](node_index to) {
      any = true;
      ask(from, to);
    });
    if (!any) arrivals_.over(from);
  }
  void ask(node_index from, node_index to) {
    const auto conn = in_.connection(from, to);
    const auto number = open_.add({from, to, in_.now(), conn});
    in_.open_stream(from, conn);
    in_.count(from, tally::requests);
    if (what_.deadline > duration{})
      in_.at_node(later(in_.now(), what_.deadline), from, [this, number] { end(number, false); });
    in_.send(*this, from, to, size_of(what_.size), number * 2);
  }
  void end(std::uint64_t number, bool answered) {
    const asked* ended = open_.find(number);
    if (ended == nullptr) return;
    const auto one = *ended;
    open_.erase(number);
    in_.close_stream(one.from, one.waits_on);
    in_.count(one.from, answered ? tally::requests_answered : tally::requests_failed);
    if (answered) in_.add(one.from, spread::request_time, in_.now() - one.at);
    // All that were asked in one turn end it together.
    if (!open_.has(one.from)) arrivals_.over(one.from);
  }
  template <class Which>
  void fail_all(node_index node, Which which) {
    for (const auto number : open_.of(node, which)) end(number, false);
  }

  const request_work& what_;
  workload& in_;
  targets to_;
  random_stream random_;
  open_items<asked> open_;
  arrival_process arrivals_;
};

std::unique_ptr<doing> request_work::start(workload& in, std::uint64_t index) const {
  return std::make_unique<requesting>(*this, in, index);
}

void read_reply(const yaml_value& value, request_work& out) {
  const yaml_mapping given(value, "reply", {"size", "think"});
  given.require("size",
                [&](const auto& v) { out.reply_size = read_byte_distribution(v, bytes_max); });
  given.read("think", [&](const auto& v) { out.think = read_duration_distribution(v, {}); });
}

}  // namespace

std::unique_ptr<work> read_request(const yaml_value& value, scenario& of) {
  const yaml_mapping given(value, "request",
                           with_schedule_keys({"from", "to", "size", "reply", "pick", "deadline"}));
  auto out = std::make_unique<request_work>();
  read_ends(given, of, {.to_listens = false, .neighbours = true}, out->who);
  read_schedule(given, of, out->who.from.count, {.think = true}, out->when);
  given.require("size", [&](const auto& v) { out->size = read_byte_distribution(v, bytes_max); });
  given.require("reply", [&](const auto& v) { read_reply(v, *out); });
  given.read("deadline", [&](const auto& v) { out->deadline = v.as_duration(duration{1}); });
  read_pick(given, true, out->pick);
  return out;
}

}  // namespace tandem::scenarios
