// SPDX-License-Identifier: MIT
// Requests and answers: one stream each, on which both sides say everything and finish.
#include "net/node/node_impl.hpp"
#include "net/node/node_timed_stream.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <exception>
#include <utility>

namespace tandem {

/// A question on its way. Its coroutine owns it.
struct node::impl::asked : timed_stream {
  std::weak_ptr<impl> by;
  std::vector<std::byte> what;
  answer_handler done;
};

/// Owned by whoever may still answer.
struct node::impl::request_taken : timed_stream {
  std::weak_ptr<impl> by;
  std::shared_ptr<memory_budget> memory;  // of its connection
  std::shared_ptr<memory_hold> held;      // for the request, then for its answer
  bool answered = false;
};

namespace {

void rethrow(const std::exception_ptr& thrown) {
  if (thrown) std::rethrow_exception(thrown);
}

asio::awaitable<std::vector<std::byte>> read_whole(byte_stream& from) {
  std::vector<std::byte> all;
  error_code error;
  co_await asio::async_read(from, asio::dynamic_buffer(all),
                            asio::redirect_error(asio::use_awaitable, error));
  if (error != asio::error::eof) throw boost::system::system_error(error);
  co_return all;
}

/// Keeps `what`, and `held` with the stream, until it has left.
asio::awaitable<void> say(byte_stream& to, std::vector<std::byte> what,
                          std::shared_ptr<void> held) {
  error_code error;
  co_await asio::async_write(to, asio::buffer(what),
                             asio::redirect_error(asio::use_awaitable, error));
  if (!error) to.close();
  held.reset();
}

}  // namespace

void node::impl::ask(connection_id conn, const std::string& protocol, const stream_terms& terms,
                     std::vector<std::byte> what, duration within, answer_handler done) {
  const auto deadline = later(net_.clock().now(), within);
  const auto made = std::make_shared<asked>();
  made->by = weak_from_this();
  made->what = std::move(what);
  made->done = std::move(done);
  open(conn, protocol, terms, within,
       [this, made, deadline](error_code error, application_stream stream) {
         if (error) return made->done(error, {});
         made->stream = std::move(stream);
         abort_at(made, clock_, deadline);
         asio::co_spawn(net_.executor(), hear_answer(made), &rethrow);
       });
}

asio::awaitable<void> node::impl::hear_answer(std::shared_ptr<asked> of) {
  error_code error;
  std::vector<std::byte> answer;
  try {
    co_await asio::async_write(of->stream.bytes, asio::buffer(of->what), asio::use_awaitable);
    of->stream.bytes.shutdown_send();
    answer = co_await read_whole(of->stream.bytes);
  } catch (const boost::system::system_error& failure) {
    error = of->told(failure);
  }
  of->alarm.forget();
  of->stream.bytes.close();
  if (const auto self = of->by.lock(); self && !self->dead_) of->done(error, std::move(answer));
}

stream_handler node::impl::answering(request_handler handler, duration within) {
  if (!handler) return {};
  return [this, handler = std::make_shared<const request_handler>(std::move(handler)),
          within](application_stream stream) {
    const auto* from = find(stream.conn);
    if (!from) return;  // nobody would hear the answer
    const auto made = std::make_shared<request_taken>();
    made->by = weak_from_this();
    made->memory = from->session->memory();
    made->stream = std::move(stream);
    abort_at(made, clock_, later(net_.clock().now(), within));
    asio::co_spawn(net_.executor(), hear_request(made, handler), &rethrow);
  };
}

asio::awaitable<void> node::impl::hear_request(std::shared_ptr<request_taken> of,
                                               std::shared_ptr<const request_handler> handler) {
  received_request request{of->stream.conn, of->stream.peer, of->stream.protocol, {}, {}};
  try {
    request.bytes = co_await read_whole(of->stream.bytes);
  } catch (const boost::system::system_error&) {
    co_return;  // it was taken back, or too long, or too late
  }
  const auto self = of->by.lock();
  if (!self || self->dead_) co_return;
  of->held = memory_hold::of(of->memory, request.bytes.size());
  if (!of->held) co_return of->stream.bytes.abort();
  request.answer = [of = std::move(of)](std::vector<std::byte> answer) {
    if (std::exchange(of->answered, true)) return;
    auto& to = of->stream.bytes;
    of->held.reset();
    // One that is all that is held of its connection is as large as the program likes.
    of->held = memory_hold::of(of->memory, answer.size());
    if (!of->held && of->memory->held() != 0) return to.abort();
    asio::co_spawn(to.get_executor(), say(to, std::move(answer), of), &rethrow);
  };
  (*handler)(std::move(request));
}

}  // namespace tandem
