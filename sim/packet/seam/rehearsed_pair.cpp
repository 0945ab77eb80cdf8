// SPDX-License-Identifier: GPL-2.0-only
#include "seam/rehearsed_pair.hpp"

#include <boost/asio/write.hpp>

#include <utility>

namespace tandem::packet {

rehearsed_pair::rehearsed_pair(const maker& make) {
  for (sim::link& path : paths_) {
    path.latency = one_way;
    path.counters = {&packets_};
  }
  sim::fabric_options options;
  options.links = [this](sim::host_index from, sim::host_index) -> const sim::link& {
    return paths_[from];
  };
  on_ = make(std::move(options));
  on_->add_host();
  on_->add_host();
}

rehearsed_connection& rehearsed_pair::connecting() {
  const auto become = [this](rehearsed_end& end) {
    return [this, &end](error_code e, struct connected c) {
      if (!e) end.since = now();
      end.stream = std::move(c.stream);
    };
  };
  if (!listener_ || !connections_.back().server.since) {
    listener_ = nullptr;  // with what it waits for
    listener_ = on_->host(1).listen(listening()).value();
  }
  rehearsed_connection& made = connections_.emplace_back();
  listener_->async_accept(become(made.server));
  on_->host(0).async_connect(listening(), become(made.dialer));
  return made;
}

rehearsed_connection& rehearsed_pair::connected() {
  rehearsed_connection& made = connecting();
  run(std::chrono::seconds(1));
  return made;
}

void rehearsed_pair::say(rehearsed_end& from, std::size_t bytes) {
  from.failed.reset();
  boost::asio::async_write(from.stream, boost::asio::buffer(text_, bytes),
                           [&from](error_code e, std::size_t) { from.failed = e; });
}

void rehearsed_pair::hear(rehearsed_end& to, std::size_t most) {
  to.stream.async_read_some(boost::asio::buffer(heard_, most),
                            [&to](error_code, std::size_t n) { to.heard += n; });
}

void rehearsed_pair::hear(rehearsed_end& to) {
  to.stream.async_read_some(boost::asio::buffer(heard_), [this, &to](error_code e, std::size_t n) {
    if (n != 0) to.heard_at = now();
    to.heard += n;
    if (e)
      to.ended = e;
    else
      hear(to);
  });
}

}  // namespace tandem::packet
