// SPDX-License-Identifier: MIT
#include "net/security/tls.hpp"

#include "net/security/credentials.hpp"
#include "net/security/record_layer.hpp"
#include "tandem/net/error.hpp"

#include <openssl/err.h>

#include <algorithm>

namespace tandem {
namespace {

constexpr std::size_t header_size = 5;
constexpr std::size_t plain_max = 16 * 1024;
/// A record that TLS 1.3 allows (RFC 8446, 5.2).
constexpr std::size_t record_max = header_size + plain_max + 256;
/// What a record adds: header, type, tag.
constexpr std::size_t record_overhead = header_size + 1 + 16;

/// One connection's TLS, from the handshake on. Input and output are where `bytes` says.
struct tls_session {
  tls_session(credentials& own, const peer_id& expected)
      : peer{expected, {}, {}, own.known()}, ssl(own.tls().make(peer)) {
    attach(*ssl, bytes);
  }

  tls_bytes bytes;
  tls_peer peer;
  ssl_ptr<SSL> ssl;
};

/// Why OpenSSL gave up. Clears its queue of errors.
error_code failure_of(const tls_session& of) {
  const auto reason = ERR_GET_REASON(ERR_peek_last_error());
  ERR_clear_error();
  if (of.peer.failure) return of.peer.failure;
  if (reason == SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE) return net_error::certificate_missing;
  if (reason == SSL_R_EXCESSIVE_MESSAGE_SIZE) return net_error::message_too_long;
  // Reasons above 1000 are the alerts of the peer (openssl/sslerr.h).
  return reason >= SSL_AD_REASON_OFFSET ? net_error::alerted : net_error::not_authentic;
}

class tls_records final : public record_layer {
 public:
  explicit tls_records(std::unique_ptr<tls_session> session) : session_(std::move(session)) {}

  std::size_t record_size_max() const noexcept override { return record_max; }
  std::size_t sealed_size(std::size_t plain) const noexcept override {
    return answers_.size() + plain + (plain / plain_max + 1) * record_overhead;
  }

  std::size_t seal(byte_view plain, byte_buffer& out) override {
    out.insert(out.end(), answers_.begin(), answers_.end());
    answers_ = byte_buffer();
    session_->bytes.out = &out;
    std::size_t taken = 0;
    while (taken < plain.size()) {
      std::size_t written = 0;
      if (SSL_write_ex(session_->ssl.get(), plain.data() + taken, plain.size() - taken, &written) !=
          1) {
        ERR_clear_error();  // the peer ended; its reads say so
        break;
      }
      taken += written;
    }
    return taken;
  }

  /// A record is given to OpenSSL when it is whole, and nothing behind it: what there is of one
  /// before is ours to bound, and stays where open() finds it again.
  boost::system::result<opened> open(std::span<std::uint8_t> in,
                                     std::span<std::uint8_t> into) override {
    opened sum;
    session_->bytes.out = &answers_;
    for (;;) {
      if (announced(in.subspan(sum.consumed)) > record_max) return net_error::not_authentic;
      const bool pending = SSL_pending(session_->ssl.get()) != 0;
      const auto record = pending ? byte_view() : whole_record(in.subspan(sum.consumed));
      if (record.empty() && !pending) return sum;
      session_->bytes.in = record;
      const bool read =
          SSL_read_ex(session_->ssl.get(), into.data(), into.size(), &sum.produced) == 1;
      sum.consumed += record.size();
      if (read) return sum;
      const int why = SSL_get_error(session_->ssl.get(), 0);
      sum.ended = why == SSL_ERROR_ZERO_RETURN;
      if (sum.ended) return sum;
      if (why != SSL_ERROR_WANT_READ) return failure_of(*session_);
    }
  }

  /// close_notify (RFC 8446, 6.1).
  void finish(byte_buffer& out) override {
    out.insert(out.end(), answers_.begin(), answers_.end());
    answers_ = byte_buffer();
    session_->bytes.out = &out;
    SSL_shutdown(session_->ssl.get());
    ERR_clear_error();
  }
  bool tells_end() const noexcept override { return true; }

 private:
  /// How long the one at the front says it is; 0 while that is not there.
  static std::size_t announced(byte_view in) {
    return in.size() < header_size ? 0 : header_size + (std::size_t{in[3]} << 8 | in[4]);
  }
  /// The one at the front; empty while it is not whole.
  static byte_view whole_record(byte_view in) {
    const auto size = announced(in);
    return in.size() < size ? byte_view() : in.first(size);
  }

  const std::unique_ptr<tls_session> session_;
  byte_buffer answers_;  // of OpenSSL itself, sent before the next record
};

/// Runs the handshake as far as the bytes that are there allow; whether it is over.
bool step(wire& on, tls_session& session) {
  const auto there = on.unread();
  session.bytes = {there, &on.unsent()};
  const int result = SSL_do_handshake(session.ssl.get());
  on.consume(there.size() - session.bytes.in.size());
  if (result == 1) return true;
  if (SSL_get_error(session.ssl.get(), result) == SSL_ERROR_WANT_READ) return false;
  throw boost::system::system_error(failure_of(session));
}

/// Tells the peer what OpenSSL has to say of a failure, as far as the line takes it.
asio::awaitable<void> say_farewell(wire& on) {
  try {
    co_await on.flush();
  } catch (const boost::system::system_error&) {
  }
}

}  // namespace

asio::awaitable<secured_peer> tls(wire& on, security_terms terms) {
  auto session = std::make_unique<tls_session>(terms.own, terms.expected);
  if (terms.way == direction::outbound)
    SSL_set_connect_state(session->ssl.get());
  else
    SSL_set_accept_state(session->ssl.get());
  std::optional<boost::system::system_error> failure;
  for (;;) {
    try {
      if (step(on, *session)) break;
    } catch (const boost::system::system_error& error) {
      failure = error;
    }
    if (failure) {
      co_await say_farewell(on);
      throw *failure;
    }
    co_await on.flush();
    co_await on.read_more();
  }
  co_await on.flush();
  const unsigned char* chosen = nullptr;
  unsigned int size = 0;
  SSL_get0_alpn_selected(session->ssl.get(), &chosen, &size);
  const bool agreed = std::string_view(reinterpret_cast<const char*>(chosen), size) == noise_muxer;
  const auto peer = session->peer.found;
  on.secure(std::make_unique<tls_records>(std::move(session)));
  co_return secured_peer{peer, agreed};
}

}  // namespace tandem
