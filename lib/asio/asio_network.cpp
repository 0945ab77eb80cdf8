// SPDX-License-Identifier: MIT
#include "asio_clock.hpp"
#include "asio_stream.hpp"
#include "connect_op.hpp"
#include "convert.hpp"
#include "tandem/asio/network.hpp"

#include <boost/asio/append.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/post.hpp>

#include <memory>
#include <utility>

namespace tandem {
namespace {

using io_executor = boost::asio::io_context::executor_type;

void complete_later(const io_executor& executor, connect_handler done, const error_code& error) {
  boost::asio::post(executor, boost::asio::append(std::move(done), error, connected{}));
}

class asio_acceptor final : public acceptor {
 public:
  explicit asio_acceptor(tcp_acceptor socket)
      : socket_(std::make_shared<tcp_acceptor>(std::move(socket))) {
    error_code ignored;
    local_ = from_asio(socket_->local_endpoint(ignored));
  }
  ~asio_acceptor() override {
    error_code ignored;
    socket_->close(ignored);
  }

  endpoint local_endpoint() const override { return local_; }

 private:
  void accept(connect_handler done) override {
    socket_->async_wait(tcp_acceptor::wait_read, accept_op{socket_, std::move(done)});
  }

  std::shared_ptr<tcp_acceptor> socket_;  ///< an operation that is over may still look at it
  endpoint local_;
};

class asio_network final : public network {
 public:
  explicit asio_network(boost::asio::io_context& context)
      : executor_(context.get_executor()), clock_(context) {}

  boost::asio::any_io_executor executor() override { return executor_; }
  tandem::clock& clock() override { return clock_; }

  boost::system::result<std::unique_ptr<acceptor>> listen(const endpoint& local) override {
    const auto at = to_asio(local);
    tcp_acceptor socket(executor_);
    error_code error;
    if (socket.open(at.protocol(), error); error) return seam_error(error);
    if (socket.set_option(tcp_acceptor::reuse_address(true), error); error) return error;
    if (local.v6 && (socket.set_option(boost::asio::ip::v6_only(true), error), error)) return error;
    if (socket.bind(at, error); error) return error;
    if (socket.non_blocking(true, error); error) return error;
    if (socket.listen(boost::asio::socket_base::max_listen_connections, error); error) return error;
    return std::unique_ptr<acceptor>(std::make_unique<asio_acceptor>(std::move(socket)));
  }

 private:
  void connect(const endpoint& remote, connect_handler done) override {
    const auto to = to_asio(remote);
    auto socket = std::make_unique<tcp_socket>(executor_);
    error_code error;
    if (socket->open(to.protocol(), error); error)
      return complete_later(executor_, std::move(done), seam_error(error));
    auto& opened = *socket;
    opened.async_connect(to, connect_op{std::move(socket), to, std::move(done)});
  }

  io_executor executor_;
  asio_clock clock_;
};

}  // namespace

std::unique_ptr<network> make_asio_network(boost::asio::io_context& context) {
  return std::make_unique<asio_network>(context);
}

}  // namespace tandem
