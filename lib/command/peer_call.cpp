// SPDX-License-Identifier: MIT
#include "peer_call.hpp"

#include "net/security/credentials.hpp"
#include "tandem/command/units.hpp"

#include <boost/asio/read.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <algorithm>
#include <utility>

namespace tandem::cli {
namespace {

constexpr connection_id the_connection{1};
constexpr duration goodbye_most = std::chrono::seconds(1);

/// What an operation gives to who waits for it, who may be gone by then.
template <class Value>
struct outcome {
  bool done = false;
  error_code error;
  Value value{};
};

// Of RFC 8305, section 5, as the default of attempt_delay.
constexpr duration attempt_delay = std::chrono::milliseconds(250);

}  // namespace

/// The addresses of a peer, tried a moment apart; the first that connects is taken.
struct peer_call::address_race {
  explicit address_race(const asio::any_io_executor& on) : next(on) {}
  std::vector<endpoint> found;
  bool complete = false;    ///< there are no more
  cause why = cause::none;  ///< there are none
  std::size_t begun = 0, failed = 0;
  error_code last;
  asio::steady_timer next;
  connected made;
  endpoint at;  ///< of `made`
  bool over = false;
};

peer_call::peer_call(network& net, const call_settings& with)
    : net_(net),
      with_(with),
      names_(make_dns(net.executor(), with.dns)),
      clock_(std::make_shared<tandem::clock*>(&net.clock())),
      changed_(net.executor()),
      race_(std::make_shared<address_race>(net.executor())) {
  options_.own = std::make_shared<credentials>(with.self, system_entropy);
  options_.allowed = with.allowed;
}

peer_call::~peer_call() {
  if (search_) search_->cancel();
}

void peer_call::fail(std::string_view step, const std::string& why) const {
  throw call_failed(to_multiaddr(with_.to) + ": " + std::string(step) + ": " + why);
}

/// Until `done()`, the end of the connection, or the end of patience.
template <class Done>
asio::awaitable<void> peer_call::wait(std::string_view step, Done done) {
  changed_.expires_after(with_.step_timeout);
  while (!done()) {
    if (over_) fail(step, *over_);
    if (stopped_) fail(step, "stopped");
    if (changed_.expiry() <= asio::steady_timer::clock_type::now())
      fail(step, "no answer within " + format_duration(with_.step_timeout));
    error_code ignored;  // cancelled: something happened
    co_await changed_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }
}

asio::awaitable<void> peer_call::resolve() {
  const auto found = [this](const std::vector<endpoint>& more) {
    race_->found.insert(race_->found.end(), more.begin(), more.end());
    wake();
  };
  const auto over = [this](cause why) {
    race_->complete = true;
    race_->why = why;
    wake();
  };
  search_ =
      std::make_shared<name_search>(names_, clock_, with_.to.peer, name_search::told{found, over});
  search_->start({&with_.to.name, 1});
  co_await wait("resolving", [this] { return race_->complete || !race_->found.empty(); });
  if (race_->found.empty())
    fail("resolving",
         std::string(name_of(race_->why)) + " (" + std::string(sentence_of(race_->why)) + ")");
}

asio::awaitable<void> peer_call::connect() {
  auto& race = *race_;
  if (!named()) {
    race.found = {with_.to.at};
    race.complete = true;
  } else if (race.found.empty()) {
    co_await resolve();
  }
  attempt_next();
  co_await wait("connecting", [&race, this] {
    // What was found only now may be due.
    if (race.begun == race.failed || race.next.expiry() <= asio::steady_timer::clock_type::now())
      attempt_next();
    return race.over || (race.complete && race.failed == race.found.size());
  });
  if (!race.over) fail("connecting", race.last.message());
  stream_ = std::move(race.made.stream);
}

void peer_call::attempt_next() {
  auto& race = *race_;
  if (race.over || race.begun == race.found.size()) return;
  const endpoint at = race.found[race.begun++];
  net_.async_connect(at, [this, of = race_, at](error_code error, connected to) {
    if (of->over) return;
    if (error) {
      ++of->failed;
      of->last = error;
    } else {
      of->over = true;
      of->at = at;
      of->made = std::move(to);
      of->next.cancel();
    }
    wake();
  });
  race.next.expires_after(attempt_delay);
  race.next.async_wait([this](error_code stopped) {
    if (!stopped) attempt_next();
  });
}

asio::awaitable<void> peer_call::secure() {
  session_owner& owner = *this;
  session_ = std::make_unique<session>(the_connection, direction::outbound, std::move(stream_),
                                       options_, net_.clock(), with_.to.peer, owner, race_->at);
  session_->start();
  co_await wait("securing", [this] { return !peer_.empty(); });
}

asio::awaitable<void> peer_call::mux() {
  session_->admit();
  co_await wait("choosing the muxer", [this] { return ready_; });
}

asio::awaitable<byte_stream> peer_call::open(std::string_view protocol) {
  const auto opened = std::make_shared<outcome<char>>();
  if (over_) fail(protocol, *over_);
  auto stream = session_->open(protocol, {}, [this, opened](error_code error) {
    *opened = {true, error};
    wake();
  });
  if (!stream) fail(protocol, stream.error().message());
  co_await wait(protocol, [&] { return opened->done; });
  if (opened->error) fail(protocol, opened->error.message());
  co_return std::move(*stream);
}

asio::awaitable<std::vector<std::byte>> peer_call::read_all(byte_stream& from, std::size_t most) {
  const auto read = std::make_shared<outcome<std::vector<std::byte>>>();
  read->value.resize(most + 1);
  asio::async_read(from, asio::buffer(read->value), [this, read](error_code error, auto size) {
    read->value.resize(size);
    read->error = error;
    read->done = true;
    wake();
  });
  co_await wait("reading", [&] { return read->done; });
  if (!read->error) fail("reading", "more than " + std::to_string(most) + " bytes came");
  if (read->error != asio::error::eof) fail("reading", read->error.message());
  co_return std::move(read->value);
}

asio::awaitable<bool> peer_call::echo(byte_stream& on, std::span<const std::byte> what) {
  const auto read = std::make_shared<outcome<std::vector<std::byte>>>();
  const auto sent = std::make_shared<std::vector<std::byte>>(what.begin(), what.end());
  read->value.resize(what.size());
  asio::async_write(on, asio::buffer(*sent), [sent](error_code, std::size_t) {});
  asio::async_read(on, asio::buffer(read->value), [this, read](error_code error, std::size_t) {
    read->error = error;
    read->done = true;
    wake();
  });
  co_await wait("ping", [&] { return read->done; });
  if (read->error) fail("ping", read->error.message());
  co_return std::ranges::equal(read->value, what);
}

asio::awaitable<bool> peer_call::pause(duration time) {
  const auto until = asio::steady_timer::clock_type::now() + time;
  while (!stopped_ && asio::steady_timer::clock_type::now() < until) {
    changed_.expires_at(until);
    error_code ignored;
    co_await changed_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }
  co_return !stopped_;
}

void peer_call::stop() {
  stopped_ = true;
  wake();
}

asio::awaitable<void> peer_call::hang_up() {
  if (!session_ || over_) co_return;
  session_->close(cause::requested);
  changed_.expires_after(goodbye_most);
  while (!over_ && changed_.expiry() > asio::steady_timer::clock_type::now()) {
    error_code ignored;
    co_await changed_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }
}

void peer_call::on_authenticated(connection_id, const peer_id& peer) {
  peer_ = peer;
  upgrade_ = session_->upgrade();
  wake();
}

void peer_call::on_ready(connection_id) {
  ready_ = true;
  wake();
}

void peer_call::on_remote_refused(connection_id, cause reason, duration retry_after) {
  over_ = "the peer refused: " + std::string(name_of(reason)) + " (" +
          std::string(sentence_of(reason)) + ")";
  if (retry_after != duration::zero())
    *over_ += "; it asks to stay away for " + format_duration(retry_after);
  wake();
}

void peer_call::on_closed(connection_id, cause why) {
  if (const auto error = session_->failure(); !over_ && error) over_ = error.message();
  if (!over_) over_ = std::string(name_of(why)) + " (" + std::string(sentence_of(why)) + ")";
  wake();
}

}  // namespace tandem::cli
