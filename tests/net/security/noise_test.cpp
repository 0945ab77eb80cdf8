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

TEST(noise, handshake_is_byte_for_byte_that_of_js_libp2p) {
  session_pair pair({}, security::noise);
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
  session_pair pair({}, security::noise);
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

noise_key key_of_byte(std::uint8_t byte) {
  noise_key key;
  key.fill(byte);
  return key;
}

/// What a listener that knows `known` says of a dialer that proves itself with `dialer`.
error_code verdict_on(const noise_credentials& dialer, known_proofs& known) {
  const noise_credentials own(identity_of_byte(1), key_of_byte(0x11));
  noise_handshake theirs(direction::outbound, dialer, key_of_byte(0x22), known);
  noise_handshake ours(direction::inbound, own, key_of_byte(0x21), known);
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
  known_proofs known;  // what was good once makes nothing else good
  EXPECT_FALSE(verdict_on(noise_credentials(key_of_byte(0x12), proof), known));
  EXPECT_FALSE(verdict_on(noise_credentials(key_of_byte(0x12), proof), known));
  EXPECT_EQ(verdict_on(noise_credentials(key_of_byte(0x13), proof), known), net_error::bad_proof);
  for (std::size_t at = 0; at < proof.size(); ++at) {
    auto changed = proof;
    changed[at] ^= 1;
    const auto said = verdict_on(noise_credentials(key_of_byte(0x12), changed), known);
    const bool extension = at + 18 > proof.size();  // the muxers are not part of the proof
    EXPECT_TRUE(said || extension) << at;
  }
  for (std::size_t size = 0; size + 18 < proof.size(); ++size)
    EXPECT_TRUE(verdict_on(
        noise_credentials(key_of_byte(0x12),
                          {proof.begin(), proof.begin() + static_cast<std::ptrdiff_t>(size)}),
        known))
        << size;
}

TEST(noise, a_key_of_low_order_is_refused_before_anything_is_said) {
  for (const std::uint8_t low : {0, 1}) {
    session_pair pair({}, security::noise);
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

}  // namespace
}  // namespace tandem
