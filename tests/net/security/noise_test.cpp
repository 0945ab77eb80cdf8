// SPDX-License-Identifier: MIT
// /noise against js-libp2p's bytes, and what a peer may do to it.
#include "net/protocol/multistream.hpp"
#include "net/security/noise_handshake.hpp"
#include "net/session/session_fixture.hpp"
#include "net/vectors.hpp"
#include "tandem/net/error.hpp"

#include <gmock/gmock.h>

namespace tandem {
namespace {

using testing::ElementsAre;

memory_options whole() { return {}; }

TEST(noise, handshake_is_byte_for_byte_that_of_js_libp2p) {
  session_pair pair(whole(), security::noise);
  pair.connect();
  const auto dialer = reads_of("js_noise.txt", "C>S");
  const auto listener = reads_of("js_noise.txt", "S>C");
  std::string said, answered;
  constexpr std::size_t last_message = 2 + 0xb8;  // encrypted frames follow in the same write
  for (int i = 0; i < 3; ++i) said += to_hex(dialer[i]);
  said.resize(2 * (dialer[0].size() + dialer[1].size() + last_message));
  for (int i = 0; i < 2; ++i) answered += to_hex(listener[i]);
  EXPECT_EQ(to_hex(pair.link.a.sent).substr(0, said.size()), said);
  EXPECT_EQ(to_hex(pair.link.b.sent).substr(0, answered.size()), answered);
}

TEST(noise, listener_reads_what_a_js_dialer_encrypts) {
  session_pair pair(whole(), security::noise);
  pair.start_listener();
  for (const auto& write : reads_of("js_noise.txt", "C>S")) {
    pair.link.put(pair.link.a, write);
    pair.run();
  }
  EXPECT_EQ(pair.listener.peer, identity_of_byte(2).id());
  EXPECT_TRUE(pair.listener.heard("ready"));
  EXPECT_TRUE(pair.listener.closed.empty());
  pair.link.end_sending(pair.link.a);
  pair.run();
  EXPECT_THAT(pair.listener.closed, ElementsAre(cause::remote_closed));
}

TEST(noise, carries_messages_both_ways_however_the_bytes_come) {
  const std::string small = "hello";
  const std::string large(300'000, 'x');
  for (const std::size_t bytes : {std::size_t{1}, std::size_t{7}, std::size_t{100'000}}) {
    SCOPED_TRACE(bytes);
    session_pair pair({.read_max = bytes, .write_max = bytes}, security::noise);
    pair.connect();
    ASSERT_TRUE(pair.dialer.heard("ready") && pair.listener.heard("ready"));
    EXPECT_EQ(pair.dialer.self->send(bytes_of(small)), send_result::accepted);
    EXPECT_EQ(pair.listener.self->send(bytes_of(large)), send_result::accepted);
    EXPECT_EQ(pair.dialer.self->send(bytes_of(large)), send_result::accepted);
    pair.run();
    EXPECT_THAT(pair.listener.messages, ElementsAre(small, large));
    EXPECT_THAT(pair.dialer.messages, ElementsAre(large));
    pair.dialer.self->close(cause::requested);
    pair.run();
    EXPECT_THAT(pair.dialer.closed, ElementsAre(cause::requested));
    EXPECT_EQ(pair.listener.closed.size(), 1u);
  }
}

TEST(noise, counts_what_crosses_the_line_and_not_what_was_in_it) {
  session_pair pair(whole(), security::noise);
  pair.connect();
  pair.dialer.self->send(bytes_of(std::string(10'000, 'x')));
  pair.run();
  EXPECT_EQ(pair.dialer.traffic.sent, pair.link.a.sent.size());
  EXPECT_EQ(pair.listener.traffic.received, pair.link.a.sent.size());
  EXPECT_EQ(pair.listener.traffic.sent, pair.link.b.sent.size());
}

TEST(noise, hides_what_is_said) {
  session_pair pair(whole(), security::noise);
  pair.connect();
  pair.dialer.self->send(bytes_of("a secret that is long enough"));
  pair.run();
  const std::string line(pair.link.a.sent.begin(), pair.link.a.sent.end());
  EXPECT_EQ(line.find("secret"), std::string::npos);
  EXPECT_EQ(line.find("/yamux/1.0.0"), std::string::npos);
}

TEST(noise, a_refusal_is_told_through_it) {
  session_pair pair(whole(), security::noise);
  pair.listener.answers = recording_owner::answer::refuse;
  pair.connect();
  EXPECT_EQ(pair.dialer.remote_reason, cause::limit_reached);
  EXPECT_FALSE(pair.dialer.heard("ready"));
  EXPECT_THAT(pair.listener.closed, ElementsAre(cause::limit_reached));
}

TEST(noise, a_dialer_does_not_tell_a_stranger_who_it_is) {
  session_pair pair(whole(), security::noise);
  pair.expected = identity_of_byte(9).id();
  pair.connect();
  EXPECT_THAT(pair.dialer.closed, ElementsAre(cause::wrong_peer));
  EXPECT_THAT(pair.listener.closed, ElementsAre(cause::reset));
  EXPECT_TRUE(pair.listener.peer.empty());
}

TEST(noise, the_best_that_both_have_is_taken) {
  session_pair pair;
  pair.dialer_options.allowed = {security::noise, security::plaintext};
  pair.connect();
  EXPECT_TRUE(pair.dialer.heard("ready") && pair.listener.heard("ready"));
  const std::string line(pair.link.b.sent.begin(), pair.link.b.sent.end());
  EXPECT_NE(line.find("na\n"), std::string::npos);
  EXPECT_NE(line.find("/plaintext/2.0.0"), std::string::npos);
}

/// A link whose dialer's bytes pass through hands that change one of them.
struct tampered {
  explicit tampered(std::size_t at) {
    pair.start_listener();
    const auto writes = reads_of("js_noise.txt", "C>S");
    std::vector<std::uint8_t> all;
    for (const auto& write : writes) all.insert(all.end(), write.begin(), write.end());
    size = all.size();
    if (at < size) all[at] ^= 1;
    pair.link.put(pair.link.a, all);
    pair.run();
    pair.link.end_sending(pair.link.a);
    pair.run();
  }
  session_pair pair{whole(), security::noise};
  std::size_t size = 0;
};

TEST(noise, any_changed_byte_ends_the_connection_and_is_never_taken_for_its_peer) {
  const tampered intact(std::numeric_limits<std::size_t>::max());
  ASSERT_TRUE(intact.pair.listener.heard("ready"));
  for (std::size_t at = 0; at < intact.size; ++at) {
    SCOPED_TRACE(at);
    const tampered changed(at);
    ASSERT_EQ(changed.pair.listener.closed.size(), 1u);
    const auto why = changed.pair.listener.closed.front();
    // A length that grew waits for bytes that never come: the end of file comes first.
    EXPECT_TRUE(why == cause::handshake_failed || why == cause::protocol_error ||
                why == cause::remote_closed)
        << name_of(why);
    if (changed.pair.listener.heard("authenticated")) {
      EXPECT_EQ(changed.pair.listener.peer, identity_of_byte(2).id());
    }
  }
}

TEST(noise, a_failing_link_leaves_both_ends_closed_once_wherever_it_fails) {
  const auto run = [](std::size_t fail_at) {
    auto pair = std::make_unique<session_pair>(memory_options{.fail_at = fail_at}, security::noise);
    pair->connect();
    if (pair->dialer.self) pair->dialer.self->send(bytes_of(std::string(100'000, 'x')));
    pair->run();
    if (pair->dialer.self) pair->dialer.self->close(cause::requested);
    pair->run();
    return pair;
  };
  const auto operations = run(0)->link.operations();
  ASSERT_GT(operations, 10u);
  for (std::size_t at = 1; at <= operations; ++at) {
    SCOPED_TRACE(at);
    const auto pair = run(at);
    EXPECT_EQ(pair->dialer.closed.size(), 1u);
    EXPECT_EQ(pair->listener.closed.size(), 1u);
    EXPECT_EQ(pair->dialer_options.memory->used(), 0u);
    EXPECT_EQ(pair->listener_options.memory->used(), 0u);
  }
}

TEST(noise, an_end_may_go_with_operations_under_way) {
  for (std::size_t writes = 0; writes < 12; ++writes) {
    session_pair pair({.read_max = 5, .write_max = 5}, security::noise);
    pair.start();
    for (std::size_t i = 0; i < 20 * writes; ++i) pair.io.poll_one();
    pair.dialer.self.reset();
    pair.run();
    EXPECT_LE(pair.listener.closed.size(), 1u);
    EXPECT_EQ(pair.dialer_options.memory->used(), 0u);
  }
}

noise_key key_of_byte(std::uint8_t byte) {
  noise_key key;
  key.fill(byte);
  return key;
}

/// What a listener says of a dialer that proves itself with `dialer`.
error_code verdict_on(const noise_credentials& dialer) {
  const noise_credentials own(identity_of_byte(1), key_of_byte(0x11));
  noise_handshake theirs(direction::outbound, dialer, key_of_byte(0x22));
  noise_handshake ours(direction::inbound, own, key_of_byte(0x21));
  byte_buffer first, second, third;
  theirs.write(first);
  EXPECT_FALSE(ours.read(first));
  ours.write(second);
  EXPECT_FALSE(theirs.read(second));
  theirs.write(third);
  return ours.read(third);
}

TEST(noise, a_proof_that_was_made_for_another_key_or_by_another_identity_is_refused) {
  const noise_credentials honest(identity_of_byte(2), key_of_byte(0x12));
  const byte_buffer proof(honest.payload().begin(), honest.payload().end());
  EXPECT_FALSE(verdict_on(noise_credentials(key_of_byte(0x12), proof)));
  EXPECT_EQ(verdict_on(noise_credentials(key_of_byte(0x13), proof)), net_error::bad_proof);
  for (std::size_t at = 0; at < proof.size(); ++at) {
    auto changed = proof;
    changed[at] ^= 1;
    const auto said = verdict_on(noise_credentials(key_of_byte(0x12), changed));
    const bool extension = at + 18 > proof.size();  // the muxers are not part of the proof
    EXPECT_TRUE(said || extension) << at;
  }
  for (std::size_t size = 0; size + 18 < proof.size(); ++size)
    EXPECT_TRUE(verdict_on(noise_credentials(
        key_of_byte(0x12), {proof.begin(), proof.begin() + static_cast<std::ptrdiff_t>(size)})))
        << size;
}

TEST(noise, a_key_of_low_order_is_refused_before_anything_is_said) {
  for (const std::uint8_t low : {0, 1}) {
    session_pair pair(whole(), security::noise);
    pair.start_listener();
    byte_buffer bytes;
    put_multistream(bytes, multistream_header);
    put_multistream(bytes, "/noise");
    bytes.insert(bytes.end(), {0, 32, low});
    bytes.resize(bytes.size() + 31);
    pair.link.put(pair.link.a, bytes);
    pair.run();
    EXPECT_THAT(pair.listener.closed, ElementsAre(cause::handshake_failed));
  }
}

TEST(noise, a_quiet_connection_gives_back_what_a_busy_one_took) {
  session_pair pair(whole(), security::noise);
  pair.connect();
  const auto before = pair.listener_options.memory->used();
  for (int i = 0; i < 5; ++i) {
    pair.dialer.self->send(bytes_of(std::string(500'000, 'x')));
    pair.run();
  }
  for (int i = 0; i < 3; ++i) {
    pair.dialer.self->probe(7);
    pair.run();
  }
  EXPECT_EQ(pair.listener.messages.size(), 5u);
  EXPECT_EQ(pair.listener_options.memory->used(), before);
}

}  // namespace
}  // namespace tandem
