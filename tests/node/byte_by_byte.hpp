// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/net/network.hpp"

#include <boost/asio/append.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/dispatch.hpp>

#include <memory>
#include <utility>

namespace tandem::test {

/// A stream of which each read is given one byte at most.
class stingy_stream final : public stream_impl {
 public:
  explicit stingy_stream(byte_stream inner) : inner_(std::move(inner)) {}

  void read_some(asio::mutable_buffer into, io_handler done) override {
    inner_.async_read_some(asio::buffer(into, 1), std::move(done));
  }
  void write_some(asio::const_buffer from, io_handler done) override {
    inner_.async_write_some(from, std::move(done));
  }
  void shutdown_send() override { inner_.shutdown_send(); }
  void close() override { inner_.close(); }
  void abort() override { inner_.abort(); }
  send_progress progress() override { return inner_.progress(); }

 private:
  byte_stream inner_;
};

/// A host's network whose streams are such, those it dials and those it accepts.
class byte_by_byte final : public network {
 public:
  explicit byte_by_byte(network& inner) : inner_(inner) {}

  asio::any_io_executor executor() override { return inner_.executor(); }
  tandem::clock& clock() override { return inner_.clock(); }
  boost::system::result<std::unique_ptr<acceptor>> listen(const endpoint& local) override {
    auto made = inner_.listen(local);
    if (!made) return made.error();
    return std::make_unique<stingy_acceptor>(std::move(*made));
  }

 private:
  static connect_handler stingy(connect_handler done) {
    const auto slot = asio::get_associated_cancellation_slot(done);
    return asio::bind_cancellation_slot(
        slot, [done = std::move(done)](error_code error, connected made) mutable {
          if (!error) {
            const auto executor = made.stream.get_executor();
            made.stream =
                byte_stream(std::make_unique<stingy_stream>(std::move(made.stream)), executor);
          }
          asio::dispatch(asio::append(std::move(done), error, std::move(made)));
        });
  }

  class stingy_acceptor final : public acceptor {
   public:
    explicit stingy_acceptor(std::unique_ptr<acceptor> inner) : inner_(std::move(inner)) {}
    endpoint local_endpoint() const override { return inner_->local_endpoint(); }

   private:
    void accept(connect_handler done) override { inner_->async_accept(stingy(std::move(done))); }
    std::unique_ptr<acceptor> inner_;
  };

  void connect(const endpoint& remote, connect_handler done) override {
    inner_.async_connect(remote, stingy(std::move(done)));
  }

  network& inner_;
};

}  // namespace tandem::test
