// SPDX-License-Identifier: MIT
#include "net/security/secured_stream.hpp"

#include "tandem/net/error.hpp"

#include <boost/asio/append.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <cstring>

namespace tandem {
namespace {

/// Bytes of each buffer that are not charged: with them a quiet connection reads.
constexpr std::size_t buffer_least = wire::read_size;
/// Bytes of one write that no budget refuses.
constexpr std::size_t write_least = 2 * 1024;
/// Bytes of one write, about.
constexpr std::size_t write_most = 64 * 1024;

}  // namespace

/// Shared with the operations in flight below, each of which owns the handler of the operation
/// above: so that what is pending dies with the execution context, and not sooner.
class secured_stream::state final : public std::enable_shared_from_this<state> {
 public:
  state(byte_stream lower, std::unique_ptr<record_layer> layer, byte_view unread, wire_meter& meter,
        memory_budget& budget)
      : lower_(std::move(lower)),
        layer_(std::move(layer)),
        meter_(&meter),
        budget_(&budget),
        executor_(lower_.get_executor()),
        in_(unread.begin(), unread.end()),
        filled_(unread.size()) {
    if (filled_ > buffer_least && !claim(filled_ - buffer_least))
      throw boost::system::system_error(net_error::out_of_memory);
  }

  byte_stream& lower() noexcept { return lower_; }

  /// The user is gone: what is pending below ends, and is told to the handlers above.
  void detach() {
    give(in_charge_);
    give(out_charge_);
    meter_ = nullptr;
    budget_ = nullptr;
    lower_ = byte_stream();
  }

  void read(asio::mutable_buffer into, io_handler done) {
    const auto found = take(into);
    if (!found) return post(std::move(done), found.error(), 0);
    if (*found != 0 || into.size() == 0) return post(std::move(done), error_code(), *found);
    read_lower(into, std::move(done));
  }

  void write(asio::const_buffer from, io_handler done) {
    if (from.size() == 0) return post(std::move(done), error_code(), 0);
    out_charge_ = budget_->take_up_to(std::min(from.size(), write_most));
    const auto size = std::min(from.size(), std::max<std::size_t>(out_charge_, write_least));
    const byte_view plain(static_cast<const std::uint8_t*>(from.data()), size);
    out_.reserve(layer_->sealed_size(size));
    const auto taken = layer_->seal(plain, out_);
    writing_ = true;
    write_lower(0, taken, std::move(done));
  }

  void finish() {
    if (!std::exchange(finishing_, true) && !writing_) tell_end();
  }

 private:
  void post(io_handler done, error_code error, std::size_t size) {
    asio::post(executor_, asio::append(std::move(done), error, size));
  }

  boost::system::result<std::size_t> take(asio::mutable_buffer into) {
    const std::span unopened(in_.data() + front_, filled_ - front_);
    const std::span space(static_cast<std::uint8_t*>(into.data()), into.size());
    const auto opened = layer_->open(unopened, space);
    if (!opened) return opened.error();
    front_ += opened->consumed;
    if (front_ == filled_) front_ = filled_ = 0;
    if (opened->ended) return error_code(asio::error::eof);
    return opened->produced;
  }

  void read_lower(asio::mutable_buffer into, io_handler done) {
    if (!make_room()) return post(std::move(done), net_error::out_of_memory, 0);
    const auto slot = asio::get_associated_cancellation_slot(done);
    lower_.async_read_some(asio::buffer(in_) + filled_,
                           asio::bind_cancellation_slot(
                               slot, [self = shared_from_this(), into, done = std::move(done)](
                                         error_code error, std::size_t size) mutable {
                                 self->read_ended(error, size, into, std::move(done));
                               }));
  }

  void read_ended(error_code error, std::size_t size, asio::mutable_buffer into, io_handler done) {
    if (!meter_) return std::move(done)(asio::error::operation_aborted, 0);
    filled_ += last_read_ = size;
    if (size != 0) meter_->on_wire_received(size);
    if (error == asio::error::eof && layer_->tells_end()) error = net_error::cut_off;
    if (!meter_ || error) return std::move(done)(error ? error : asio::error::operation_aborted, 0);
    const auto found = take(into);
    if (!found || *found != 0)
      return std::move(done)(found ? error_code() : found.error(), found ? *found : 0);
    read_lower(into, std::move(done));
  }

  /// Space behind what is there: grown as records arrive, not as their lengths announce them, and
  /// small again once it is quiet.
  bool make_room() {
    if (front_ != 0) std::memmove(in_.data(), in_.data() + front_, filled_ - front_);
    filled_ -= std::exchange(front_, 0);
    auto wanted = std::max(in_.size(), buffer_least);
    if (filled_ == wanted) wanted = std::min(4 * wanted, layer_->record_size_max());
    if (filled_ == 0 && last_read_ <= buffer_least) wanted = buffer_least;
    if (wanted == in_.size()) return true;
    if (wanted > in_.size() && !claim(wanted - buffer_least)) return false;
    byte_buffer moved(wanted);
    std::copy_n(in_.begin(), filled_, moved.begin());
    in_.swap(moved);
    if (in_charge_ > wanted - buffer_least) give(in_charge_, in_charge_ - (wanted - buffer_least));
    return true;
  }

  void write_lower(std::size_t written, std::size_t taken, io_handler done) {
    lower_.async_write_some(asio::buffer(out_) + written,
                            [self = shared_from_this(), written, taken, done = std::move(done)](
                                error_code error, std::size_t size) mutable {
                              self->write_ended(error, written + size, size, taken,
                                                std::move(done));
                            });
  }

  void write_ended(error_code error, std::size_t written, std::size_t size, std::size_t taken,
                   io_handler done) {
    if (!meter_) return std::move(done)(asio::error::operation_aborted, 0);
    if (size != 0) meter_->on_wire_sent(size);
    if (!meter_ || error) return std::move(done)(error ? error : asio::error::operation_aborted, 0);
    if (written < out_.size()) return write_lower(written, taken, std::move(done));
    out_ = byte_buffer();
    give(out_charge_);
    writing_ = false;
    if (finishing_) tell_end();
    std::move(done)(error_code(), taken);
  }

  void tell_end() {
    layer_->finish(out_);
    write_end(0);
  }

  void write_end(std::size_t written) {
    if (written == out_.size()) {
      out_ = byte_buffer();
      return lower_.shutdown_send();
    }
    auto done = [self = shared_from_this(), written](error_code error, std::size_t size) {
      if (self->meter_ && size != 0) self->meter_->on_wire_sent(size);
      if (self->meter_ && !error) self->write_end(written + size);
    };
    lower_.async_write_some(asio::buffer(out_) + written,
                            asio::bind_executor(executor_, std::move(done)));
  }

  bool claim(std::size_t beyond_least) {
    if (beyond_least <= in_charge_) return true;
    if (!budget_->claim(beyond_least - in_charge_)) return false;
    in_charge_ = beyond_least;
    return true;
  }
  void give(std::uint64_t& charge, std::uint64_t part) {
    charge -= part;
    if (budget_) budget_->give(part);
  }
  void give(std::uint64_t& charge) { give(charge, charge); }

  byte_stream lower_;
  const std::unique_ptr<record_layer> layer_;
  wire_meter* meter_;  // none: the user is gone
  memory_budget* budget_;
  const asio::any_io_executor executor_;
  byte_buffer in_;  // its size is its capacity
  std::size_t front_ = 0;
  std::size_t filled_;
  byte_buffer out_;
  std::uint64_t in_charge_ = 0;
  std::uint64_t out_charge_ = 0;
  std::size_t last_read_ = 0;
  bool writing_ = false;
  bool finishing_ = false;
};

secured_stream::secured_stream(byte_stream lower, std::unique_ptr<record_layer> layer,
                               byte_view unread, wire_meter& meter, memory_budget& budget)
    : state_(std::make_shared<state>(std::move(lower), std::move(layer), unread, meter, budget)) {}

secured_stream::~secured_stream() { state_->detach(); }

void secured_stream::read_some(asio::mutable_buffer into, io_handler done) {
  state_->read(into, std::move(done));
}
void secured_stream::write_some(asio::const_buffer from, io_handler done) {
  state_->write(from, std::move(done));
}
void secured_stream::shutdown_send() { state_->finish(); }
void secured_stream::close() { state_->lower().close(); }
void secured_stream::abort() { state_->lower().abort(); }
send_progress secured_stream::progress() { return state_->lower().progress(); }

}  // namespace tandem
