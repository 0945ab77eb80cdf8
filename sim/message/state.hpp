// SPDX-License-Identifier: MIT
#pragma once

#include "kernel/huge_heap.hpp"
#include "kernel/paths.hpp"
#include "message/records.hpp"
#include "tandem/sim/kernel.hpp"
#include "tandem/sim/message_network.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

namespace tandem::sim {

/// The port every listening host of a message network listens on.
inline constexpr std::uint16_t message_port = 4001;
/// From so many hosts on their memory has huge pages.
inline constexpr std::size_t hosts_of_huge_heap = 1000;

/// Everything of a message network. One source file for each part: drive.cpp (managers and their
/// actions), dialing.cpp (SYNs), packets.cpp (delivery), upgrade.cpp (what packets mean).
struct message_network::state final : flow_owner, kernel::foresight {
  using handle = message::handle;
  using end_index = message::end_index;
  using packet = message::packet;
  using end_record = message::end_record;
  using record = message::record;

  struct host {
    connection_manager manager;
    peer_id self;
    manager_observer* observer;
    trace_sink* sink;
    std::uint32_t options;  // index of all_options
    std::uint32_t incarnation = 0;
    std::uint64_t last_inbound = 0;
    time_point wakes_at = never;  // earliest wake-up armed
    end_index oldest = message::none;
    end_index newest = message::none;
    host_ailments ails{};
    std::vector<task> waiting{};    // for a process that stands still
    std::vector<handle> backlog{};  // arrived, and there is no descriptor for them
    bool listens;
    bool paused = false;
    bool alive = true;
    host_manners manners{};
    std::uint64_t in_backlog = 0;  // in its backlog, when it accepts none
    std::uint64_t resets = 0;      // in this life
    time_point accepts_next{};
  };
  // What happens next at the host whose manager is being driven.
  struct follow_up {
    event what;
    end_index ready = message::none;     // the end that `what` makes ready
    std::optional<endpoint> resolved{};  // what `what` found
  };

  explicit state(message_network_options options);

  // foresight.cpp
  /// What an event at the host is about, and at its end of a connection.
  static std::uint64_t about(host_index h, std::uint32_t slot = message::none) noexcept {
    return (std::uint64_t{slot} + 1) << 32 | (h + 1U);
  }
  void soon(std::uint64_t about, unsigned steps) noexcept override;

  // drive.cpp
  host_index add_host(const manager_options& options, const peer_id& self, bool listens,
                      manager_observer* observer, trace_sink* sink);
  void command(host_index h, const event& what);
  void step(host_index h, const event& what);
  void tell(host_index h, const event& what);
  void step_follow_up(host_index h, follow_up what);
  void advance(host_index h);
  void drain(host_index h);
  void follow(host_index h);
  void wake_at_deadline(host_index h);
  void woken(host_index h);
  void kill(host_index h);
  void restart(host_index h, const peer_id& self);
  connection_manager fresh_manager(host_index h, bool traced) const;
  std::uint32_t remember(const manager_options& options);
  void carry_out(host_index h, const action& what);
  void carry_out(host_index h, const actions::start_attempt& a);
  void carry_out(host_index h, const actions::cancel_attempt& a);
  void carry_out(host_index h, const actions::resolve& a);
  void carry_out(host_index h, const actions::admit& a);
  void carry_out(host_index h, const actions::refuse& a);
  void carry_out(host_index h, const actions::close& a);
  void carry_out(host_index h, const actions::abort& a);
  void carry_out(host_index h, const actions::probe& a);
  void carry_out(host_index h, const actions::ask_progress& a);
  void carry_out(host_index h, const actions::notify& a);
  void carry_out(host_index h, const actions::listen_pause&) { hosts[h].paused = true; }
  void carry_out(host_index h, const actions::listen_resume&);
  void carry_out(host_index, const actions::shutdown_complete&) {}

  // ailing.cpp
  void suffer(host_index h, const host_ailments& now);
  /// Until the process of the host, which stands still, goes on.
  void wait(host_index h, task what);
  /// Now, as the host's manager has it.
  time_point local(host_index h) const { return later(time.now(), hosts[h].ails.clock_ahead); }
  void accept_backlog(host_index h);
  void fail_locally(connection_id attempt);

  // dialing.cpp
  void send_syn(handle h);
  void arm_next_syn(handle h, record& c);
  time_point next_syn_at(const record& c) const;
  void syn_arrived(handle h);
  std::optional<time_point> answer_syn(handle h, record& c, bool with_reset);
  void expect_answer(handle h, unsigned syn_acks);
  void syn_answered(handle h, bool with_reset);
  void attempt_failed(handle h, cause why);

  // packets.cpp
  void dispatch(end_index from, const packet& p);
  message::sender& sender_of(end_index from, host_index to);
  flow* find(const flow_name& name) override;
  void delivered(const flow_name& name) override;
  void part_delivered(handle h, unsigned side, message::sender& from);
  void acknowledged(const flow_name&) override {}
  void gave_up(const flow_name& name) override;
  /// Sends nothing any more; what is on its way still arrives.
  void stop(end_index from);
  void drop_sender(end_record& e);
  host_index peer_host(end_index from);
  void send_reset(end_index from);
  void reset_arrived(handle h, unsigned side);

  // upgrade.cpp
  void arrived(handle h, unsigned side, const packet& p, std::uint64_t told = 0);
  void taken_in(handle h, unsigned side, const packet& p, std::uint64_t told);
  void hello_arrived(handle h, record& c);
  void turn_away(handle h, record& c);
  void accept(handle h, record& c);
  void goodbye_arrived(end_index e, cause why, std::uint32_t code);
  void pong_arrived(end_index e, std::uint32_t nonce);
  void bytes_arrived(end_index e, std::uint64_t bytes);
  send_result send(host_index from, const peer_id& to, std::uint64_t bytes, std::uint64_t number);
  void send(end_index e, std::uint64_t bytes, std::uint64_t number);
  void stream_over(end_index e, time_point used_at);
  void keep_open(host_index h, connection_id conn, bool open);

  // ends.cpp
  end_index find(host_index h, connection_id id) const;
  end_index oldest_ready(host_index from, const peer_id& to);
  void enter(end_index e, host_index h, connection_id id, message::phase at);
  /// The end's last event was, or will be, reported: the network forgets it.
  void leave(end_index e);
  void end_with(end_index e, cause why);
  void free_if_over(std::uint32_t slot);

  static end_index other(end_index e) { return e ^ 1U; }
  handle handle_of(end_index e) { return connections.handle_of(e / 2); }

  huge_heap heap;
  kernel time;
  paths net;
  const tcp_profile tcp;
  tcp_flows flows;
  std::function<void(host_index, std::uint64_t)> on_message;
  const std::function<void(host_index)> on_syn;
  host_names* const names;  // null: hosts have the addresses of the network
  std::uint64_t seed;
  std::deque<host> hosts;
  std::vector<manager_options> all_options;
  message::record_slab connections;
  std::deque<message::sender> senders;
  std::uint32_t free_sender = message::none;
  boost::unordered_flat_map<std::uint64_t, end_index> by_id;  // host and connection id
  end_index at_hand = message::none;  // most that is asked for is what something happened to
  boost::unordered_flat_map<peer_id, host_index, std::hash<peer_id>> by_peer;
  std::vector<follow_up> follow_ups;
  bool driving = false;
};

}  // namespace tandem::sim
