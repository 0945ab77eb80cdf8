// SPDX-License-Identifier: MIT
#include "tandem/sim/message_network.hpp"

#include "message/crew.hpp"
#include "message/shard.hpp"
#include "tandem/core/assert.hpp"
#include "tandem/sim/policy_seed.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <utility>

namespace tandem::sim {

namespace {

unsigned threads_of(const message_network_options& options) {
  if (options.threads == 0 || options.threads > threads_most)
    throw std::invalid_argument("a message network has 1 to " + std::to_string(threads_most) +
                                " threads");
  if (options.least_latency == duration{}) return 1;
  if (options.threads > 1 && options.names != nullptr)
    throw std::invalid_argument("a message network with threads has no names");
  return options.threads;
}

}  // namespace

message_network::state::state(message_network_options options)
    : net(options.seed, std::move(options.links)),
      tcp(std::move(options.tcp)),
      on_message(std::move(options.on_message)),
      on_syn(std::move(options.on_syn)),
      on_window(std::move(options.on_window)),
      names(options.names),
      seed(options.seed),
      least_latency(options.least_latency),
      connections(threads_of(options)) {
  const unsigned threads = threads_of(options);
  if (threads == 1) {
    shards.push_back(std::make_unique<shard>(*this, time, 0, 1));
    return;
  }
  for (std::uint32_t i = 0; i < threads; ++i) {
    clocks.push_back(std::make_unique<kernel>());
    shards.push_back(std::make_unique<shard>(*this, *clocks.back(), i, threads));
  }
}

std::uint32_t message_network::state::remember(const manager_options& options) {
  const auto known = std::find(all_options.begin(), all_options.end(), options);
  if (known == all_options.end()) {
    all_options.push_back(options);
    return static_cast<std::uint32_t>(all_options.size() - 1);
  }
  return static_cast<std::uint32_t>(known - all_options.begin());
}

host_index message_network::state::add_host(const manager_options& options, const peer_id& self,
                                            bool listens, manager_observer* observer,
                                            trace_sink* sink) {
  check_stands_still("a host is added");
  const auto index = static_cast<host_index>(hosts.size());
  if (index == hosts_of_huge_heap) heap.begin();
  heap.look();
  hosts.push_back(
      host{.manager = connection_manager(options, self, policy_seed(seed, index, 0), sink),
           .self = self,
           .observer = observer,
           .sink = sink,
           .options = remember(options),
           .listens = listens});
  net.add_host();
  by_peer.insert_or_assign(self, index);
  of(index).wake_at_deadline(index);
  return index;
}

void message_network::state::check_one_thread() const {
  if (shards.size() > 1)
    throw std::logic_error("a message network with threads has no partitions and no ailing hosts");
}

void message_network::state::check_stands_still(const char* what) const {
  if (side_by_side)
    throw std::logic_error(std::string(what) +
                           " in a task of a host, while threads run others: it is for time()");
}

std::uint64_t message_network::state::tasks_run() const {
  std::uint64_t run = time.tasks_run();
  for (const auto& clock : clocks) run += clock->tasks_run();
  return run;
}

message_network::message_network(message_network_options options)
    : state_(std::make_unique<state>(std::move(options))) {}
message_network::~message_network() = default;

unsigned message_network::threads() const noexcept {
  return static_cast<unsigned>(state_->shards.size());
}

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
  TANDEM_ASSERT(!state_->of(host).driving && "a manager must not be commanded from its observer");
  state_->of(host).command(host, what);
}

send_result message_network::send(host_index from, const peer_id& to, std::uint64_t bytes,
                                  std::uint64_t number) {
  return state_->of(from).send(from, to, bytes, number);
}
void message_network::open_stream(host_index host, connection_id conn) {
  state_->of(host).keep_open(host, conn, true);
}
void message_network::close_stream(host_index host, connection_id conn) {
  state_->of(host).keep_open(host, conn, false);
}

connection_manager& message_network::manager(host_index host) {
  return state_->hosts[host].manager;
}
kernel& message_network::time() {
  state_->check_stands_still("time() is asked for");
  return state_->time;
}
time_point message_network::now(host_index host) const { return state_->of(host).time.now(); }
time_point message_network::now() const {
  const unsigned thread = thread_here();
  return thread == 0 ? state_->time.now() : state_->shards[thread - 1]->time.now();
}
unsigned message_network::thread_here() noexcept { return crew::here(); }
void message_network::after_each(const std::function<void()>& hook) {
  state_->time.after_each(hook);
  for (auto& clock : state_->clocks) clock->after_each(hook);
}
std::uint64_t message_network::tasks_run() const { return state_->tasks_run(); }

void message_network::at(host_index host, time_point when, task what) {
  auto& its = state_->of(host);
  its.time.at(when, std::move(what), {shard::about(host), 0});
}

void message_network::run_until(time_point until, const std::function<bool()>& stop) {
  state_->run_until(until, stop);
}

void message_network::partition(std::function<int(host_index)> side) {
  state_->check_one_thread();
  state_->net.partition(std::move(side));
}

void message_network::set_manners(host_index host, const host_manners& manners) {
  state_->hosts[host].manners = manners;
}

void message_network::kill(host_index host) { state_->of(host).kill(host); }
void message_network::forget_flows(host_index host) {
  state_->check_one_thread();
  state_->net.forget_flows(host);
}
void message_network::suffer(host_index host, const host_ailments& now) {
  state_->check_one_thread();
  state_->of(host).suffer(host, now);
}
void message_network::restart(host_index host) {
  state_->of(host).restart(host, state_->hosts[host].self);
}
void message_network::restart(host_index host, const peer_id& self) {
  state_->of(host).restart(host, self);
}

}  // namespace tandem::sim
