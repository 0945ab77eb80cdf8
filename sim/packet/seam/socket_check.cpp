// SPDX-License-Identifier: GPL-2.0-only
#include "seam/socket_check.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/write.hpp>

#include <chrono>
#include <cstddef>
#include <optional>
#include <utility>

namespace tandem::packet {

namespace {

using namespace std::chrono_literals;

constexpr duration one_way = 10ms;
constexpr duration round_trip = 2 * one_way;
// The timeout is the smoothed round trip and 200 ms; a delayed acknowledgement adds 40 ms at most.
constexpr duration again_least = round_trip + 200ms, again_most = again_least + 40ms;
// More than the windows of both ends hold.
constexpr std::size_t more_than_windows = 400'000;

/// Two hosts, the second listens; what they say to each other one after the other.
class rehearsal {
 public:
  explicit rehearsal(std::unique_ptr<sim::fabric> on) : on_(std::move(on)) {
    on_->add_host();
    on_->add_host();
    listener_ = on_->host(1).listen(on_->listen_address(1)).value();
  }

  std::vector<std::string> faults() {
    refusal();
    connecting();
    if (!found_.empty()) return found_;  // there is no connection for the rest
    window_that_closes();
    lost_segment();
    last_words();
    reset();
    silence();
    return found_;
  }

 private:
  time_point now() { return on_->clock().now(); }
  void run(duration more) { on_->run_until(now() + more, {}); }
  void cut(bool off) {
    on_->partition(off ? [](sim::host_index host) { return static_cast<int>(host); }
                       : std::function<int(sim::host_index)>());
  }
  void expect(const char* what, bool holds) {
    if (!holds) found_.emplace_back(what);
  }
  void connect(const endpoint& to) {
    failure_.reset();
    on_->host(0).async_connect(to, [this](error_code e, connected c) {
      failure_ = e;
      known_at_ = now();
      dialer_ = std::move(c.stream);
    });
  }
  void accept() {
    listener_->async_accept([this](error_code, connected c) { server_ = std::move(c.stream); });
  }
  void write(std::size_t bytes) {
    text_.assign(bytes, std::byte{7});
    boost::asio::async_write(dialer_, boost::asio::buffer(text_), [](error_code, std::size_t) {});
  }
  void read(byte_stream& from) {
    from.async_read_some(boost::asio::buffer(into_), [this, &from](error_code e, std::size_t n) {
      if (n != 0) heard_at_ = now();
      heard_ += n;
      if (e)
        ended_ = e;
      else
        read(from);
    });
  }

  void refusal() {
    auto nobody = on_->listen_address(1);
    ++nobody.port;
    const time_point asked = now();
    connect(nobody);
    run(1s);
    expect("a SYN to a port where nobody listens is refused after one round trip",
           failure_ == boost::asio::error::connection_refused && known_at_ == asked + round_trip);
  }
  void connecting() {
    const time_point asked = now();
    accept();
    connect(on_->listen_address(1));
    run(1s);
    expect("a connection is there after one round trip",
           failure_ == error_code() && known_at_ == asked + round_trip);
  }
  void window_that_closes() {
    write(more_than_windows);
    run(5s);
    read(server_);
    run(5s);
    expect("what waits for a window that was closed arrives when it opens",
           heard_ == more_than_windows);
  }
  void lost_segment() {
    const time_point sent = now();
    cut(true);
    write(100);
    run(100ms);
    cut(false);
    run(2s);
    expect("a lost segment is sent again after its retransmission timeout",
           heard_ == more_than_windows + 100 && heard_at_ >= sent + again_least + one_way &&
               heard_at_ <= sent + again_most + one_way);
  }
  void last_words() {
    write(100);
    dialer_.shutdown_send();
    run(2s);
    expect("a FIN that comes with data ends the stream after the data",
           heard_ == more_than_windows + 200 && ended_ == boost::asio::error::eof);
  }
  void reset() {
    accept();
    connect(on_->listen_address(1));
    run(1s);
    ended_.reset();
    read(dialer_);
    server_.abort();
    run(1s);
    expect("a reset is told from an end", ended_ == boost::asio::error::connection_reset);
  }
  void silence() {
    accept();
    connect(on_->listen_address(1));
    run(1s);
    cut(true);
    dialer_.close();
    run(20min);
    const auto events = on_->events();
    run(20min);
    expect("a FIN that nobody answers is not repeated for ever", on_->events() == events);
  }

  std::unique_ptr<sim::fabric> on_;
  std::unique_ptr<acceptor> listener_;
  byte_stream dialer_, server_;
  std::optional<error_code> failure_, ended_;
  time_point known_at_{}, heard_at_{};
  std::size_t heard_ = 0;
  std::vector<std::byte> text_;
  std::byte into_[65536];
  std::vector<std::string> found_;
};

}  // namespace

std::vector<std::string> socket_faults(
    const std::function<std::unique_ptr<sim::fabric>(sim::fabric_options)>& make) {
  sim::fabric_options options;
  options.links = [path = sim::link{.latency = one_way}](
                      sim::host_index, sim::host_index) -> const sim::link& { return path; };
  return rehearsal(make(std::move(options))).faults();
}

}  // namespace tandem::packet
