// SPDX-License-Identifier: MIT
#include "net/security/noise_handshake.hpp"

#include "net/protocol/protobuf.hpp"
#include "tandem/core/assert.hpp"
#include "tandem/net/error.hpp"

#include <algorithm>

namespace tandem {
namespace {

/// Exactly as long as a hash, so that it is the first one (section 5.2).
constexpr std::string_view protocol_name = "Noise_XX_25519_ChaChaPoly_SHA256";
static_assert(protocol_name.size() == 32);
constexpr std::string_view signed_prefix = "noise-libp2p-static-key:";

// Fields of NoiseHandshakePayload and NoiseExtensions.
constexpr auto identity_key_tag = bytes_tag(1);
constexpr auto signature_tag = bytes_tag(2);
constexpr auto extensions_tag = bytes_tag(4);
constexpr auto stream_muxers_tag = bytes_tag(2);

constexpr std::size_t key_size = 32;
constexpr std::size_t sealed_key_size = key_size + noise_tag_size;

byte_view bytes_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

byte_buffer text_to_sign(byte_view static_key) {
  byte_buffer text(signed_prefix.begin(), signed_prefix.end());
  text.insert(text.end(), static_key.begin(), static_key.end());
  return text;
}

noise_key key_at(byte_view bytes) {
  noise_key key;
  std::copy_n(bytes.begin(), key_size, key.begin());
  return key;
}

/// Whether the extensions name our muxer; nothing when they are not well-formed.
std::optional<bool> names_muxer(byte_view extensions) {
  bool found = false;
  while (!extensions.empty()) {
    const auto next = take_field(extensions);
    if (!next) return std::nullopt;
    found = found || (next->tag == stream_muxers_tag &&
                      std::ranges::equal(next->bytes, bytes_of(noise_muxer)));
  }
  return found;
}

}  // namespace

noise_credentials::noise_credentials(const identity& self, const noise_key& static_secret)
    : static_key_(static_secret) {
  put_field(payload_, identity_key_tag, self.public_key_message());
  put_field(payload_, signature_tag, sign(self, text_to_sign(static_key_.public_key())));
  byte_buffer extensions;
  put_field(extensions, stream_muxers_tag, bytes_of(noise_muxer));
  put_field(payload_, extensions_tag, extensions);
}

noise_handshake::noise_handshake(direction way, const noise_credentials& own,
                                 const noise_key& ephemeral_secret, known_proofs& known)
    : way_(way),
      own_(own),
      known_(known),
      ephemeral_(ephemeral_secret),
      chaining_(key_at(bytes_of(protocol_name))),
      hash_(chaining_) {
  mix_hash({});  // the prologue is empty
}

void noise_handshake::write(byte_buffer& out) {
  if (step_++ < 2) {
    const auto& e = ephemeral_.public_key();
    out.insert(out.end(), e.begin(), e.end());
    mix_hash(e);
  }
  if (way_ == direction::outbound && step_ == 1) return encrypt_and_hash({}, out);
  encrypt_and_hash(own_.static_key().public_key(), out);
  const bool mixed = mix_shared(own_.static_key(), their_ephemeral_);
  TANDEM_ASSERT(mixed);  // a key of low order was refused by read()
  encrypt_and_hash(own_.payload(), out);
}

error_code noise_handshake::read(byte_view message) {
  const int step = step_++;
  if (step < 2) {
    if (message.size() < key_size) return net_error::malformed;
    their_ephemeral_ = key_at(message);
    message = message.subspan(key_size);
    mix_hash(their_ephemeral_);
  }
  if (step == 0) mix_hash(message);  // a payload that is neither secret nor ours to read
  if (step < 2 && !mix_shared(ephemeral_, their_ephemeral_)) return net_error::not_authentic;
  if (step == 0) return {};
  if (message.size() < sealed_key_size) return net_error::malformed;
  const auto key = decrypt_and_hash(message.first(sealed_key_size));
  if (!key) return net_error::not_authentic;
  their_static_ = key_at(*key);
  if (!mix_shared(ephemeral_, their_static_)) return net_error::not_authentic;
  return read_payload(message.subspan(sealed_key_size));
}

error_code noise_handshake::read_payload(byte_view sealed) {
  const auto payload = decrypt_and_hash(sealed);
  if (!payload) return net_error::not_authentic;
  byte_view key, signature;
  for (byte_view body(*payload); !body.empty();) {
    const auto next = take_field(body);
    if (!next) return net_error::malformed;
    if (next->tag == identity_key_tag) key = next->bytes;
    if (next->tag == signature_tag) signature = next->bytes;
    if (next->tag == extensions_tag) {
      const auto named = names_muxer(next->bytes);
      if (!named) return net_error::malformed;
      muxer_agreed_ = *named;
    }
  }
  if (!is_public_key_message(key)) return net_error::malformed;
  const auto text = text_to_sign(their_static_);
  const auto proof = known_proofs::digest_of({key, text, signature});
  if (!known_.holds(proof)) {
    if (!is_signed_by(key, text, signature)) return net_error::bad_proof;
    known_.add(proof);
  }
  peer_ = peer_id_of_public_key(key);
  return {};
}

noise_outcome noise_handshake::outcome() {
  TANDEM_ASSERT(!peer_.empty());
  const auto [first, second] = noise_hkdf(chaining_, {});
  const bool dialer = way_ == direction::outbound;
  return {peer_, muxer_agreed_, dialer ? first : second, dialer ? second : first};
}

void noise_handshake::mix_hash(byte_view bytes) { hash_ = noise_hash(hash_, bytes); }

void noise_handshake::mix_key(byte_view input) {
  const auto [chaining, key] = noise_hkdf(chaining_, input);
  chaining_ = chaining;
  cipher_.emplace(key);
}

bool noise_handshake::mix_shared(const noise_key_pair& ours, byte_view theirs) {
  const auto shared = ours.shared_with(theirs);
  if (shared) mix_key(*shared);
  return shared.has_value();
}

void noise_handshake::encrypt_and_hash(byte_view plain, byte_buffer& out) {
  const auto front = out.size();
  if (cipher_)
    cipher_->encrypt(hash_, plain, out);
  else
    out.insert(out.end(), plain.begin(), plain.end());
  mix_hash(byte_view(out).subspan(front));
}

std::optional<byte_buffer> noise_handshake::decrypt_and_hash(byte_view sealed) {
  byte_buffer plain(sealed.begin(), sealed.end());
  if (cipher_) {
    const auto opened = cipher_->decrypt(hash_, plain);
    if (!opened) return std::nullopt;
    plain.resize(opened->size());
  }
  mix_hash(sealed);
  return plain;
}

}  // namespace tandem
