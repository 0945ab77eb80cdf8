// SPDX-License-Identifier: MIT
#include "tandem/sim/message_network.hpp"

#include "message/state.hpp"
#include "tandem/core/assert.hpp"

#include <utility>

namespace tandem::sim {

message_network::message_network(message_network_options options)
    : state_(std::make_unique<state>(std::move(options))) {}
message_network::~message_network() = default;

host_index message_network::add_host(const manager_options& options, const peer_id& self,
                                     bool listens, manager_observer* observer, trace_sink* sink) {
  return state_->add_host(options, self, listens, observer, sink);
}

endpoint message_network::address_of(host_index host) noexcept {
  return endpoint::v4(10, static_cast<std::uint8_t>(host >> 16),
                      static_cast<std::uint8_t>(host >> 8), static_cast<std::uint8_t>(host),
                      message_port);
}

std::optional<host_index> message_network::host_at(const endpoint& at) noexcept {
  if (at.v6 || at.address[0] != 10) return std::nullopt;
  return static_cast<host_index>(at.address[1]) << 16 |
         static_cast<host_index>(at.address[2]) << 8 | at.address[3];
}

void message_network::command(host_index host, const event& what) {
  TANDEM_ASSERT(!state_->driving && "a manager must not be commanded from its observer");
  state_->command(host, what);
}

send_result message_network::send(host_index from, const peer_id& to, std::uint64_t bytes,
                                  std::uint64_t number) {
  return state_->send(from, to, bytes, number);
}
void message_network::open_stream(host_index host, connection_id conn) {
  state_->keep_open(host, conn, true);
}
void message_network::close_stream(host_index host, connection_id conn) {
  state_->keep_open(host, conn, false);
}

connection_manager& message_network::manager(host_index host) {
  return state_->hosts[host].manager;
}
kernel& message_network::time() { return state_->time; }

void message_network::run_until(time_point until, const std::function<bool()>& stop) {
  state_->time.run_until(until, stop);
}

void message_network::partition(std::function<int(host_index)> side) {
  state_->net.partition(std::move(side));
}

void message_network::set_manners(host_index host, const host_manners& manners) {
  state_->hosts[host].manners = manners;
}

void message_network::kill(host_index host) { state_->kill(host); }
void message_network::forget_flows(host_index host) { state_->net.forget_flows(host); }
void message_network::suffer(host_index host, const host_ailments& now) {
  state_->suffer(host, now);
}
void message_network::restart(host_index host) { state_->restart(host, state_->hosts[host].self); }
void message_network::restart(host_index host, const peer_id& self) { state_->restart(host, self); }

}  // namespace tandem::sim
