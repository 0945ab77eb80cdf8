// SPDX-License-Identifier: MIT
// Every way a session can end, at every moment: closed is said exactly once, and nothing leaks.
#include "net/session/session_fixture.hpp"
#include "net/vectors.hpp"

#include <gmock/gmock.h>

namespace tandem {
namespace {

using testing::ElementsAre;
using testing::SizeIs;

class session_teardown : public each_way {
 protected:
  static void converse(session_pair& pair);
  static void inside_every_call(const std::function<void(recording_owner&)>& act, bool ends);
};
INSTANTIATE_TEST_SUITE_P(each, session_teardown, every_way, name_of_way);

/// A whole conversation: upgrade, messages both ways, a probe, an orderly end.
void session_teardown::converse(session_pair& pair) {
  const auto each = [&](auto&& act) {
    for (auto* end : {&pair.dialer, &pair.listener})
      if (end->self) act(*end->self);
    pair.run();
  };
  pair.connect();
  each([](session& s) { s.send(bytes_of("hello")); });
  each([](session& s) { s.probe(1); });
  each([](session& s) { s.send(bytes_of(std::string(by_byte() ? 10 : 300'000, 'x'))); });
  if (pair.dialer.self) pair.dialer.self->close(cause::requested);
  pair.run();
}

TEST_P(session_teardown, fail_loop) {
  // Each of them costs a handshake, and thousands of reads of a byte.
  const std::size_t step = (by_byte() ? 17 : 1) * (kind() == security::plaintext ? 1 : 5);
  for (const error_code error :
       {error_code(asio::error::connection_reset), error_code(asio::error::timed_out),
        error_code(asio::error::eof)}) {
    std::size_t failing = 1;
    for (bool passed = false; !passed; failing += step) {
      SCOPED_TRACE(failing);
      auto pair =
          two({.write_max = by_byte() ? 1 : all_at_once, .fail_at = failing, .fails_with = error});
      converse(pair);
      passed = pair.link.operations() < failing;
      EXPECT_THAT(pair.dialer.closed, SizeIs(1));
      EXPECT_THAT(pair.listener.closed, SizeIs(1));
      if (passed) {
        EXPECT_THAT(pair.listener.messages, SizeIs(2));
        EXPECT_THAT(pair.dialer.closed, ElementsAre(cause::requested));
      }
      ASSERT_LT(failing, 10'000u);
    }
    EXPECT_GT(failing, 40u) << "the conversation takes some operations";
  }
}

/// Does `act` inside the nth call of either owner, for every n there is.
void session_teardown::inside_every_call(const std::function<void(recording_owner&)>& act,
                                         bool ends) {
  int at = 0;
  for (bool passed = false; !passed; ++at) {
    SCOPED_TRACE(at);
    auto pair = two();
    int calls = 0;
    bool acted = false;
    recording_owner* where = nullptr;
    for (auto* end : {&pair.dialer, &pair.listener})
      end->during = [&, end](const std::string&) {
        if (calls++ != at || !end->self) return;
        acted = true;
        where = end;
        act(*end);
      };
    converse(pair);
    passed = calls <= at;
    for (auto* end : {&pair.dialer, &pair.listener}) {
      const bool destroyed = end == where && acted && !end->self;
      EXPECT_LE(end->closed.size(), 1u);
      if (!destroyed && ends) {
        EXPECT_THAT(end->closed, SizeIs(1));
      }
    }
    ASSERT_LT(at, 100);
  }
  EXPECT_GT(at, 8);
}

TEST_P(session_teardown, by_destroying_inside_any_call) {
  inside_every_call(
      [](recording_owner& owner) {
        owner.takes_traffic = owner.destroys = false;
        owner.answers = recording_owner::answer::wait;
        owner.self.reset();
      },
      true);
}

TEST_P(session_teardown, by_aborting_inside_any_call) {
  inside_every_call([](recording_owner& owner) { owner.self->abort(cause::liveness_lost); }, true);
}

TEST_P(session_teardown, by_closing_inside_any_call) {
  inside_every_call([](recording_owner& owner) { owner.self->close(cause::idle_timeout); }, true);
}

TEST_P(session_teardown, allows_every_function_inside_any_call) {
  inside_every_call(
      [](recording_owner& owner) {
        owner.self->send(bytes_of("inside"));
        owner.self->probe(3);
        owner.self->take_traffic();
        owner.self->admit();
        owner.self->refuse(cause::denied);
      },
      true);
}

TEST_P(session_teardown, by_abort_is_said_once_and_later) {
  auto pair = two();
  pair.connect();
  pair.dialer.self->abort(cause::liveness_lost);
  pair.dialer.self->abort(cause::aborted);
  pair.dialer.self->close(cause::requested);
  EXPECT_TRUE(pair.dialer.closed.empty());
  pair.run();
  EXPECT_THAT(pair.dialer.closed, ElementsAre(cause::liveness_lost));
  EXPECT_THAT(pair.listener.closed, ElementsAre(cause::reset));
}

// The others agree on the muxer within the handshake: a dialer that waits hears the refusal.
TEST(session_teardown_in_plaintext, by_abort_while_it_drains) {
  session_pair pair;
  pair.listener.answers = recording_owner::answer::refuse;
  pair.start_listener();
  pair.start_dialer();
  pair.dialer.answers = recording_owner::answer::wait;
  pair.run();
  pair.listener.self->abort(cause::aborted);
  pair.run();
  EXPECT_THAT(pair.listener.closed, ElementsAre(cause::aborted));
  EXPECT_THAT(pair.dialer.closed, ElementsAre(cause::reset));
}

TEST_P(session_teardown, by_closing_before_the_muxer_is_an_abort) {
  auto pair = two();
  pair.start();
  pair.dialer.self->close(cause::shutting_down);
  EXPECT_TRUE(pair.dialer.closed.empty());
  pair.run();
  EXPECT_THAT(pair.dialer.closed, ElementsAre(cause::shutting_down));
  EXPECT_THAT(pair.listener.closed, ElementsAre(cause::reset));
}

TEST_P(session_teardown, by_destroying_is_silent) {
  auto pair = two();
  pair.connect();
  pair.dialer.self.reset();
  pair.run();
  EXPECT_TRUE(pair.dialer.closed.empty());
  EXPECT_TRUE(pair.link.a.reset);
  EXPECT_THAT(pair.listener.closed, ElementsAre(cause::reset));
}

TEST_P(session_teardown, before_it_began_touches_nothing_any_more) {
  auto pair = two();
  pair.start();
  pair.dialer.self.reset();
  pair.listener.self.reset();
  pair.run();  // what the sessions referred to may be gone by now
  EXPECT_EQ(pair.link.operations(), 0u);
  EXPECT_TRUE(pair.dialer.log.empty() && pair.listener.log.empty());
}

// The script speaks what js-libp2p said in plaintext.
TEST(session_teardown_in_plaintext, by_abort_of_a_close_whose_peer_reads_nothing) {
  session_pair pair({.capacity = 1000});
  pair.start_listener();
  const auto js = reads_of("js_clean.txt", "C>S");
  pair.link.put(pair.link.a, js[0]);
  pair.link.put(pair.link.a, js[1]);
  pair.run();
  ASSERT_TRUE(pair.listener.heard("ready"));
  EXPECT_EQ(pair.listener.self->send(bytes_of(std::string(10'000, 'x'))), send_result::accepted);
  pair.run();
  pair.listener.self->close(cause::shutting_down);
  pair.run();
  EXPECT_TRUE(pair.listener.closed.empty()) << "deadlines are the owner's";
  pair.listener.self->abort(cause::shutting_down);
  pair.run();
  EXPECT_THAT(pair.listener.closed, ElementsAre(cause::shutting_down));
  EXPECT_TRUE(pair.link.b.reset);
}

TEST_P(session_teardown, with_operations_pending_leaks_nothing) {
  for (int handlers = 0; handlers < 60; ++handlers) {
    auto pair = two({.capacity = 1000});
    pair.start();
    for (int i = 0; i < handlers; ++i) {
      pair.io.restart();
      pair.io.poll_one();
      if (pair.dialer.heard("ready") && pair.dialer.messages.empty())
        pair.dialer.self->send(bytes_of(std::string(10'000, 'x')));
    }
  }
}

TEST_P(session_teardown, when_the_context_goes_first_leaks_nothing) {
  auto pair = two();
  pair.connect();
  pair.dialer.self->send(bytes_of("x"));
  pair.listener.self->abort(cause::aborted);
  // Nothing runs any more: what is posted dies with the context.
}

}  // namespace
}  // namespace tandem
