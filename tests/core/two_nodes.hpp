// SPDX-License-Identifier: MIT
#pragma once

#include "core/table/index_table.hpp"
#include "driver.hpp"
#include "tandem/core/random.hpp"

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <vector>

namespace tandem::test {

/// Two managers and the messages of the upgrade between them, each way with its own delay; the
/// round trips are those of multistream-select, /plaintext/2.0.0 and yamux.
class two_nodes {
 public:
  /// A hash of everything that entered and left one manager, with its times.
  struct history final : trace_sink {
    void record(std::span<const std::byte> bytes) override {
      for (const std::byte b : bytes) hash = (hash ^ static_cast<std::uint8_t>(b)) * 0x100000001b3;
    }
    std::uint64_t hash = 0xcbf29ce484222325;  // FNV-1a
  };
  struct node {
    node(const manager_options& options, const peer_id& self) : manager(options, self, 1, &told) {}
    history told;
    connection_manager manager;
    std::vector<std::pair<time_point, notification>> notices;
    std::uint64_t next_inbound = 2;
    std::uint64_t permits_most = 0;
    std::uint64_t active_most = 0;
    std::size_t count(notice kind) const {
      std::size_t n = 0;
      for (const auto& [when, what] : notices) n += what.kind == kind;
      return n;
    }
  };

  two_nodes(const manager_options& options, std::function<duration()> delay)
      : delay_(std::move(delay)) {
    nodes.push_back(std::make_unique<node>(options, peer(1)));
    nodes.push_back(std::make_unique<node>(options, peer(2)));
  }

  void at(duration t, std::function<void()> what) {
    agenda_.emplace(std::pair{time_point{t}, sequence_++}, std::move(what));
  }
  void dial(std::size_t from, request_id r, dial_mode mode = dial_mode::join,
            const std::vector<endpoint>& where = {address()}) {
    tell(from, events::dial_wanted{r, peer(2 - static_cast<std::uint32_t>(from)), where, mode});
  }
  void run_to(duration t) {
    for (;;) {
      std::size_t due = 2;
      time_point next = agenda_.empty() ? never : agenda_.begin()->first.first;
      for (std::size_t i = 0; i < 2; ++i)
        if (nodes[i]->manager.next_deadline() < next)
          due = i, next = nodes[i]->manager.next_deadline();
      if (next > time_point{t}) break;
      now = std::max(now, next);
      if (due < 2) {
        nodes[due]->manager.advance(now);
        drain(due);
      } else {
        const auto what = std::move(agenda_.begin()->second);
        agenda_.erase(agenda_.begin());
        what();
      }
    }
    now = time_point{t};
  }

  /// A node whose attempts nobody answers.
  std::size_t loses_syns_of = 2;

  // By hand: messages wait, in order on each link and direction, until they are delivered.
  bool by_hand = false;
  /// Links and directions with a message to deliver.
  std::size_t deliverable() const {
    return static_cast<std::size_t>(std::count_if(
        channels_.begin(), channels_.end(), [](const channel& c) { return !c.messages.empty(); }));
  }
  /// The next message of the i-th of them.
  void deliver(std::size_t i) {
    for (channel& c : channels_) {
      if (c.messages.empty() || i-- > 0) continue;
      const auto what = std::move(c.messages.front());
      c.messages.pop_front();
      ++c.delivered;
      return what();  // may add channels
    }
  }
  time_point next_deadline() const {
    return std::min(nodes[0]->manager.next_deadline(), nodes[1]->manager.next_deadline());
  }
  /// Equal whenever everything that may still happen is equal.
  std::uint64_t state() const {
    std::uint64_t sum = static_cast<std::uint64_t>(now.time_since_epoch().count());
    for (const auto& n : nodes) sum = detail::mix(sum ^ n->told.hash);
    for (const channel& c : channels_)
      sum += detail::mix(static_cast<std::uint64_t>(c.of->ids[c.of->dialer]) * 4 +
                         c.of->dialer * 2 + c.to) *
             c.delivered;
    return sum;
  }
  /// Links of which both ends are open.
  std::size_t whole_links() const {
    std::size_t n = 0;
    for (const auto& [key, l] : by_id_) n += key.first == 0 && l->open[0] && l->open[1];
    return n;
  }

  time_point now{};
  std::vector<std::unique_ptr<node>> nodes;

 private:
  struct link {
    std::size_t dialer = 0;
    connection_id ids[2];     // by node
    bool open[2] = {};        // the id exists and has not ended
    bool told[2] = {};        // refused or closed with a reason
    time_point last[2] = {};  // arrival of the last message to a node: order is kept
  };
  using link_ptr = std::shared_ptr<link>;
  struct channel {
    link_ptr of;
    std::size_t to = 0;
    std::deque<std::function<void()>> messages{};
    std::uint64_t delivered = 0;
  };

  void tell(std::size_t i, const event& what) {
    nodes[i]->manager.handle(now, what);
    drain(i);
  }
  /// To the node `to` over the link, while its end is open.
  void send(const link_ptr& l, std::size_t to, std::function<void()> what) {
    const auto arrive = [l, to, what = std::move(what)] {
      if (l->open[to]) what();
    };
    if (!by_hand) {
      l->last[to] = std::max(l->last[to], now + delay_());
      return at(l->last[to].time_since_epoch(), arrive);
    }
    auto c = std::find_if(channels_.begin(), channels_.end(),
                          [&](const channel& each) { return each.of == l && each.to == to; });
    if (c == channels_.end()) c = channels_.insert(c, {l, to});
    c->messages.push_back(arrive);
  }
  void end(const link_ptr& l, std::size_t i, cause why) {
    if (!l->open[i]) return;
    l->open[i] = false;
    by_id_.erase({i, l->ids[i]});
    tell(i, events::closed{l->ids[i], why});
  }
  void finish(const link_ptr& l, std::size_t i, cause reason) {  // GoAway, FIN; FIN comes back
    const std::size_t to = 1 - i;
    l->told[i] = true;
    send(l, to, [this, l, to, i, reason] {
      tell(to, events::remote_refused{l->ids[to], reason});
      end(l, to, cause::remote_closed);
      send(l, i, [this, l, i] { end(l, i, cause::remote_closed); });
    });
  }

  void connect(std::size_t i, connection_id id) {
    auto l = std::make_shared<link>();
    l->dialer = i;
    l->ids[i] = id;
    l->open[i] = true;
    by_id_[{i, id}] = l;
    if (by_hand) return send(l, i, [this, l, i] { tell(i, events::attempt_connected{l->ids[i]}); });
    if (i == loses_syns_of) return;
    // SYN over, SYN+ACK back, and what follows at `admit`.
    at((now + delay_()).time_since_epoch(), [this, l, i] {
      send(l, i, [this, l, i] { tell(i, events::attempt_connected{l->ids[i]}); });
    });
  }

  void admitted(const link_ptr& l, std::size_t i, enum stage stage) {
    const std::size_t to = 1 - i;
    if (stage == stage::handshake && l->dialer == i) {
      l->ids[to] = connection_id{nodes[to]->next_inbound};
      nodes[to]->next_inbound += 2;
      l->open[to] = true;
      by_id_[{to, l->ids[to]}] = l;
      send(l, to, [this, l, to] { tell(to, events::arrived{l->ids[to], address()}); });
    } else if (stage == stage::handshake) {
      send(l, to, [this, l, to, i] {
        tell(to, events::authenticated{l->ids[to], peer(static_cast<std::uint32_t>(i) + 1)});
      });
    } else if (l->dialer == i) {
      exchange(l, i);
    } else {
      tell(i, events::ready{l->ids[i]});
      send(l, to, [this, l, to] { tell(to, events::ready{l->ids[to]}); });
    }
  }
  void exchange(const link_ptr& l, std::size_t i) {
    const std::size_t to = 1 - i;
    send(l, to, [this, l, to, i] {
      tell(to, events::authenticated{l->ids[to], peer(static_cast<std::uint32_t>(i) + 1)});
    });
  }

  void carry_out(std::size_t i, const action& a) {
    if (const auto* x = std::get_if<actions::notify>(&a)) {
      nodes[i]->notices.emplace_back(now, x->what);
      return;
    }
    if (const auto* x = std::get_if<actions::start_attempt>(&a)) return connect(i, x->attempt);
    const auto on = [&](connection_id id, auto&& f) {
      if (const auto found = by_id_.find({i, id}); found != by_id_.end()) {
        const link_ptr l = found->second;
        f(l);
      }
    };
    if (const auto* x = std::get_if<actions::admit>(&a))
      on(x->conn, [&](const link_ptr& l) { admitted(l, i, x->stage); });
    if (const auto* x = std::get_if<actions::probe>(&a))
      on(x->conn, [&](const link_ptr& l) {
        send(l, 1 - i, [this, l, i, nonce = x->nonce] {
          send(l, i, [this, l, i, nonce] { tell(i, events::probe_answered{l->ids[i], nonce}); });
        });
      });
    if (const auto* x = std::get_if<actions::cancel_attempt>(&a))
      on(x->attempt, [&](const link_ptr& l) {
        l->open[i] = false;
        by_id_.erase({i, l->ids[i]});
        tell(i, events::attempt_failed{x->attempt, cause::abandoned, true, {}});
      });
    if (const auto* x = std::get_if<actions::refuse>(&a))
      on(x->conn, [&](const link_ptr& l) {
        if (x->how == refuse_how::reset) return reset(l, i, x->refusal);
        if (l->dialer == i) exchange(l, i);
        finish(l, i, x->refusal);
      });
    if (const auto* x = std::get_if<actions::close>(&a))
      on(x->conn, [&](const link_ptr& l) { finish(l, i, x->reason); });
    if (const auto* x = std::get_if<actions::abort>(&a))
      on(x->conn, [&](const link_ptr& l) { reset(l, i, x->reason); });
  }
  void reset(const link_ptr& l, std::size_t i, cause why) {
    const std::size_t to = 1 - i;
    if (l->open[to]) send(l, to, [this, l, to] { end(l, to, cause::reset); });
    end(l, i, why);
  }
  void drain(std::size_t i) {
    std::vector<action> todo;
    while (const auto a = nodes[i]->manager.poll_action()) todo.push_back(*a);
    nodes[i]->permits_most =
        std::max(nodes[i]->permits_most, nodes[i]->manager.counters().permits_live);
    nodes[i]->active_most =
        std::max(nodes[i]->active_most, nodes[i]->manager.counters().active_connections);
    for (const action& a : todo) carry_out(i, a);
  }

  std::function<duration()> delay_;
  std::map<std::pair<time_point, std::uint64_t>, std::function<void()>> agenda_;
  std::map<std::pair<std::size_t, connection_id>, link_ptr> by_id_;
  std::deque<channel> channels_;
  std::uint64_t sequence_ = 0;
};

}  // namespace tandem::test
