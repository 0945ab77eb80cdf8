// SPDX-License-Identifier: MIT
#include "named_network.hpp"
#include "node_time.hpp"
#include "node_trace.hpp"
#include "run/behaviour/misbehaving_network.hpp"
#include "run/fault/ailing_network.hpp"
#include "tandem/net/node.hpp"
#include "tandem/scenarios/level.hpp"
#include "tandem/sim/fabric.hpp"
#include "tandem/sim/policy_seed.hpp"

#include <algorithm>
#include <cstring>
#include <memory>
#include <optional>
#include <stdexcept>
#include <utility>

namespace tandem::scenarios {
namespace {

// A message of a workload begins with its number.
std::vector<std::byte> message_with(std::uint64_t number, std::uint64_t bytes) {
  std::vector<std::byte> message(bytes);
  if (bytes >= sizeof number) std::memcpy(message.data(), &number, sizeof number);
  return message;
}
std::uint64_t number_in(const std::vector<std::byte>& message) {
  std::uint64_t number = 0;
  if (message.size() >= sizeof number) std::memcpy(&number, message.data(), sizeof number);
  return number;
}

// One node on a host of the fabric, and who hears it. The node comes and goes, the host stays.
struct hosted_node final : node_observer {
  hosted_node(world_observer* to, node_index self, node_spec how)
      : observer(to), index(self), spec(std::move(how)) {}

  void on_notification(time_point now, const notification& what) override {
    if (!observer) return;
    if (clock_ahead() == duration{}) return observer->on_notification(index, now, what);
    observer->on_notification(index, world(now), in_world(what, clock_ahead()));
  }
  void on_step(time_point now, const connection_manager& manager) override {
    if (observer) observer->on_step(index, world(now), manager);
  }
  void on_action(time_point now, const action& what) override {
    if (observer) observer->on_action(index, world(now), what);
  }
  void on_event(time_point now, const event& what) override {
    if (!observer) return;
    if (clock_ahead() == duration{}) return observer->on_event(index, now, what);
    observer->on_event(index, world(now), in_world(what, clock_ahead()));
  }
  void on_message(time_point now, const received_message& message) override {
    if (observer) observer->on_message(index, world(now), number_in(message.bytes));
  }
  duration clock_ahead() const noexcept { return ailing.clock_ahead; }
  time_point world(time_point now) const { return in_world(now, clock_ahead()); }

  world_observer* observer;
  node_index index;
  node_spec spec;
  peer_id id;
  endpoint address;  ///< where others dial it; unset when it does not listen
  std::uint64_t lives = 0;
  std::uint64_t identities = 0;  ///< that it had before
  node_trace trace;
  std::unique_ptr<named_network> named;  ///< between the node and its host, if there is a plan
  std::unique_ptr<ailing_network> ails;  ///< around its host, if it suffers
  std::unique_ptr<misbehaving_network> misbehaves;  ///< between the node and its host, if it does
  ailments ailing;
  std::vector<std::function<void(tandem::node&)>>
      orders;  ///< that came while its process stood still
  std::unique_ptr<tandem::node> node;
};

class node_world final : public world {
 public:
  node_world(const world_options& options, std::unique_ptr<sim::fabric> fabric, bool real_time)
      : options_(options), fabric_(std::move(fabric)), real_time_(real_time) {
    if (options_.named != 0) plan_.emplace(options_.named);
  }

  node_index add_node(const node_spec& spec) override {
    const auto index = static_cast<node_index>(nodes_.size());
    if (fabric_->add_host() != index) throw std::logic_error("the fabric has other hosts");
    auto& made =
        *nodes_.emplace_back(std::make_unique<hosted_node>(options_.observer, index, spec));
    if (options_.traces_to) made.trace.begin(options_.traces_to(index));
    if (plan_) plan_->add(fabric_->listen_address(index), spec.addresses.get());
    if (spec.listens) made.address = fabric_->listen_address(index);
    if (spec.misbehaves && !real_time_) fabric_->set_manners(index, spec.misbehaves->manners());
    start(made);
    return index;
  }
  std::size_t size() const override { return nodes_.size(); }
  const peer_id& id(node_index node) const override { return nodes_[node]->id; }

  request_id dial(node_index from, node_index to, dial_mode mode, time_point deadline) override {
    return node(from).dial(
        id(to), {addresses_of(to), mode, 0, in_node(deadline, nodes_[from]->clock_ahead())});
  }
  void send(node_index from, node_index to, std::uint64_t bytes, std::uint64_t number) override {
    const auto tell = [host = nodes_[from].get(), number, this](send_result result) {
      if (host->observer) host->observer->on_send(host->index, now(), result, number);
    };
    node(from).send(id(to), message_with(number, bytes), tell);
  }
  void open_stream(node_index which, connection_id conn) override { node(which).open_stream(conn); }
  void close_stream(node_index which, connection_id conn) override {
    node(which).close_stream(conn);
  }
  void operate(node_index which, const operation& what) override {
    const auto told = in_node(what, nodes_[which]->clock_ahead());
    order(which, [told](tandem::node& to) {
      std::visit([&to](const auto& one) { tell(to, one); }, told);
    });
  }
  void introduce(node_index which, node_index other) override {
    if (nodes_[other]->spec.listens) node(which).add_addresses(id(other), addresses_of(other));
  }
  void disconnect(node_index from, node_index to) override {
    order(from, [peer = id(to)](tandem::node& node) { node.disconnect(peer); });
  }
  void disconnect(node_index from, connection_id conn) override {
    order(from, [conn](tandem::node& node) { node.disconnect(conn); });
  }
  void shutdown(node_index which) override {
    order(which, [](tandem::node& node) { node.shutdown(); });
  }
  void kill(node_index which) override {
    nodes_[which]->node.reset();
    nodes_[which]->orders.clear();
  }
  void restart(node_index which, const new_life& with) override {
    kill(which);
    if (with.identity) ++nodes_[which]->identities;
    if (with.address) plan_->move(which);
    start(*nodes_[which]);
  }
  void forget_flows(node_index which) override { fabric_->forget_flows(which); }
  void suffer(node_index which, const ailments& now) override {
    auto& it = *nodes_[which];
    it.ailing = now;
    if (!it.node) return;
    it.ails->suffer(now);
    if (now.stands) return;
    for (const auto& each : std::exchange(it.orders, {})) each(*it.node);
  }

  time_point now() const override { return fabric_->clock().now(); }
  void at(time_point when, std::function<void()> what) override {
    fabric_->clock().at(when, std::move(what));
  }
  void run_until(time_point until, const std::function<bool()>& stop) override {
    fabric_->run_until(until, stop);
  }
  const connection_manager& manager(node_index which) const override {
    return nodes_[which]->node->manager();
  }
  void unflushed(node_index which,
                 const std::function<void(const events::traffic&)>& each) const override {
    nodes_[which]->node->unflushed(each);
  }
  std::string trace_hash() const override {
    if (real_time_) return {};
    return world_hash(nodes_, [](const auto& node) { return node->trace.hash(); });
  }
  std::uint64_t events() const override { return fabric_->events(); }

 private:
  std::vector<endpoint> addresses_of(node_index which) const {
    const auto& host = *nodes_[which];
    return host.spec.stale.before(plan_ ? plan_->of(which) : std::span(&host.address, 1));
  }
  // Where a node listens: once for each family of its addresses.
  std::vector<endpoint> listening_at(node_index which) const {
    std::vector<endpoint> out;
    for (const auto& address : plan_->of(which))
      if (std::ranges::find(out, address.v6, &endpoint::v6) == out.end()) out.push_back(address);
    return out;
  }
  static void tell(tandem::node& to, const events::peer_marked& what) { to.mark(what); }
  static void tell(tandem::node& to, const events::subnet_marked& what) { to.mark(what); }
  static void tell(tandem::node& to, const events::backoff_overridden& what) {
    to.override_backoff(what.peer);
  }
  static void tell(tandem::node& to, const events::configured& what) { to.configure(what.options); }
  static void tell(tandem::node& to, const events::network_changed&) { to.network_changed(); }
  static void tell(tandem::node& to, const events::pressure& what) { to.pressure(what); }

  tandem::node& node(node_index which) { return *nodes_[which]->node; }

  // What an operator wants of a process that stands still waits until that goes on.
  void order(node_index which, std::function<void(tandem::node&)> what) {
    auto& it = *nodes_[which];
    if (it.ailing.stands)
      it.orders.push_back(std::move(what));
    else
      what(*it.node);
  }

  void start(hosted_node& host) {
    node_options options;
    options.manager = host.spec.manager;
    options.buffers = host.spec.buffers;
    options.self = identity::of_node(options_.seed + host.identities, host.index);
    host.id = options.self.id();
    network* net = &fabric_->host(host.index);
    host.misbehaves.reset();  // before what it stands on
    host.ails.reset();
    if (plan_) {
      host.named = std::make_unique<named_network>(*net, *plan_, host.index);
      net = host.named.get();
    }
    if (host.spec.suffers) {
      host.ails = std::make_unique<ailing_network>(*net, host.ailing);
      net = host.ails.get();
    }
    if (const auto* how = host.spec.misbehaves.get()) {
      host.misbehaves = std::make_unique<misbehaving_network>(
          *net, *how, random_stream::of(options_.seed, "behaviour", host.index));
      net = host.misbehaves.get();
      if (how->has_another_identity()) options.self = identity::of_node(~options_.seed, host.index);
    }
    if (host.spec.listens)
      options.listen = plan_ ? listening_at(host.index) : std::vector{host.address};
    options.seed = sim::policy_seed(options_.seed, host.index, host.lives++);
    options.security = host.spec.secured;
    options.entropy = [draws = random_stream::of(options.seed, "security", host.index)](
                          std::span<std::uint8_t> into) mutable {
      for (auto& byte : into) byte = static_cast<std::uint8_t>(draws.next());
    };
    const bool heard = options_.traced || host.trace.is_heard();
    host.node = std::make_unique<tandem::node>(*net, std::move(options), &host,
                                               heard ? &host.trace : nullptr);
    host.node->start();
    // A real listener chooses its port at the first start, and keeps it.
    if (host.spec.listens && host.address.port == 0) host.address = host.node->listening().front();
  }

  world_options options_;
  std::unique_ptr<sim::fabric> fabric_;
  std::optional<address_plan> plan_;
  std::vector<std::unique_ptr<hosted_node>> nodes_;  // die before the fabric
  bool real_time_;
};

}  // namespace

std::unique_ptr<world> make_node_world(const world_options& options,
                                       std::unique_ptr<sim::fabric> fabric, bool real_time) {
  return std::make_unique<node_world>(options, std::move(fabric), real_time);
}

}  // namespace tandem::scenarios
