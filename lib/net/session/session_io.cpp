// SPDX-License-Identifier: MIT
#include "net/session/session_impl.hpp"
#include "tandem/net/error.hpp"

#include <algorithm>

namespace tandem {
namespace {

/// Bytes handed to the transport in one write, about.
constexpr std::size_t write_size = 64 * 1024;
/// Bytes of one write that are never refused: with them a connection without memory tells its peer
/// what it resets.
constexpr std::size_t write_size_least = 2 * 1024;
/// A read asks for little while a connection is quiet and for more while it is busy.
constexpr std::size_t read_size_max = 16 * 1024;

cause cause_of(error_code error, bool open) {
  if (error == asio::error::eof) return cause::remote_closed;
  if (error == asio::error::timed_out) return cause::transport_timeout;
  if (error == net_error::wrong_peer) return cause::wrong_peer;
  if (error == net_error::out_of_memory) return cause::local_resource;
  if (error == net_error::cut_off) return cause::reset;
  if (open && (error == net_error::not_authentic || error == net_error::alerted))
    return cause::protocol_error;
  if (error.category() == net_category()) return cause::handshake_failed;
  if (error == asio::error::operation_aborted) return cause::aborted;
  return cause::reset;
}

}  // namespace

asio::awaitable<void> session::impl::run(std::shared_ptr<impl> self) {
  if (!self->running()) co_return;  // ended before it began: what it refers to may be gone
  try {
    co_await self->upgrade();
  } catch (const boost::system::system_error& failure) {
    self->ended(failure.code());
    co_return;
  }
  self->read_ = byte_buffer(wire::read_size);
  self->read_on({});
}

asio::awaitable<void> session::impl::upgrade() {
  const security_terms terms{way_, *options_.own, expected_};
  const auto secured = co_await secure_connection(wire_, terms, options_.allowed);
  upgraded_ = {secured.kind, secured.muxer_agreed};
  owner_->on_authenticated(conn_, secured.peer);
  co_await await_decision();
  if (!secured.muxer_agreed) co_await choose_muxer(wire_, way_);
  open_muxer();
}

asio::awaitable<void> session::impl::await_decision() {
  while (running() && !decision_) {
    co_await wire_.flush();
    if (!decision_) co_await wire_.read_more(&decided_);
  }
  if (!running()) throw boost::system::system_error(asio::error::operation_aborted);
}

void session::impl::open_muxer() {
  if (*decision_ == cause::none) {
    phase_ = phase::open;
    corked_ = true;
    ping(0, false);
    if (way_ == direction::inbound) ready();
    corked_ = false;
  } else {
    phase_ = phase::closing;
    reason_ = *decision_;
    deaf_ = true;
  }
  if (running() && !deaf_) take_frames(wire_.unread());
  wire_.forget_read();
  pump();
}

/// No coroutine: most of a connection's life is waiting for the peer, and frames take memory.
void session::impl::read_on(error_code error) {
  // A system tells of a reset once, and to whoever is first: then only the write knows of it, and
  // its answer is on its way.
  if (error == asio::error::eof && writing_ && running() && phase_ == phase::open) {
    asio::post(wire_.stream().get_executor(),
               [self = shared_from_this(), error] { self->ended(error); });
    return;
  }
  if (error || !running() || phase_ == phase::failing) return ended(error);
  wire_.stream().async_read_some(asio::buffer(read_),
                                 [self = shared_from_this()](error_code failed, std::size_t size) {
                                   self->has_read(size);
                                   self->read_on(failed);
                                 });
}

void session::impl::has_read(std::size_t size) {
  if (size != 0) wire_.note_received(size);
  if (running() && !deaf_) take_frames(byte_view(read_).first(size));
  if (size == read_.size() && size < read_size_max) {
    const auto granted = static_cast<std::size_t>(budget_.take_up_to(size * 3));
    if (granted != 0) read_ = byte_buffer(size + granted);
  } else if (size <= wire::read_size && read_.size() > wire::read_size) {
    budget_.give(read_.size() - wire::read_size);
    read_ = byte_buffer(wire::read_size);
  }
}

void session::impl::take_frames(byte_view in) {
  corked_ = true;
  const auto error = mux_.receive(in);
  corked_ = false;
  if (error && running()) {
    deaf_ = true;
    if (phase_ == phase::open) phase_ = phase::failing;
  }
  pump();
}

void session::impl::ended(error_code error) {
  if (!running() || phase_ == phase::failing) return;
  failure_ = error;
  // An end that was not announced is the peer's own only after a goodbye, of either side.
  const bool said = phase_ == phase::closing || remote_reason_ != cause::none;
  const bool orderly = error == asio::error::eof || (said && error == net_error::cut_off);
  if (phase_ == phase::closing)
    finish(reason_, orderly);
  else
    finish(remote_reason_ != cause::none ? remote_reason_ : cause_of(error, phase_ == phase::open),
           orderly);
}

void session::impl::pump() {
  if (corked_ || writing_ || shut_ || !running() || phase_ == phase::upgrading) return;
  if (std::exchange(starved_, false)) mux_.tell_room();
  byte_buffer out;
  out.swap(wire_.unsent());
  const bool more = !told_ && !deaf_ && produce(out);
  if (!told_ && !more && phase_ != phase::open) {
    const auto code =
        phase_ == phase::failing ? yamux_code::protocol_error : go_away_code(reason_, retry_after_);
    put_yamux_header(out, {yamux_type::go_away, 0, 0, code});
    told_ = true;
  }
  charge_writing(out.capacity());
  if (!out.empty()) {
    writing_ = true;
    writing_bytes_ = std::move(out);
    written_ = 0;
    write();
  } else if (told_) {
    output_over();
  }
}

bool session::impl::burst_is_over() const {
  return burst_.stream && kept_open_ == 0 && burst_.handler->accepted() &&
         burst_.stream->unsent() == 0;
}

bool session::impl::produce(byte_buffer& out) {
  if (!mux_.has_output() && !burst_is_over()) return false;
  const auto most = write_most();
  auto sum = mux_.produce(out, most);
  app_bytes_writing_ += sum.counted;
  if (burst_is_over()) {
    // A peer that does not finish its side holds one stream, not one for each burst.
    if (finished_.stream) finished_.stream->forget();
    finished_ = std::exchange(burst_, {});
    finished_.handler->finish(*finished_.stream);
    sum = mux_.produce(out, most);
  }
  return sum.more;
}

/// How much one write may take, charged until it has left.
std::size_t session::impl::write_most() {
  writing_charge_ = budget_.take_up_to(write_size);
  return std::max(static_cast<std::size_t>(writing_charge_), write_size_least);
}

void session::impl::charge_writing(std::size_t size) {
  const auto charge = std::min<std::uint64_t>(size, writing_charge_);
  budget_.give(writing_charge_ - charge);
  writing_charge_ = charge;
}

void session::impl::output_over() {
  if (phase_ == phase::failing) {
    finish(cause::protocol_error, true);
  } else {
    shut_ = true;
    wire_.stream().shutdown_send();
  }
}

void session::impl::write() {
  const auto rest = asio::buffer(writing_bytes_) + written_;
  wire_.stream().async_write_some(rest,
                                  [self = shared_from_this()](error_code error, std::size_t size) {
                                    self->wrote(error, size);
                                  });
}

void session::impl::wrote(error_code error, std::size_t size) {
  if (!running()) return;
  const auto app_bytes = std::min(size, app_bytes_writing_);
  app_bytes_writing_ -= app_bytes;
  if (size != 0) wire_.note_sent(size);
  note_sent(app_bytes);
  if (!running()) return;
  if (error) {
    writing_ = false;
    if (phase_ == phase::failing)
      finish(cause::protocol_error, false);
    else
      ended(error);
    return;
  }
  written_ += size;
  if (written_ < writing_bytes_.size()) {
    write();
    return;
  }
  writing_ = false;
  writing_bytes_ = byte_buffer();
  charge_writing(0);
  pump();
}

}  // namespace tandem
