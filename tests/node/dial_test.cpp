// SPDX-License-Identifier: MIT
// How nodes come together, in virtual time: every time below is a number of one-way delays.
#include "node/village.hpp"

#include <boost/system/system_error.hpp>

#include <stdexcept>

namespace {

using namespace tandem;
using namespace tandem::test;

constexpr duration d = 10ms;  // one way

TEST(node, is_ready_after_six_delays_at_the_dialer_and_five_at_the_listener) {
  village town(d);
  auto server = town.add();
  auto client = town.add({}, false);
  const auto request = town.dial(client, server);
  town.run_until(at(6 * d));
  const auto dialled = client.heard->only(notice::connection_established);
  const auto accepted = server.heard->only(notice::connection_established);
  EXPECT_EQ(dialled.when, at(6 * d));
  EXPECT_EQ(accepted.when, at(5 * d));
  EXPECT_EQ(dialled.what.peer, village::id_of(server));
  EXPECT_EQ(accepted.what.peer, village::id_of(client));
  EXPECT_EQ(client.heard->only(notice::dial_succeeded).what.request, request);
  EXPECT_EQ(client.counters().active_connections, 1U);
  EXPECT_EQ(server.counters().active_connections, 1U);
}

TEST(node, is_refused_after_one_round_trip_where_nobody_listens) {
  village town(d);
  auto deaf = town.add({}, false);
  auto client = town.add({}, false);
  town.dial(client, deaf);
  town.run_until(at(1s));
  const auto failed = client.heard->only(notice::dial_failed);
  EXPECT_EQ(failed.when, at(2 * d));
  EXPECT_EQ(failed.what.why, cause::connection_refused);
  EXPECT_EQ(client.counters().failed_total, 1U);
}

TEST(node, gives_up_on_silence_when_its_kernel_does) {
  village town(d);
  auto silent = town.add();
  manager_options patient;
  patient.attempt_timeout = 200s;
  patient.dial_timeout = 300s;
  auto client = town.add(patient, false);
  town.isolate(silent.host);
  town.dial(client, silent);
  town.run_until(at(127s) - 1ns);
  EXPECT_EQ(client.heard->count(notice::dial_failed), 0U);
  town.run_until(at(200s));
  const auto failed = client.heard->only(notice::dial_failed);
  EXPECT_EQ(failed.when, at(127s));  // linux_legacy: SYNs at 0 1 3 7 15 31 63 s
  EXPECT_EQ(failed.what.why, cause::connect_timeout);
}

TEST(node, gives_up_at_the_deadline_of_the_dial_when_that_is_earlier) {
  village town(d);
  auto silent = town.add();
  manager_options patient;
  patient.attempt_timeout = 200s;
  patient.dial_timeout = 300s;
  auto client = town.add(patient, false);
  town.isolate(silent.host);
  dial_options options;
  options.deadline = at(40s);
  town.dial(client, silent, options);
  town.run_until(at(300s));
  const auto failed = client.heard->only(notice::dial_failed);
  EXPECT_EQ(failed.when, at(40s));
  EXPECT_EQ(failed.what.why, cause::dial_deadline);
  EXPECT_EQ(client.counters().pending_outbound, 0U);
}

TEST(node, finds_addresses_in_its_book_or_says_there_are_none) {
  village town(d);
  auto server = town.add();
  auto client = town.add({}, false);
  client.node->dial(village::id_of(server));
  town.run_until(at(1ms));
  EXPECT_EQ(client.heard->only(notice::dial_failed).what.why, cause::no_address);
  client.node->add_addresses(village::id_of(server), {town.net->listen_address(server.host)});
  client.node->override_backoff(village::id_of(server));
  client.node->dial(village::id_of(server));
  town.run_for(6 * d);
  EXPECT_EQ(client.counters().active_connections, 1U);
}

TEST(node, tries_what_its_book_learnt_of_a_peer_in_backoff_at_once) {
  village town(d);
  auto server = town.add();
  auto client = town.add({}, false);
  endpoint moved = town.net->listen_address(server.host);
  ++moved.port;  // nobody listens there
  client.node->add_addresses(village::id_of(server), {moved});
  client.node->dial(village::id_of(server));
  town.run_for(1ms + 2 * d);
  EXPECT_EQ(client.heard->only(notice::dial_failed).what.why, cause::connection_refused);
  client.node->dial(village::id_of(server));
  town.run_for(1ms);
  EXPECT_EQ(client.heard->count(notice::dial_failed), 2U) << "refused: in backoff";
  client.node->add_addresses(village::id_of(server), {town.net->listen_address(server.host)});
  client.node->dial(village::id_of(server));
  town.run_for(6 * d);
  EXPECT_EQ(client.counters().active_connections, 1U);
}

TEST(node, abandons_a_dial_at_every_moment_of_it) {
  for (duration when{}; when <= 7 * d; when += d / 2) {
    village town(d);
    auto server = town.add();
    auto client = town.add({}, false);
    const auto request = town.dial(client, server);
    town.run_until(at(when));
    client.node->abandon(request);
    town.run_for(20s);
    const bool too_late = when >= 6 * d;
    EXPECT_EQ(client.counters().active_connections, too_late ? 1U : 0U) << when.count();
    EXPECT_EQ(client.counters().pending_outbound, 0U) << when.count();
    EXPECT_EQ(server.counters().pending_inbound, 0U) << when.count();
    EXPECT_EQ(server.counters().permits_live, too_late ? 1U : 0U) << when.count();
  }
}

TEST(node, keeps_exactly_one_connection_of_two_simultaneous_dials) {
  for (duration later{}; later <= 8 * d; later += d / 2) {
    village town(d);
    auto one = town.add();
    auto other = town.add();
    town.dial(one, other);
    town.run_until(at(later));
    town.dial(other, one);
    town.run_for(5s);
    EXPECT_EQ(one.counters().active_connections, 1U) << later.count();
    EXPECT_EQ(other.counters().active_connections, 1U) << later.count();
    EXPECT_EQ(one.counters().permits_live, 1U) << later.count();
    EXPECT_EQ(other.counters().permits_live, 1U) << later.count();
    EXPECT_EQ(one.heard->count(notice::dial_failed), 0U) << later.count();
    EXPECT_EQ(other.heard->count(notice::dial_failed), 0U) << later.count();
  }
}

TEST(node, keeps_the_connection_that_the_greater_peer_dialled) {
  village town(d);
  auto one = town.add();
  auto other = town.add();
  town.dial(one, other);
  town.dial(other, one);
  town.run_for(5s);
  auto& greater = village::id_of(one) > village::id_of(other) ? one : other;
  const auto kept = greater.heard->only(notice::connection_established);
  EXPECT_EQ(kept.what.way, direction::outbound);
}

TEST(node, does_not_start_without_any_security) {
  village town(d);
  const auto host = town.net->add_host();
  auto options = village::options_of(host);
  options.security.clear();
  node refused(town.net->host(host), options);
  EXPECT_THROW(refused.start(), std::invalid_argument);
  options.security = {security::plaintext};
  node allowed(town.net->host(host), options);
  EXPECT_NO_THROW(allowed.start());
}

TEST(node, names_the_address_it_cannot_listen_on) {
  village town(d);
  auto first = town.add();
  auto options = village::options_of(first.host);
  options.listen = {town.net->listen_address(first.host)};
  node second(town.net->host(first.host), options);
  try {
    second.start();
    FAIL() << "listened twice";
  } catch (const boost::system::system_error& error) {
    EXPECT_NE(std::string(error.what()).find(to_string(options.listen[0])), std::string::npos)
        << error.what();
  }
}

TEST(node, refuses_options_that_cannot_be_used) {
  village town(d);
  auto some = town.add();
  manager_options wrong;
  wrong.backoff_multiplier = 0.5;
  EXPECT_THROW(some.node->configure(wrong), std::invalid_argument);
  EXPECT_THROW(town.add(wrong), std::invalid_argument);
}

// The core asks for the addresses by itself; the node knows where it reached the peer.
TEST(node, redials_a_protected_peer_where_it_was_reached_before) {
  village town(d);
  manager_options never_idle;
  never_idle.connection_timeout = 1h;
  never_idle.start_spread = {};
  auto server = town.add(never_idle);
  auto client = town.add(never_idle, false);
  client.node->mark(events::peer_marked{village::id_of(server), mark::protect});
  town.run_until(at(1s));
  EXPECT_EQ(client.heard->only(notice::dial_failed).what.why, cause::no_address);
  town.dial(client, server);
  town.run_for(1s);
  EXPECT_EQ(client.counters().active_connections, 1U);

  auto options = village::options_of(server.host, never_idle);
  options.listen = {town.net->listen_address(server.host)};
  server.node.reset();
  town.run_for(60s);
  EXPECT_EQ(client.counters().active_connections, 0U);
  server.node = std::make_unique<node>(town.net->host(server.host), options, server.heard.get());
  server.node->start();
  town.run_for(90s);  // however long it was away
  EXPECT_EQ(client.counters().active_connections, 1U);
  EXPECT_EQ(client.heard->count(notice::connection_established), 2U);
}

}  // namespace
