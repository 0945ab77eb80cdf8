// SPDX-License-Identifier: MIT
#include "read/read_distribution.hpp"
#include "run/verbs/reading.hpp"
#include "run/verbs/targets.hpp"
#include "run/verbs/verb.hpp"
#include "run/workload.hpp"
#include "tandem/net/send_result.hpp"
#include "tandem/sim/message_network.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <deque>
#include <utility>

namespace tandem::scenarios {
namespace {

constexpr std::uint64_t bytes_max = message_size_default - 8;  // less its prefix

struct send_work final : work_between {
  std::unique_ptr<doing> start(workload& in, std::uint64_t index) const override;
  bool is_use() const override { return true; }
  std::string why_one_thread() const override {
    if (in_flight > 0 || who.to.neighbours()) return work::why_one_thread();
    if (size.quantile(1) > static_cast<std::int64_t>(sim::message_of_one_segment))
      return "a message of more than " + std::to_string(sim::message_of_one_segment) +
             " bytes takes several packets";
    return why_one_thread_of(when);
  }

  sim::distribution size;
  std::uint64_t in_flight = 0;  ///< bytes of one node to one other at most; 0: no bound
};

class sending final : public doing {
 public:
  sending(const send_work& what, workload& in, std::uint64_t index)
      : what_(what),
        in_(in),
        to_(in, what.who, what.pick, index),
        sizes_(random_stream::of(in.seed(), "sizes", index)),
        arrivals_(in, what.when, to_.from(), index,
                  [this](std::uint64_t, node_index from) { send(from); }) {}

  void begin() override { arrivals_.begin(); }
  void turn(node_index from, node_index to) override {
    in_.turn(from, [this, from, to] {
      if (in_.lives(from)) send_to(from, to);
    });
  }
  bool hears() const override { return what_.in_flight > 0 || what_.who.to.neighbours(); }
  void on_notification(node_index node, time_point, const notification& what) override {
    to_.on_notification(node, what);
    if (what.kind == notice::connection_closed && what_.in_flight > 0) lost(node, what.peer);
  }
  void on_killed(node_index node) override {
    to_.on_killed(node);
    erase_if(flows_, [node](const auto& flow) { return flow.first.first == node; });
  }
  void on_sent(std::uint64_t number, send_result result) override {
    if (result != send_result::accepted) arrived(number);
  }
  void on_arrived(node_index, std::uint64_t number) override { arrived(number); }

 private:
  using key = std::pair<node_index, node_index>;
  struct flow {
    std::uint64_t flying = 0;  ///< bytes that left and have not arrived
    std::deque<std::uint64_t> waiting;
  };
  struct message {
    key way;
    std::uint64_t bytes;
  };

  void send(node_index from) {
    if (!in_.lives(from)) return;
    to_.each(from, [&](node_index to) { send_to(from, to); });
  }
  void send_to(node_index from, node_index to) {
    const auto bytes = static_cast<std::uint64_t>(what_.size.draw(sizes_));
    if (what_.in_flight == 0) return in_.send(from, to, bytes);
    flows_[{from, to}].waiting.push_back(bytes);
    push({from, to});
  }
  // Sends what there is room for; a message that alone is too large goes alone.
  void push(key way) {
    auto& flow = flows_[way];
    while (!flow.waiting.empty() &&
           (flow.flying == 0 || flow.flying + flow.waiting.front() <= what_.in_flight)) {
      const auto bytes = flow.waiting.front();
      flow.waiting.pop_front();
      flow.flying += bytes;
      const auto number = ++last_;
      messages_.emplace(number, message{way, bytes});
      in_.send(*this, way.first, way.second, bytes, number);
    }
  }
  void arrived(std::uint64_t number) {
    const auto it = messages_.find(number);
    if (it == messages_.end()) return;
    const auto [way, bytes] = it->second;
    messages_.erase(it);
    const auto flow = flows_.find(way);
    if (flow == flows_.end()) return;
    flow->second.flying -= bytes;
    push(way);
  }
  // What flew with the last connection arrives no more.
  void lost(node_index node, const peer_id& peer) {
    const auto to = in_.ledger().index_of(peer);
    if (to < 0 || in_.ledger().connections(node, static_cast<node_index>(to)) != 0) return;
    const key way{node, static_cast<node_index>(to)};
    const auto flow = flows_.find(way);
    if (flow == flows_.end() || flow->second.flying == 0) return;
    erase_if(messages_, [way](const auto& one) { return one.second.way == way; });
    flow->second.flying = 0;
    push(way);
  }

  const send_work& what_;
  workload& in_;
  targets to_;
  random_stream sizes_;
  boost::unordered_flat_map<key, flow> flows_;
  boost::unordered_flat_map<std::uint64_t, message> messages_;  ///< in flight, by their numbers
  std::uint64_t last_ = 0;
  arrival_process arrivals_;
};

std::unique_ptr<doing> send_work::start(workload& in, std::uint64_t index) const {
  return std::make_unique<sending>(*this, in, index);
}

}  // namespace

std::unique_ptr<work> read_send(const yaml_value& value, scenario& of) {
  const yaml_mapping given(
      value, "send", with_schedule_keys({"from", "to", "size", "bytes", "pick", "in_flight"}));
  auto out = std::make_unique<send_work>();
  read_ends(given, of, {.to_listens = false, .neighbours = true}, out->who);
  read_schedule(given, of, out->who.from.count, {}, out->when);
  // `bytes` is the older word for it.
  given.require(given.find("bytes") != nullptr ? "bytes" : "size",
                [&](const auto& v) { out->size = read_byte_distribution(v, bytes_max); });
  read_pick(given, true, out->pick);
  given.read("in_flight", [&](const auto& v) {
    out->in_flight = v.as_bytes(0, std::uint64_t{1} << 40);
    if (out->in_flight == 0) v.fail("`in_flight` of nothing sends nothing; leave it out");
  });
  return out;
}

}  // namespace tandem::scenarios
