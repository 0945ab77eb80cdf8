// SPDX-License-Identifier: MIT
#include "stream/modelled_stream.hpp"

#include "stream/transport.hpp"

#include <boost/asio/error.hpp>

#include <utility>

namespace tandem::sim {

modelled_stream::~modelled_stream() { abort(); }

connection* modelled_stream::held() const noexcept {
  return detached_ ? nullptr : transport_.find(conn_);
}

void modelled_stream::read_some(asio::mutable_buffer into, io_handler done) {
  reader_.arm(transport_.io(), std::move(done));
  if (into.size() == 0) {
    reader_.complete(error_code{}, 0);
    return;
  }
  into_ = into;
  try_read();
  if (reader_.armed())
    reader_.on_cancel(
        [this] { reader_.complete(asio::error::operation_aborted, 0); });
}

void modelled_stream::write_some(asio::const_buffer from, io_handler done) {
  writer_.arm(transport_.io(), std::move(done));
  if (from.size() == 0) {
    writer_.complete(error_code{}, 0);
    return;
  }
  from_ = from;
  try_write();
}

void modelled_stream::shutdown_send() {
  if (connection* c = held(); c && c->end(side_).open) transport_.shutdown_send(*c, side_);
}

void modelled_stream::close() {
  if (connection* c = held()) {
    detached_ = true;
    transport_.close(*c, side_);
  }
  abort_operations();
}

void modelled_stream::abort() {
  if (connection* c = held()) {
    detached_ = true;
    transport_.abort(*c, side_);
  }
  abort_operations();
}

send_progress modelled_stream::progress() {
  connection* c = held();
  return c ? transport_.progress(*c, side_) : send_progress{};
}

void modelled_stream::abort_operations() {
  reader_.complete(asio::error::operation_aborted, 0);
  writer_.complete(asio::error::operation_aborted, 0);
}

void modelled_stream::changed() {
  if (reader_.armed()) try_read();
  if (writer_.armed()) try_write();
}

void modelled_stream::room_changed() {
  if (writer_.armed()) try_write();
}

error_code modelled_stream::failure_of(const connection* c) const {
  if (!c) return asio::error::operation_aborted;
  switch (c->end(side_).fate) {
    case end_fate::reset:
      return asio::error::connection_reset;
    case end_fate::timed_out:
      return asio::error::timed_out;
    case end_fate::none:
      break;
  }
  return {};
}

void modelled_stream::try_read() {
  connection* c = held();
  if (const error_code failed = failure_of(c)) {
    reader_.complete(failed, 0);
    return;
  }
  pipe& in = c->received_by(side_);
  if (in.at_end()) {
    reader_.complete(asio::error::eof, 0);
    return;
  }
  if (in.readable() == 0) return;
  const std::size_t n = transport_.read(*c, side_, into_);
  reader_.complete(error_code{}, n);
}

void modelled_stream::try_write() {
  connection* c = held();
  if (const error_code failed = failure_of(c)) {
    writer_.complete(failed, 0);
    return;
  }
  if (c->sent_by(side_).ended()) {
    writer_.complete(asio::error::broken_pipe, 0);
    return;
  }
  const std::size_t n = transport_.write(*c, side_, from_);
  if (n != 0)
    writer_.complete(error_code{}, n);
  else
    transport_.wait_for_room(*c, side_, from_.size());
}

}  // namespace tandem::sim
