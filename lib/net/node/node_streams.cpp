// SPDX-License-Identifier: MIT
// Streams of applications: who takes those that peers open, and opening them within a time.
#include "net/node/node_impl.hpp"
#include "tandem/net/error.hpp"

#include <boost/asio/post.hpp>

#include <utility>

namespace tandem {
namespace {

/// A stream that its peer has not accepted yet. Owned by what hears of that; the timer only looks
/// whether it is still there.
struct opening {
  void over(error_code error) {
    if (!done) return;
    late.forget();
    if (error) stream.bytes = {};
    std::exchange(done, nullptr)(error, std::move(stream));
  }

  application_stream stream;
  stream_opened done;
  node_alarm late;
};

}  // namespace

void node::impl::handle(const std::string& protocol, stream_handler handler,
                        const stream_terms& terms) {
  auto& known = *session_options_.protocols;
  if (handler) {
    known.insert_or_assign(protocol, terms);
    handlers_[protocol] = std::make_shared<const stream_handler>(std::move(handler));
  } else {
    known.erase(protocol);
    handlers_.erase(protocol);
  }
}

void node::impl::open(connection_id conn, const std::string& protocol, const stream_terms& terms,
                      duration within, stream_opened done) {
  auto* of = find(conn);
  if (!of || !of->ready) return done(asio::error::not_connected, {});
  const auto made = std::make_shared<opening>();
  made->stream = {{}, conn, of->peer, protocol};
  made->done = std::move(done);
  auto stream =
      of->session->open(protocol, terms, [weak = weak_from_this(), made](error_code error) {
        if (const auto self = weak.lock(); self && !self->dead_) made->over(error);
      });
  if (!stream) return made->over(stream.error());
  made->stream.bytes = std::move(*stream);
  made->late.set(clock_, later(net_.clock().now(), within), [weak = std::weak_ptr(made)] {
    if (const auto late = weak.lock()) late->over(asio::error::timed_out);
  });
}

/// Later: inside the session's call nothing may be done with the stream. When the node is gone by
/// then, so is the stream.
void node::impl::on_stream_accepted(connection_id conn, std::string_view protocol,
                                    byte_stream stream) {
  const auto* of = find(conn);
  const auto handler = handlers_.find(protocol);
  if (dead_ || !of || handler == handlers_.end()) return;
  application_stream opened{std::move(stream), conn, of->peer, std::string(protocol)};
  asio::post(net_.executor(), [weak = weak_from_this(), handler = handler->second,
                               opened = std::move(opened)]() mutable {
    if (const auto self = weak.lock(); self && !self->dead_) (*handler)(std::move(opened));
  });
}

}  // namespace tandem
