// SPDX-License-Identifier: MIT
#include "net/security/peer_key.hpp"

#include "net/security/algorithms.hpp"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <openssl/x509.h>

#include <stdexcept>

namespace tandem {
namespace {

enum class key_type : std::uint8_t { rsa = 0, ed25519 = 1, secp256k1 = 2, ecdsa = 3 };
constexpr std::size_t ed25519_size = 32;
/// The largest RSA key whose signatures are checked, in bits: as go-libp2p.
constexpr int rsa_bits_max = 8192;
constexpr int rsa_bits_least = 2048;

key_type type_of(byte_view message) { return static_cast<key_type>(message[1]); }

byte_view data_of(byte_view message) {
  return message.subspan(3 + (*parse_uvarint(message.subspan(3)))->size);
}

openssl_ptr<EVP_PKEY> pkix_key(byte_view der, int wanted) {
  const auto* at = der.data();
  openssl_ptr<EVP_PKEY> key(d2i_PUBKEY_ex(nullptr, &at, static_cast<long>(der.size()),
                                          own_algorithms().context, nullptr));
  if (!key || at != der.data() + der.size() || EVP_PKEY_get_base_id(key.get()) != wanted)
    return nullptr;
  if (wanted == EVP_PKEY_RSA && (EVP_PKEY_get_bits(key.get()) > rsa_bits_max ||
                                 EVP_PKEY_get_bits(key.get()) < rsa_bits_least))
    return nullptr;
  return key;
}

openssl_ptr<EVP_PKEY> secp256k1_key(byte_view point) {
  const openssl_ptr<EVP_PKEY_CTX> context(
      EVP_PKEY_CTX_new_from_name(own_algorithms().context, "EC", nullptr));
  char group[] = "secp256k1";
  OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
      OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY,
                                        const_cast<std::uint8_t*>(point.data()), point.size()),
      OSSL_PARAM_construct_end()};
  EVP_PKEY* key = nullptr;
  if (!context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, parameters) != 1)
    return nullptr;
  return openssl_ptr<EVP_PKEY>(key);
}

openssl_ptr<EVP_PKEY> key_of(byte_view message) {
  const auto data = data_of(message);
  switch (type_of(message)) {
    case key_type::rsa:
      return pkix_key(data, EVP_PKEY_RSA);
    case key_type::ed25519:
      return openssl_ptr<EVP_PKEY>(EVP_PKEY_new_raw_public_key_ex(
          own_algorithms().context, "ED25519", nullptr, data.data(), data.size()));
    case key_type::secp256k1:
      return secp256k1_key(data);
    case key_type::ecdsa:
      return pkix_key(data, EVP_PKEY_EC);
  }
  return nullptr;
}

}  // namespace

bool is_public_key_message(byte_view in) {
  if (in.size() < 4 || in[0] != 0x08 || in[1] > 3 || in[2] != 0x12) return false;
  const auto length = parse_uvarint(in.subspan(3));
  if (!length || !*length || (*length)->value != in.size() - 3 - (*length)->size) return false;
  return type_of(in) != key_type::ed25519 || (*length)->value == ed25519_size;
}

bool is_signed_by(byte_view message, byte_view text, byte_view signature) {
  if (!is_public_key_message(message)) return false;
  const auto key = key_of(message);
  const openssl_ptr<EVP_MD_CTX> context(EVP_MD_CTX_new());
  const char* digest = type_of(message) == key_type::ed25519 ? nullptr : "SHA2-256";
  const bool good =
      key && context &&
      EVP_DigestVerifyInit_ex(context.get(), nullptr, digest, own_algorithms().context, nullptr,
                              key.get(), nullptr) == 1 &&
      EVP_DigestVerify(context.get(), signature.data(), signature.size(), text.data(),
                       text.size()) == 1;
  if (!good) ERR_clear_error();
  return good;
}

byte_buffer sign(const identity& self, byte_view text) {
  const openssl_ptr<EVP_PKEY> key(EVP_PKEY_new_raw_private_key_ex(
      own_algorithms().context, "ED25519", nullptr, self.seed().data(), self.seed().size()));
  const openssl_ptr<EVP_MD_CTX> context(EVP_MD_CTX_new());
  byte_buffer signature(64);
  std::size_t size = signature.size();
  if (!key || !context ||
      EVP_DigestSignInit_ex(context.get(), nullptr, nullptr, own_algorithms().context, nullptr,
                            key.get(), nullptr) != 1 ||
      EVP_DigestSign(context.get(), signature.data(), &size, text.data(), text.size()) != 1)
    throw std::runtime_error("OpenSSL cannot sign with an Ed25519 key");
  return signature;
}

}  // namespace tandem
