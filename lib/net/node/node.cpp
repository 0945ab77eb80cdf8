// SPDX-License-Identifier: MIT
#include "tandem/net/node.hpp"

#include "net/node/node_impl.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace tandem {
namespace {

/// A message on its way to the loop; one allocation, whatever its destination.
template <class Destination>
struct outgoing {
  Destination to;
  std::vector<std::byte> message;
  std::function<void(send_result)> done;
};

template <class Impl, class Destination>
void send_to(Impl& impl, const Destination& to, std::vector<std::byte> message,
             std::function<void(send_result)> done) {
  if (message.size() > impl.options().message_size_max) {
    if (done) done(send_result::refused);
    return;
  }
  const auto size = message.size();
  using kept = outgoing<Destination>;
  const auto out = std::make_shared<kept>(kept{to, std::move(message), std::move(done)});
  const bool queued = impl.command(
      [&impl, out] {
        const auto result = impl.send(out->to, out->message);
        if (out->done) out->done(result);
      },
      size);
  if (!queued && out->done) out->done(send_result::refused);
}

template <class Answer, class Impl, class Subject>
std::future<Answer> explain_to(Impl& impl, const Subject& subject) {
  std::promise<Answer> promise;
  auto answer = promise.get_future();
  impl.command([&impl, subject, promise = std::move(promise)]() mutable {
    promise.set_value(impl.explain(subject));
  });
  return answer;
}

void check_name(std::string_view protocol) {
  constexpr std::size_t most = 200;
  const char* wrong = nullptr;
  if (protocol.empty()) wrong = "has no name";
  if (protocol.size() > most) wrong = "has a name of more than 200 bytes";
  if (protocol.find_first_of("\r\n") != std::string_view::npos) wrong = "has a line's end in it";
  if (session::speaks(protocol)) wrong = "is one that every node speaks itself";
  if (wrong)
    throw std::invalid_argument("protocol '" + std::string(protocol.substr(0, most)) + "' " +
                                wrong + "; a name is like /example/echo/1.0.0");
}

std::size_t whole_most(const request_options& options) {
  return std::max<std::size_t>(options.size_max, 1);
}

template <class Impl, class Destination>
void open_to(Impl& impl, const Destination& to, std::string protocol, stream_opened done,
             duration within) {
  const auto heard = std::make_shared<stream_opened>(std::move(done));
  const bool queued =
      impl.command([&impl, to, protocol = std::move(protocol), heard, within]() mutable {
        impl.open(impl.connection_of(to), protocol, {.beside = impl.options().stream_memory},
                  within, std::move(*heard));
      });
  if (!queued) (*heard)(asio::error::no_buffer_space, {});
}

template <class Impl, class Destination>
void identify_at(Impl& impl, const Destination& of, facts_handler done, duration within) {
  const auto heard = std::make_shared<facts_handler>(std::move(done));
  const bool queued = impl.command([&impl, of, heard, within] {
    impl.identify(impl.connection_of(of), within, std::move(*heard));
  });
  if (!queued) (*heard)(asio::error::no_buffer_space, {});
}

template <class Impl, class Destination>
void ping_to(Impl& impl, const Destination& to, ping_handler done, duration within) {
  const auto heard = std::make_shared<ping_handler>(std::move(done));
  const bool queued = impl.command(
      [&impl, to, heard, within] { impl.ping(impl.connection_of(to), within, std::move(*heard)); });
  if (!queued) (*heard)(asio::error::no_buffer_space, {});
}

}  // namespace

node::node(network& net, node_options options, node_observer* observer, trace_sink* sink)
    : impl_(std::make_shared<impl>(net, std::move(options), observer, sink)) {}

node::~node() { impl_->stop(); }

void node::start() { impl_->start(); }

request_id node::dial(const peer_id& peer, dial_options options) {
  const request_id request = impl_->next_request();
  const bool queued = impl_->command([impl = impl_.get(), request, peer,
                                      options = std::move(options)]() mutable {
    auto& book = impl->addresses();
    if (!options.names.empty()) book.add(peer, std::span<const host_name>(options.names));
    if (!book.names_of(peer).empty()) {  // the core asks for all there are
      book.add(peer, std::span<const endpoint>(options.addresses));
      options.addresses.clear();
    } else if (options.addresses.empty()) {
      // What the book learnt since the peer failed is worth a try at once: the core must see it.
      options.addresses = book.find(peer);
    }
    impl->submit(
        events::dial_wanted{request, peer, {}, options.mode, options.priority, options.deadline},
        std::move(options.addresses));
  });
  return queued ? request : request_id::none;
}

void node::abandon(request_id request) {
  impl_->command([impl = impl_.get(), request] { impl->submit(events::dial_abandoned{request}); });
}

void node::disconnect(const peer_id& peer) {
  impl_->command([impl = impl_.get(), peer] {
    impl->submit(events::disconnect_wanted{peer, connection_id::none, cause::requested});
  });
}

void node::disconnect(connection_id conn) {
  impl_->command([impl = impl_.get(), conn] {
    impl->submit(events::disconnect_wanted{{}, conn, cause::requested});
  });
}

void node::send(const peer_id& peer, std::vector<std::byte> message,
                std::function<void(send_result)> done) {
  send_to(*impl_, peer, std::move(message), std::move(done));
}

void node::send(connection_id conn, std::vector<std::byte> message,
                std::function<void(send_result)> done) {
  send_to(*impl_, conn, std::move(message), std::move(done));
}

void node::open_stream(connection_id conn) {
  impl_->command([impl = impl_.get(), conn] { impl->open_stream(conn); });
}

void node::close_stream(connection_id conn) {
  impl_->command([impl = impl_.get(), conn] { impl->close_stream(conn); });
}

void node::handle(std::string protocol, stream_handler handler) {
  check_name(protocol);
  impl_->command(
      [impl = impl_.get(), protocol = std::move(protocol), handler = std::move(handler)]() mutable {
        impl->handle(protocol, std::move(handler), {.beside = impl->options().stream_memory});
      });
}

void node::handle(std::string protocol, request_handler handler, request_options options) {
  check_name(protocol);
  impl_->command([impl = impl_.get(), protocol = std::move(protocol), handler = std::move(handler),
                  options]() mutable {
    impl->handle(protocol, impl->answering(std::move(handler), options.within),
                 {true, whole_most(options)});
  });
}

void node::open(const peer_id& peer, std::string protocol, stream_opened done, duration within) {
  open_to(*impl_, peer, std::move(protocol), std::move(done), within);
}

void node::open(connection_id conn, std::string protocol, stream_opened done, duration within) {
  open_to(*impl_, conn, std::move(protocol), std::move(done), within);
}

void node::request(const peer_id& peer, std::string protocol, std::vector<std::byte> what,
                   answer_handler done, request_options options) {
  const auto size = what.size();
  const auto heard = std::make_shared<answer_handler>(std::move(done));
  const bool queued = impl_->command(
      [impl = impl_.get(), peer, protocol = std::move(protocol), what = std::move(what), heard,
       options]() mutable {
        impl->ask(impl->connection_of(peer), protocol, {true, whole_most(options)}, std::move(what),
                  options.within, std::move(*heard));
      },
      size);
  if (!queued) (*heard)(asio::error::no_buffer_space, {});
}

void node::identify(const peer_id& peer, facts_handler done, duration within) {
  identify_at(*impl_, peer, std::move(done), within);
}

void node::identify(connection_id conn, facts_handler done, duration within) {
  identify_at(*impl_, conn, std::move(done), within);
}

void node::ping(const peer_id& peer, ping_handler done, duration within) {
  ping_to(*impl_, peer, std::move(done), within);
}

void node::ping(connection_id conn, ping_handler done, duration within) {
  ping_to(*impl_, conn, std::move(done), within);
}

void node::override_backoff(const peer_id& peer) {
  impl_->command([impl = impl_.get(), peer] { impl->submit(events::backoff_overridden{peer}); });
}

void node::mark(const events::peer_marked& what) {
  impl_->command([impl = impl_.get(), what] { impl->submit(what); });
}

void node::mark(const events::subnet_marked& what) {
  impl_->command([impl = impl_.get(), what] { impl->submit(what); });
}

void node::network_changed() {
  impl_->command([impl = impl_.get()] { impl->submit(events::network_changed{}); });
}

void node::pressure(const events::pressure& what) {
  impl_->command([impl = impl_.get(), what] { impl->submit(what); });
}

void node::configure(const manager_options& options) {
  if (const auto problems = problems_of(options); !problems.empty())
    throw std::invalid_argument(problems.front().field + ": " + problems.front().message);
  impl_->command([impl = impl_.get(), options] { impl->submit(events::configured{options}); });
}

void node::add_addresses(const peer_id& peer, std::vector<endpoint> addresses) {
  impl_->command([impl = impl_.get(), peer, addresses = std::move(addresses)] {
    impl->addresses().add(peer, std::span<const endpoint>(addresses));
  });
}

void node::add_names(const peer_id& peer, std::vector<host_name> names) {
  impl_->command([impl = impl_.get(), peer, names = std::move(names)] {
    impl->addresses().add(peer, std::span<const host_name>(names));
  });
}

std::shared_future<void> node::shutdown(duration within) { return impl_->shutdown(within); }

std::shared_ptr<event_subscription> node::subscribe(std::size_t bound, std::size_t bytes_max) {
  auto queue = std::make_shared<event_queue>(bound, bytes_max);
  const bool queued = impl_->command(
      [impl = impl_.get(), weak = std::weak_ptr(queue)] { impl->subscribe(weak); }, 0, true);
  if (!queued) queue->close();
  return queue;
}

std::future<node_counters> node::counters() {
  std::promise<node_counters> promise;
  auto answer = promise.get_future();
  impl_->command([impl = impl_.get(), promise = std::move(promise)]() mutable {
    promise.set_value(impl->counters());
  });
  return answer;
}

std::future<explanation> node::explain(const peer_id& peer) {
  return explain_to<explanation>(*impl_, peer);
}

std::future<connection_explanation> node::explain(connection_id conn) {
  return explain_to<connection_explanation>(*impl_, conn);
}

node_counters node::snapshot() const { return impl_->counters(); }

connection_uses node::uses() const { return impl_->uses(); }

const node_options& node::options() const noexcept { return impl_->options(); }

void node::unflushed(const std::function<void(const events::traffic&)>& each) const {
  impl_->unflushed(each);
}

std::uint64_t node::commands_refused() const { return impl_->commands_refused(); }

std::size_t node::commands_waiting() const { return impl_->commands_waiting(); }

const identity& node::self() const noexcept { return impl_->options().self; }

const connection_manager& node::manager() const noexcept { return impl_->manager(); }

std::vector<endpoint> node::listening() const { return impl_->listening(); }

const peer_facts* node::facts(connection_id conn) const { return impl_->facts(conn); }

}  // namespace tandem
