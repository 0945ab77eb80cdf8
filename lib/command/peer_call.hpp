// SPDX-License-Identifier: MIT
#pragma once

#include "net/node/name_search.hpp"
#include "net/session/session.hpp"
#include "tandem/asio/dns.hpp"
#include "tandem/net/network.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace tandem::cli {

struct call_settings {
  dial_address to;  ///< no peer: whoever answers
  dns_options dns;
  identity self;
  std::vector<security> allowed;
  duration step_timeout{};
};

/// A step of a call did not do what it should; what() is one line that says which and why.
class call_failed : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// One connection to one peer without a policy: a person looks at how each step goes. Everything
/// runs on the network's executor; a coroutine of it uses one function at a time.
class peer_call final : session_owner {
 public:
  peer_call(network& net, const call_settings& with);
  ~peer_call() override;

  bool named() const noexcept { return with_.to.named(); }

  // Each throws call_failed, also when step_timeout was over.
  asio::awaitable<void> resolve();  ///< the name, until it gave an address
  asio::awaitable<void> connect();  ///< TCP
  asio::awaitable<void> secure();   ///< multistream-select, security: who is it?
  asio::awaitable<void> mux();      ///< the muxer, until its first frame came
  /// A stream of `protocol` that the peer took.
  asio::awaitable<byte_stream> open(std::string_view protocol);
  /// What the peer says on the stream before its end.
  asio::awaitable<std::vector<std::byte>> read_all(byte_stream& from, std::size_t most);
  /// Sends `what` and reads as many bytes; whether they are the same.
  asio::awaitable<bool> echo(byte_stream& on, std::span<const std::byte> what);
  /// Waits; false when stop() was called meanwhile.
  asio::awaitable<bool> pause(duration wait);
  void stop();  ///< from a signal: what waits ends, pause() at once
  bool stopped() const noexcept { return stopped_; }

  /// Tells the peer that this is the end, and waits for its own, a second at most.
  asio::awaitable<void> hang_up();

  const peer_id& peer() const noexcept { return peer_; }
  const session_upgrade& upgrade() const noexcept { return upgrade_; }

 private:
  template <class Done>
  asio::awaitable<void> wait(std::string_view step, Done done);
  [[noreturn]] void fail(std::string_view step, const std::string& why) const;
  void wake() { changed_.cancel(); }
  void attempt_next();

  void on_authenticated(connection_id conn, const peer_id& peer) override;
  void on_ready(connection_id conn) override;
  void on_remote_refused(connection_id conn, cause reason, duration retry_after) override;
  void on_rtt(connection_id, duration) override {}
  void on_probe_answered(connection_id, std::uint32_t) override {}
  void on_message(connection_id, std::span<const std::byte>) override {}
  void on_stream(connection_id, bool) override {}
  void on_stream_accepted(connection_id, std::string_view, byte_stream) override {}
  void on_dirty(connection_id) override {}
  void on_closed(connection_id conn, cause why) override;

  struct address_race;

  network& net_;
  const call_settings& with_;
  session_options options_;
  name_source names_;
  node_clock clock_;
  asio::steady_timer changed_;
  const std::shared_ptr<address_race> race_;
  std::shared_ptr<name_search> search_;
  byte_stream stream_;
  std::unique_ptr<session> session_;
  peer_id peer_;
  session_upgrade upgrade_;
  bool ready_ = false;
  bool stopped_ = false;
  std::optional<std::string> over_;  ///< why there is no connection any more
};

}  // namespace tandem::cli
