// SPDX-License-Identifier: MIT
#pragma once

#include "reserve_descriptor.hpp"
#include "tandem/asio/metrics_exporter.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include <chrono>
#include <list>
#include <memory>
#include <string>
#include <vector>

namespace tandem {

/// The HTTP server of a metrics_exporter: one coroutine that accepts, one for each client. Every
/// function belongs to the context's thread. An operation in flight keeps the server.
class metrics_exporter::server : public std::enable_shared_from_this<server> {
 public:
  using tcp = boost::asio::ip::tcp;
  using error_code = boost::system::error_code;

  server(boost::asio::io_context& context, const metrics_options& options, counters_source source,
         exporter_extras extras);

  /// Listens and begins to serve.
  error_code listen(const tcp::endpoint& at);
  /// Closes everything; nothing is asked or sent any more.
  void stop();
  std::uint16_t port() const { return port_; }

 private:
  using io_executor = boost::asio::io_context::executor_type;
  using stream = boost::beast::basic_stream<tcp, io_executor>;
  using socket = boost::asio::basic_stream_socket<tcp, io_executor>;
  using request_parser = boost::beast::http::request_parser<boost::beast::http::empty_body>;
  using response = boost::beast::http::response<boost::beast::http::string_body>;

  struct client {
    explicit client(socket from) : to(std::move(from)) {}
    stream to;
    bool silent = true;  ///< no request of its is being answered
  };
  using client_ptr = std::shared_ptr<client>;

  boost::asio::awaitable<void> accept();
  void admit(socket from);
  /// Makes room for a newcomer; false when there is nobody.
  bool close_one();

  boost::asio::awaitable<void> serve(client_ptr who);
  boost::asio::awaitable<void> converse(client_ptr who);
  boost::asio::awaitable<error_code> read(client_ptr who, boost::beast::flat_buffer& buffer,
                                          request_parser& request,
                                          std::chrono::milliseconds patience);
  boost::asio::awaitable<error_code> write(client_ptr who, response& answer, bool body);
  boost::asio::awaitable<void> drain(client_ptr who);
  response answer_to(const request_parser& request) const;
  std::string every_path() const;

  void set_silent(const client_ptr& who, bool silent);
  void leave(const client_ptr& who);

  boost::asio::basic_socket_acceptor<tcp, io_executor> acceptor_;
  boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                    boost::asio::wait_traits<std::chrono::steady_clock>,
                                    io_executor>
      retry_;  ///< runs while nobody can be accepted
  reserve_descriptor reserve_;
  const metrics_options options_;
  const counters_source source_;
  const exporter_extras extras_;
  std::list<client_ptr> clients_;  ///< who has been waited for longest comes first
  std::uint16_t port_ = 0;
  bool open_ = true;
};

}  // namespace tandem
