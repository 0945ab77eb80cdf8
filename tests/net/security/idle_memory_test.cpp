// SPDX-License-Identifier: MIT
// What a connection that does nothing takes of the heap, beside one in plaintext on the same line.
#include "net/session/session_fixture.hpp"

#include <gtest/gtest.h>

#include <malloc.h>

namespace tandem {
namespace {

std::size_t heap_in_use() {
  const auto now = ::mallinfo2();
  return now.uordblks + now.hblkhd;
}

/// Bytes of the heap for one end of an established connection on which a message went each way.
std::size_t idle_end(security kind) {
  constexpr std::size_t pairs = 40;
  const auto dialer = credentials_of_byte(2), listener = credentials_of_byte(1);
  const auto connected = [&] {
    auto pair = std::make_unique<session_pair>(memory_options{}, kind);
    pair->dialer_options.own = dialer;
    pair->listener_options.own = listener;
    pair->connect();
    EXPECT_TRUE(pair->dialer.heard("ready") && pair->listener.heard("ready"));
    pair->dialer.self->send(bytes_of(std::string(100'000, 'x')));
    pair->listener.self->send(bytes_of(std::string(100'000, 'x')));
    pair->run();
    pair->dialer.self->send(bytes_of("x"));
    pair->listener.self->send(bytes_of("x"));
    pair->run();
    EXPECT_EQ(pair->dialer.messages.size() + pair->listener.messages.size(), 4u);
    for (auto* end : {&pair->link.a, &pair->link.b}) {
      end->sent = std::vector<std::uint8_t>();  // {} would leave it its memory
      end->unread = std::vector<std::uint8_t>();
    }
    pair->link.record = {};
    pair->dialer.messages = pair->listener.messages = {};
    return pair;
  };
  const auto first = connected();  // what is made once
  std::vector<std::unique_ptr<session_pair>> all(pairs);
  const auto before = heap_in_use();
  for (auto& each : all) each = connected();
  return (heap_in_use() - before) / pairs / 2;
}

// Of the 24 KiB and 8 KiB that an idle end may take, a plaintext one takes 4. Here it takes with it
// what this test knows of it, and has no socket.
TEST(idle_memory, of_a_secured_connection_is_bounded) {
  const auto before = heap_in_use();
  const std::vector<char> taken(1 << 20);
  if (heap_in_use() < before + taken.size()) GTEST_SKIP() << "a sanitizer has a heap of its own";
  const auto plain = idle_end(security::plaintext);
  const auto tls = idle_end(security::tls), noise = idle_end(security::noise);
  RecordProperty("plaintext", static_cast<int>(plain));
  EXPECT_GT(noise, plain);
  EXPECT_LE(plain, 6u << 10) << plain;
  EXPECT_LE(tls, 24u << 10) << tls;
  EXPECT_LE(noise, 9u << 10) << noise;
  EXPECT_LE(tls - plain, 20u << 10) << tls;
  EXPECT_LE(noise - plain, 4u << 10) << noise;
}

}  // namespace
}  // namespace tandem
