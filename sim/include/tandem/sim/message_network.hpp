// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/core/observer.hpp"
#include "tandem/net/send_result.hpp"
#include "tandem/net/task.hpp"
#include "tandem/sim/host_manners.hpp"
#include "tandem/sim/kernel.hpp"
#include "tandem/sim/link.hpp"
#include "tandem/sim/tcp_profile.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

namespace tandem::sim {

/// What hosts are called, where that is not 10.0.0.0 plus their index.
class host_names {
 public:
  /// Where on the network that is: the port above that of listeners for an IPv6 address; nothing:
  /// nowhere.
  virtual std::optional<endpoint> find(const endpoint& at) const = 0;
  /// What a peer sees that `from` connects to at an address of this family.
  virtual endpoint seen(host_index from, bool v6) = 0;
  virtual endpoint of(host_index host) const = 0;

 protected:
  ~host_names() = default;
};

/// The longest message that takes one segment, whatever goes ahead of it.
inline constexpr std::uint64_t message_of_one_segment = 1400;
/// The most threads of a message network.
inline constexpr unsigned threads_most = 32;

struct message_network_options {
  std::uint64_t seed = 1;
  tcp_profile tcp = linux_legacy();
  link_map links;  ///< empty: the default link everywhere
  /// A whole message arrived there; with the number that its sender gave it.
  std::function<void(host_index, std::uint64_t)> on_message{};
  std::function<void(host_index from)> on_syn{};  ///< hears of each SYN sent; may be empty
  host_names* names = nullptr;                    ///< outlives the network
  /// Hosts in so many shards, each with a thread of its own, and the same result whatever it is.
  /// More than 1 asks for: links that never lose, cut or limit packets nor have less than
  /// `least_latency`, messages of one segment, no partition, no forgotten flows and no ailing hosts
  /// (what breaks this throws std::logic_error); no counters of links, no names; and `links`,
  /// observers and the two functions above that shards may call side by side. Where the least
  /// latency is 0 no shard can go on without the others: then there is one, see threads(). The
  /// threads stay until the network goes, which a fork of the process cannot let go.
  unsigned threads = 1;
  duration least_latency{};
  /// With several threads: called where run_until() was before they run side by side (true), and
  /// once all stand still again (false). May be empty.
  std::function<void(bool side_by_side)> on_window{};
};

/// What ails the process of a host, or the host.
struct host_ailments {
  bool stands = false;          ///< what happens to it waits, and its deadlines; its TCP goes on
  bool no_descriptors = false;  ///< attempts fail at once, and what arrives waits
  duration clock_ahead{};       ///< of its manager's clock; never less than before
};

/// Drives one connection_manager per host over messages with delay, rate and loss, in virtual time.
/// TCP connect timing follows the SYN schedule of the profile; the upgrade costs the round trips of
/// multistream-select, /plaintext/2.0.0 and yamux (dialer ready 3 round trips after the dial,
/// listener after 2.5). Lost messages after the handshake of TCP arrive late, never not at all;
/// what may be lost or wait, and what takes more than one segment, goes over tcp_flows as at the
/// stream level. Does not cover: byte counts of the protocols (only application bytes are counted),
/// sessions and node.
class message_network {
 public:
  explicit message_network(message_network_options options);
  ~message_network();

  /// How many there are: one where `least_latency` is 0, however many were asked for.
  unsigned threads() const noexcept;

  /// A host with a manager; it listens when `listens`. `observer` and `sink` may be null and
  /// outlive the network. Returns its index, from 0.
  host_index add_host(const manager_options& options, const peer_id& self, bool listens,
                      manager_observer* observer, trace_sink* sink);

  /// Where a host is dialled when it listens: 10.0.0.0 plus its index, port 4001.
  static endpoint address_of(host_index host) noexcept;
  /// The index that has this address, whatever the port; nothing outside 10.0.0.0/8.
  static std::optional<host_index> host_at(const endpoint& at) noexcept;

  /// Now, in virtual time. Ids of requests are the caller's, unique per host. Not from an observer.
  void command(host_index host, const event& what);
  /// Moves `bytes` application bytes from `from` to the peer `to` over its oldest ready connection,
  /// unless more than 1 MiB would be on its way there: what a node's backlog takes by default.
  /// `number` is told when it arrives.
  send_result send(host_index from, const peer_id& to, std::uint64_t bytes,
                   std::uint64_t number = 0);
  /// As open_stream() and close_stream() of a node.
  void open_stream(host_index host, connection_id conn);
  void close_stream(host_index host, connection_id conn);
  connection_manager& manager(host_index host);

  /// What it is for that host: in a task of it, and for its observer.
  time_point now(host_index host) const;
  /// What it is for the host whose task asks; outside of those, what time() has.
  time_point now() const;
  /// The number of the thread that runs the task of a host that asks, from 1; 0 outside of those,
  /// and where there is one thread. A thread runs one network.
  static unsigned thread_here() noexcept;
  /// Runs after every task, of a host or not, in its thread.
  void after_each(const std::function<void()>& hook);
  /// At that time, in the host's thread: what may tell this host alone something.
  void at(host_index host, time_point when, task what);
  /// Of what no host does: with several threads everything stands still for each task of it. Not
  /// from a task of a host then, which has now() (std::logic_error).
  kernel& time();
  /// Asks `stop` after each task; with several threads after each of time(), and whenever all stand
  /// still.
  void run_until(time_point until, const std::function<bool()>& stop = {});
  std::uint64_t tasks_run() const;                      ///< of all shards
  void partition(std::function<int(host_index)> side);  ///< as fabric::partition
  void set_manners(host_index host, const host_manners& manners);
  void kill(host_index host);  ///< as fabric::kill
  /// With a fresh manager and the same options, as the same peer or as this one: with several
  /// threads as another one only from a task of time(), as add_host().
  void restart(host_index host);
  void restart(host_index host, const peer_id& self);
  void forget_flows(host_index host);  ///< as fabric::forget_flows
  /// From now on, in this life and the next. Observers hear the network's time.
  void suffer(host_index host, const host_ailments& now);

 private:
  struct state;
  struct shard;
  class crew;
  std::unique_ptr<state> state_;
};

}  // namespace tandem::sim
