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

constexpr int threads = 4, each = 50;
constexpr const char* upper = "/example/upper/1.0.0";

/// A client that is connected to a server, and every command of it. Over TLS, so that its secrets
/// are shared as well.
class asio_node_of_many_threads : public testing::Test {
 protected:
  asio_node_of_many_threads() {
    auto ours = options_of(1);
    ours.security = theirs.security = {security::tls};
    loop.call([&] {
      server = std::make_unique<node>(loop.net(), ours);
      client = std::make_unique<node>(loop.net(), theirs);
      server->handle(upper, [](received_request request) { request.answer(request.bytes); });
      server->start();
      client->start();
      at = server->listening();
    });
    there = server->self().id();
    events = server->subscribe();
    const auto own = client->subscribe();
    client->add_addresses(there, at);
    client->dial(there);
    conn = connected(*own);
    connected(*events);
  }
  ~asio_node_of_many_threads() override {
    loop.call([&] {
      client.reset();
      server.reset();
    });
  }

  static connection_id connected(event_subscription& of) {
    while (const auto next = of.next(10s)) {
      const auto* told = std::get_if<notification>(&*next);
      if (told && told->kind == notice::connection_established) return told->conn;
    }
    ADD_FAILURE() << "never connected";
    return {};
  }

  /// Of the peer, and of its connection.
  void talk() {
    const auto sent = [this](send_result r) {
      ++(r == send_result::accepted ? accepted : refused);
    };
    client->send(there, bytes_of("x"), sent);
    client->send(conn, bytes_of("x"), sent);
    client->request(there, upper, bytes_of("x"), answers.one<std::vector<std::byte>>());
    client->open(there, upper, streams.one<application_stream>());
    client->open(conn, upper, streams.one<application_stream>());
    client->identify(there, facts.one<const peer_facts&>());
    client->identify(conn, facts.one<const peer_facts&>());
    client->ping(there, pings.one<duration>());
    client->ping(conn, pings.one<duration>());
    client->open_stream(conn);
    client->close_stream(conn);
  }

  void steer(bool even) {
    const std::string lower = "/example/lower/1.0.0";
    client->handle(lower, even ? [](received_request) {} : request_handler());
    client->handle(lower + "/stream", even ? [](application_stream) {} : stream_handler());
    client->dial(there);
    client->abandon(client->dial(stranger));
    client->disconnect(stranger);
    client->disconnect(connection_id{});
    client->mark(events::peer_marked{stranger, mark::keep_alive, even});
    client->mark(events::subnet_marked{endpoint::v4(192, 0, 2, 0, 0), 24, mark::deny, even});
    client->configure(theirs.manager);
    client->add_addresses(stranger, at);
    client->add_names(stranger, {{name_kind::dns, "example.org", 4001}});
    client->override_backoff(there);
    client->network_changed();
    client->pressure({.memory = even, .descriptors = even});
  }

  void ask() {
    client->explain(there).get();
    client->explain(conn).get();
    client->counters().get();
    client->subscribe(1);
    client->commands_waiting();
    client->commands_refused();
  }

  void expect_all_back() {
    for (const auto* of : {&answers, &streams, &facts, &pings}) {
      while (!of->all_back()) std::this_thread::yield();
      EXPECT_GT(of->heard(), 0) << of->failed() << " failed";
    }
  }

  service loop;
  node_options theirs = options_of(2, false);
  std::unique_ptr<node> server, client;
  std::shared_ptr<event_subscription> events;  // of the server
  std::vector<endpoint> at;
  peer_id there, stranger = identity::of_node(7, 9).id();
  connection_id conn{};
  std::atomic<int> accepted = 0, refused = 0;
  calls answers, streams, facts, pings;
};

TEST_F(asio_node_of_many_threads, takes_every_command) {
  std::vector<std::thread> callers;
  for (int t = 0; t < threads; ++t)
    callers.emplace_back([&] {
      for (int i = 0; i < each; ++i) {
        talk();
        steer(i % 2 == 0);
        ask();
      }
    });
  for (auto& caller : callers) caller.join();
  // Where all other streams that there may be are open, there is none for messages.
  EXPECT_EQ(accepted + refused, 2 * threads * each);
  EXPECT_GT(accepted, 0);
  int messages = 0;
  while (messages < accepted) {
    const auto next = events->next(10s);
    ASSERT_TRUE(next) << messages;
    messages += std::holds_alternative<received_message>(*next);
  }
  expect_all_back();
  const auto over = client->shutdown(), again = server->shutdown();
  EXPECT_EQ(over.wait_for(5s), std::future_status::ready);
  EXPECT_EQ(again.wait_for(5s), std::future_status::ready);
}

TEST_F(asio_node_of_many_threads, shuts_down_while_commands_come) {
  std::atomic<bool> enough = false;
  std::atomic<int> rounds = 0;
  std::vector<std::thread> callers;
  for (int t = 0; t < threads; ++t)
    callers.emplace_back([&] {
      for (bool even = true; !enough; even = !even) {
        talk();
        steer(even);
        ask();
        ++rounds;
      }
    });
  for (const auto* of : {&answers, &streams, &facts, &pings})
    while (of->heard() == 0) std::this_thread::yield();
  std::vector<std::shared_future<void>> over(threads);
  std::vector<std::thread> enders;
  for (auto& end : over) enders.emplace_back([&] { end = client->shutdown(); });
  for (auto& ender : enders) ender.join();
  for (const auto& end : over) EXPECT_EQ(end.wait_for(10s), std::future_status::ready);
  const int before = rounds;  // from here on they are commands to a node that is over
  while (rounds < before + 2 * threads) std::this_thread::yield();
  enough = true;
  for (auto& caller : callers) caller.join();
  expect_all_back();
  EXPECT_EQ(client->counters().get().active_connections, 0U);
}

}  // namespace
