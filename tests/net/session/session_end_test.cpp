// SPDX-License-Identifier: MIT
// How sessions end, and how they are refused.
#include "net/session/session_fixture.hpp"

#include <gmock/gmock.h>

namespace tandem {
namespace {

using testing::ElementsAre;

class session_end_by : public each_way {};
INSTANTIATE_TEST_SUITE_P(each, session_end_by, every_way, name_of_way);

TEST_P(session_end_by, tells_why_it_closes) {
  auto pair = two();
  pair.connect();
  pair.listener.self->close(cause::shutting_down);
  pair.run();
  EXPECT_EQ(pair.dialer.remote_reason, cause::shutting_down);
  EXPECT_THAT(pair.dialer.closed, ElementsAre(cause::shutting_down));
  EXPECT_THAT(pair.listener.closed, ElementsAre(cause::shutting_down));
  EXPECT_FALSE(pair.link.a.reset || pair.link.b.reset);
}

TEST_P(session_end_by, closes_without_a_reason_when_it_was_requested) {
  auto pair = two();
  pair.connect();
  pair.dialer.self->close(cause::requested);
  pair.run();
  EXPECT_THAT(pair.dialer.closed, ElementsAre(cause::requested));
  EXPECT_THAT(pair.listener.closed, ElementsAre(cause::remote_closed));
  EXPECT_FALSE(pair.listener.heard("remote_refused"));
  EXPECT_FALSE(pair.link.a.reset || pair.link.b.reset);
}

TEST_P(session_end_by, closes_for_both_when_both_close) {
  auto pair = two();
  pair.connect();
  pair.dialer.self->close(cause::requested);
  pair.listener.self->close(cause::idle_timeout);
  pair.run();
  EXPECT_THAT(pair.dialer.closed, ElementsAre(cause::requested));
  EXPECT_THAT(pair.listener.closed, ElementsAre(cause::idle_timeout));
}

TEST_P(session_end_by, refused_by_the_listener_is_told_why_and_never_ready) {
  auto pair = two();
  pair.listener.answers = recording_owner::answer::refuse;
  pair.connect();
  EXPECT_THAT(pair.dialer.log, ElementsAre("authenticated", "remote_refused", "closed"));
  EXPECT_EQ(pair.dialer.remote_reason, cause::limit_reached);
  EXPECT_THAT(pair.dialer.closed, ElementsAre(cause::limit_reached));
  EXPECT_THAT(pair.listener.log, ElementsAre("authenticated", "closed"));
  EXPECT_THAT(pair.listener.closed, ElementsAre(cause::limit_reached));
  EXPECT_FALSE(pair.link.a.reset || pair.link.b.reset);
}

TEST_P(session_end_by, refused_by_the_dialer_is_told_why) {
  auto pair = two();
  pair.dialer.answers = recording_owner::answer::refuse;
  pair.dialer.refusal = cause::duplicate;
  pair.connect();
  EXPECT_THAT(pair.dialer.log, ElementsAre("authenticated", "closed"));
  EXPECT_THAT(pair.dialer.closed, ElementsAre(cause::duplicate));
  EXPECT_EQ(pair.listener.remote_reason, cause::duplicate);
  EXPECT_THAT(pair.listener.closed, ElementsAre(cause::duplicate));
}

TEST_P(session_end_by, waits_for_its_owners_answer) {
  for (const bool admitted : {true, false}) {
    auto pair = two();
    pair.dialer.answers = pair.listener.answers = recording_owner::answer::wait;
    pair.connect();
    EXPECT_THAT(pair.listener.log, ElementsAre("authenticated"));
    pair.dialer.self->admit();
    pair.run();
    if (admitted)
      pair.listener.self->admit();
    else
      pair.listener.self->refuse(cause::per_peer_limit_reached);
    pair.run();
    EXPECT_EQ(pair.dialer.heard("ready"), admitted);
    EXPECT_EQ(pair.dialer.remote_reason, admitted ? cause::none : cause::per_peer_limit_reached);
  }
}

TEST_P(session_end_by, hears_the_peer_leave_while_it_waits_for_an_answer) {
  for (const bool reset : {true, false}) {
    auto pair = two();
    pair.listener.answers = recording_owner::answer::wait;
    pair.connect();
    if (reset)
      pair.link.reset(pair.link.a);
    else
      pair.link.end_sending(pair.link.a);
    pair.run();
    // An end without a goodbye is a cut to TLS.
    const bool cut = reset || kind() == security::tls;
    EXPECT_THAT(pair.listener.closed, ElementsAre(cut ? cause::reset : cause::remote_closed));
  }
}

}  // namespace
}  // namespace tandem
