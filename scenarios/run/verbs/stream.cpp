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
#include <deque>
#include <optional>

namespace tandem::scenarios {
namespace {

// A message of the workload carries its number.
constexpr std::uint64_t bytes_least = 8;
constexpr std::uint64_t size_max = std::uint64_t{1} << 40;
// What is on its way must fit into the backlog of a connection, 1 MiB, with what frames it.
constexpr std::uint64_t in_flight_max = 960 * 1024;
// Pieces of a transfer, and the largest message of a rate: libp2p's usual write.
constexpr std::uint64_t piece_max = 16 * 1024;
// Messages of a rate are so far apart unless that makes them too small or too large.
constexpr double rate_interval_s = 0.1;
// A stream that has nothing on its way asks so often whether the connection has room again.
constexpr duration asks_again_after = std::chrono::milliseconds(100);

struct stream_work final : work_between {
  std::unique_ptr<doing> start(workload& in, std::uint64_t index) const override;

  std::optional<duration_distribution> hold;  ///< it is open for so long
  std::optional<sim::distribution> size;      ///< or until so many bytes arrived
  std::uint64_t rate = 0;                     ///< bit/s while it is held; 0: nothing moves
  std::uint64_t in_flight = 512 * 1024;       ///< bytes of a size at most
};

/// Streams of an application, each open on the connection that there is when it begins.
class streaming final : public doing {
 public:
  streaming(const stream_work& what, workload& in, std::uint64_t index)
      : what_(what),
        in_(in),
        to_(in, what.who, what.pick, index),
        random_(random_stream::of(in.seed(), "streams", index)),
        arrivals_(in, what.when, to_.from(), index,
                  [this](std::uint64_t, node_index from) { open(from); }) {}

  void begin() override { arrivals_.begin(); }
  void turn(node_index from, node_index to) override {
    in_.turn(from, [this, from, to] {
      if (in_.lives(from)) open(from, to);
    });
  }
  void on_notification(node_index node, time_point, const notification& what) override {
    to_.on_notification(node, what);
    if (what.kind == notice::connection_closed)
      fail_all(node, [&](const stream& one) { return one.conn == what.conn; });
  }
  void on_killed(node_index node) override {
    to_.on_killed(node);
    fail_all(node, [](const stream&) { return true; });
  }
  void on_restarted(node_index node) override { arrivals_.over(node); }
  void on_sent(std::uint64_t number, send_result result) override {
    stream* one = open_.find(number);
    if (one == nullptr) return;
    one->asking = false;
    switch (result) {
      case send_result::accepted:
        return push(number);
      case send_result::gone:
        return end(number, false);
      case send_result::refused:
        return wait_for_room(number, *one);
    }
  }
  void on_arrived(node_index, std::uint64_t number) override {
    stream* one = open_.find(number);
    if (one == nullptr || one->flying.empty()) return;
    one->flies -= one->flying.front();
    one->flying.pop_front();
    if (one->left == 0 && one->flying.empty()) return end(number, true);
    push(number);
  }

 private:
  struct stream {
    node_index from;
    node_index to;
    connection_id conn;
    time_point since;
    std::uint64_t left = 0;            ///< bytes of its size that were not sent
    std::uint64_t flies = 0;           ///< bytes that were and have not arrived,
    std::deque<std::uint64_t> flying;  ///< and the messages they are in, oldest first
    bool asking = false;               ///< whether the connection takes the last of them
  };

  void open(node_index from) {
    if (!in_.lives(from)) return;
    bool any = false;
    to_.each(from, [&](node_index to) {
      any = true;
      open(from, to);
    });
    if (!any) arrivals_.over(from);
  }
  void open(node_index from, node_index to) {
    const auto conn = in_.connection(from, to);
    const auto number = open_.add({from, to, conn, in_.now(), 0, 0, {}, false});
    in_.count(from, tally::streams);
    if (conn == connection_id::none) return end(number, false);
    in_.open_stream(from, conn);
    what_.hold ? hold(number, from) : move(number);
  }
  void hold(std::uint64_t number, node_index from) {
    in_.at_node(later(in_.now(), what_.hold->draw(random_)), from,
                [this, number] { end(number, true); });
    if (what_.rate != 0) talk(number);
  }
  // One message of the rate now, and the next when it is due.
  void talk(std::uint64_t number) {
    const stream* one = open_.find(number);
    if (one == nullptr) return;
    const auto bytes_per_second = static_cast<double>(what_.rate) / 8;
    const auto bytes = std::clamp(static_cast<std::uint64_t>(bytes_per_second * rate_interval_s),
                                  bytes_least, piece_max);
    in_.send(one->from, one->to, bytes);
    const auto wait = static_cast<double>(bytes) / bytes_per_second * 1e9;
    in_.at_node(later(in_.now(), duration(static_cast<std::int64_t>(wait))), one->from,
                [this, number] { talk(number); });
  }
  void move(std::uint64_t number) {
    open_.find(number)->left =
        std::max(bytes_least, static_cast<std::uint64_t>(what_.size->draw(random_)));
    push(number);
  }
  // Sends the next piece if it may; when the connection has taken it, the one after it.
  void push(std::uint64_t number) {
    stream* one = open_.find(number);
    if (one == nullptr || one->asking || one->left == 0) return;
    const auto bytes = std::min({one->left, piece_max, what_.in_flight});
    if (one->flies != 0 && one->flies + bytes > what_.in_flight) return;
    one->left -= bytes;
    one->flies += bytes;
    one->flying.push_back(bytes);
    one->asking = true;
    in_.send(*this, one->from, one->to, std::max(bytes, bytes_least), number);
  }
  // Others fill the backlog of the connection, too: the piece is sent later.
  void wait_for_room(std::uint64_t number, stream& one) {
    const auto bytes = one.flying.back();
    one.flying.pop_back();
    one.flies -= bytes;
    one.left += bytes;
    if (one.flies != 0) return;  // the arrival of what flies makes room
    in_.at_node(later(in_.now(), asks_again_after), one.from, [this, number] { push(number); });
  }
  void end(std::uint64_t number, bool finished) {
    stream* ended = open_.find(number);
    if (ended == nullptr) return;
    const auto one = std::move(*ended);
    open_.erase(number);
    in_.close_stream(one.from, one.conn);
    in_.count(one.from, finished ? tally::streams_finished : tally::streams_failed);
    if (finished) in_.add(one.from, spread::stream_time, in_.now() - one.since);
    // All that began in one turn end it together.
    if (!open_.has(one.from)) arrivals_.over(one.from);
  }
  template <class Which>
  void fail_all(node_index node, Which which) {
    for (const auto number : open_.of(node, which)) end(number, false);
  }

  const stream_work& what_;
  workload& in_;
  targets to_;
  random_stream random_;
  open_items<stream> open_;
  arrival_process arrivals_;
};

std::unique_ptr<doing> stream_work::start(workload& in, std::uint64_t index) const {
  return std::make_unique<streaming>(*this, in, index);
}

void read_length(const yaml_mapping& given, stream_work& out) {
  given.read("hold", [&](const auto& v) { out.hold = read_duration_distribution(v, duration{1}); });
  given.read("size", [&](const auto& v) {
    if (given.find("hold") != nullptr)
      v.fail_key("a stream ends after a `hold` or after a `size`; leave one out");
    out.size = read_byte_distribution(v, size_max);
  });
  if (given.find("hold") == nullptr && given.find("size") == nullptr)
    given.self().fail("a stream needs to end: give it a `hold` or a `size`");
  given.read("rate", [&](const auto& v) {
    if (given.find("size") != nullptr)
      v.fail_key("a `size` goes as fast as `in_flight` lets it; `rate` is for a `hold`");
    out.rate = v.as_bandwidth();
  });
  given.read("in_flight", [&](const auto& v) {
    if (given.find("size") == nullptr) v.fail_key("`in_flight` is a bound of a `size`; add that");
    out.in_flight = v.as_bytes(bytes_least, in_flight_max);
  });
}

}  // namespace

std::unique_ptr<work> read_stream(const yaml_value& value, scenario& of) {
  const yaml_mapping given(
      value, "stream",
      with_schedule_keys({"from", "to", "pick", "hold", "size", "rate", "in_flight"}));
  auto out = std::make_unique<stream_work>();
  read_ends(given, of, {.to_listens = false, .neighbours = true}, out->who);
  read_schedule(given, of, out->who.from.count, {.think = true}, out->when);
  read_length(given, *out);
  read_pick(given, true, out->pick);
  return out;
}

}  // namespace tandem::scenarios
