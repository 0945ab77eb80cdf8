// SPDX-License-Identifier: MIT
#include "node_streams.hpp"

#include "node_values.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/local/connect_pair.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <array>
#include <string>
#include <utility>

namespace tandem::bindings {
namespace {

using socket = asio::local::stream_protocol::socket;

auto with(error_code& error) { return asio::redirect_error(asio::use_awaitable, error); }

}  // namespace

struct streams::joined {
  joined(asio::io_context& loop, application_stream of) : stream(std::move(of)), ours(loop) {}

  /// Unless it is over, or broke before.
  void fail(const error_code& error) {
    if (over) return;
    over = true;
    broken = why_of(error);
    stream.bytes.abort();
    ours.cancel();
  }

  application_stream stream;
  socket ours;
  bool over = false;
  std::string broken;
};

asio::awaitable<void> streams::to_python(std::shared_ptr<joined> of) {
  std::array<char, piece> held;
  error_code error, ignored;
  for (;;) {
    const auto size = co_await of->stream.bytes.async_read_some(asio::buffer(held), with(error));
    if (error == asio::error::eof) of->ours.shutdown(socket::shutdown_send, ignored);
    if (error && error != asio::error::eof) of->fail(error);
    if (error) co_return;
    co_await asio::async_write(of->ours, asio::buffer(held.data(), size), with(error));
    if (error) co_return;  // Python closed it, and from_python() hears so
  }
}

asio::awaitable<void> streams::from_python(std::shared_ptr<joined> of) {
  std::array<char, piece> held;
  error_code error;
  for (;;) {
    const auto size = co_await of->ours.async_read_some(asio::buffer(held), with(error));
    if (error) break;
    co_await asio::async_write(of->stream.bytes, asio::buffer(held.data(), size), with(error));
    if (error) co_return of->fail(error);
  }
  if (of->over) co_return;
  of->stream.bytes.shutdown_send();
  co_await of->ours.async_wait(socket::wait_error, with(error));  // both directions are over
  if (std::exchange(of->over, true)) co_return;
  of->stream.bytes.close();
}

asio::awaitable<void> streams::run(number which, std::shared_ptr<joined> of) {
  using namespace asio::experimental::awaitable_operators;
  co_await (to_python(of) && from_python(of));
  said_.say({"over", which, {}, of->broken});
}

int streams::put(number which, application_stream stream) {
  const auto made = std::make_shared<joined>(loop_, std::move(stream));
  socket pythons(loop_);
  error_code error;
  asio::local::connect_pair(made->ours, pythons, error);
  for (auto* each : {&made->ours, &pythons})
    if (!error) each->set_option(asio::socket_base::send_buffer_size(piece), error);
  if (error) return -1;
  held_[which] = made;
  return pythons.release();
}

void streams::start(number which) {
  if (const auto found = held_.find(which); found != held_.end())
    asio::co_spawn(loop_, run(which, found->second), asio::detached);
}

void streams::forget(number which) {
  const auto found = held_.find(which);
  if (found == held_.end()) return;
  found->second->fail(asio::error::operation_aborted);
  held_.erase(found);
}

}  // namespace tandem::bindings
