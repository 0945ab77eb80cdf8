// SPDX-License-Identifier: MIT
#include "net/security/certificate.hpp"

#include "net/security/algorithms.hpp"
#include "tandem/net/error.hpp"

#include <openssl/asn1.h>
#include <openssl/asn1t.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <stdexcept>

namespace tandem {
namespace {

constexpr const char* extension_oid = "1.3.6.1.4.1.53594.1.1";
constexpr std::string_view signed_prefix = "libp2p-tls-handshake:";
// Nobody looks at more of the validity than whether it is now (rust-libp2p's choice).
constexpr const char* valid_from = "19750101000000Z";
constexpr const char* valid_to = "40960101000000Z";

struct free_asn1 {
  void operator()(ASN1_OBJECT* object) const noexcept { ASN1_OBJECT_free(object); }
  void operator()(ASN1_OCTET_STRING* text) const noexcept { ASN1_OCTET_STRING_free(text); }
  void operator()(X509_EXTENSION* extension) const noexcept { X509_EXTENSION_free(extension); }
  void operator()(ASN1_SEQUENCE_ANY* sequence) const noexcept {
    sk_ASN1_TYPE_pop_free(sequence, ASN1_TYPE_free);
  }
  void operator()(std::uint8_t* bytes) const noexcept { OPENSSL_free(bytes); }
};
template <class T>
using asn1_ptr = std::unique_ptr<T, free_asn1>;

void must(bool worked) {
  if (!worked) throw std::runtime_error("OpenSSL cannot make a certificate");
}

/// `of` as DER, as i2d, a function of OpenSSL, makes it; empty when it cannot.
template <class T>
byte_buffer der_of(const T* of, int (*i2d)(const T*, std::uint8_t**)) {
  std::uint8_t* der = nullptr;
  const int size = i2d(of, &der);
  const asn1_ptr<std::uint8_t> owner(der);
  return size > 0 ? byte_buffer(der, der + size) : byte_buffer();
}

/// What the identity signs: the certificate's key, so that nobody else can show it.
byte_buffer text_to_sign(const X509& certificate) {
  const auto key = der_of(X509_get_X509_PUBKEY(&certificate), &i2d_X509_PUBKEY);
  byte_buffer text(signed_prefix.size() + key.size());
  std::ranges::copy(key, std::ranges::copy(signed_prefix, text.begin()).out);
  return text;
}

byte_view bytes_of(const ASN1_STRING* text) {
  return {ASN1_STRING_get0_data(text), static_cast<std::size_t>(ASN1_STRING_length(text))};
}

/// SEQUENCE { OCTET STRING, OCTET STRING }, both shorter than 64 bytes more than none.
byte_buffer signed_key_der(byte_view key, byte_view signature) {
  constexpr std::uint8_t sequence = 0x30, octets = 0x04;
  const auto size = [](byte_view of) { return static_cast<std::uint8_t>(of.size()); };
  byte_buffer der{sequence, static_cast<std::uint8_t>(4 + key.size() + signature.size()), octets,
                  size(key)};
  der.insert(der.end(), key.begin(), key.end());
  der.insert(der.end(), {octets, size(signature)});
  der.insert(der.end(), signature.begin(), signature.end());
  return der;
}

struct signed_key {
  byte_buffer key, signature;
};

std::optional<signed_key> parse_signed_key(byte_view der) {
  const auto* at = der.data();
  const asn1_ptr<ASN1_SEQUENCE_ANY> parts(
      d2i_ASN1_SEQUENCE_ANY(nullptr, &at, static_cast<long>(der.size())));
  if (!parts || at != der.data() + der.size() || sk_ASN1_TYPE_num(parts.get()) != 2)
    return std::nullopt;
  signed_key found;
  for (int i = 0; i < 2; ++i) {
    const auto* part = sk_ASN1_TYPE_value(parts.get(), i);
    if (ASN1_TYPE_get(part) != V_ASN1_OCTET_STRING) return std::nullopt;
    const auto bytes = bytes_of(part->value.octet_string);
    (i == 0 ? found.key : found.signature).assign(bytes.begin(), bytes.end());
  }
  return found;
}

/// The contents of our extension, which is there once; no other is critical but those that OpenSSL
/// knows.
boost::system::result<byte_view> extension_of(X509& certificate) {
  const asn1_ptr<ASN1_OBJECT> ours(OBJ_txt2obj(extension_oid, 1));
  std::optional<byte_view> found;
  for (int i = 0; i < X509_get_ext_count(&certificate); ++i) {
    auto* const extension = X509_get_ext(&certificate, i);
    if (OBJ_cmp(X509_EXTENSION_get_object(extension), ours.get()) == 0) {
      if (found) return net_error::certificate_repeats;
      found = bytes_of(X509_EXTENSION_get_data(extension));
    } else if (X509_EXTENSION_get_critical(extension) && !X509_supported_extension(extension)) {
      return net_error::certificate_critical;
    }
  }
  if (!found) return net_error::certificate_extension;
  return *found;
}

/// Success when it is valid now. A time that cannot be read is none that it is valid at.
boost::system::error_code verify_times(const X509& certificate) {
  if (X509_cmp_current_time(X509_get0_notBefore(&certificate)) >= 0)
    return net_error::certificate_early;
  if (X509_cmp_current_time(X509_get0_notAfter(&certificate)) <= 0)
    return net_error::certificate_expired;
  return {};
}

/// What a key signs the digest of; null: the text itself.
const EVP_MD* digest_with(const EVP_PKEY& key) {
  const bool itself = EVP_PKEY_is_a(&key, "ED25519") == 1 || EVP_PKEY_is_a(&key, "ED448") == 1;
  return itself ? nullptr : own_algorithms().sha256;
}

/// Success when its own key signed it, and `identity` that key.
boost::system::error_code verify_signatures(X509& certificate, const signed_key& identity) {
  auto* const key = X509_get0_pubkey(&certificate);
  if (!key || X509_verify(&certificate, key) != 1) return net_error::certificate_signature;
  if (!is_signed_by(identity.key, text_to_sign(certificate), identity.signature))
    return net_error::bad_proof;
  return {};
}

}  // namespace

own_certificate make_certificate(const identity& self, certificate_key kind) {
  auto* const library = own_algorithms().context;
  return make_certificate(
      self, openssl_ptr<EVP_PKEY>(kind == certificate_key::p256
                                      ? EVP_PKEY_Q_keygen(library, nullptr, "EC", "P-256")
                                      : EVP_PKEY_Q_keygen(library, nullptr, "ED25519")));
}

own_certificate make_certificate(const identity& self, openssl_ptr<EVP_PKEY> key) {
  own_certificate made;
  made.key = std::move(key);
  made.certificate.reset(X509_new_ex(own_algorithms().context, nullptr));
  auto* const x509 = made.certificate.get();
  must(made.key && x509 && X509_set_version(x509, X509_VERSION_3) == 1 &&
       ASN1_INTEGER_set(X509_get_serialNumber(x509), 1) == 1 &&
       ASN1_TIME_set_string_X509(X509_getm_notBefore(x509), valid_from) == 1 &&
       ASN1_TIME_set_string_X509(X509_getm_notAfter(x509), valid_to) == 1 &&
       X509_set_pubkey(x509, made.key.get()) == 1);
  const auto der = signed_key_der(self.public_key_message(), sign(self, text_to_sign(*x509)));
  const asn1_ptr<ASN1_OCTET_STRING> value(ASN1_OCTET_STRING_new());
  const asn1_ptr<ASN1_OBJECT> oid(OBJ_txt2obj(extension_oid, 1));
  must(value && oid &&
       ASN1_OCTET_STRING_set(value.get(), der.data(), static_cast<int>(der.size())) == 1);
  const asn1_ptr<X509_EXTENSION> extension(
      X509_EXTENSION_create_by_OBJ(nullptr, oid.get(), 1, value.get()));
  must(extension && X509_add_ext(x509, extension.get(), -1) == 1 &&
       X509_sign(x509, made.key.get(), digest_with(*made.key)) > 0);
  return made;
}

boost::system::result<peer_id> peer_of_certificate(X509& certificate, known_proofs& known) {
  struct forget_errors {
    ~forget_errors() { ERR_clear_error(); }
  } const forget;
  if (const auto error = verify_times(certificate)) return error;
  const auto extension = extension_of(certificate);
  if (!extension) return extension.error();
  const auto identity = parse_signed_key(*extension);
  if (!identity || !is_public_key_message(identity->key)) return net_error::certificate_identity;
  const auto proof = known_proofs::digest_of({der_of(&certificate, &i2d_X509)});
  if (!known.holds(proof)) {
    if (const auto error = verify_signatures(certificate, *identity)) return error;
    known.add(proof);
  }
  return peer_id_of_public_key(identity->key);
}

}  // namespace tandem
