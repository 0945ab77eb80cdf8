// SPDX-License-Identifier: MIT
// Streams through the records of a security, without a session above them.
#include "net/protocol/connection_memory.hpp"
#include "net/security/noise.hpp"
#include "net/security/tls.hpp"
#include "net/session/session_fixture.hpp"
#include "tandem/net/error.hpp"

#include <boost/asio/co_spawn.hpp>

namespace tandem {
namespace {

/// One end of a secured link.
struct secured_end : wire_meter {
  secured_end(memory_link& link, memory_link::end& of, std::uint8_t byte)
      : own(credentials_of_byte(byte)), on(link.stream_of(of), *this, memory.budget) {}
  void on_wire_sent(std::size_t size) override { sent += size; }
  void on_wire_received(std::size_t size) override { received += size; }

  std::size_t write(std::size_t size) {
    std::size_t taken = 0;
    text.assign(size, 'x');
    on.stream().async_write_some(asio::buffer(text),
                                 [&taken](error_code, std::size_t done) { taken = done; });
    io().poll();
    return taken;
  }
  /// Everything that is there, and how it ended, if it did. A read that waits may stay.
  std::size_t read(error_code* error = nullptr) {
    all = 0;
    failed = {};
    into.resize(100'000);
    next();
    io().restart();
    io().poll();
    if (error) *error = failed;
    return all;
  }
  void next() {
    on.stream().async_read_some(asio::buffer(into), [this](error_code with, std::size_t size) {
      all += size;
      failed = with;
      if (!with) next();
    });
  }
  asio::io_context& io() { return static_cast<asio::io_context&>(context()); }
  asio::execution_context& context() {
    return asio::query(on.stream().get_executor(), asio::execution::context);
  }

  connection_memory memory;
  std::shared_ptr<credentials> own;
  peer_id nobody;
  std::size_t sent = 0, received = 0, all = 0;
  error_code failed;
  std::string text, into;
  wire on;
};

using handshake = asio::awaitable<secured_peer> (*)(wire&, security_terms);

struct secured_link {
  explicit secured_link(handshake run, memory_options options = {}) : link(io, options) {
    const auto start = [&](secured_end& of, direction way) {
      asio::co_spawn(io, run(of.on, {way, *of.own, of.nobody}),
                     [this](const std::exception_ptr& failed, const secured_peer&) {
                       if (!failed) ++secured;
                     });
    };
    start(listener, direction::inbound);
    start(dialer, direction::outbound);
    io.poll();
    EXPECT_EQ(secured, 2);
    io.restart();
    before = link.a.sent.size();
  }

  /// The lengths of the records that the dialer sent since the handshake, header and all.
  std::vector<std::size_t> records(std::size_t header) const {
    std::vector<std::size_t> sizes;
    for (auto at = before; at + header <= link.a.sent.size();) {
      const auto* length = &link.a.sent[at + header - 2];
      sizes.push_back(header + (std::size_t{length[0]} << 8 | length[1]));
      at += sizes.back();
    }
    return sizes;
  }

  asio::io_context io;
  memory_link link;
  secured_end listener{link, link.b, 1}, dialer{link, link.a, 2};
  int secured = 0;
  std::size_t before = 0;
};

using sizes = std::vector<std::size_t>;

TEST(tls_records, hold_16384_bytes_and_not_one_more) {
  for (const std::size_t piece : {std::size_t{1000}, std::size_t{1 << 20}}) {
    secured_link full(&tls, {.read_max = piece});
    EXPECT_EQ(full.dialer.write(16'384), 16'384u);
    EXPECT_EQ(full.records(5), sizes{5 + 16'384 + 1 + 16});
    EXPECT_EQ(full.listener.read(), 16'384u);

    secured_link beyond(&tls, {.read_max = piece});
    EXPECT_EQ(beyond.dialer.write(16'385), 16'385u);
    EXPECT_EQ(beyond.records(5), (sizes{5 + 16'384 + 1 + 16, 5 + 1 + 1 + 16}));
    EXPECT_EQ(beyond.listener.read(), 16'385u);
  }
}

TEST(noise_records, hold_65519_bytes_and_not_one_more) {
  for (const std::size_t piece : {std::size_t{1000}, std::size_t{1 << 20}}) {
    secured_link full(&noise, {.read_max = piece});
    EXPECT_EQ(full.dialer.write(65'519), 65'519u);
    EXPECT_EQ(full.records(2), sizes{2 + 65'519 + 16});
    EXPECT_EQ(full.listener.read(), 65'519u);

    secured_link beyond(&noise, {.read_max = piece});
    EXPECT_EQ(beyond.dialer.write(65'520), 65'519u) << "the rest is for the next write";
    EXPECT_EQ(beyond.records(2), sizes{2 + 65'519 + 16});
  }
}

TEST(tls_records, announced_longer_than_they_may_be_are_refused_before_they_are_there) {
  constexpr std::size_t most = 16'384 + 256;
  for (const std::size_t size : {most, most + 1, std::size_t{0xffff}}) {
    secured_link t(&tls);
    byte_buffer record{0x17, 3, 3, static_cast<std::uint8_t>(size >> 8),
                       static_cast<std::uint8_t>(size)};
    t.link.put(t.link.a, record);
    error_code error;
    t.listener.read(&error);
    EXPECT_EQ(error, size > most ? error_code(net_error::not_authentic) : error_code()) << size;
    record.assign(size, 'x');
    t.link.put(t.link.a, record);
    t.listener.io().restart();
    EXPECT_LT(t.io.poll(), 1000u) << "it waits for nothing that it has no room for";
  }
}

TEST(tls_records, tell_their_end_and_an_end_without_that_is_a_cut) {
  secured_link told(&tls);
  told.dialer.on.stream().shutdown_send();
  told.io.poll();
  EXPECT_EQ(told.records(5), sizes{5 + 2 + 1 + 16}) << "close_notify";
  EXPECT_FALSE(told.link.a.sending);
  error_code error;
  EXPECT_EQ(told.listener.read(&error), 0u);
  EXPECT_EQ(error, asio::error::eof);
  EXPECT_EQ(told.dialer.sent, told.link.a.sent.size());

  secured_link cut(&tls);
  cut.dialer.write(10);
  cut.link.end_sending(cut.link.a);
  EXPECT_EQ(cut.listener.read(&error), 10u);
  EXPECT_EQ(error, net_error::cut_off);
}

TEST(tls_records, tell_their_end_after_what_is_being_written) {
  secured_link t(&tls, {.write_max = 7});
  t.dialer.text.assign(1000, 'x');
  t.dialer.on.stream().async_write_some(asio::buffer(t.dialer.text),
                                        [](error_code, std::size_t) {});
  t.dialer.on.stream().shutdown_send();
  t.dialer.on.stream().shutdown_send();
  t.io.poll();
  EXPECT_EQ(t.records(5), (sizes{5 + 1000 + 1 + 16, 5 + 2 + 1 + 16}));
  error_code error;
  EXPECT_EQ(t.listener.read(&error), 1000u);
  EXPECT_EQ(error, asio::error::eof);
}

TEST(noise_records, have_no_word_for_their_end) {
  secured_link t(&noise);
  t.dialer.on.stream().shutdown_send();
  t.io.poll();
  EXPECT_EQ(t.records(2), sizes{});
  error_code error;
  t.listener.read(&error);
  EXPECT_EQ(error, asio::error::eof) << "the muxer's goodbye is what tells";
}

}  // namespace
}  // namespace tandem
