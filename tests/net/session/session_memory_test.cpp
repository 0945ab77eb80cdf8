// SPDX-License-Identifier: MIT
// What a peer can make a session hold, and how that is refused.
#include "net/protocol/multistream.hpp"
#include "net/protocol/yamux_header.hpp"
#include "net/session/session_fixture.hpp"
#include "net/session/stream_protocols.hpp"
#include "net/vectors.hpp"

#include <gmock/gmock.h>

namespace tandem {
namespace {

using testing::ElementsAre;

constexpr std::size_t kib = 1024;
constexpr std::uint64_t none = memory_limits::none;
/// Enough for the handshake's answers, which the script leaves unread.
const memory_options unread_answers{.capacity = 200};

/// A listener whose dialer is a script that reads when it is told to.
class listener_of_script {
 public:
  explicit listener_of_script(std::shared_ptr<memory_pool> memory, memory_options link = {})
      : pair(link) {
    pair.listener_options.memory = std::move(memory);
    pair.start_listener();
    const auto js = reads_of("js_clean.txt", "C>S");
    say(js[0]);
    say(js[1]);
  }
  void say(const byte_buffer& bytes) {
    pair.link.put(pair.link.a, bytes);
    pair.run();
  }
  void frame(yamux_type type, std::uint16_t flags, std::uint32_t stream, std::uint32_t length) {
    byte_buffer out;
    put_yamux_header(out, {type, flags, stream, length});
    say(out);
  }
  void write(std::uint32_t stream, const byte_buffer& bytes, std::uint16_t flags = 0) {
    byte_buffer out;
    put_yamux_header(out,
                     {yamux_type::data, flags, stream, static_cast<std::uint32_t>(bytes.size())});
    out.insert(out.end(), bytes.begin(), bytes.end());
    say(out);
  }
  void open(std::uint32_t stream, std::string_view protocol) {
    byte_buffer text;
    put_multistream(text, multistream_header);
    put_multistream(text, protocol);
    write(stream, text, yamux_flag::syn);
  }
  /// The first `sent` bytes of a message of `size`.
  void begin_message(std::uint32_t stream, std::size_t size, std::size_t sent) {
    byte_buffer prefix;
    put_uvarint(prefix, size);
    write(stream, prefix);
    for (std::size_t at = 0; at < sent; at += 16 * kib)
      write(stream, byte_buffer(std::min(16 * kib, sent - at)));
  }
  bool was_reset(std::uint32_t stream) {
    heard += to_hex(pair.link.take(pair.link.a));
    pair.run();
    heard += to_hex(pair.link.take(pair.link.a));
    byte_buffer reset;
    put_yamux_header(reset, {yamux_type::window_update, yamux_flag::rst, stream, 0});
    return heard.find(to_hex(reset)) != std::string::npos;
  }
  std::uint64_t used() const { return pair.listener_options.memory->used(); }

  session_pair pair;
  std::string heard;
};

std::shared_ptr<memory_pool> pool_of(const memory_limits& limits) {
  auto pool = std::make_shared<memory_pool>();
  pool->limit(limits);
  return pool;
}

TEST(session_memory, of_an_idle_connection_is_nothing) {
  listener_of_script peer(pool_of({}));
  EXPECT_EQ(peer.used(), 0U);
  peer.open(1, message_protocol);
  peer.begin_message(1, 3, 3);
  peer.frame(yamux_type::window_update, yamux_flag::fin, 1, 0);
  EXPECT_THAT(peer.pair.listener.messages, ElementsAre(std::string(3, '\0')));
  EXPECT_EQ(peer.used(), 0U);
}

TEST(session_memory, of_a_message_being_put_together_is_charged_and_no_more_than_its_size) {
  constexpr std::size_t size = 1 << 20;
  listener_of_script peer(pool_of({}));
  peer.open(1, message_protocol);
  const auto before = peer.used();
  peer.begin_message(1, size, size - 1);
  EXPECT_GE(peer.used() - before, size - 1);
  EXPECT_LE(peer.used() - before, size + 3 + 16 * kib) << "its prefix, and what one read takes";
}

TEST(session_memory, bounds_a_message_by_its_size_and_the_prefix) {
  constexpr std::size_t size = 30 * kib;
  constexpr std::uint64_t needed = yamux::stream_memory + 3 + size;
  for (const std::uint64_t most : {needed - 1, needed, needed + 1}) {
    listener_of_script peer(pool_of({0, most, none}));
    peer.open(1, message_protocol);
    peer.begin_message(1, size, 0);
    // Small enough that reading takes no more memory.
    for (std::size_t at = 0; at < size; at += 128) peer.write(1, byte_buffer(128));
    EXPECT_EQ(peer.was_reset(1), most < needed) << most;
    EXPECT_EQ(peer.pair.listener.messages.size(), most < needed ? 0U : 1U) << most;
    EXPECT_TRUE(peer.pair.listener.closed.empty()) << "only the stream ends";
  }
}

TEST(session_memory, of_half_negotiated_streams_is_bounded_by_the_share) {
  listener_of_script peer(pool_of({40 * kib, none, 0}));
  byte_buffer half;
  put_multistream(half, multistream_header);
  put_multistream(half, std::string(1000, 'x'));
  half.pop_back();
  std::size_t resets = 0;
  for (std::uint32_t stream = 1; stream < 512; stream += 2) {
    peer.write(stream, half, yamux_flag::syn);
    EXPECT_LE(peer.used(), 40 * kib);
    resets += peer.was_reset(stream);
  }
  EXPECT_GT(resets, 200U);
  EXPECT_LT(resets, 235U) << "some had room";
  EXPECT_TRUE(peer.pair.listener.closed.empty());
}

TEST(session_memory, of_echoes_that_nobody_reads_is_bounded_by_the_share) {
  listener_of_script peer(pool_of({40 * kib, none, 0}), {.capacity = 4 * kib});
  peer.open(1, ping_protocol);
  for (int i = 0; i < 16; ++i) {
    peer.write(1, byte_buffer(8 * kib));
    EXPECT_LE(peer.used(), 40 * kib) << i;
  }
  EXPECT_TRUE(peer.was_reset(1));
  EXPECT_TRUE(peer.pair.listener.closed.empty());
}

TEST(session_memory, of_answers_that_nobody_reads_is_bounded_by_the_protocol) {
  listener_of_script peer(pool_of({40 * kib, none, 0}), unread_answers);
  // Some answers are being written; then so many wait that the next is one too many.
  constexpr std::size_t most = yamux::control_max / yamux_header_size;
  for (std::size_t pings = 0; pings <= most + 10; ++pings) {
    peer.frame(yamux_type::ping, yamux_flag::syn, 0, 1);
    EXPECT_LE(peer.used(), 16 * kib) << "what one read takes";
  }
  EXPECT_TRUE(peer.pair.listener.closed.empty()) << "it is told when it reads";
  for (int i = 0; i < 1000 && peer.pair.listener.closed.empty(); ++i) peer.was_reset(1);
  EXPECT_THAT(peer.pair.listener.closed, ElementsAre(cause::protocol_error));
}

TEST(session_memory, of_a_stream_goes_back_when_the_peer_resets_it_though_nothing_can_be_sent) {
  for (const bool ours : {false, true}) {
    listener_of_script peer(pool_of({}), unread_answers);
    EXPECT_EQ(peer.pair.listener.self->send(bytes_of(std::string(500 * kib, 'x'))),
              send_result::accepted);
    peer.pair.run();  // a write that does not end
    const auto before = peer.used();
    if (ours) {
      peer.frame(yamux_type::window_update, yamux_flag::rst, 2, 0);
      EXPECT_LT(peer.used(), before - 400 * kib);
    } else {
      peer.open(1, message_protocol);
      peer.begin_message(1, 500 * kib, 400 * kib);
      EXPECT_GT(peer.used(), before + 400 * kib);
      peer.frame(yamux_type::window_update, yamux_flag::rst, 1, 0);
      EXPECT_LT(peer.used(), before + 20 * kib);
    }
  }
}

TEST(session_memory, bounds_what_is_sent_to_a_peer_that_does_not_read) {
  for (const std::size_t above : {0, 1}) {
    const std::size_t size = 30 * kib + above;
    const auto overhead = yamux::stream_memory + message_burst::opening().size() + 3;
    listener_of_script peer(pool_of({30 * kib + overhead, none, 0}), unread_answers);
    EXPECT_EQ(peer.pair.listener.self->send(bytes_of(std::string(size, 'x'))),
              above == 0 ? send_result::accepted : send_result::refused);
    peer.pair.run();
    EXPECT_LE(peer.used(), 30 * kib + overhead);
    EXPECT_TRUE(peer.pair.listener.closed.empty());
  }
}

TEST(session_memory, of_a_handshake_is_charged_and_refused) {
  for (const std::uint64_t least : {255, 256}) {
    session_pair pair;
    pair.listener_options.memory = pool_of({least, none, 0});
    pair.start_listener();
    byte_buffer opening;
    put_multistream(opening, multistream_header);
    pair.link.put(pair.link.a, opening);
    pair.run();
    if (least < 256)
      EXPECT_THAT(pair.listener.closed, ElementsAre(cause::local_resource));
    else
      EXPECT_TRUE(pair.listener.closed.empty());
  }
}

TEST(session_memory, is_taken_from_who_holds_most_of_it_for_one_that_needs_less) {
  const auto pool = pool_of({0, none, 600 * kib});
  listener_of_script hoarder(pool), honest(pool);
  hoarder.open(1, message_protocol);
  hoarder.begin_message(1, 500 * kib, 499 * kib);
  honest.open(1, message_protocol);
  honest.begin_message(1, 300 * kib, 300 * kib);
  EXPECT_EQ(honest.pair.listener.messages.size(), 1U);
  EXPECT_TRUE(hoarder.was_reset(1));
  EXPECT_FALSE(honest.was_reset(1));
  EXPECT_EQ(pool->shed(), 1U);
  // The hoarder's connection goes on.
  hoarder.open(3, message_protocol);
  hoarder.begin_message(3, 10, 10);
  EXPECT_EQ(hoarder.pair.listener.messages.size(), 1U);
}

TEST(session_memory, of_streams_that_hold_nothing_is_taken_back_also_from_who_does_not_read) {
  constexpr std::uint64_t left = 10 * yamux::stream_memory;
  for (const auto& link : {memory_options{}, unread_answers}) {
    const auto pool = pool_of({0, none, none});
    listener_of_script hoarder(pool, link);
    for (std::uint32_t stream = 1; stream < 40; stream += 2)
      hoarder.frame(yamux_type::window_update, yamux_flag::syn, stream, 0);
    EXPECT_GE(pool->lent(), 20 * yamux::stream_memory);
    pool->limit({0, none, left});
    EXPECT_LE(pool->lent(), left);
    EXPECT_FALSE(hoarder.was_reset(1)) << "the newest go first";
    EXPECT_TRUE(hoarder.was_reset(39) || link.capacity == unread_answers.capacity);
    EXPECT_TRUE(hoarder.pair.listener.closed.empty());
  }
}

TEST(session_memory, goes_back_when_the_connection_ends) {
  const auto pool = pool_of({});
  {
    listener_of_script peer(pool);
    peer.open(1, message_protocol);
    peer.begin_message(1, 1 << 20, 1 << 19);
    EXPECT_GT(pool->used(), std::size_t{1} << 19);
    peer.pair.link.reset(peer.pair.link.a);
    peer.pair.run();
    EXPECT_EQ(pool->used(), 0U);
  }
}

}  // namespace
}  // namespace tandem
