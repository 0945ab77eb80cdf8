// SPDX-License-Identifier: MIT
// Certificates that others made, and ours changed in every way that must be refused.
#include "net/security/certificate.hpp"
#include "net/security/algorithms.hpp"
#include "net/session/session_fixture.hpp"
#include "net/vectors.hpp"
#include "tandem/net/error.hpp"

#include <openssl/x509v3.h>

#include <map>
#include <string>

namespace tandem {
namespace {

certificate_ptr parse(byte_view der) {
  const auto* at = der.data();
  return certificate_ptr(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
}

byte_buffer der_of(X509* certificate) {
  byte_buffer der(static_cast<std::size_t>(i2d_X509(certificate, nullptr)));
  auto* at = der.data();
  i2d_X509(certificate, &at);
  return der;
}

TEST(certificate, of_the_specification_and_of_js_libp2p_say_who_they_are_of) {
  known_proofs known;
  for (const auto& row : rows_of("certificates.txt")) {
    SCOPED_TRACE(row[0]);
    const auto certificate = parse(from_hex(row[2]));
    ASSERT_TRUE(certificate);
    const auto found = peer_of_certificate(*certificate, known);
    if (row[1] == "bad_proof") {
      EXPECT_EQ(found.error(), net_error::bad_proof);
    } else {
      ASSERT_TRUE(found) << found.error().message();
      const auto expected = row[1].starts_with("seed_")
                                ? to_string(identity_of_byte(row[1] == "seed_01" ? 1 : 2).id())
                                : row[1];
      EXPECT_EQ(to_string(*found), expected);
    }
  }
}

TEST(certificate, of_ours_says_who_we_are) {
  for (const auto kind : {certificate_key::p256, certificate_key::ed25519}) {
    known_proofs known;
    const auto own = make_certificate(identity_of_byte(5), kind);
    EXPECT_EQ(peer_of_certificate(*own.certificate, known).value(), identity_of_byte(5).id());
    EXPECT_EQ(X509_get_ext_count(own.certificate.get()), 1);
  }
}

TEST(certificate, of_ed25519_has_the_same_length_always) {
  const auto size = [] {
    return der_of(make_certificate(identity_of_byte(5), certificate_key::ed25519).certificate.get())
        .size();
  };
  const auto first = size();
  for (int i = 0; i < 20; ++i) EXPECT_EQ(size(), first);
}

/// Ours, changed by `change` and signed anew.
template <class Change>
error_code verdict_on(Change change) {
  const auto own = make_certificate(identity_of_byte(5), certificate_key::ed25519);
  change(own.certificate.get());
  X509_sign(own.certificate.get(), own.key.get(), nullptr);
  // OpenSSL keeps the old encoding until it is read anew.
  const auto changed = parse(der_of(own.certificate.get()));
  known_proofs known;
  const auto found = peer_of_certificate(*changed, known);
  return found ? error_code() : found.error();
}

TEST(certificate, is_refused_for_what_is_wrong_with_it) {
  EXPECT_EQ(verdict_on([](X509*) {}), error_code());
  EXPECT_EQ(verdict_on([](X509* x509) { X509_gmtime_adj(X509_getm_notAfter(x509), -60); }),
            net_error::certificate_expired);
  EXPECT_EQ(verdict_on([](X509* x509) { X509_gmtime_adj(X509_getm_notBefore(x509), 3600); }),
            net_error::certificate_early);
  EXPECT_EQ(verdict_on([](X509* x509) { X509_EXTENSION_free(X509_delete_ext(x509, 0)); }),
            net_error::certificate_extension);
  const auto add = [](bool critical) {
    return [critical](X509* x509) {
      auto* const extension =
          X509V3_EXT_conf(nullptr, nullptr, "1.2.3.4", critical ? "critical,DER:0500" : "DER:0500");
      X509_add_ext(x509, extension, -1);
      X509_EXTENSION_free(extension);
    };
  };
  EXPECT_EQ(verdict_on(add(true)), net_error::certificate_critical);
  EXPECT_EQ(verdict_on(add(false)), error_code());
  const auto twice = [](X509* x509) { X509_add_ext(x509, X509_get_ext(x509, 0), -1); };
  EXPECT_EQ(verdict_on(twice), net_error::certificate_repeats);
}

TEST(certificate, whose_extension_is_not_two_octet_strings_is_refused) {
  const auto with = [](const char* contents) {
    return [contents](X509* x509) {
      X509_EXTENSION_free(X509_delete_ext(x509, 0));
      auto* const made =
          X509V3_EXT_conf(nullptr, nullptr, "1.3.6.1.4.1.53594.1.1", const_cast<char*>(contents));
      X509_add_ext(x509, made, -1);
      X509_EXTENSION_free(made);
    };
  };
  for (const auto* contents : {"DER:0500", "DER:3000", "DER:30020401", "DER:3006040101040102",
                               "DER:3009040101040102040103", "DER:300602010104010200"})
    EXPECT_EQ(verdict_on(with(contents)), net_error::certificate_identity) << contents;
}

TEST(certificate, that_its_own_key_did_not_sign_is_refused) {
  const auto own = make_certificate(identity_of_byte(5), certificate_key::ed25519);
  const auto other = make_certificate(identity_of_byte(5), certificate_key::ed25519);
  X509_sign(own.certificate.get(), other.key.get(), nullptr);
  known_proofs known;
  EXPECT_EQ(peer_of_certificate(*parse(der_of(own.certificate.get())), known).error(),
            net_error::certificate_signature);
}

TEST(certificate, that_was_good_is_refused_once_its_time_is_over) {
  auto own = make_certificate(identity_of_byte(5), certificate_key::ed25519);
  X509_gmtime_adj(X509_getm_notAfter(own.certificate.get()), 3600);
  X509_sign(own.certificate.get(), own.key.get(), nullptr);
  const auto certificate = parse(der_of(own.certificate.get()));
  known_proofs known;
  EXPECT_TRUE(peer_of_certificate(*certificate, known));
  // Its encoding stays, so that it is the known one, with another time.
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), -60);
  EXPECT_EQ(peer_of_certificate(*certificate, known).error(), net_error::certificate_expired);
}

/// What the listener says of a dialer whose TLS was changed by `change`.
template <class Change>
error_code verdict_on_dialer(Change change) {
  session_pair pair({}, security::tls);
  change(pair.dialer_options.own->tls().native());
  pair.listener.destroys = false;
  pair.connect();
  const auto failure = pair.listener.self->failure();
  EXPECT_EQ(pair.listener.closed.size(), failure ? 1u : 0u);
  EXPECT_EQ(pair.listener.heard("ready"), !failure);
  return failure;
}

TEST(certificate, is_one_neither_none_nor_two) {
  const auto second = make_certificate(identity_of_byte(2), certificate_key::ed25519);
  EXPECT_EQ(verdict_on_dialer([&](SSL_CTX& context) {
              SSL_CTX_add1_chain_cert(&context, second.certificate.get());
            }),
            net_error::certificate_chain);
  EXPECT_EQ(verdict_on_dialer([](SSL_CTX& context) {
              SSL_CTX_set_cert_cb(
                  &context,
                  [](SSL* ssl, void*) {
                    SSL_certs_clear(ssl);
                    return 1;
                  },
                  nullptr);
            }),
            net_error::certificate_missing);
}

/// A dialer's certificate of so many bytes, with an extension that means nothing.
error_code verdict_on_size(std::size_t size) {
  return verdict_on_dialer([&](SSL_CTX& context) {
    const auto padded = [](std::size_t padding) {
      auto own = make_certificate(identity_of_byte(2), certificate_key::ed25519);
      std::string contents = "DER:";
      for (std::size_t i = 0; i < padding; ++i) contents += "00";
      auto* const made = X509V3_EXT_conf(nullptr, nullptr, "1.2.3.4", contents.data());
      X509_add_ext(own.certificate.get(), made, -1);
      X509_EXTENSION_free(made);
      X509_sign(own.certificate.get(), own.key.get(), nullptr);
      return own;
    };
    // Of the same length as the one wanted, but for the padding.
    const auto rest = der_of(padded(size / 2).certificate.get()).size() - size / 2;
    const auto own = padded(size - rest);
    EXPECT_EQ(der_of(own.certificate.get()).size(), size);
    SSL_CTX_use_cert_and_key(&context, own.certificate.get(), own.key.get(), nullptr, 1);
  });
}

TEST(certificate, is_taken_up_to_a_size_and_refused_beyond_it) {
  // TLS 1.3's message around it (RFC 8446, 4.4.2): a context of no byte and two lengths before it,
  // and no extensions behind it.
  constexpr std::size_t largest = 8192 - (1 + 3 + 3 + 2);
  EXPECT_EQ(verdict_on_size(largest), error_code());
  EXPECT_EQ(verdict_on_size(largest + 1), net_error::message_too_long);
}

TEST(certificate, of_any_kind_of_key_is_taken) {
  auto* const library = own_algorithms().context;
  const std::map<std::string, EVP_PKEY*> keys{
      {"P-256", EVP_PKEY_Q_keygen(library, nullptr, "EC", "P-256")},
      {"P-384", EVP_PKEY_Q_keygen(library, nullptr, "EC", "P-384")},
      {"P-521", EVP_PKEY_Q_keygen(library, nullptr, "EC", "P-521")},
      {"Ed25519", EVP_PKEY_Q_keygen(library, nullptr, "ED25519")},
      {"Ed448", EVP_PKEY_Q_keygen(library, nullptr, "ED448")},
      {"RSA", EVP_PKEY_Q_keygen(library, nullptr, "RSA", std::size_t{2048})}};
  for (const auto& [name, key] : keys) {
    SCOPED_TRACE(name);
    session_pair pair({}, security::tls);
    auto& own = *pair.dialer_options.own;
    const auto made = make_certificate(own.self(), openssl_ptr<EVP_PKEY>(key));
    ASSERT_EQ(SSL_CTX_use_cert_and_key(&own.tls().native(), made.certificate.get(), made.key.get(),
                                       nullptr, 1),
              1);
    pair.connect();
    EXPECT_TRUE(pair.listener.heard("ready"));
    EXPECT_EQ(pair.listener.peer, own.self().id());
  }
}

TEST(certificate, of_another_peer_than_the_dialled_one_is_refused) {
  session_pair pair({}, security::tls);
  pair.expected = identity_of_byte(9).id();
  pair.dialer.destroys = false;
  pair.connect();
  EXPECT_EQ(pair.dialer.self->failure(), net_error::wrong_peer);
}

TEST(certificate, with_another_ones_proof_is_refused) {
  const auto theirs = make_certificate(identity_of_byte(6), certificate_key::ed25519);
  EXPECT_EQ(verdict_on([&](X509* x509) {
              X509_EXTENSION_free(X509_delete_ext(x509, 0));
              X509_add_ext(x509, X509_get_ext(theirs.certificate.get(), 0), -1);
            }),
            net_error::bad_proof);
}

TEST(certificate, any_changed_byte_of_it_is_refused_or_does_not_change_who_it_is_of) {
  const auto own = make_certificate(identity_of_byte(5), certificate_key::ed25519);
  const auto der = der_of(own.certificate.get());
  known_proofs known;  // what was good once makes nothing else good
  EXPECT_TRUE(peer_of_certificate(*parse(der), known));
  EXPECT_TRUE(peer_of_certificate(*parse(der), known));
  for (std::size_t at = 0; at < der.size(); ++at) {
    auto changed = der;
    changed[at] ^= 1;
    const auto certificate = parse(changed);
    if (!certificate) continue;
    EXPECT_FALSE(peer_of_certificate(*certificate, known)) << at;
  }
}

}  // namespace
}  // namespace tandem
