// SPDX-License-Identifier: MIT
#include "stream/modelled_acceptor.hpp"

#include "stream/modelled_host.hpp"
#include "stream/transport.hpp"

#include <boost/asio/error.hpp>

#include <utility>

namespace tandem::sim {

modelled_acceptor::~modelled_acceptor() {
  host_.forget(*this);
  for (const connection_handle h : ready_) transport_.refuse(h);
  waiting_.complete(asio::error::operation_aborted, connected{});
}

endpoint modelled_acceptor::local_endpoint() const { return host_.address(port_); }

bool modelled_acceptor::take_place() {
  if (places_taken_ >= host_.manners().backlog) return false;
  ++places_taken_;
  return true;
}

void modelled_acceptor::give_place() { --places_taken_; }

void modelled_acceptor::enqueue(connection_handle h) {
  ready_.push_back(h);
  hand_out();
}

void modelled_acceptor::accept(connect_handler done) {
  waiting_.arm(transport_.io(), std::move(done));
  hand_out();
  waiting_.on_cancel(
      [this] { waiting_.complete(asio::error::operation_aborted, connected{}); });
}

void modelled_acceptor::hand_out() {
  while (waiting_.armed() && !ready_.empty()) {
    const connection_handle h = ready_.front();
    ready_.pop_front();
    give_place();
    if (auto taken = transport_.accept(h))
      waiting_.complete(error_code{}, std::move(*taken));
  }
}

}  // namespace tandem::sim
