// SPDX-License-Identifier: MIT
// Tandem's own peer for ci/interop, which does what the peers of others do: `interop_node
// SECURITIES [MULTIADDR]` listens on loopback, dials when told whom, and prints one JSON object a
// line for everything that happens. It obeys the lines of its input (`dial MULTIADDR`, `echo COUNT
// BYTES`, `ping`, `identify`, `close`) and ends with that.
#include "tandem/asio/network.hpp"
#include "tandem/net/application_stream.hpp"
#include "tandem/net/node.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/streambuf.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/json.hpp>

#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <iostream>
#include <sstream>

namespace tandem {
namespace {

namespace json = boost::json;

const std::string echo_protocol = "/tandem/interop/echo/1.0.0";

void tell(json::object told) {
  std::puts(json::serialize(told).c_str());
  std::fflush(stdout);
}

/// Sends back what comes, until its end.
asio::awaitable<void> answer_echo(application_stream stream) {
  std::vector<std::byte> part(16 * 1024);
  try {
    for (;;) {
      const auto size =
          co_await stream.bytes.async_read_some(asio::buffer(part), asio::use_awaitable);
      co_await asio::async_write(stream.bytes, asio::buffer(part, size), asio::use_awaitable);
    }
  } catch (const boost::system::system_error& over) {
    if (over.code() == asio::error::eof) stream.bytes.close();
  }
}

/// Echoes on several streams at once, and what became of them.
struct echo_run {
  std::size_t count, size;
  std::size_t ended = 0, same = 0;
  std::string failed;

  void over(bool good, const std::string& why = {}) {
    same += good;
    if (!why.empty()) failed = why;
    if (++ended == count)
      tell({{"event", "echoed"}, {"count", count}, {"same", same}, {"error", failed}});
  }
};

asio::awaitable<void> write_all(std::shared_ptr<application_stream> to,
                                std::shared_ptr<std::vector<std::byte>> what) {
  try {
    co_await asio::async_write(to->bytes, asio::buffer(*what), asio::use_awaitable);
    to->bytes.shutdown_send();
  } catch (const boost::system::system_error&) {
  }  // the reader hears of it
}

asio::awaitable<void> echo_one(std::shared_ptr<echo_run> run, application_stream opened) {
  const auto stream = std::make_shared<application_stream>(std::move(opened));
  const auto sent = std::make_shared<std::vector<std::byte>>(run->size);
  for (std::size_t i = 0; i < sent->size(); ++i)
    (*sent)[i] = static_cast<std::byte>(i * 31 + i / 251);
  asio::co_spawn(stream->bytes.get_executor(), write_all(stream, sent), asio::detached);
  std::vector<std::byte> back;
  try {
    co_await asio::async_read(stream->bytes, asio::dynamic_buffer(back), asio::use_awaitable);
  } catch (const boost::system::system_error& over) {
    if (over.code() != asio::error::eof) co_return run->over(false, over.what());
  }
  stream->bytes.close();
  run->over(back == *sent);
}

class interop_node final : node_observer {
 public:
  explicit interop_node(std::vector<security> securities) {
    node_options options;
    options.self = identity::generate();
    options.listen = {endpoint::v4(127, 0, 0, 1, 0)};
    options.security = std::move(securities);
    options.agent = "tandem/interop";
    node_ = std::make_unique<node>(*net_, std::move(options), static_cast<node_observer*>(this));
    node_->handle(echo_protocol, stream_handler([](application_stream stream) {
                    const auto executor = stream.bytes.get_executor();
                    asio::co_spawn(executor, answer_echo(std::move(stream)), asio::detached);
                  }));
    node_->start();
    tell({{"event", "self"}, {"peer", to_string(node_->self().id())}});
    tell({{"event", "listening"}, {"address", to_multiaddr(node_->listening().front())}});
  }

  void dial(const std::string& text) {
    const auto to = parse_address(text);
    if (!to || to->peer.empty()) throw std::invalid_argument("'" + text + "' is no peer's address");
    dial_options how;
    how.addresses = {to->at};
    node_->dial(to->peer, std::move(how));
  }

  void run() {
    asio::co_spawn(io_, listen_to_input(), [this](const std::exception_ptr& thrown) {
      node_.reset();
      io_.stop();
      if (thrown) std::rethrow_exception(thrown);
    });
    io_.run();
  }

 private:
  asio::awaitable<void> listen_to_input() {
    asio::posix::stream_descriptor input(io_, ::dup(STDIN_FILENO));
    asio::streambuf buffer;
    std::istream lines(&buffer);
    try {
      for (;;) {
        co_await asio::async_read_until(input, buffer, '\n', asio::use_awaitable);
        std::string line;
        std::getline(lines, line);
        obey(line);
      }
    } catch (const boost::system::system_error&) {
    }  // its end
  }

  void obey(const std::string& line) {
    std::istringstream words(line);
    std::string command, to;
    words >> command;
    if (command == "dial" && words >> to) return dial(to);
    if (command == "close") return node_->disconnect(peer_);
    if (command == "ping")
      return node_->ping(peer_, [](error_code error, duration trip) {
        if (error) return tell({{"event", "ping_failed"}, {"error", error.message()}});
        tell({{"event", "ping"}, {"microseconds", trip / std::chrono::microseconds(1)}});
      });
    if (command == "identify")
      return node_->identify(peer_, [](error_code error, const peer_facts&) {
        if (error) tell({{"event", "identify_failed"}, {"error", error.message()}});
      });
    auto run = std::make_shared<echo_run>();
    if (command != "echo" || !(words >> run->count >> run->size))
      throw std::invalid_argument("'" + line + "' is no command");
    for (std::size_t i = 0; i < run->count; ++i)
      node_->open(peer_, echo_protocol, [run](error_code error, application_stream stream) {
        if (error) return run->over(false, error.message());
        const auto executor = stream.bytes.get_executor();
        asio::co_spawn(executor, echo_one(run, std::move(stream)), asio::detached);
      });
  }

  void on_notification(time_point, const notification& what) override {
    const auto event = [&](const char* name) {
      json::object told{{"event", name},
                        {"peer", to_string(what.peer)},
                        {"dialer", what.way == direction::outbound}};
      if (what.why != cause::none) told["cause"] = name_of(what.why);
      tell(std::move(told));
    };
    if (what.kind == notice::connection_established) {
      peer_ = what.peer;
      event("established");
    }
    if (what.kind == notice::inbound_refused) event("refused");
    if (what.kind == notice::connection_closed) event("closed");
    if (what.kind == notice::dial_failed) event("dial_failed");
  }
  void on_step(time_point, const connection_manager&) override {}
  void on_message(time_point, const received_message&) override {}
  void on_identified(time_point, connection_id, const peer_id&, const peer_facts& said) override {
    json::array protocols;
    for (const auto& each : said.protocols) protocols.emplace_back(each);
    tell({{"event", "identified"},
          {"agent", said.agent},
          {"protocol", said.protocol_version},
          {"protocols", std::move(protocols)},
          {"observed", said.observed.port == 0 ? "" : to_multiaddr(said.observed)}});
  }

  asio::io_context io_{1};
  const std::unique_ptr<network> net_ = make_asio_network(io_);
  peer_id peer_;  ///< of the newest connection
  std::unique_ptr<node> node_;
};

}  // namespace
}  // namespace tandem

int main(int count, char** arguments) {
  try {
    if (count < 2) throw std::invalid_argument("usage: interop_node SECURITIES [MULTIADDR]");
    std::signal(SIGPIPE, SIG_IGN);
    tandem::interop_node made(tandem::parse_securities(arguments[1]));
    if (count > 2) made.dial(arguments[2]);
    made.run();
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 2;
  }
}
