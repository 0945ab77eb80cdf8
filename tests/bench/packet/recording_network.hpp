// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "tandem/net/network.hpp"

#include <memory>
#include <utility>
#include <vector>

namespace tandem::bench {

/// One write, or the end, of one side of a connection.
struct step {
  time_point when;
  bool by_dialer;
  std::uint32_t bytes;  ///< 0: the end
};
using script = std::vector<step>;

/// Passes everything on and writes down when how many bytes go out.
class recording_stream final : public stream_impl {
 public:
  recording_stream(byte_stream inner, tandem::clock& clock, bool dialer, script& into)
      : inner_(std::move(inner)), clock_(clock), dialer_(dialer), into_(into) {}
  ~recording_stream() override { end(); }

  void read_some(asio::mutable_buffer into, io_handler done) override {
    inner_.async_read_some(into, std::move(done));
  }
  void write_some(asio::const_buffer from, io_handler done) override {
    if (from.size() != 0)
      into_.push_back({clock_.now(), dialer_, static_cast<std::uint32_t>(from.size())});
    inner_.async_write_some(from, std::move(done));
  }
  void shutdown_send() override {
    end();
    inner_.shutdown_send();
  }
  void close() override {
    end();
    inner_.close();
  }
  void abort() override {
    end();
    inner_.abort();
  }
  send_progress progress() override { return inner_.progress(); }

 private:
  void end() {
    if (!std::exchange(ended_, true)) into_.push_back({clock_.now(), dialer_, 0});
  }

  byte_stream inner_;
  tandem::clock& clock_;
  bool dialer_;
  bool ended_ = false;
  script& into_;
};

/// A network whose connections with the host of `other` are recorded.
class recording_network final : public network {
 public:
  recording_network(network& inner, const endpoint& other, script& into)
      : inner_(inner), other_(other), into_(into) {}

  asio::any_io_executor executor() override { return inner_.executor(); }
  tandem::clock& clock() override { return inner_.clock(); }
  boost::system::result<std::unique_ptr<acceptor>> listen(const endpoint& local) override {
    auto made = inner_.listen(local);
    if (!made) return made.error();
    return std::unique_ptr<acceptor>(std::make_unique<recording_acceptor>(*made, *this));
  }

 private:
  struct recording_acceptor final : acceptor {
    recording_acceptor(std::unique_ptr<acceptor>& inner, recording_network& owner)
        : inner(std::move(inner)), owner(owner) {}
    endpoint local_endpoint() const override { return inner->local_endpoint(); }
    void accept(connect_handler done) override {
      inner->async_accept(
          [&owner = owner, done = std::move(done)](error_code e, connected c) mutable {
            owner.wrap(c, false);
            std::move(done)(e, std::move(c));
          });
    }
    std::unique_ptr<acceptor> inner;
    recording_network& owner;
  };

  void connect(const endpoint& remote, connect_handler done) override {
    inner_.async_connect(remote, [this, done = std::move(done)](error_code e, connected c) mutable {
      wrap(c, true);
      std::move(done)(e, std::move(c));
    });
  }
  void wrap(connected& c, bool dialer) {
    if (c.stream && c.remote.address == other_.address)
      c.stream = byte_stream(
          std::make_unique<recording_stream>(std::move(c.stream), clock(), dialer, into_),
          executor());
  }

  network& inner_;
  endpoint other_;
  script& into_;
};

}  // namespace tandem::bench
