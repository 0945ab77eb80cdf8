// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "tandem/sim/fabric.hpp"

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>

#include <deque>
#include <functional>
#include <memory>
#include <utility>

namespace tandem::packet {

/// What is said instead of an error.
using lie = std::function<error_code(error_code)>;

/// A stream whose errors are others.
class lying_stream final : public stream_impl {
 public:
  lying_stream(byte_stream truth, lie says) : truth_(std::move(truth)), says_(std::move(says)) {}

  void read_some(asio::mutable_buffer into, io_handler done) override {
    truth_.async_read_some(into, instead(std::move(done)));
  }
  void write_some(asio::const_buffer from, io_handler done) override {
    truth_.async_write_some(from, instead(std::move(done)));
  }
  void shutdown_send() override { truth_.shutdown_send(); }
  void close() override { truth_.close(); }
  void abort() override { truth_.abort(); }
  send_progress progress() override { return truth_.progress(); }

  /// A handler of connections of which the errors, and those of the stream, are others.
  static auto instead(lie says, connect_handler done) {
    const auto slot = asio::get_associated_cancellation_slot(done);
    return asio::bind_cancellation_slot(slot, [says = std::move(says), done = std::move(done)](
                                                  error_code e, connected c) mutable {
      if (c.stream) {
        const auto executor = c.stream.get_executor();
        c.stream = byte_stream(std::make_unique<lying_stream>(std::move(c.stream), says), executor);
      }
      std::move(done)(says(e), std::move(c));
    });
  }

 private:
  io_handler instead(io_handler done) const {
    return [says = says_, done = std::move(done)](error_code e, std::size_t n) mutable {
      std::move(done)(says(e), n);
    };
  }

  byte_stream truth_;
  lie says_;
};

/// A fabric that does as another, and whose hosts hear of other errors.
class lying_fabric final : public sim::fabric {
 public:
  lying_fabric(std::unique_ptr<sim::fabric> truth, lie says)
      : truth_(std::move(truth)), says_(std::move(says)) {}

  sim::host_index add_host() override {
    const auto index = truth_->add_host();
    hosts_.emplace_back(truth_->host(index), says_);
    return index;
  }
  network& host(sim::host_index index) override { return hosts_.at(index); }
  endpoint listen_address(sim::host_index index) override { return truth_->listen_address(index); }
  tandem::clock& clock() override { return truth_->clock(); }
  void run_until(time_point until, const std::function<bool()>& stop) override {
    truth_->run_until(until, stop);
  }
  void partition(std::function<int(sim::host_index)> side) override {
    truth_->partition(std::move(side));
  }
  void forget_flows(sim::host_index host) override { truth_->forget_flows(host); }
  void set_manners(sim::host_index host, const sim::host_manners& manners) override {
    truth_->set_manners(host, manners);
  }
  std::uint64_t events() const override { return truth_->events(); }

 private:
  class lying_acceptor final : public acceptor {
   public:
    lying_acceptor(std::unique_ptr<acceptor> truth, lie says)
        : truth_(std::move(truth)), says_(std::move(says)) {}
    endpoint local_endpoint() const override { return truth_->local_endpoint(); }

   private:
    void accept(connect_handler done) override {
      truth_->async_accept(lying_stream::instead(says_, std::move(done)));
    }
    std::unique_ptr<acceptor> truth_;
    lie says_;
  };

  class lying_network final : public network {
   public:
    lying_network(network& truth, lie says) : truth_(truth), says_(std::move(says)) {}
    asio::any_io_executor executor() override { return truth_.executor(); }
    tandem::clock& clock() override { return truth_.clock(); }
    boost::system::result<std::unique_ptr<acceptor>> listen(const endpoint& local) override {
      auto made = truth_.listen(local);
      if (!made) return made.error();
      return std::unique_ptr<acceptor>(
          std::make_unique<lying_acceptor>(std::move(made.value()), says_));
    }

   private:
    void connect(const endpoint& remote, connect_handler done) override {
      truth_.async_connect(remote, lying_stream::instead(says_, std::move(done)));
    }
    network& truth_;
    lie says_;
  };

  std::unique_ptr<sim::fabric> truth_;
  lie says_;
  std::deque<lying_network> hosts_;
};

}  // namespace tandem::packet
