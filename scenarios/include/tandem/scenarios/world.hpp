// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/core/connection_manager.hpp"
#include "tandem/net/node.hpp"
#include "tandem/net/send_result.hpp"
#include "tandem/scenarios/addresses.hpp"
#include "tandem/sim/link.hpp"
#include "tandem/sim/tcp_profile.hpp"
#include "tandem/sim/topology.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <variant>
#include <vector>

namespace tandem::scenarios {

using node_index = std::uint32_t;
class behaviour;

/// Addresses that others have of a node beside the one where it is, and try first.
struct stale_addresses {
  std::uint32_t silent = 0;         ///< nobody has them: no answer
  std::uint32_t refusing = 0;       ///< nobody listens there: the connection is refused
  std::uint16_t refusing_from = 0;  ///< their ports, from here on; 0: behind that of the real one

  /// All of them, then `real`, of which there is one at least.
  std::vector<endpoint> before(std::span<const endpoint> real) const;
};

/// What ails the process of a node, or its host.
struct ailments {
  bool stands = false;          ///< nothing is read and no timer runs; its connections stay
  bool reads_nothing = false;   ///< no connection is read; all else goes on
  bool no_descriptors = false;  ///< dials fail at once, and what arrives waits
  duration clock_ahead{};       ///< of its timers; never less than before

  friend bool operator==(const ailments&, const ailments&) = default;
};

/// One node of a world.
struct node_spec {
  manager_options manager;
  bool listens = false;
  buffer_options buffers{};
  std::shared_ptr<const behaviour> misbehaves{};  ///< none: it does not
  stale_addresses stale{};
  bool suffers = false;                             ///< it will be told to
  std::shared_ptr<const address_spec> addresses{};  ///< none: the one that the network gives
  std::vector<security> secured{security::plaintext};
};

/// What a node has after a restart that it had not before.
struct new_life {
  bool identity = false;  ///< it is another peer
  bool address = false;   ///< it is elsewhere, and nobody is where it was
};

/// Hears every node of a world, in the order things happen; one thread, but where the world has
/// several: then each tells of its own nodes, between on_window(true) and on_window(false).
class world_observer {
 public:
  virtual ~world_observer() = default;
  virtual void on_notification(node_index node, time_point now, const notification& what) = 0;
  /// After each step of a node's manager.
  virtual void on_step(node_index node, time_point now, const connection_manager& manager) = 0;
  /// What became of a send.
  virtual void on_send(node_index node, time_point now, send_result result,
                       std::uint64_t number) = 0;
  /// A whole message arrived; `number` as its sender gave it.
  virtual void on_message(node_index node, time_point now, std::uint64_t number) = 0;
  /// The node's host sent a SYN, the first of an attempt or another one. Not at loopback.
  virtual void on_syn(node_index node) { (void)node; }
  /// A packet of the node's host at a queue between routers. At packet only.
  virtual void on_queue(node_index node, sim::queue_event what) { (void)node, (void)what; }
  /// Before each event that a node's manager is told.
  virtual void on_event(node_index node, time_point now, const event& what) = 0;
  /// Before each action of a node's manager is carried out.
  virtual void on_action(node_index node, time_point now, const action& what) {
    (void)node, (void)now, (void)what;
  }
  /// Threads run side by side from now on, or all stand still again.
  virtual void on_window(bool side_by_side) { (void)side_by_side; }
};

struct world_options {
  std::uint64_t seed = 1;
  sim::tcp_profile tcp = sim::linux_legacy();
  sim::link_map links;
  std::shared_ptr<const sim::topology> routers{};  ///< of the links' routes; null: none has one
  std::uint32_t named = 0;  ///< nodes in all, when some have addresses that a plan gives; 0: none
  bool traced = true;       ///< keep a hash of every core's trace
  /// As run_options::traces_to.
  std::function<trace_sink*(node_index)> traces_to{};
  /// As run_options::captures_to.
  std::function<std::string(node_index)> captures_to{};
  world_observer* observer = nullptr;  ///< outlives the world
  /// As those of message_network_options, each thread having the nodes of thread_split; at message.
  unsigned threads = 1;
  duration least_latency{};
};

/// Tells `who` of each SYN; the index of a host is that of its node.
std::function<void(sim::host_index)> syns_heard_by(world_observer* who);

/// What an operator can tell a node while it runs.
using operation =
    std::variant<events::peer_marked, events::subnet_marked, events::backoff_overridden,
                 events::configured, events::network_changed, events::pressure>;

/// What the runner of a scenario talks to, whatever the level. One thread, but that what at() does
/// at a node may ask for that node; times are the world's.
class world {
 public:
  virtual ~world() = default;

  virtual node_index add_node(const node_spec& spec) = 0;
  virtual std::size_t size() const = 0;
  virtual const peer_id& id(node_index node) const = 0;

  virtual request_id dial(node_index from, node_index to, dial_mode mode, time_point deadline) = 0;
  /// `number` travels with a message of at least 8 bytes; 0 for none.
  virtual void send(node_index from, node_index to, std::uint64_t bytes,
                    std::uint64_t number = 0) = 0;
  /// As open_stream() and close_stream() of a node.
  virtual void open_stream(node_index node, connection_id conn) = 0;
  virtual void close_stream(node_index node, connection_id conn) = 0;
  virtual void disconnect(node_index from, node_index to) = 0;
  virtual void disconnect(node_index from, connection_id conn) = 0;
  virtual void operate(node_index node, const operation& what) = 0;
  /// `node` learns where `other` is dialled, if it is.
  virtual void introduce(node_index node, node_index other) = 0;
  virtual void shutdown(node_index node) = 0;
  virtual void kill(node_index node) = 0;
  /// As another peer id() gives the new one.
  virtual void restart(node_index node, const new_life& with) = 0;
  /// What ails a node from now on, in this life and the next; one that `suffers`.
  virtual void suffer(node_index node, const ailments& now) = 0;
  /// Packets of its connections, both ways, vanish from now on; those of new ones pass.
  virtual void forget_flows(node_index node) = 0;

  virtual time_point now() const = 0;
  virtual void at(time_point when, std::function<void()> what) = 0;
  /// The same for what is about this node alone: it comes among what happens to the node then, in
  /// its thread.
  virtual void at(node_index node, time_point when, std::function<void()> what) {
    (void)node;
    at(when, std::move(what));
  }
  /// Whether at() of a node differs from the other one.
  virtual bool has_places() const { return false; }
  virtual void run_until(time_point until, const std::function<bool()>& stop) = 0;

  /// Of a node that was not killed.
  virtual const connection_manager& manager(node_index node) const = 0;
  /// What moved on each connection and the manager has not heard yet: its byte counts lag behind by
  /// that. Reading changes nothing.
  virtual void unflushed(node_index node,
                         const std::function<void(const events::traffic&)>& each) const = 0;
  /// Sixteen hexadecimal digits over every node's trace; empty where time is real.
  virtual std::string trace_hash() const = 0;
  /// Events of the network so far; 0 where there is no such count.
  virtual std::uint64_t events() const = 0;
};

}  // namespace tandem::scenarios
