// SPDX-License-Identifier: MIT
#include "net/node/node_impl.hpp"

#include "net/security/credentials.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace tandem {
namespace {

events::traffic as_event(connection_id conn, const session_traffic& moved) {
  return {
      conn, moved.sent, moved.received, moved.app_bytes, moved.last_received_at, moved.last_app_at};
}

/// Room that the inbox keeps: it is as long as many connections at once have something to say.
constexpr std::size_t inbox_kept = 4;

session_options for_sessions(const node_options& options) {
  session_options out;
  out.own = std::make_shared<credentials>(options.self, options.entropy);
  out.allowed = options.security;
  out.agent = options.agent;
  out.message_size_max = options.message_size_max;
  out.backlog_max = options.backlog_max;
  out.streams_max = options.streams.streams_max;
  out.window = static_cast<std::uint32_t>(options.streams.receive_window);
  return out;
}

void check_streams(const node_options& options) {
  const auto& [most, window] = options.streams;
  const auto within = [](const char* name, std::uint64_t value, std::uint64_t least,
                         std::uint64_t greatest) {
    if (value < least || value > greatest)
      throw std::invalid_argument("node_options.streams." + std::string(name) + " (" +
                                  std::to_string(value) + ") must be from " +
                                  std::to_string(least) + " to " + std::to_string(greatest));
  };
  within("streams_max", most, 1, stream_options::streams_most);
  within("receive_window", window, stream_options::window_least, stream_options::window_most);
  if (window > options.buffers.connection_buffers_max)
    throw std::invalid_argument(
        "node_options.streams.receive_window (" + std::to_string(window) +
        ") is above buffers.connection_buffers_max (" +
        std::to_string(options.buffers.connection_buffers_max) +
        "): what a peer may send would not fit; lower the first or raise the second");
}

}  // namespace

node::impl::impl(network& net, node_options options, node_observer* observer, trace_sink* sink)
    : net_(net),
      options_(std::move(options)),
      session_options_(for_sessions(options_)),
      observer_(observer),
      core_(options_.manager, options_.self.id(), options_.seed, sink),
      commands_(options_.command_queue_max, options_.command_bytes_max),
      addresses_(options_.address_book_max),
      clock_(std::make_shared<tandem::clock*>(&net_.clock())) {
  limit_memory();
}

void node::impl::start() {
  if (std::exchange(started_, true)) throw std::logic_error("node::start was called twice");
  if (options_.self.id().empty())
    throw std::invalid_argument("node_options.self has no peer id; make it with tandem::identity");
  if (options_.security.empty())
    throw std::invalid_argument(
        "node_options.security is empty: no connection could be made; noise, or plaintext for "
        "connections without encryption");
  if (options_.buffers.connection_buffers_max < options_.message_size_max)
    throw std::invalid_argument(
        "node_options.buffers.connection_buffers_max (" +
        std::to_string(options_.buffers.connection_buffers_max) + ") is below message_size_max (" +
        std::to_string(options_.message_size_max) +
        "): no such message could be received; raise the first or lower the second");
  check_streams(options_);
  std::vector<listener> opened;
  for (const endpoint& at : options_.listen) {
    auto made = net_.listen(at);
    if (!made) throw boost::system::system_error(made.error(), "cannot listen on " + to_string(at));
    opened.push_back({std::move(*made)});
  }
  listeners_ = std::move(opened);
  *session_options_.listening = listening();
  accept_all();
}

void node::impl::stop() {
  if (std::exchange(dead_, true)) return;
  net_.clock().cancel(timer_);
  clock_.reset();
  commands_.close();
  listeners_.clear();
  while (!searches_.empty()) stop_looking(searches_.begin()->first);
  drop_links();
  for (const auto& weak : subscribers_)
    if (const auto queue = weak.lock()) queue->close();
  finish_shutdown();
}

bool node::impl::command(task what, std::size_t bytes, bool always) {
  const auto pushed = commands_.push(what, bytes, always);
  if (pushed == command_queue::pushed::first)
    asio::post(net_.executor(), [weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->run_commands();
    });
  return pushed != command_queue::pushed::refused;
}

void node::impl::run_commands() {
  for (task& each : commands_.take()) {
    if (dead_) return;
    each();
  }
}

std::shared_future<void> node::impl::shutdown(duration within) {
  const std::lock_guard lock(shutdown_mutex_);
  if (shutdown_future_.valid()) return shutdown_future_;
  shutdown_done_ = std::make_unique<std::promise<void>>();
  shutdown_future_ = shutdown_done_->get_future().share();
  const auto begin = [this, within] {
    listeners_.clear();
    submit(events::shutdown_wanted{later(net_.clock().now(), within)});
  };
  if (!command(begin, 0, true)) std::exchange(shutdown_done_, nullptr)->set_value();
  return shutdown_future_;
}

void node::impl::finish_shutdown() {
  const std::lock_guard lock(shutdown_mutex_);
  if (const auto done = std::move(shutdown_done_)) done->set_value();
}

/// Runs `step` and then what it brought into the inbox, one event after the other's actions.
template <class Step>
void node::impl::run(Step step) {
  const auto self = shared_from_this();  // an observer may destroy the node
  busy_ = true;
  step();
  for (std::size_t i = 0; i < inbox_.size() && !dead_; ++i) {
    queued_event next = std::move(inbox_[i]);
    handle(next);
  }
  inbox_.clear();
  if (inbox_.capacity() > inbox_kept) inbox_ = std::vector<queued_event>();
  busy_ = false;
  if (dead_) return;
  if (finished_) {
    drop_links();
    finish_shutdown();
  }
  arm();
}

void node::impl::submit(event what, std::vector<endpoint> list) {
  if (dead_) return;
  queued_event next{std::move(what), std::move(list)};
  if (busy_) return inbox_.push_back(std::move(next));
  run([&] { handle(next); });
}

void node::impl::handle(queued_event& next) {
  if (auto* dial = std::get_if<events::dial_wanted>(&next.what)) dial->addresses = next.list;
  if (auto* found = std::get_if<events::addresses_found>(&next.what)) found->list = next.list;
  flush_dirty();
  if (dead_) return;
  tell(next.what);
  if (const auto* closed = std::get_if<events::closed>(&next.what)) erase(closed->conn);
}

void node::impl::flush_dirty() {
  for (std::size_t i = 0; i < dirty_.size() && !dead_; ++i) {
    const connection_id id = dirty_[i];
    const auto* of = find(id);
    if (!of || !of->session) continue;
    tell(as_event(id, of->session->take_traffic()));
  }
  dirty_.clear();
}

void node::impl::tell(const event& what) {
  stepped_ = net_.clock().now();
  if (observer_) observer_->on_event(stepped_, what);
  core_.handle(stepped_, what);
  after_step();
}

void node::impl::unflushed(const std::function<void(const events::traffic&)>& each) const {
  for (const connection_id id : dirty_)
    if (const auto found = links_.find(id); found != links_.end() && found->second->session)
      each(as_event(id, found->second->session->traffic()));
}

node_counters node::impl::counters() const {
  node_counters now = core_.counters();
  const memory_pool& pool = *session_options_.memory;
  now.buffers = {pool.used(), pool.lent(), pool.refused(), pool.shed()};
  unflushed([&now](const events::traffic& moved) {
    now.bytes_sent += moved.sent;
    now.bytes_received += moved.received;
  });
  return now;
}

connection_uses node::impl::uses() const {
  connection_uses out;
  for (const auto& [id, of] : links_) {
    if (!of->session) continue;
    out.buffers = std::max(out.buffers, of->session->memory()->used());
    out.streams = std::max<std::uint64_t>(out.streams, of->session->streams());
  }
  return out;
}

void node::impl::after_step() {
  while (const auto next = core_.poll_action()) {
    if (observer_) observer_->on_action(stepped_, *next);
    std::visit([this](const auto& what) { carry_out(what); }, *next);
    if (dead_) return;
  }
  limit_memory();
  if (observer_) observer_->on_step(stepped_, core_);
}

/// Every connection has what the core reckons it at; the rest of max_memory is lent.
void node::impl::limit_memory() {
  const manager_options& o = core_.options();
  const std::uint64_t tracked = attempts_.size() + links_.size();
  const auto share = o.connection_memory - std::min(o.connection_memory, session::least_memory);
  memory_limits limits{std::max(share, session::share_least),
                       options_.buffers.connection_buffers_max, options_.buffers.buffers_max};
  if (o.max_memory != 0) {
    const auto left = o.max_memory - std::min(o.max_memory, tracked * o.connection_memory);
    limits.loans_most = std::min(limits.loans_most, left);
  }
  session_options_.memory->limit(limits);
}

void node::impl::wake() {
  armed_ = never;
  timer_ = timer_id::none;
  if (dead_) return;
  if (net_.clock().now() < core_.next_deadline()) return arm();
  run([this] {
    flush_dirty();
    if (dead_) return;
    stepped_ = net_.clock().now();
    core_.advance(stepped_);
    after_step();
  });
}

void node::impl::arm() {
  const time_point deadline = core_.next_deadline();
  if (deadline >= armed_) return;
  net_.clock().cancel(timer_);
  armed_ = deadline;
  timer_ = net_.clock().at(deadline, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->wake();
  });
}

void node::impl::subscribe(std::weak_ptr<event_queue> queue) {
  // Those that went while nothing was said.
  std::erase_if(subscribers_, [](const auto& known) { return known.expired(); });
  subscribers_.push_back(std::move(queue));
}

void node::impl::publish(const node_event& what) {
  std::erase_if(subscribers_, [&](const std::weak_ptr<event_queue>& weak) {
    const auto queue = weak.lock();
    if (queue) queue->push(what);
    return !queue;
  });
}

}  // namespace tandem
