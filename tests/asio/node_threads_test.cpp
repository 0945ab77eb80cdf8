// SPDX-License-Identifier: MIT
// A node on sockets whose commands come from many threads; ThreadSanitizer looks on in CI.
#include "asio/loop.hpp"
#include "asio/nodes.hpp"
#include "tandem/net/application_stream.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

#include <atomic>
#include <future>
#include <thread>

namespace {

using namespace std::chrono_literals;
using namespace tandem;
using namespace tandem::test;

/// Runs a context in a thread of its own, as a service does.
class service {
 public:
  service() : thread_([this] { context_.run(); }) {}
  ~service() {
    guard_.reset();
    context_.stop();
    if (thread_.joinable()) thread_.join();
  }
  /// Runs `what` on the loop's thread and waits for it.
  template <class What>
  void call(What what) {
    std::promise<void> done;
    asio::post(context_, [&] {
      what();
      done.set_value();
    });
    done.get_future().get();
  }
  network& net() { return *net_; }

 private:
  asio::io_context context_{1};
  std::unique_ptr<network> net_ = make_asio_network(context_);
  asio::executor_work_guard<asio::io_context::executor_type> guard_{context_.get_executor()};
  std::thread thread_;
};

/// Calls that come back, each once, from the loop's thread.
class calls {
 public:
  template <class... Args>
  auto one() {
    ++made_;
    return [this](boost::system::error_code error, Args...) { ++(error ? failed_ : heard_); };
  }
  bool all_back() const { return heard_ + failed_ == made_; }
  int heard() const { return heard_; }
  int failed() const { return failed_; }

 private:
  std::atomic<int> made_ = 0, heard_ = 0, failed_ = 0;
};

// Over TLS, so that its secrets are shared as well.
TEST(asio_node, takes_every_command_from_many_threads) {
  constexpr int threads = 4, each = 50;
  const std::string upper = "/example/upper/1.0.0";
  service loop;
  std::unique_ptr<node> server, client;
  auto ours = options_of(1), theirs = options_of(2, false);
  ours.security = theirs.security = {security::tls};
  loop.call([&] {
    server = std::make_unique<node>(loop.net(), ours);
    client = std::make_unique<node>(loop.net(), theirs);
    server->handle(upper, [](received_request request) { request.answer(request.bytes); });
    server->start();
    client->start();
  });
  std::vector<endpoint> at;
  loop.call([&] { at = server->listening(); });
  const auto events = server->subscribe();
  const auto there = server->self().id(), stranger = identity::of_node(7, 9).id();
  client->add_addresses(there, at);
  client->dial(there);
  for (;;) {
    const auto next = events->next(10s);
    ASSERT_TRUE(next);
    const auto* n = std::get_if<notification>(&*next);
    if (n && n->kind == notice::connection_established) break;
  }
  while (client->counters().get().active_connections == 0) std::this_thread::yield();

  std::atomic<int> accepted = 0, refused = 0;
  calls answers, streams, facts, pings;
  std::vector<std::thread> callers;
  for (int t = 0; t < threads; ++t)
    callers.emplace_back([&] {
      for (int i = 0; i < each; ++i) {
        client->send(there, bytes_of("x"),
                     [&](send_result r) { ++(r == send_result::accepted ? accepted : refused); });
        client->dial(there);
        client->request(there, upper, bytes_of("x"), answers.one<std::vector<std::byte>>());
        client->open(there, upper, streams.one<application_stream>());
        client->identify(there, facts.one<const peer_facts&>());
        client->ping(there, pings.one<duration>());
        client->abandon(client->dial(stranger));
        client->disconnect(stranger);
        client->mark(events::peer_marked{stranger, mark::keep_alive, i % 2 == 0});
        client->configure(theirs.manager);
        client->add_addresses(stranger, at);
        client->override_backoff(there);
        client->network_changed();
        client->explain(there).get();
        client->subscribe(1);
        client->counters().get();
      }
    });
  for (auto& caller : callers) caller.join();
  // Where all other streams that there may be are open, there is none for messages.
  EXPECT_EQ(accepted + refused, threads * each);
  EXPECT_GT(accepted, 0);
  int messages = 0;
  while (messages < accepted) {
    const auto next = events->next(10s);
    ASSERT_TRUE(next) << messages;
    messages += std::holds_alternative<received_message>(*next);
  }
  for (const auto* of : {&answers, &streams, &facts, &pings}) {
    while (!of->all_back()) std::this_thread::yield();
    EXPECT_GT(of->heard(), 0) << of->failed() << " failed";
  }
  const auto over = client->shutdown(), again = server->shutdown();
  EXPECT_EQ(over.wait_for(5s), std::future_status::ready);
  EXPECT_EQ(again.wait_for(5s), std::future_status::ready);
  loop.call([&] {
    client.reset();
    server.reset();
  });
}

}  // namespace
