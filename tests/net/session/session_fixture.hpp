// SPDX-License-Identifier: MIT
#pragma once

#include "net/security/credentials.hpp"
#include "net/session/memory_stream.hpp"
#include "net/session/session.hpp"

#include <gtest/gtest.h>

#include <array>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <tuple>

namespace tandem {

/// A clock that stands until it is moved. Sessions only read it.
class manual_clock final : public clock {
 public:
  time_point now() const noexcept override { return now_; }
  timer_id at(time_point, task) override { return timer_id::none; }
  void cancel(timer_id) override {}
  void advance(duration by) { now_ += by; }

 private:
  time_point now_{std::chrono::seconds(1)};
};

/// What a session told its owner, in order, and what the owner answers.
class recording_owner final : public session_owner {
 public:
  enum class answer { admit, refuse, wait };

  void on_authenticated(connection_id, const peer_id& who) override {
    say("authenticated");
    peer = who;
    if (answers == answer::admit) self->admit();
    if (answers == answer::refuse) self->refuse(refusal);
  }
  void on_ready(connection_id) override { say("ready"); }
  void on_remote_refused(connection_id, cause reason, duration after) override {
    say("remote_refused");
    remote_reason = reason;
    retry_after = after;
  }
  void on_rtt(connection_id, duration rtt) override { rtts.push_back(rtt); }
  void on_probe_answered(connection_id, std::uint32_t nonce) override { nonces.push_back(nonce); }
  void on_message(connection_id, std::span<const std::byte> message) override {
    messages.emplace_back(reinterpret_cast<const char*>(message.data()), message.size());
    say("message");
  }
  void on_stream(connection_id, bool opened) override {
    streams += opened ? 1 : -1;
    say(opened ? "stream" : "stream over");
  }
  void on_stream_accepted(connection_id, std::string_view protocol, byte_stream stream) override {
    accepted.emplace_back(protocol, std::move(stream));
    say("accepted");
  }
  void on_dirty(connection_id) override {
    ++dirty;
    if (takes_traffic) take();
  }
  void on_closed(connection_id, cause why) override {
    closed.push_back(why);
    if (takes_traffic) take();
    say("closed");
    if (destroys) self.reset();
  }

  void take() {
    const auto moved = self->take_traffic();
    traffic.sent += moved.sent;
    traffic.received += moved.received;
    traffic.app_bytes += moved.app_bytes;
    traffic.last_app_at = std::max(traffic.last_app_at, moved.last_app_at);
    if (moved.received != 0) traffic.last_received_at = moved.last_received_at;
  }
  bool heard(const std::string& what) const {
    return std::find(log.begin(), log.end(), what) != log.end();
  }

  std::unique_ptr<session> self;
  answer answers = answer::admit;
  cause refusal = cause::limit_reached;
  bool takes_traffic = true;
  bool destroys = true;
  std::function<void(const std::string&)> during;  ///< runs inside every call that is logged

  std::vector<std::string> log;
  peer_id peer;
  cause remote_reason = cause::none;
  duration retry_after{};
  int streams = 0;  ///< that are use, open
  std::vector<std::pair<std::string, byte_stream>> accepted;
  std::vector<duration> rtts;
  std::vector<std::uint32_t> nonces;
  std::vector<std::string> messages;
  std::vector<cause> closed;
  session_traffic traffic;
  int dirty = 0;

 private:
  void say(const std::string& what) {
    log.push_back(what);
    if (during) during(what);
  }
};

inline identity identity_of_byte(std::uint8_t byte) {
  std::array<std::uint8_t, identity::seed_size> seed;
  seed.fill(byte);
  return identity::from_seed(seed);
}

/// The secrets of the recorded Noise handshake: static keys of 11 and 12 (hexadecimal), ephemeral
/// ones of 21 and 22, and from then on the next byte.
inline std::shared_ptr<credentials> credentials_of_byte(std::uint8_t byte) {
  return std::make_shared<credentials>(
      identity_of_byte(byte),
      [next = static_cast<std::uint8_t>(0x10 + byte)](std::span<std::uint8_t> into) mutable {
        std::ranges::fill(into, std::exchange(next, static_cast<std::uint8_t>(next + 0x10)));
      });
}

/// A dialer on end a and a listener on end b of one link; either may be left out and scripted.
/// The identities are those of the recorded js-libp2p sessions.
class session_pair {
 public:
  explicit session_pair(memory_options options = {}, security kind = security::plaintext)
      : link(io, options) {
    dialer_options.own = credentials_of_byte(2);
    listener_options.own = credentials_of_byte(1);
    dialer_options.allowed = listener_options.allowed = {kind};
    expected = listener_options.own->self().id();
  }

  void start_dialer() {
    dialer.self =
        std::make_unique<session>(connection_id{1}, direction::outbound, link.stream_of(link.a),
                                  dialer_options, time, expected, dialer);
    dialer.self->start();
  }
  void start_listener() {
    listener.self =
        std::make_unique<session>(connection_id{2}, direction::inbound, link.stream_of(link.b),
                                  listener_options, time, peer_id(), listener);
    listener.self->start();
  }
  void start() {
    start_listener();
    start_dialer();
  }
  void run() {
    io.restart();
    io.poll();
  }
  /// Starts both, and runs until nothing happens.
  void connect() {
    start();
    run();
  }

  asio::io_context io;
  manual_clock time;
  memory_link link;
  session_options dialer_options, listener_options;
  peer_id expected;
  recording_owner dialer, listener;
};

/// Tests that hold however two sessions are secured, and however little one read returns.
class each_way : public testing::TestWithParam<std::tuple<security, std::size_t>> {
 protected:
  static security kind() { return std::get<security>(GetParam()); }
  static bool by_byte() { return std::get<std::size_t>(GetParam()) == 1; }
  static session_pair two(memory_options options = {}) {
    options.read_max = std::get<std::size_t>(GetParam());
    return session_pair(options, kind());
  }
};

inline constexpr std::size_t all_at_once = std::numeric_limits<std::size_t>::max();
inline const auto every_way_whole =
    testing::Combine(testing::ValuesIn(every_security), testing::Values(all_at_once));
inline const auto every_way =
    testing::Combine(testing::ValuesIn(every_security), testing::Values(all_at_once, 1));
inline std::string name_of_way(const testing::TestParamInfo<each_way::ParamType>& info) {
  const auto [kind, read_max] = info.param;
  return std::string(name_of(kind)) + (read_max == 1 ? "_by_byte" : "");
}

inline std::span<const std::byte> bytes_of(const std::string& text) {
  return std::as_bytes(std::span(text));
}

}  // namespace tandem
