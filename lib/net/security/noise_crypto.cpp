// SPDX-License-Identifier: MIT
#include "net/security/noise_crypto.hpp"

#include "net/security/algorithms.hpp"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>

#include <stdexcept>

namespace tandem {
namespace {

void must(bool worked, const char* what) {
  if (!worked) throw std::runtime_error(std::string("OpenSSL cannot ") + what);
}

int as_int(std::size_t size) { return static_cast<int>(size); }

noise_key hmac(const noise_key& key, byte_view text) {
  noise_key out;
  must(EVP_Q_mac(own_algorithms().context, "HMAC", nullptr, "SHA2-256", nullptr, key.data(),
                 key.size(), text.data(), text.size(), out.data(), out.size(), nullptr) != nullptr,
       "compute an HMAC");
  return out;
}

}  // namespace

noise_key::~noise_key() { OPENSSL_cleanse(data(), size()); }

noise_key_pair::noise_key_pair(const noise_key& secret)
    : key_(EVP_PKEY_new_raw_private_key_ex(own_algorithms().context, "X25519", nullptr,
                                           secret.data(), secret.size())) {
  auto size = public_key_.size();
  must(key_ && EVP_PKEY_get_raw_public_key(key_.get(), public_key_.data(), &size) == 1,
       "make an X25519 key");
}

std::optional<noise_key> noise_key_pair::shared_with(byte_view other) const {
  const openssl_ptr<EVP_PKEY> theirs(EVP_PKEY_new_raw_public_key_ex(
      own_algorithms().context, "X25519", nullptr, other.data(), other.size()));
  const openssl_ptr<EVP_PKEY_CTX> context(
      EVP_PKEY_CTX_new_from_pkey(own_algorithms().context, key_.get(), nullptr));
  noise_key shared;
  auto size = shared.size();
  if (theirs && context && EVP_PKEY_derive_init(context.get()) == 1 &&
      EVP_PKEY_derive_set_peer(context.get(), theirs.get()) == 1 &&
      EVP_PKEY_derive(context.get(), shared.data(), &size) == 1)
    return shared;
  ERR_clear_error();
  return std::nullopt;
}

noise_cipher::noise_cipher(const noise_key& key) : context_(EVP_CIPHER_CTX_new()) {
  must(context_ && EVP_CipherInit_ex(context_.get(), own_algorithms().chacha20_poly1305, nullptr,
                                     key.data(), nullptr, 1) == 1,
       "use ChaCha20-Poly1305");
}

/// 4 zero bytes, then the counter, little-endian (section 12.3).
std::array<std::uint8_t, 12> noise_cipher::next_nonce() {
  std::array<std::uint8_t, 12> nonce{};
  for (std::size_t i = 0; i < 8; ++i) nonce[4 + i] = static_cast<std::uint8_t>(counter_ >> 8 * i);
  ++counter_;  // 2^64 - 1 is never reached
  return nonce;
}

void noise_cipher::encrypt(byte_view associated, byte_view plain, byte_buffer& out) {
  const auto nonce = next_nonce();
  const auto front = out.size();
  out.resize(front + plain.size() + noise_tag_size);
  auto* const context = context_.get();
  int size = 0;
  must(EVP_CipherInit_ex(context, nullptr, nullptr, nullptr, nonce.data(), 1) == 1 &&
           EVP_EncryptUpdate(context, nullptr, &size, associated.data(),
                             as_int(associated.size())) == 1 &&
           EVP_EncryptUpdate(context, out.data() + front, &size, plain.data(),
                             as_int(plain.size())) == 1 &&
           EVP_EncryptFinal_ex(context, out.data() + front + size, &size) == 1 &&
           EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, noise_tag_size,
                               out.data() + front + plain.size()) == 1,
       "encrypt");
}

std::optional<std::span<std::uint8_t>> noise_cipher::decrypt(byte_view associated,
                                                             std::span<std::uint8_t> sealed) {
  if (sealed.size() < noise_tag_size) return std::nullopt;
  const auto nonce = next_nonce();
  const auto plain = sealed.first(sealed.size() - noise_tag_size);
  auto* const context = context_.get();
  int size = 0;
  if (EVP_CipherInit_ex(context, nullptr, nullptr, nullptr, nonce.data(), 0) == 1 &&
      EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, noise_tag_size,
                          sealed.data() + plain.size()) == 1 &&
      EVP_DecryptUpdate(context, nullptr, &size, associated.data(), as_int(associated.size())) ==
          1 &&
      EVP_DecryptUpdate(context, plain.data(), &size, plain.data(), as_int(plain.size())) == 1 &&
      EVP_DecryptFinal_ex(context, plain.data() + size, &size) == 1)
    return plain;
  ERR_clear_error();
  return std::nullopt;
}

noise_two_keys noise_hkdf(const noise_key& chaining, byte_view input) {
  const auto secret = hmac(chaining, input);
  const auto first = hmac(secret, std::array<std::uint8_t, 1>{1});
  std::array<std::uint8_t, 33> next;
  std::copy(first.begin(), first.end(), next.begin());
  next.back() = 2;
  const auto second = hmac(secret, next);
  OPENSSL_cleanse(next.data(), next.size());
  return {first, second};
}

noise_key noise_hash(byte_view first, byte_view second) {
  const openssl_ptr<EVP_MD_CTX> context(EVP_MD_CTX_new());
  noise_key out;
  must(context && EVP_DigestInit_ex(context.get(), own_algorithms().sha256, nullptr) == 1 &&
           EVP_DigestUpdate(context.get(), first.data(), first.size()) == 1 &&
           EVP_DigestUpdate(context.get(), second.data(), second.size()) == 1 &&
           EVP_DigestFinal_ex(context.get(), out.data(), nullptr) == 1,
       "compute SHA-256");
  return out;
}

}  // namespace tandem
