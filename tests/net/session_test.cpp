// SPDX-License-Identifier: MIT
#include "net/session_fixture.hpp"

#include <gmock/gmock.h>

namespace tandem {
namespace {

using testing::ElementsAre;

TEST(session, becomes_ready_at_both_ends) {
  session_pair pair;
  pair.connect();
  EXPECT_THAT(pair.dialer.log, ElementsAre("authenticated", "ready"));
  EXPECT_THAT(pair.listener.log, ElementsAre("authenticated", "ready"));
  EXPECT_EQ(pair.dialer.peer, pair.listener_options.self.id());
  EXPECT_EQ(pair.listener.peer, pair.dialer_options.self.id());
  EXPECT_EQ(pair.dialer.rtts.size(), 1u);
  EXPECT_EQ(pair.listener.rtts.size(), 1u);
}

TEST(session, carries_messages_both_ways) {
  session_pair pair;
  pair.connect();
  EXPECT_EQ(pair.dialer.self->send(bytes_of("hello")), send_result::accepted);
  EXPECT_EQ(pair.dialer.self->send(bytes_of("")), send_result::accepted);
  EXPECT_EQ(pair.listener.self->send(bytes_of("world")), send_result::accepted);
  pair.run();
  EXPECT_THAT(pair.listener.messages, ElementsAre("hello", ""));
  EXPECT_THAT(pair.dialer.messages, ElementsAre("world"));
  // Payload and one length byte each, at both ends.
  EXPECT_EQ(pair.dialer.traffic.app_bytes, 5u + 1 + 0 + 1 + 5 + 1);
  EXPECT_EQ(pair.listener.traffic.app_bytes, pair.dialer.traffic.app_bytes);
}

TEST(session, closes_in_order) {
  session_pair pair;
  pair.connect();
  pair.dialer.self->close(cause::requested);
  pair.run();
  EXPECT_THAT(pair.dialer.closed, ElementsAre(cause::requested));
  EXPECT_THAT(pair.listener.closed, ElementsAre(cause::remote_closed));
  EXPECT_FALSE(pair.listener.heard("remote_refused"));
}

}  // namespace
}  // namespace tandem
