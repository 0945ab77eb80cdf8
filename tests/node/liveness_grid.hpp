// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/core/random.hpp"
#include "tandem/net/node.hpp"
#include "tandem/sim/fabric.hpp"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace tandem::test {

using namespace std::chrono_literals;

/// What happens on the connections of one cell of the grid.
enum class pastime : std::uint8_t {
  quiet,      ///< kept alive, nothing but probes
  bulk,       ///< messages as fast as a 2 Mbit/s access link takes them
  stalls,     ///< kept alive; each connection is cut for 10 s once in 5 min
  vanishing,  ///< kept alive; each connection is cut for good at a random time
};

struct grid_cell {
  duration round_trip;
  double loss;
  pastime what;
  unsigned connections = 4;
  duration length = 1h;
  std::uint64_t seed = 1;
};

/// What became of the two ends of every connection.
struct grid_result {
  unsigned ready = 0;         ///< ends that were established
  unsigned false_closes = 0;  ///< ends that closed though their peer was there and was heard
  /// Pairs of ends that closed because the transport brought nothing for longer than the bound. A
  /// stall of 10 s whose retransmissions are lost twice more silences TCP for up to 80 s.
  unsigned silenced = 0;
  unsigned dead = 0;   ///< ends whose peer vanished
  unsigned found = 0;  ///< of those, closed as LivenessLost within the stated bound
  duration slowest{};  ///< from the cut to the close, of the end that took longest
  duration bound{};    ///< for that end
};

/// Pairs of nodes, one connection each, on modelled byte streams in virtual time.
class liveness_grid {
 public:
  explicit liveness_grid(const grid_cell& cell) : cell_(cell) {
    path_.latency = cell.round_trip / 2;
    path_.loss = cell.loss;
    if (cell.what == pastime::bulk) path_.bandwidth = 2'000'000;
    sim::fabric_options options;
    options.seed = cell.seed;
    options.links = [this](sim::host_index, sim::host_index) -> const sim::link& { return path_; };
    net_ = sim::make_stream_fabric(std::move(options));
    for (unsigned i = 0; i < cell.connections; ++i) add_pair(i);
  }

  grid_result run() {
    net_->run_until(time_point(setup), {});
    for (unsigned i = 0; i < cell_.connections; ++i) begin(i);
    net_->run_until(time_point(setup + cell_.length), {});
    grid_result sum;
    for (unsigned i = 0; i < cell_.connections; ++i) {
      const bool silenced = outlasted(of(i, 0)) || outlasted(of(i, 1));
      sum.silenced += silenced;
      for (unsigned k : {0U, 1U}) judge(of(i, k), silenced, sum);
    }
    return sum;
  }

 private:
  /// Handshakes take many round trips under loss; the grid begins after them.
  static constexpr duration setup = 300s;
  static constexpr duration stall = 10s;
  static constexpr duration stall_period = 300s;

  struct end final : node_observer {
    void on_notification(time_point now, const notification& what) override {
      if (what.kind == notice::connection_established) ready = true;
      if (what.kind == notice::connection_closed && !closed) closed = {now, what};
    }
    void on_step(time_point, const connection_manager&) override {}
    void on_event(time_point, const event& what) override {
      if (const auto* moved = std::get_if<events::traffic>(&what); moved && moved->received > 0)
        heard = std::max(heard, moved->last_received_at);
    }
    void on_message(time_point, const received_message&) override {}

    bool ready = false;
    time_point heard{};  ///< the last byte
    std::optional<std::pair<time_point, notification>> closed;
    std::optional<time_point> cut;  ///< when its peer vanished
    std::unique_ptr<tandem::node> node;
    duration interval{};
  };

  void add_pair(unsigned i) {
    for (const bool listens : {true, false}) {
      const auto host = net_->add_host();
      cut_.push_back(false);
      node_options options;
      options.self = identity::of_node(cell_.seed, host);
      options.seed = host;
      options.security = {security::plaintext};
      options.manager.attempt_timeout = options.manager.handshake_timeout = 120s;
      options.manager.dial_timeout = setup;
      if (listens) options.listen = {net_->listen_address(host)};
      auto made = std::make_unique<end>();
      made->interval = options.manager.liveness_interval;
      made->node = std::make_unique<node>(net_->host(host), options, made.get(), nullptr);
      made->node->start();
      ends_.push_back(std::move(made));
    }
    if (cell_.what != pastime::bulk)
      for (unsigned k : {0U, 1U})
        of(i, k).node->mark(events::peer_marked{of(i, 1 - k).node->self().id(), mark::keep_alive});
    dial_options where;
    where.addresses = {net_->listen_address(2 * i)};
    of(i, 1).node->dial(of(i, 0).node->self().id(), std::move(where));
    if (cell_.what == pastime::bulk) send_on(i);
  }

  void begin(unsigned i) {
    auto choice = random_stream::of(cell_.seed, "pastime", i);
    const auto up_to = [&](duration d) {
      return duration(choice.up_to(static_cast<std::uint64_t>(d.count())));
    };
    if (cell_.what == pastime::vanishing) {
      const time_point when = time_point(setup) + up_to(300s);
      net_->clock().at(when, [this, i, when] {
        for (unsigned k : {0U, 1U}) of(i, k).cut = when;
        set_cut(i, true);
      });
    }
    if (cell_.what != pastime::stalls) return;
    for (duration from = setup; from + stall_period <= setup + cell_.length; from += stall_period) {
      const time_point when = time_point(from) + up_to(stall_period - stall);
      net_->clock().at(when, [this, i] { set_cut(i, true); });
      net_->clock().at(when + stall, [this, i] { set_cut(i, false); });
    }
  }

  void send_on(unsigned i) {
    of(i, 1).node->send(of(i, 0).node->self().id(), std::vector<std::byte>(64 << 10));
    net_->clock().at(net_->clock().now() + 100ms, [this, i] { send_on(i); });
  }

  void set_cut(unsigned i, bool is) {
    cut_[2 * i] = is;
    net_->partition([this](sim::host_index h) { return cut_[h] ? static_cast<int>(h) + 1 : 0; });
  }

  static duration bound_of(const end& each) {
    const notification& what = each.closed->second;
    return each.interval + what.failures * what.ceiling;
  }
  /// Whether an end was closed although its peer was there, after a silence as long as the bound.
  static bool outlasted(const end& each) {
    return !each.cut && each.closed && each.closed->second.why == cause::liveness_lost &&
           each.closed->first - each.heard >= bound_of(each);
  }

  void judge(const end& each, bool silenced, grid_result& sum) const {
    sum.ready += each.ready;
    sum.dead += each.cut.has_value();
    if (!each.closed || silenced) return;
    const auto& [when, what] = *each.closed;
    if (!each.cut || when < *each.cut || what.why != cause::liveness_lost) {
      ++sum.false_closes;
      return;
    }
    // The last byte may have been on its way when the path went.
    const duration bound = cell_.round_trip / 2 + bound_of(each);
    const duration took = when - *each.cut;
    sum.found += took <= bound;
    if (took >= sum.slowest) {
      sum.slowest = took;
      sum.bound = bound;
    }
  }

  const end& of(unsigned pair, unsigned k) const { return *ends_[2 * pair + k]; }
  end& of(unsigned pair, unsigned k) { return *ends_[2 * pair + k]; }

  grid_cell cell_;
  sim::link path_;
  std::vector<bool> cut_;
  std::unique_ptr<sim::fabric> net_;
  std::vector<std::unique_ptr<end>> ends_;
};

}  // namespace tandem::test
