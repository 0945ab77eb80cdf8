// SPDX-License-Identifier: MIT
#include "net/security/tls_context.hpp"

#include "net/security/algorithms.hpp"
#include "net/security/noise_handshake.hpp"
#include "tandem/net/error.hpp"

#include <algorithm>
#include <cstring>
#include <stdexcept>

namespace tandem {
namespace {

/// Bytes of a peer's certificate message; libp2p certificates take less than a tenth, RSA too.
constexpr long certificate_size_max = 8 * 1024;
/// In order of preference. AES-128 first, as go-libp2p: its handshake hashes with SHA-256, for
/// which processors have instructions; the keys that are exchanged are no stronger than 128 bits.
constexpr const char* cipher_suites =
    "TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_256_GCM_SHA384";
/// Protocols of ALPN in order of preference, each behind its length: the muxer at once, or one that
/// is negotiated inside.
constexpr std::string_view alpn = "\x0c/yamux/1.0.0\x06libp2p";

void must(bool worked, const char* what) {
  if (!worked) throw std::runtime_error(std::string("OpenSSL cannot ") + what);
}

tls_peer& peer_of(const SSL* ssl) { return *static_cast<tls_peer*>(SSL_get_app_data(ssl)); }

/// The whole verification: there is no authority and no chain.
int verify(X509_STORE_CTX* store, void*) {
  auto& peer = peer_of(
      static_cast<SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx())));
  auto* const chain = X509_STORE_CTX_get0_untrusted(store);
  const auto found = sk_X509_num(chain) == 1
                         ? peer_of_certificate(*X509_STORE_CTX_get0_cert(store), peer.known)
                         : boost::system::result<peer_id>(net_error::certificate_chain);
  if (!found)
    peer.failure = found.error();
  else if (!peer.expected.empty() && *found != peer.expected)
    peer.failure = net_error::wrong_peer;
  else
    peer.found = *found;
  if (!peer.failure) return 1;
  X509_STORE_CTX_set_error(store, X509_V_ERR_APPLICATION_VERIFICATION);
  return 0;
}

int choose_alpn(SSL*, const unsigned char** out, unsigned char* size, const unsigned char* offered,
                unsigned int offered_size, void*) {
  // The first of the client's that is ours, too.
  unsigned char* chosen = nullptr;
  const int result = SSL_select_next_proto(&chosen, size, offered, offered_size,
                                           reinterpret_cast<const unsigned char*>(alpn.data()),
                                           static_cast<unsigned int>(alpn.size()));
  *out = chosen;
  return result == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

tls_bytes& bytes_of(BIO* bio) { return *static_cast<tls_bytes*>(BIO_get_data(bio)); }

int read_bytes(BIO* bio, char* into, int size) {
  auto& in = bytes_of(bio).in;
  BIO_clear_retry_flags(bio);
  if (in.empty()) {
    BIO_set_retry_read(bio);
    return -1;
  }
  const auto taken = std::min(in.size(), static_cast<std::size_t>(size));
  std::memcpy(into, in.data(), taken);
  in = in.subspan(taken);
  return static_cast<int>(taken);
}

int write_bytes(BIO* bio, const char* from, int size) {
  auto& out = *bytes_of(bio).out;
  const auto* const bytes =
      reinterpret_cast<const std::uint8_t*>(from);  // so that they are copied as one
  out.insert(out.end(), bytes, bytes + size);
  return size;
}

long control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

const BIO_METHOD* method() {
  static const ssl_ptr<BIO_METHOD> made = [] {
    ssl_ptr<BIO_METHOD> method(BIO_meth_new(BIO_TYPE_SOURCE_SINK | BIO_get_new_index(), "tandem"));
    must(method && BIO_meth_set_read(method.get(), &read_bytes) == 1 &&
             BIO_meth_set_write(method.get(), &write_bytes) == 1 &&
             BIO_meth_set_ctrl(method.get(), &control) == 1,
         "make a BIO");
    return method;
  }();
  return made.get();
}

}  // namespace

tls_context::tls_context(const identity& self, certificate_key kind)
    : context_(SSL_CTX_new_ex(own_algorithms().context, nullptr, TLS_method())) {
  const auto own = make_certificate(self, kind);
  auto* const context = context_.get();
  must(context && SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION) == 1 &&
           SSL_CTX_set_ciphersuites(context, cipher_suites) == 1 &&
           SSL_CTX_use_certificate(context, own.certificate.get()) == 1 &&
           SSL_CTX_use_PrivateKey(context, own.key.get()) == 1 &&
           SSL_CTX_set_num_tickets(context, 0) == 1 &&
           SSL_CTX_set_alpn_protos(context, reinterpret_cast<const unsigned char*>(alpn.data()),
                                   static_cast<unsigned int>(alpn.size())) == 0,
       "set up TLS");
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_max_cert_list(context, certificate_size_max);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_alpn_select_cb(context, &choose_alpn, nullptr);
  SSL_CTX_set_cert_verify_callback(context, &verify, nullptr);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
}

ssl_ptr<SSL> tls_context::make(tls_peer& peer) const {
  ssl_ptr<SSL> ssl(SSL_new(context_.get()));
  must(ssl && SSL_set_app_data(ssl.get(), &peer) == 1, "begin TLS");
  return ssl;
}

void attach(SSL& ssl, tls_bytes& bytes) {
  auto* const bio = BIO_new(method());
  must(bio, "begin TLS");
  BIO_set_data(bio, &bytes);
  BIO_set_init(bio, 1);
  SSL_set_bio(&ssl, bio, bio);
}

}  // namespace tandem
