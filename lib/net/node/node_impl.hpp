// SPDX-License-Identifier: MIT
#pragma once

#include "net/node/name_search.hpp"
#include "net/node/node_address_book.hpp"
#include "net/node/node_alarm.hpp"
#include "net/node/node_commands.hpp"
#include "net/node/node_event_queue.hpp"
#include "net/session/session.hpp"
#include "tandem/net/application_stream.hpp"
#include "tandem/net/network.hpp"
#include "tandem/net/node.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/unordered/unordered_flat_map.hpp>

#include <atomic>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

namespace tandem {

/// The loop of one node. Everything but the commands' way in runs on the executor's thread.
/// Shared with operations in flight, which hold it weakly: after stop() nothing is called any more.
class node::impl final : public session_owner, public std::enable_shared_from_this<node::impl> {
 public:
  impl(network& net, node_options options, node_observer* observer, trace_sink* sink);

  void start();
  void stop();  ///< everything gone at once; harmless twice

  /// From any thread. False when the command queue is full; then `what` is destroyed, not run.
  bool command(task what, std::size_t bytes = 0, bool always = false);
  std::uint64_t commands_refused() const { return commands_.refused(); }
  std::size_t commands_waiting() const { return commands_.size(); }
  request_id next_request() { return request_id{last_request_.fetch_add(1) + 1}; }
  std::shared_future<void> shutdown(duration within);

  // On the executor's thread.
  /// Hands an event to the core and carries out what it answers; at once, or after the event that
  /// is being handled. `list` stands for the span in `what`, if any.
  void submit(event what, std::vector<endpoint> list = {});
  /// See class node.
  void unflushed(const std::function<void(const events::traffic&)>& each) const;
  node_counters counters() const;
  connection_uses uses() const;
  send_result send(connection_id conn, std::span<const std::byte> message);
  send_result send(const peer_id& peer, std::span<const std::byte> message);
  static connection_id connection_of(connection_id conn) { return conn; }
  /// The oldest ready one.
  connection_id connection_of(const peer_id& peer) const { return core_.ready_connection(peer); }
  void open_stream(connection_id conn);
  void close_stream(connection_id conn);
  void handle(const std::string& protocol, stream_handler handler, const stream_terms& terms);
  void open(connection_id conn, const std::string& protocol, const stream_terms& terms,
            duration within, stream_opened done);
  /// Says `what` on a stream of its own, and hears what the peer says until it finishes.
  void ask(connection_id conn, const std::string& protocol, const stream_terms& terms,
           std::vector<std::byte> what, duration within, answer_handler done);
  /// Asks who the peer is, and keeps what it says with the connection.
  void identify(connection_id conn, duration within, facts_handler done);
  const peer_facts* facts(connection_id conn) const;
  void ping(connection_id conn, duration within, ping_handler done);
  stream_handler answering(request_handler handler, duration within);
  void subscribe(std::weak_ptr<event_queue> queue);
  address_book& addresses() { return addresses_; }
  const node_options& options() const { return options_; }
  const connection_manager& manager() const { return core_; }
  auto explain(const auto& subject) { return core_.explain(subject, net_.clock().now()); }
  std::vector<endpoint> listening() const;

  // session_owner
  void on_authenticated(connection_id conn, const peer_id& peer) override;
  void on_ready(connection_id conn) override;
  void on_remote_refused(connection_id conn, cause reason, duration retry_after) override;
  void on_rtt(connection_id conn, duration rtt) override;
  void on_probe_answered(connection_id conn, std::uint32_t nonce) override;
  void on_message(connection_id conn, std::span<const std::byte> message) override;
  void on_stream(connection_id conn, bool opened) override;
  void on_stream_accepted(connection_id conn, std::string_view protocol,
                          byte_stream stream) override;
  void on_dirty(connection_id conn) override { dirty_.push_back(conn); }
  void on_closed(connection_id conn, cause why) override;

 private:
  /// An event that waits for the actions of the one before it.
  struct queued_event {
    event what;
    std::vector<endpoint> list;  ///< what a span in `what` shows
  };
  /// One connect in flight. Its handler owns it too: the signal outlives the operation.
  struct attempt {
    asio::cancellation_signal cancel;
    peer_id peer;
    endpoint address;
  };
  /// One connection from `arrived` or `attempt_connected` to `closed`.
  struct link {
    byte_stream stream;  ///< until the session is admitted and takes it
    std::unique_ptr<tandem::session> session;
    peer_id peer;  ///< expected, then authenticated
    endpoint remote;
    std::unique_ptr<const peer_facts> facts;  ///< what it said when it was asked
    std::shared_ptr<memory_hold> facts_held;
    bool ready = false;  ///< and not told to end
    bool ended = false;  ///< `closed` was reported
  };
  struct listener {
    std::unique_ptr<acceptor> socket;
    bool accepting = false;
  };

  // node_impl.cpp: the core and the clock
  template <class Step>
  void run(Step step);
  void flush_dirty();
  void handle(queued_event& next);
  void tell(const event& what);
  void after_step();
  void limit_memory();
  void wake();
  void arm();
  void run_commands();
  void publish(const node_event& what);
  void finish_shutdown();

  // node_streams.cpp, node_requests.cpp, node_facts.cpp
  struct asked;
  struct request_taken;
  struct pinged;
  static asio::awaitable<void> hear_pong(std::shared_ptr<pinged> of);
  static asio::awaitable<void> hear_answer(std::shared_ptr<asked> of);
  static asio::awaitable<void> hear_request(std::shared_ptr<request_taken> of,
                                            std::shared_ptr<const request_handler> handler);

  // node_actions.cpp
  void carry_out(const actions::resolve& what);
  void look_for(request_id request, const peer_id& peer, std::span<const host_name> names);
  void stop_looking(request_id request);
  void carry_out(const actions::start_attempt& what);
  void carry_out(const actions::cancel_attempt& what);
  void carry_out(const actions::admit& what);
  void carry_out(const actions::refuse& what);
  void carry_out(const actions::probe& what);
  void carry_out(const actions::ask_progress& what);
  void carry_out(const actions::close& what);
  void carry_out(const actions::abort& what);
  void carry_out(const actions::listen_pause& what);
  void carry_out(const actions::listen_resume& what);
  void carry_out(const actions::notify& what);
  void carry_out(const actions::shutdown_complete& what);
  void attempt_ended(connection_id id, const error_code& error, connected made);

  // node_links.cpp
  link& add_link(connection_id id);
  link* find(connection_id id);
  void erase(connection_id id);
  void end_link(connection_id id, cause why);
  void drop_links();
  void accept(std::size_t index);
  void accept_all();
  void accepted(std::size_t index, const error_code& error, connected made);

  network& net_;
  const node_options options_;
  const session_options session_options_;
  node_observer* const observer_;
  connection_manager core_;
  command_queue commands_;
  address_book addresses_;

  std::atomic<std::uint64_t> last_request_ = 0;
  std::uint64_t last_inbound_ = 0;
  bool started_ = false;
  bool dead_ = false;
  bool busy_ = false;      ///< an event is being handled: further ones wait in inbox_
  bool paused_ = false;    ///< the core wants no more connections
  bool finished_ = false;  ///< shutdown is complete
  time_point stepped_{};   ///< when the core was told last: the time of what it says then
  time_point armed_ = never;
  timer_id timer_{};

  node_clock clock_;
  std::vector<queued_event> inbox_;
  std::vector<connection_id> dirty_;  ///< in the order of becoming so
  std::vector<listener> listeners_;
  boost::unordered_flat_map<connection_id, std::shared_ptr<attempt>> attempts_;
  boost::unordered_flat_map<connection_id, std::unique_ptr<link>> links_;
  std::map<request_id, std::shared_ptr<name_search>> searches_;
  std::map<std::string, std::shared_ptr<const stream_handler>, std::less<>> handlers_;
  std::vector<std::weak_ptr<event_queue>> subscribers_;

  std::mutex shutdown_mutex_;
  std::unique_ptr<std::promise<void>> shutdown_done_;
  std::shared_future<void> shutdown_future_;
};

}  // namespace tandem
