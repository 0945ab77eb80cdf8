// SPDX-License-Identifier: MIT
#include "address_plan.hpp"
#include "node_time.hpp"
#include "node_trace.hpp"
#include "run/behaviour/behaviour.hpp"
#include "tandem/net/identity.hpp"
#include "tandem/net/task.hpp"
#include "tandem/scenarios/level.hpp"
#include "tandem/sim/message_network.hpp"

#include <memory>
#include <optional>
#include <utility>

namespace tandem::scenarios {
namespace {

// Every host has one address, which only its index decides.
endpoint address_of(node_index node) {
  const auto part = [node](int shift) { return static_cast<std::uint8_t>(node >> shift); };
  return endpoint::v4(10, part(16), part(8), part(0), 4001);
}

// One core on the message network, and who hears it.
struct message_node final : manager_observer {
  message_node(world_observer* to, node_index self, const peer_id& name)
      : observer(to), index(self), id(name) {}

  void on_notification(time_point now, const notification& what) override {
    if (!observer) return;
    if (clock_ahead == duration{}) return observer->on_notification(index, now, what);
    observer->on_notification(index, now, in_world(what, clock_ahead));
  }
  void on_step(time_point now, const connection_manager& manager) override {
    if (observer) observer->on_step(index, now, manager);
  }
  void on_action(time_point now, const action& what) override {
    if (observer) observer->on_action(index, now, what);
  }
  void on_event(time_point now, const event& what) override {
    if (!observer) return;
    if (clock_ahead == duration{}) return observer->on_event(index, now, what);
    observer->on_event(index, now, in_world(what, clock_ahead));
  }

  world_observer* observer;
  node_index index;
  peer_id id;
  stale_addresses stale;
  duration clock_ahead{};
  bool stands = false;
  std::vector<task> orders;
  bool impostor = false;
  std::uint64_t identities = 0;  ///< that it had before
  std::uint64_t requests = 0;
  node_trace trace;
};

class message_world final : public world, sim::host_names {
 public:
  explicit message_world(const world_options& options)
      : options_(options),
        commands_(1 + options.threads),
        network_({options.seed, options.tcp, options.links,
                  [this](sim::host_index host, std::uint64_t number) {
                    if (options_.observer) options_.observer->on_message(host, now(), number);
                  },
                  syns_heard_by(options.observer), options.named == 0 ? nullptr : this,
                  options.threads, options.least_latency,
                  [this](bool side_by_side) {
                    if (options_.observer) options_.observer->on_window(side_by_side);
                  }}) {
    if (options.named != 0) plan_.emplace(options.named);
    network_.after_each([this] { run_commands(); });
  }

  node_index add_node(const node_spec& spec) override {
    const auto index = static_cast<node_index>(nodes_.size());
    auto& node = *nodes_.emplace_back(std::make_unique<message_node>(
        options_.observer, index, identity::of_node(options_.seed, index).id()));
    node.stale = spec.stale;
    if (plan_) plan_->add(sim::message_network::address_of(index), spec.addresses.get());
    node.impostor = spec.misbehaves && spec.misbehaves->has_another_identity();
    if (options_.traces_to) node.trace.begin(options_.traces_to(index));
    const bool heard = options_.traced || node.trace.is_heard();
    network_.add_host(spec.manager, self_of(index), spec.listens,
                      options_.observer ? &node : nullptr, heard ? &node.trace : nullptr);
    if (spec.misbehaves) network_.set_manners(index, spec.misbehaves->manners());
    return index;
  }
  std::size_t size() const override { return nodes_.size(); }
  const peer_id& id(node_index node) const override { return nodes_[node]->id; }

  request_id dial(node_index from, node_index to, dial_mode mode, time_point deadline) override {
    const request_id request{++nodes_[from]->requests};
    later_command(from, [this, request, to, mode, deadline](sim::host_index host) {
      const auto real = address_of(to);
      const auto at = nodes_[to]->stale.before(plan_ ? plan_->of(to) : std::span(&real, 1));
      network_.command(host, events::dial_wanted{request, id(to), at, mode, 0,
                                                 in_node(deadline, nodes_[host]->clock_ahead)});
    });
    return request;
  }
  void send(node_index from, node_index to, std::uint64_t bytes, std::uint64_t number) override {
    later_command(from, [this, to, bytes, number](sim::host_index host) {
      const auto result = network_.send(host, id(to), bytes, number);
      if (options_.observer) options_.observer->on_send(host, now(), result, number);
    });
  }
  void open_stream(node_index node, connection_id conn) override {
    later_command(node, [this, conn](sim::host_index host) { network_.open_stream(host, conn); });
  }
  void close_stream(node_index node, connection_id conn) override {
    later_command(node, [this, conn](sim::host_index host) { network_.close_stream(host, conn); });
  }
  void operate(node_index node, const operation& what) override {
    later_command(node,
                  [this, what = in_node(what, nodes_[node]->clock_ahead)](sim::host_index host) {
                    std::visit([&](const auto& told) { network_.command(host, told); }, what);
                  });
  }
  void introduce(node_index, node_index) override {}  // every address is known
  void disconnect(node_index from, node_index to) override {
    later_command(from, [this, to](sim::host_index host) {
      network_.command(host, events::disconnect_wanted{id(to)});
    });
  }
  void disconnect(node_index from, connection_id conn) override {
    later_command(from, [this, conn](sim::host_index host) {
      network_.command(host, events::disconnect_wanted{{}, conn});
    });
  }
  void shutdown(node_index node) override {
    later_command(
        node, [this](sim::host_index host) { network_.command(host, events::shutdown_wanted{}); });
  }
  void kill(node_index node) override {
    nodes_[node]->orders.clear();
    network_.kill(node);
  }
  void restart(node_index node, const new_life& with) override {
    auto& one = *nodes_[node];
    if (with.address) plan_->move(node);
    if (with.identity) one.id = identity::of_node(options_.seed + ++one.identities, node).id();
    network_.restart(node, self_of(node));
  }
  void forget_flows(node_index node) override { network_.forget_flows(node); }
  void suffer(node_index node, const ailments& now) override {
    auto& one = *nodes_[node];
    one.clock_ahead = now.clock_ahead;
    one.stands = now.stands;
    network_.suffer(node, {now.stands, now.no_descriptors, now.clock_ahead});
    if (!now.stands)
      for (auto& each : std::exchange(one.orders, {}))
        commands_.front().all.push_back(std::move(each));
  }

  time_point now() const override { return network_.now(); }
  void at(time_point when, std::function<void()> what) override {
    time().at(when, std::move(what));
  }
  void at(node_index node, time_point when, std::function<void()> what) override {
    network_.at(node, when, std::move(what));
  }
  bool has_places() const override { return true; }
  void run_until(time_point until, const std::function<bool()>& stop) override {
    run_commands();  // what was wanted from outside happens now
    network_.run_until(until, stop);
  }
  const connection_manager& manager(node_index node) const override {
    return network_.manager(node);
  }
  // The network tells the manager of every message as it moves.
  void unflushed(node_index, const std::function<void(const events::traffic&)>&) const override {}
  std::string trace_hash() const override {
    return world_hash(nodes_, [](const auto& node) { return node->trace.hash(); });
  }
  std::uint64_t events() const override { return network_.tasks_run(); }

 private:
  sim::kernel& time() const { return network_.time(); }

  // Who a node is, which is not who others are told when it is an impostor.
  peer_id self_of(node_index node) const {
    const auto& one = *nodes_[node];
    return one.impostor ? identity::of_node(~options_.seed, node).id() : one.id;
  }

  // host_names
  std::optional<endpoint> find(const endpoint& at) const override { return plan_->find(at); }
  endpoint seen(sim::host_index from, bool v6) override {
    return plan_->seen(from, v6, address_of(from).port);
  }
  endpoint of(sim::host_index host) const override { return plan_->of(host).front(); }

  // As in a node, a command runs after the work that gives it, so that its notifications do not
  // come before the caller knows the request, and before the next work.
  template <class Command>
  void later_command(node_index node, Command command) {
    // What is wanted of a process that stands still waits until that goes on.
    auto& to = nodes_[node]->stands ? nodes_[node]->orders : commands_[network_.thread_here()].all;
    to.emplace_back([node, command] { command(node); });
  }
  void run_commands() {
    auto& commands = commands_[network_.thread_here()].all;
    for (std::size_t i = 0; i < commands.size(); ++i) std::exchange(commands[i], {})();
    commands.clear();
  }

  world_options options_;
  std::vector<std::unique_ptr<message_node>> nodes_;  // outlives the network, which calls it
  struct alignas(64) command_list {
    std::vector<task> all;
  };
  std::vector<command_list> commands_;  // of who stands outside, and of each thread
  std::optional<address_plan> plan_;
  mutable sim::message_network network_;
};

}  // namespace

std::unique_ptr<world> make_message_world(const world_options& options) {
  return std::make_unique<message_world>(options);
}

}  // namespace tandem::scenarios
