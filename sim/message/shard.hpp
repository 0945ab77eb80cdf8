// SPDX-License-Identifier: MIT
#pragma once

#include "message/state.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

namespace tandem::sim {

/// Some of the hosts of a message network, and what happens to them: nothing else changes them.
/// One source file for each part: drive.cpp (managers and their actions), dialing.cpp (SYNs),
/// packets.cpp (delivery), upgrade.cpp (what packets mean).
struct message_network::shard final : flow_owner, kernel::foresight {
  using host = message_network::state::host;
  using handle = message::handle;
  using end_index = message::end_index;
  using packet = message::packet;
  using end_record = message::end_record;
  using record = message::record;

  struct syn_answer {
    bool with_reset = false;
    bool ends_wait = false;  // of its SYN: there is one such for each that arrives
  };
  // What happens next at the host whose manager is being driven.
  struct follow_up {
    event what;
    end_index ready = message::none;     // the end that `what` makes ready
    std::optional<endpoint> resolved{};  // what `what` found
  };

  shard(message_network::state& all, kernel& time, std::uint32_t number, std::uint32_t number_of);

  // foresight.cpp
  /// What an event at the host is about, and at its end of a connection.
  static std::uint64_t about(host_index h, end_index e = message::none) noexcept {
    return std::uint64_t{e + 1} << 32 | (h + 1U);
  }
  /// What asks for no manager.
  static constexpr end_index unforeseen = message::none - 1;
  void soon(std::uint64_t about, unsigned steps) noexcept override;

  // drive.cpp
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
  void syn_arrived(handle h, std::uint32_t known, time_point next_syn);
  std::optional<time_point> answer_syn(handle h, record& c, syn_answer what, time_point next_syn);
  void tell_of_silence(handle h, const record& c, bool ends_wait);
  void expect_answer(handle h, unsigned syn_acks);
  void syn_answered(handle h, syn_answer what);
  void syn_unanswered(handle h, bool ends_wait);
  void attempt_failed(handle h, cause why);

  // crossing.cpp
  /// At the host itself.
  void at(host_index h, time_point when, task what, end_index e = message::none);
  /// At another one, which is in this shard or not; not before the latency from `from` is over.
  void post(host_index from, host_index to, time_point when, task what, end_index e);
  /// Throws where packets may be lost, wait, be counted or be early: that is for one thread.
  void check_side_by_side(host_index from, host_index to) const;
  /// One packet, which arrives at `not_before` at the earliest, as paths::carry.
  template <class F>
  std::optional<time_point> carry(host_index from, host_index to, std::uint32_t known,
                                  time_point not_before, F then, end_index e) {
    if (all.shards.size() > 1) check_side_by_side(from, to);
    if (net.has_stop(from, to, 0))
      return net.carry(time, from, to, packet_overhead, known, not_before, std::move(then));
    const auto ride = net.send(time.now(), from, to, 1, packet_overhead, known);
    if (ride.through == 0) return std::nullopt;
    const time_point when = std::max(ride.at, not_before);
    post(from, to, when, std::move(then), e);
    return when;
  }
  /// Takes in what other shards posted while they ran the window before.
  void collect();
  /// The first time that something happens here, or was posted by here; never: none.
  time_point next() const;

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
  bool may_hear_reset(end_index from);
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
  /// `by_fin`: the other end sent its last.
  void end_with(end_index e, cause why, bool by_fin = false);
  /// Its own end is gone; when the other is as well, and knows, the connection is forgotten.
  void free_if_over(end_index e, bool by_fin = false);
  void listener_over(handle h);
  void give_if_over(std::uint32_t slot);
  void give_those_over();
  /// What arrived by now is no longer unsent.
  void settle(end_record& e);

  static end_index other(end_index e) { return e ^ 1U; }
  handle handle_of(end_index e) { return connections.handle_of(e / 2); }

  message_network::state& all;
  kernel& time;
  const std::uint32_t number;  // of this shard
  // Of all shards; what one may change of it is said there.
  paths& net;
  const tcp_profile& tcp;
  const std::function<void(host_index, std::uint64_t)>& on_message;
  const std::function<void(host_index)>& on_syn;
  host_names* const names;
  std::deque<host>& hosts;
  message::record_table& connections;
  // Its own.
  tcp_flows flows;
  std::deque<message::sender> senders;
  std::uint32_t free_sender = message::none;
  message::flying_bytes flying;
  struct leaving {
    time_point when;
    handle which;
  };
  std::deque<leaving> over;  // connections that may be given back, from then on
  boost::unordered_flat_map<std::uint64_t, end_index> by_id;  // host and connection id
  end_index at_hand = message::none;  // most that is asked for is what something happened to
  std::vector<follow_up> follow_ups;
  bool driving = false;
  // What it posted to each other shard, in this window and in the one before.
  struct letter {
    time_point when;
    time_point born;
    kernel::label of;
    task what;
  };
  std::array<std::vector<std::vector<letter>>, 2> posted;
  time_point first_posted = never;  // of this window
  unsigned parity = 0;              // which of `posted` is this window's
};

}  // namespace tandem::sim
