// SPDX-License-Identifier: MIT
#include "net/session/application_stream.hpp"

#include "net/session/stream_protocols.hpp"
#include "tandem/net/error.hpp"

#include <boost/asio/append.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <cstring>
#include <utility>

namespace tandem {

/// The application's side. Each side tells the other when it goes.
class application_bytes final : public stream_impl {
 public:
  application_bytes(application_channel& channel, asio::any_io_executor executor)
      : channel_(&channel), executor_(std::move(executor)) {}
  ~application_bytes() override {
    abort();
    if (channel_) channel_->user_ = nullptr;
  }
  application_bytes(const application_bytes&) = delete;
  application_bytes& operator=(const application_bytes&) = delete;

  void read_some(asio::mutable_buffer into, io_handler done) override {
    if (channel_) return channel_->read(into, std::move(done));
    asio::post(executor_,
               asio::append(std::move(done), into.size() == 0 ? error_code() : ended_, 0));
  }
  void write_some(asio::const_buffer from, io_handler done) override {
    if (channel_) return channel_->write(from, std::move(done));
    const error_code error = ended_ == asio::error::eof ? asio::error::shut_down : ended_;
    asio::post(executor_,
               asio::append(std::move(done), from.size() == 0 ? error_code() : error, 0));
  }
  void shutdown_send() override {
    if (channel_) channel_->finish();
  }
  void close() override {
    if (channel_) channel_->close();
  }
  void abort() override {
    if (channel_) channel_->abort();
  }
  send_progress progress() override {
    const auto unsent = channel_ ? channel_->unsent() : 0;
    return {unsent, unsent, {}, {}};
  }

  /// The muxer's side is gone, and this is what reads get.
  void leave(error_code ended) {
    channel_ = nullptr;
    ended_ = ended;
  }

 private:
  application_channel* channel_;
  error_code ended_;
  const asio::any_io_executor executor_;
};

std::unique_ptr<application_channel> application_channel::make(stream_context& context,
                                                               memory_budget& budget,
                                                               const stream_terms& terms) {
  if (!budget.claim(sizeof(application_channel) + terms.beside)) return nullptr;
  return std::unique_ptr<application_channel>(new application_channel(context, budget, terms));
}

application_channel::application_channel(stream_context& context, memory_budget& budget,
                                         const stream_terms& terms)
    : context_(context), budget_(budget), terms_(terms), received_(budget) {
  if (terms_.in_use) context_.on_stream_in_use(true);
}

/// What waits dies with it: its muxer ended without a word only if the execution context did.
application_channel::~application_channel() {
  if (reader_)
    if (auto slot = asio::get_associated_cancellation_slot(reader_); slot.is_connected())
      slot.clear();
  if (user_) user_->leave(ended_ ? ended_ : error_code(asio::error::eof));
  if (terms_.in_use) context_.on_stream_in_use(false);
  budget_.give(sizeof(application_channel) + terms_.beside);
}

byte_stream application_channel::hand_over(yamux_stream& stream) {
  stream_ = &stream;
  auto user = std::make_unique<application_bytes>(*this, context_.executor());
  user_ = user.get();
  return byte_stream(std::move(user), context_.executor());
}

byte_stream application_channel::propose(yamux_stream& stream, std::string_view protocol,
                                         opened_handler opened) {
  byte_buffer out;
  put_multistream(out, multistream_header);
  put_multistream(out, protocol);
  stream.write(out);
  if (!stream.alive()) return {};
  state_ = state::header;
  protocol_ = protocol;
  opened_ = std::move(opened);
  return hand_over(stream);
}

byte_stream application_channel::accept(yamux_stream& stream) { return hand_over(stream); }

void application_channel::on_data(yamux_stream& stream, byte_view in) {
  const auto size = in.size();
  while (state_ != state::open && stream.alive() && !in.empty())
    if (!take_next(received_, in, [this](byte_view begun) { return take_answer(begun); }))
      fail(stream, net_error::no_common_protocol);
  stream.consumed(size - in.size());
  if (stream.alive() && !in.empty()) take_bytes(stream, in);
}

/// The next answer of the negotiation.
decoded<std::size_t> application_channel::take_answer(byte_view in) {
  const auto message = parse_multistream(in);
  if (!message) return message.error();
  if (!*message) return std::nullopt;
  if ((*message)->text != (state_ == state::header ? multistream_header : protocol_))
    return net_error::no_common_protocol;
  state_ = state_ == state::header ? state::answer : state::open;
  if (state_ == state::open) tell_opened({});
  return (*message)->size;
}

void application_channel::take_bytes(yamux_stream& stream, byte_view in) {
  if (terms_.in_use) context_.on_stream_app_bytes(in.size());
  if (discards_) return stream.consumed(in.size());
  if (terms_.whole_most != 0) {
    if (in.size() > terms_.whole_most - received_.size())
      return fail(stream, net_error::message_too_long);
    if (!received_.append(in, terms_.whole_most)) return fail(stream, net_error::out_of_memory);
    return stream.consumed(in.size());
  }
  if (reader_) {
    const auto size = std::min(in.size(), into_.size());
    std::memcpy(into_.data(), in.data(), size);
    in = in.subspan(size);
    stream.consumed(size);
    complete(reader_, {}, size);
  }
  if (!in.empty() && !received_.append(in, stream.window())) fail(stream, net_error::out_of_memory);
}

void application_channel::on_fin(yamux_stream& stream) {
  if (state_ != state::open) return fail(stream, net_error::no_common_protocol);
  if (!reader_) return;
  const auto size = take(into_);
  complete(reader_, size == 0 ? error_code(asio::error::eof) : error_code(), size);
}

void application_channel::on_sent(yamux_stream& stream) {
  if (!writer_ || stream.unsent() > unsent_max / 2) return;
  if (const auto size = queue(from_); size != 0) complete(writer_, {}, size);
}

void application_channel::read(asio::mutable_buffer into, io_handler done) {
  if (into.size() == 0) return post(std::move(done), {}, 0);
  if (ended_) return post(std::move(done), ended_, 0);
  if (readable()) {
    post(std::move(done), {}, take(into));
    return context_.flush();
  }
  if (stream_->finished()) return post(std::move(done), asio::error::eof, 0);
  reader_.swap(done);
  into_ = into;
  if (auto slot = asio::get_associated_cancellation_slot(reader_); slot.is_connected())
    slot.assign(
        [this](asio::cancellation_type) { complete(reader_, asio::error::operation_aborted, 0); });
}

void application_channel::write(asio::const_buffer from, io_handler done) {
  error_code error = ended_;
  if (!error && finishing_) error = asio::error::shut_down;
  const auto size = error || from.size() == 0 ? 0 : queue(from);
  if (error || size != 0 || from.size() == 0) {
    post(std::move(done), error, size);
    return context_.flush();
  }
  writer_.swap(done);
  from_ = from;
}

void application_channel::finish() {
  if (ended_ || std::exchange(finishing_, true)) return;
  if (writer_) complete(writer_, asio::error::shut_down, 0);
  stream_->finish();
  context_.flush();
}

/// Late bytes of a peer that has not finished fall on an unknown stream.
void application_channel::close() {
  if (state_ != state::open) return abort();  // no half-close before the peer answered
  if (ended_) return;
  end(asio::error::operation_aborted);
  discards_ = true;
  stream_->finish();
  if (!stream_->finished()) stream_->forget();
  context_.flush();
}

void application_channel::abort() {
  if (ended_) return;
  const bool over = finishing_ && stream_->finished() && received_.empty();
  end(asio::error::operation_aborted);
  if (!over) stream_->reset();
  context_.flush();
}

std::uint64_t application_channel::unsent() const noexcept {
  return ended_ ? 0 : stream_->unsent();
}

void application_channel::post(io_handler done, error_code error, std::size_t size) {
  asio::post(context_.executor(), asio::append(std::move(done), error, size));
}

void application_channel::complete(io_handler& waiting, error_code error, std::size_t size) {
  io_handler done;
  done.swap(waiting);
  if (auto slot = asio::get_associated_cancellation_slot(done); slot.is_connected()) slot.clear();
  post(std::move(done), error, size);
}

void application_channel::tell_opened(error_code error) {
  if (!opened_) return;
  asio::post(context_.executor(),
             [opened = std::exchange(opened_, nullptr), error] { opened(error); });
}

bool application_channel::readable() const noexcept {
  return state_ == state::open && !received_.empty() &&
         (terms_.whole_most == 0 || stream_->finished());
}

std::size_t application_channel::take(asio::mutable_buffer into) {
  if (!readable()) return 0;
  const auto size = std::min(received_.size(), into.size());
  std::memcpy(into.data(), received_.view().data(), size);
  received_.drop_front(size);
  if (terms_.whole_most == 0) stream_->consumed(size);
  if (received_.empty()) stream_->look_again();
  return size;
}

/// How much of it was queued: nothing when it has to wait, for what is unsent or for memory. A
/// stream takes a part of what there is, so that the others can write, and both ends hear, too.
std::size_t application_channel::queue(asio::const_buffer from) {
  auto size = std::min(from.size(), unsent_max - std::min(stream_->unsent(), unsent_max));
  if (size == 0) return 0;
  const auto room = budget_.take_up_to(size);
  budget_.give(room);
  size = std::min(size, std::max<std::size_t>(room, queued_least));
  if (!stream_->reserve(size)) {
    context_.on_stream_starved();
    return 0;
  }
  stream_->write({static_cast<const std::uint8_t*>(from.data()), size}, terms_.in_use);
  return size;
}

void application_channel::fail(yamux_stream& stream, error_code why) {
  stream.reset();
  end(why);
}

void application_channel::end(error_code why) {
  if (ended_) return;
  ended_ = why;
  received_.clear();
  tell_opened(why);
  if (reader_) complete(reader_, why, 0);
  if (writer_) complete(writer_, why, 0);
}

}  // namespace tandem
