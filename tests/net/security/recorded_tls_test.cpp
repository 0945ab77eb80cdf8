// SPDX-License-Identifier: MIT
// /tls/1.0.0 against js-libp2p's bytes, as far as they are not sealed.
#include "net/session/session_fixture.hpp"
#include "net/vectors.hpp"

#include <gmock/gmock.h>
#include <openssl/ssl.h>

namespace tandem {
namespace {

using testing::Contains;

/// Where two ServerHellos for one ClientHello differ (RFC 8446, 4.1.3): 32 random bytes, and a key
/// of 32 bytes at the end.
std::string without_secrets(std::span<const std::uint8_t> server_hello) {
  constexpr std::size_t random_at = 5 + 4 + 2, secret_size = 32;
  EXPECT_GT(server_hello.size(), random_at + 2 * secret_size);
  auto text = to_hex(server_hello);
  text.resize(text.size() - 2 * secret_size);
  return text.erase(2 * random_at, 2 * secret_size);
}

TEST(recorded_tls, listener_answers_a_js_dialers_hello_as_a_js_listener_does) {
  session_pair pair({}, security::tls);
  auto& context = pair.listener_options.own->tls().native();
  std::vector<std::string> messages;  // of the handshake, before they are sealed
  SSL_CTX_set_msg_callback(
      &context, [](int sent, int, int type, const void* bytes, std::size_t size, SSL*, void* to) {
        if (sent == 1 && type == SSL3_RT_HANDSHAKE)
          static_cast<std::vector<std::string>*>(to)->push_back(
              to_hex({static_cast<const std::uint8_t*>(bytes), size}));
      });
  SSL_CTX_set_msg_callback_arg(&context, &messages);
  pair.start_listener();
  const auto js = reads_of("js_tls.txt", "C>S"), js_answers = reads_of("js_tls.txt", "S>C");
  const auto answer_to = [&](std::span<const std::uint8_t> bytes) {
    pair.link.put(pair.link.a, bytes);
    pair.run();
    return pair.link.take(pair.link.a);
  };

  EXPECT_EQ(to_hex(answer_to(js[0])), to_hex(js_answers[0]));
  const auto answer = answer_to(js[1]);
  ASSERT_GT(answer.size(), js_answers[1].size());
  EXPECT_EQ(without_secrets(std::span(answer).first(js_answers[1].size())),
            without_secrets(js_answers[1]));
  // EncryptedExtensions (4.3.1) with the muxer that ALPN chose (RFC 7301, 3.1).
  const std::string muxer = "/yamux/1.0.0";
  EXPECT_THAT(messages, Contains("08000015"
                                 "0013"
                                 "0010000f000d0c" +
                                 to_hex(std::vector<std::uint8_t>(muxer.begin(), muxer.end()))));
  EXPECT_TRUE(pair.listener.log.empty());
}

}  // namespace
}  // namespace tandem
