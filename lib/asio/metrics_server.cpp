// SPDX-License-Identifier: MIT
#include "metrics_server.hpp"

#include "convert.hpp"
#include "http_text.hpp"
#include "metrics_text.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace tandem {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;
using namespace std::chrono_literals;

namespace {

// A scraper, a second one, a person or two with a browser; each holds a descriptor of the node's.
constexpr std::size_t clients_max = 32;
// A request of Prometheus' takes 300 bytes; browsers send cookies.
constexpr std::size_t request_max = 8192;
// For what a client still sends after its last answer: closing with bytes unread resets.
constexpr std::chrono::seconds drain_patience = 1s;
// Until the next look whether a descriptor is free.
constexpr std::chrono::milliseconds retry_after = 100ms;

auto into(error_code& error) { return asio::redirect_error(asio::use_awaitable, error); }

}  // namespace

metrics_exporter::server::server(asio::io_context& context, const metrics_options& options,
                                 counters_source source, exporter_extras extras)
    : acceptor_(context.get_executor()),
      retry_(context.get_executor()),
      options_(options),
      source_(std::move(source)),
      extras_(std::move(extras)) {}

error_code metrics_exporter::server::listen(const tcp::endpoint& at) {
  error_code error;
  if (acceptor_.open(at.protocol(), error); error) return error;
  if (acceptor_.set_option(asio::socket_base::reuse_address(true), error); error) return error;
  if (at.protocol() == tcp::v6() && (acceptor_.set_option(asio::ip::v6_only(false), error), error))
    return error;
  if (acceptor_.bind(at, error); error) return error;
  if (acceptor_.listen(asio::socket_base::max_listen_connections, error); error) return error;
  if (acceptor_.non_blocking(true, error); error) return error;
  port_ = acceptor_.local_endpoint(error).port();
  reserve_.hold();
  asio::co_spawn(
      acceptor_.get_executor(), [self = shared_from_this()] { return self->accept(); },
      asio::detached);
  return error;
}

void metrics_exporter::server::stop() {
  open_ = false;
  error_code ignored;
  acceptor_.close(ignored);
  retry_.cancel();
  for (const auto& each : clients_) each->to.close();
  clients_.clear();
  reserve_.release();
}

asio::awaitable<void> metrics_exporter::server::accept() {
  while (open_) {
    // Waits first: Linux says that descriptors are out also when nobody is there to accept.
    error_code error;
    co_await acceptor_.async_wait(tcp::acceptor::wait_read, into(error));
    if (!open_) co_return;
    auto from = acceptor_.accept(error);
    if (seam_error(error) == asio::error::no_descriptors && (reserve_.release() || close_one())) {
      from = acceptor_.accept(error);
      if (error) reserve_.hold();
    }
    if (!error) {
      admit(std::move(from));
    } else if (error != asio::error::would_block && error != asio::error::connection_aborted) {
      retry_.expires_after(retry_after);
      co_await retry_.async_wait(into(error));
    }
  }
}

bool metrics_exporter::server::close_one() {
  if (clients_.empty()) return false;
  auto one = std::ranges::find_if(clients_, &client::silent, &client_ptr::operator*);
  if (one == clients_.end()) one = clients_.begin();
  (*one)->to.close();
  clients_.erase(one);
  return true;
}

void metrics_exporter::server::admit(socket from) {
  if (clients_.size() >= clients_max) close_one();
  clients_.push_back(std::make_shared<client>(std::move(from)));
  asio::co_spawn(
      acceptor_.get_executor(),
      [self = shared_from_this(), who = clients_.back()] { return self->serve(who); },
      asio::detached);
}

asio::awaitable<void> metrics_exporter::server::serve(client_ptr who) {
  try {
    co_await converse(who);
  } catch (const std::exception&) {
    // No memory for this client: it goes.
  }
  leave(who);
}

void metrics_exporter::server::leave(const client_ptr& who) {
  who->to.close();
  clients_.remove(who);
  if (!open_) return;
  reserve_.hold();
  retry_.cancel();  // there is a descriptor
}

void metrics_exporter::server::set_silent(const client_ptr& who, bool silent) {
  const auto at = std::ranges::find(clients_, who);
  if (at == clients_.end()) return;
  who->silent = silent;
  clients_.splice(clients_.end(), clients_, at);
}

asio::awaitable<void> metrics_exporter::server::converse(client_ptr who) {
  boost::beast::flat_buffer buffer(request_max);
  for (auto patience = options_.request_timeout;; patience = options_.idle_timeout) {
    request_parser request;
    const error_code failed = co_await read(who, buffer, request, patience);
    const bool wrong = failed && failed.category() == make_error_code(http::error{}).category() &&
                       failed != http::error::end_of_stream &&
                       failed != http::error::partial_message;
    if (!open_ || (failed && !wrong)) co_return;
    response answer;
    if (wrong) {
      const bool long_one =
          failed == http::error::header_limit || failed == http::error::buffer_overflow;
      answer.result(long_one ? http::status::request_header_fields_too_large
                             : http::status::bad_request);
      answer.body() = "this request cannot be read: " + failed.message() + "\n";
    } else {
      answer = answer_to(request);
    }
    // What a request carries besides its header is not read, so nothing that follows can be.
    const bool last = wrong || !request.get().keep_alive() || request.chunked() ||
                      request.content_length().value_or(0) > 0;
    if (answer.find(http::field::content_type) == answer.end())
      answer.set(http::field::content_type, "text/plain; charset=utf-8");
    answer.keep_alive(!last);
    answer.prepare_payload();
    const bool body = request.get().method() != http::verb::head;
    if (co_await write(who, answer, body) || !open_) co_return;
    if (last) {
      co_await drain(who);
      co_return;
    }
  }
}

asio::awaitable<error_code> metrics_exporter::server::read(client_ptr who,
                                                           boost::beast::flat_buffer& buffer,
                                                           request_parser& request,
                                                           std::chrono::milliseconds patience) {
  set_silent(who, true);
  request.header_limit(request_max);
  who->to.expires_after(patience);
  error_code error;
  co_await http::async_read_header(who->to, buffer, request, into(error));
  set_silent(who, false);
  co_return error;
}

metrics_exporter::server::response metrics_exporter::server::answer_to(
    const request_parser& request) const {
  const auto& asked = request.get();
  const std::string_view target(asked.target().data(), asked.target().size());
  const auto path = path_of(target);
  const auto page = std::ranges::find(extras_.pages, path, &exporter_page::path);
  response answer;
  answer.version(asked.version());
  if (path != "/metrics" && page == extras_.pages.end()) {
    answer.result(http::status::not_found);
    answer.body() = "nothing is here; there is " + every_path() + "\n";
  } else if (asked.method() != http::verb::get && asked.method() != http::verb::head) {
    answer.result(http::status::method_not_allowed);
    answer.set(http::field::allow, "GET, HEAD");
    answer.body() = std::string(path) + " answers GET and HEAD only\n";
  } else if (page != extras_.pages.end()) {
    auto made = page->answer_to(query_of(target));
    answer.result(made.status);
    answer.set(http::field::content_type, made.content_type);
    answer.body() = std::move(made.body);
  } else {
    const auto accept = asked[http::field::accept];
    const auto as = prefers_openmetrics({accept.data(), accept.size()})
                        ? metrics_format::openmetrics
                        : metrics_format::text;
    const auto type = content_type_of(as);
    answer.set(http::field::content_type, {type.data(), type.size()});
    answer.body() = metrics_text(as, source_(), extras_.counters, extras_.meter);
  }
  return answer;
}

std::string metrics_exporter::server::every_path() const {
  std::string out = "/metrics";
  for (const auto& each : extras_.pages) out += ", " + each.path;
  return out;
}

asio::awaitable<error_code> metrics_exporter::server::write(client_ptr who, response& answer,
                                                            bool body) {
  http::response_serializer<http::string_body> out(answer);
  who->to.expires_after(options_.answer_timeout);
  error_code error;
  if (body)
    co_await http::async_write(who->to, out, into(error));
  else
    co_await http::async_write_header(who->to, out, into(error));
  co_return error;
}

asio::awaitable<void> metrics_exporter::server::drain(client_ptr who) {
  set_silent(who, true);
  error_code error;
  who->to.socket().shutdown(tcp::socket::shutdown_send, error);
  who->to.expires_after(drain_patience);
  std::array<char, 1024> unread;
  while (!error) co_await who->to.async_read_some(asio::buffer(unread), into(error));
}

}  // namespace tandem
