// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/core/observer.hpp"
#include "tandem/net/identity.hpp"
#include "tandem/net/names.hpp"
#include "tandem/net/peer_facts.hpp"
#include "tandem/net/request.hpp"
#include "tandem/net/security.hpp"
#include "tandem/net/send_result.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

namespace tandem {

class network;

/// Memory of a node's buffers: options of `tandem node` and of a group of a scenario, too.
struct buffer_options {
  /// The largest value of either.
  static constexpr std::uint64_t most = 1'000'000'000'000'000;

  /// Bytes of memory that the buffers of one connection take at most, both directions: beyond it a
  /// stream of its peer is reset and a message to it refused. At least message_size_max. Default
  /// 32 MiB: go-libp2p's, and what a hundred streams hold whose windows (256 KiB) nobody reads.
  std::uint64_t connection_buffers_max = std::uint64_t{32} << 20;
  /// Bytes of memory that the buffers of all connections take at most beyond 24 KiB each
  /// (connection_memory less what a connection takes without them), or what max_memory leaves if
  /// that is less. For more the connection that took most loses its largest stream. Default 128
  /// MiB: go-libp2p's.
  std::uint64_t buffers_max = std::uint64_t{128} << 20;
  friend bool operator==(const buffer_options&, const buffer_options&) = default;
};

/// Streams of a node's connections (yamux): options of `tandem node`, too.
struct stream_options {
  static constexpr std::uint64_t streams_most = 1'000'000;
  /// What each end may send before it is told of another window (yamux' specification).
  static constexpr std::uint64_t window_least = 256 * 1024;
  static constexpr std::uint64_t window_most = 0xffff'ffff;  ///< a number of 32 bits

  /// Streams of one connection that are open at once, of either end: one more of the peer's is
  /// reset, one more of this node's not opened. Range 1 to 1 million. Default 256: as many as
  /// hashicorp/yamux lets wait to be accepted.
  std::uint64_t streams_max = 256;
  /// Bytes of one stream that its peer may send before they are read. At most
  /// connection_buffers_max. Range 256 KiB to 4 GiB less 1. Default: what yamux begins with; more
  /// is faster where round trips are long (a stream has a window each).
  std::uint64_t receive_window = window_least;
  friend bool operator==(const stream_options&, const stream_options&) = default;
};

/// What a node is besides its policy.
struct node_options {
  manager_options manager;
  identity self;
  std::vector<endpoint> listen;  ///< none: it only dials
  std::uint64_t seed = 0;        ///< of the policy's generator
  /// What connections may be secured with, in order of preference; at least one.
  std::vector<tandem::security> security{tandem::security::tls, tandem::security::noise};
  /// Who knows the addresses behind names; none: dials by name fail with NameFailed.
  name_source names;
  /// Of the secrets of its connections; none: the operating system's.
  entropy_source entropy;
  std::string agent = "tandem";  ///< the program and its version, as identify tells it
  /// Whether each peer that was dialled is asked who it is as soon as its connection is ready; see
  /// node::identify(). Default off: a node sends nothing that it was not told to.
  bool identify_dialled = false;
  std::size_t message_size_max = message_size_default;  ///< bytes; longer messages are refused
  std::size_t backlog_max = backlog_default;            ///< unsent bytes of one connection
  buffer_options buffers;
  stream_options streams;
  std::size_t address_book_max = 4096;  ///< peers whose addresses are remembered; oldest out first
  std::size_t command_queue_max = 65536;  ///< commands waiting for the loop; see class node
  std::size_t command_bytes_max = std::size_t{64} << 20;  ///< bytes of messages waiting among them
  /// What the program holds of its own for each stream of its protocols, at most: charged to the
  /// stream's connection while it is open. One that there is no room for is reset.
  std::size_t stream_memory = 0;
};

struct dial_options {
  std::vector<endpoint> addresses;  ///< none: from the address book
  dial_mode mode = dial_mode::join;
  std::int32_t priority = 0;
  time_point deadline = never;
  /// Looked up within the dial's deadline, at this dial and at each later one of the peer; what
  /// they stand for is tried as it is found.
  std::vector<host_name> names{};
};

/// One application message as it arrived.
struct received_message {
  connection_id conn{};
  peer_id peer;
  std::vector<std::byte> bytes;
};

/// Memory of the buffers of a node's connections.
struct buffer_counters {
  std::uint64_t bytes = 0;          ///< taken now
  std::uint64_t beyond_shares = 0;  ///< of those, what counts against buffers_max
  std::uint64_t refused_total = 0;  ///< requests refused: streams reset, messages refused
  std::uint64_t reset_total = 0;    ///< streams reset because others needed their memory
};

/// What a node counts: its policy, and the memory of its buffers.
struct node_counters : manager_counters {
  node_counters() = default;
  node_counters(const manager_counters& policy) : manager_counters(policy) {}

  buffer_counters buffers;
};

/// What the connection that takes most of it has taken.
struct connection_uses {
  std::uint64_t buffers = 0;  ///< bytes, of connection_buffers_max
  std::uint64_t streams = 0;  ///< of streams_max
};

/// What a subscriber reads: policy notifications and messages, oldest first.
using node_event = std::variant<notification, received_message>;

/// A queue of a node's events, bounded in number and in bytes of messages, read from any thread. A
/// subscriber too slow for it loses the oldest events, never blocks the node, and is told how many
/// it lost.
class event_subscription {
 public:
  virtual ~event_subscription() = default;
  /// The oldest event, waiting up to `patience` of real time; nothing when none came, and at once
  /// when none will come any more.
  virtual std::optional<node_event> next(std::chrono::milliseconds patience) = 0;
  /// Events dropped since the last call.
  virtual std::uint64_t take_dropped() = 0;
  /// The node is gone and everything was read: leave the loop.
  virtual bool closed() = 0;
};

/// Hears a node on its own thread, without a queue: for simulations and embedding.
class node_observer : public manager_observer {
 public:
  virtual void on_message(time_point now, const received_message& message) = 0;
  /// A peer that was asked said who it is.
  virtual void on_identified(time_point /*now*/, connection_id /*conn*/, const peer_id& /*peer*/,
                             const peer_facts& /*facts*/) {}
};

/// The connection manager on a network: feeds the core with what the network reports and carries
/// out its actions. Holds no policy.
///
/// Commands may be called from any thread; they run on the network's executor in the order of the
/// calls, and return without waiting. Everything else belongs to the executor's thread, and so does
/// destroying the node unless the executor runs no more.
/// When `command_queue_max` commands wait, further ones are refused, and so are messages beyond
/// `command_bytes_max` or longer than `message_size_max`: dial returns request_id::none,
/// send calls `done(send_result::refused)` and open, request, identify and ping theirs with
/// no_buffer_space on the caller's thread before they return, counters and explain give a future
/// with std::future_errc::broken_promise, the rest is dropped; all are counted by
/// commands_refused(). shutdown and subscribe are never refused. `net`, `observer` and `sink`
/// outlive the node. Destroying it aborts every connection at once: peers see resets, nothing is
/// called afterwards, commands still waiting are dropped without an answer.
class node {
 public:
  node(network& net, node_options options, node_observer* observer = nullptr,
       trace_sink* sink = nullptr);
  ~node();
  node(const node&) = delete;
  node& operator=(const node&) = delete;

  /// Listens on every address. Throws boost::system::system_error naming the address that failed,
  /// std::invalid_argument for options that cannot be used (no identity, no security). Call once,
  /// on the executor's thread.
  void start();

  // Commands, from any thread.
  request_id dial(const peer_id& peer, dial_options options = {});
  void abandon(request_id request);
  void disconnect(const peer_id& peer);
  void disconnect(connection_id conn);
  /// Queues `message` for the oldest ready connection of `peer`; `done` hears what became of it, on
  /// the executor's thread. An empty message is allowed.
  void send(const peer_id& peer, std::vector<std::byte> message,
            std::function<void(send_result)> done = {});
  void send(connection_id conn, std::vector<std::byte> message,
            std::function<void(send_result)> done = {});
  /// An application stream is open on this connection, if it is ready, until close_stream() was
  /// called as often: it is in use at both ends, as by a peer that waits for an answer.
  void open_stream(connection_id conn);
  void close_stream(connection_id conn);
  /// Streams of `protocol` that peers open go to `handler`, requests of it whole to the second one;
  /// an empty handler takes the protocol back. On the executor's thread. Throws
  /// std::invalid_argument for a name that no application may have: empty, of more than 200 bytes,
  /// with a line's end, or one that the node speaks itself.
  void handle(std::string protocol, stream_handler handler);
  void handle(std::string protocol, request_handler handler, request_options options = {});
  /// Opens a stream of `protocol` on the oldest ready connection of `peer`. `done` hears, once, on
  /// the executor's thread, of the stream that the peer accepted, or why there is none: timed_out,
  /// not_connected, net_error::no_common_protocol, connection_reset, ….
  void open(const peer_id& peer, std::string protocol, stream_opened done,
            duration within = request_timeout_default);
  void open(connection_id conn, std::string protocol, stream_opened done,
            duration within = request_timeout_default);
  /// Asks `peer` something and hears its answer, on a stream of its own.
  void request(const peer_id& peer, std::string protocol, std::vector<std::byte> what,
               answer_handler done, request_options options = {});
  /// Asks `peer` who it is, on its oldest ready connection: identify of libp2p. `done` hears of it
  /// once, on the executor's thread; facts() and node_observer::on_identified have it, too.
  void identify(const peer_id& peer, facts_handler done, duration within = request_timeout_default);
  void identify(connection_id conn, facts_handler done, duration within = request_timeout_default);
  /// Sends 32 random bytes and hears when they are back: ping of libp2p. The round trip does not
  /// count the one that agrees on the protocol; `within` does.
  void ping(const peer_id& peer, ping_handler done, duration within = request_timeout_default);
  void ping(connection_id conn, ping_handler done, duration within = request_timeout_default);
  void override_backoff(const peer_id& peer);
  /// What the operator thinks of a peer or a network: protect, tag, keep alive, allow, deny. A
  /// protected peer is redialled for ever at the addresses the address book has.
  void mark(const events::peer_marked& what);
  void mark(const events::subnet_marked& what);
  /// Another network, or the host slept: failures are forgiven; who answers no probe now is lost.
  void network_changed();
  /// The host lacks memory or descriptors, until it says otherwise.
  void pressure(const events::pressure& what);
  /// Throws std::invalid_argument, on the caller's thread, for options that cannot be used.
  void configure(const manager_options& options);
  void add_addresses(const peer_id& peer, std::vector<endpoint> addresses);
  /// Names that stand for addresses of the peer: at most 8, the oldest go first.
  void add_names(const peer_id& peer, std::vector<host_name> names);
  /// Graceful end within the shorter of `within` and `shutdown_timeout`: listeners close first,
  /// peers are told. The future is ready when it is over, also when the node is destroyed before;
  /// calls after the first share it.
  std::shared_future<void> shutdown(duration within = duration::max());
  /// A new subscription that holds at most `bound` events and `bytes_max` bytes of messages; the
  /// newest event always fits.
  std::shared_ptr<event_subscription> subscribe(std::size_t bound = 4096,
                                                std::size_t bytes_max = std::size_t{64} << 20);
  /// The counters as of now, asked of the executor's thread.
  std::future<node_counters> counters();
  /// Why a peer or a connection is as it is. Also of a connection that ended lately.
  std::future<explanation> explain(const peer_id& peer);
  std::future<connection_explanation> explain(connection_id conn);
  /// Commands refused so far because the queue was full.
  std::uint64_t commands_refused() const;
  /// Commands that wait for the loop, of command_queue_max.
  std::size_t commands_waiting() const;

  // On the executor's thread.
  const identity& self() const noexcept;
  /// Its byte counts lag behind by what moved since its last event; see snapshot().
  const connection_manager& manager() const noexcept;
  /// The counters as of now. Like all reading, it tells the manager nothing and so changes nothing.
  node_counters snapshot() const;
  connection_uses uses() const;  ///< O(connections)
  /// As it was made with; manager().options() are those of now.
  const node_options& options() const noexcept;
  /// What moved on each connection since the manager's last event, as it will be told at the next.
  void unflushed(const std::function<void(const events::traffic&)>& each) const;
  std::vector<endpoint> listening() const;
  /// What the peer of a connection said when it was asked; null while it has not. Valid until the
  /// loop goes on.
  const peer_facts* facts(connection_id conn) const;

 private:
  class impl;
  std::shared_ptr<impl> impl_;
};

}  // namespace tandem
