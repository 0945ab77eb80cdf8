// SPDX-License-Identifier: MIT
#include "net/security/noise.hpp"

#include "net/security/credentials.hpp"
#include "net/security/record_layer.hpp"
#include "tandem/net/error.hpp"

#include <algorithm>

namespace tandem {
namespace {

constexpr std::size_t length_size = 2;
constexpr std::size_t message_max = 65535;
constexpr std::size_t plain_max = message_max - noise_tag_size;
/// A handshake message: a key of RSA 8192 and its signature fit.
constexpr std::size_t handshake_message_max = 4096;

[[noreturn]] void fail(error_code error) { throw boost::system::system_error(error); }

std::size_t length_at(byte_view in) { return std::size_t{in[0]} << 8 | in[1]; }

void put_length(byte_buffer& out, std::size_t front) {
  const auto size = out.size() - front - length_size;
  out[front] = static_cast<std::uint8_t>(size >> 8);
  out[front + 1] = static_cast<std::uint8_t>(size);
}

decoded<prefixed> parse_handshake_message(byte_view in) {
  if (in.size() < length_size) return std::nullopt;
  const auto size = length_at(in);
  if (size > handshake_message_max) return net_error::message_too_long;
  if (in.size() < length_size + size) return std::nullopt;
  return prefixed{in.subspan(length_size, size), length_size + size};
}

/// Messages of at most 65 535 bytes behind their length, tag included.
class noise_records final : public record_layer {
 public:
  explicit noise_records(const noise_outcome& keys)
      : sending_(keys.sending), receiving_(keys.receiving) {}

  std::size_t record_size_max() const noexcept override { return length_size + message_max; }
  std::size_t sealed_size(std::size_t plain) const noexcept override {
    return std::min(plain, plain_max) + length_size + noise_tag_size;
  }

  std::size_t seal(byte_view plain, byte_buffer& out) override {
    const auto size = std::min(plain.size(), plain_max);
    const auto front = out.size();
    out.resize(front + length_size);
    sending_.encrypt({}, plain.first(size), out);
    put_length(out, front);
    return size;
  }

  /// A message is opened in place, and then handed out as space allows.
  boost::system::result<opened> open(std::span<std::uint8_t> in,
                                     std::span<std::uint8_t> into) override {
    opened sum;
    while (plain_left_ == 0) {
      const auto rest = in.subspan(sum.consumed);
      if (rest.size() < length_size || rest.size() - length_size < length_at(rest)) return sum;
      const auto plain = receiving_.decrypt({}, rest.subspan(length_size, length_at(rest)));
      if (!plain) return net_error::not_authentic;
      plain_left_ = plain->size();
      sum.consumed += length_size + (plain_left_ == 0 ? noise_tag_size : 0);
    }
    const auto size = std::min(plain_left_, into.size());
    std::copy_n(in.begin() + static_cast<std::ptrdiff_t>(sum.consumed), size, into.begin());
    plain_left_ -= size;
    sum.consumed += size + (plain_left_ == 0 ? noise_tag_size : 0);
    sum.produced = size;
    return sum;
  }

 private:
  noise_cipher sending_, receiving_;
  std::size_t plain_left_ = 0;  // at the front of what is opened next
};

void put_message(wire& on, noise_handshake& handshake) {
  auto& out = on.unsent();
  const auto front = out.size();
  out.resize(front + length_size);
  handshake.write(out);
  put_length(out, front);
}

asio::awaitable<void> take_message(wire& on, noise_handshake& handshake) {
  const auto message = co_await on.take(parse_handshake_message);
  if (const auto error = handshake.read(message.body)) fail(error);
}

void check_peer(const noise_handshake& handshake, const security_terms& terms) {
  if (!terms.expected.empty() && handshake.peer() != terms.expected) fail(net_error::wrong_peer);
}

}  // namespace

asio::awaitable<secured_peer> noise(wire& on, security_terms terms) {
  const auto& own = terms.own.noise();
  noise_handshake handshake(terms.way, own, terms.own.fresh_secret(), terms.own.known());
  if (terms.way == direction::outbound) {
    put_message(on, handshake);
    co_await take_message(on, handshake);
    check_peer(handshake, terms);  // before it is told who we are
    put_message(on, handshake);
  } else {
    co_await take_message(on, handshake);
    put_message(on, handshake);
    co_await take_message(on, handshake);
    check_peer(handshake, terms);
  }
  co_await on.flush();
  const auto outcome = handshake.outcome();
  on.secure(std::make_unique<noise_records>(outcome));
  co_return secured_peer{outcome.peer, outcome.muxer_agreed};
}

}  // namespace tandem
