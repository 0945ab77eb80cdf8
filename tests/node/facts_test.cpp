// SPDX-License-Identifier: MIT
// What a node asks its peers: who they are, and whether they are there.
#include "net/node/node_facts.hpp"
#include "net/protocol/identify.hpp"
#include "node/two_connected.hpp"
#include "tandem/net/application_stream.hpp"
#include "tandem/net/error.hpp"

namespace {

using namespace tandem;
using namespace tandem::test;
using boost::system::error_code;

constexpr duration d = two_connected::d;

struct told {
  int times = 0;
  error_code error;
  peer_facts facts;
  duration round_trip{};
  time_point when;
};

struct curious : two_connected {
  facts_handler facts_into(told& into) {
    return [this, &into](error_code error, const peer_facts& facts) {
      into = {into.times + 1, error, facts, {}, town.now()};
    };
  }
  ping_handler trip_into(told& into) {
    return [this, &into](error_code error, duration round_trip) {
      into = {into.times + 1, error, {}, round_trip, town.now()};
    };
  }
  told identify(duration within = 3s) {
    told out;
    client.node->identify(village::id_of(server), facts_into(out), within);
    town.run_for(4s);
    EXPECT_EQ(out.times, 1);
    return out;
  }
  told ping(duration within = 3s) {
    told out;
    client.node->ping(village::id_of(server), trip_into(out), within);
    town.run_for(4s);
    EXPECT_EQ(out.times, 1);
    return out;
  }
};

TEST(node_identify, tells_program_protocols_and_addresses_after_a_round_trip) {
  curious t;
  t.server.node->handle("/example/1.0.0", stream_handler([](application_stream) {}));
  t.town.run_for(0s);
  const auto got = t.identify();
  EXPECT_EQ(got.error, error_code());
  EXPECT_EQ(got.when, at(100ms + 2 * d));
  EXPECT_EQ(got.facts.agent, "tandem");
  EXPECT_EQ(got.facts.protocol_version, "ipfs/0.1.0");
  EXPECT_EQ(got.facts.protocols.back(), "/example/1.0.0");
  EXPECT_EQ(got.facts.protocols.size(), 4U);
  EXPECT_EQ(got.facts.listening, t.server.node->listening());
  EXPECT_NE(got.facts.observed.port, 0);
  const auto held = [&] { return t.client.node->snapshot().buffers.bytes; };
  EXPECT_GT(held(), sizeof(peer_facts)) << "charged to the connection";
  EXPECT_LT(held(), 1024U);
  EXPECT_EQ(t.identify().facts, got.facts);
  EXPECT_LT(held(), 1024U) << "once";
  t.client.node->disconnect(village::id_of(t.server));
  t.town.run_for(5s);
  EXPECT_EQ(held(), 0U);
}

TEST(node_identify, is_remembered_as_long_as_the_connection_and_told_to_the_observer) {
  curious t;
  const auto conn = t.client.heard->only(notice::connection_established).what.conn;
  EXPECT_EQ(t.client.node->facts(conn), nullptr);
  told got;
  t.client.node->identify(conn, t.facts_into(got));
  t.town.run_for(2 * d);
  ASSERT_NE(t.client.node->facts(conn), nullptr);
  EXPECT_EQ(*t.client.node->facts(conn), got.facts);
  ASSERT_EQ(t.client.heard->identified.size(), 1U);
  EXPECT_EQ(t.client.heard->identified[0].of, village::id_of(t.server));
  EXPECT_EQ(t.client.heard->identified[0].facts, got.facts);
  t.client.node->disconnect(conn);
  t.town.run_for(1s);
  EXPECT_EQ(t.client.node->facts(conn), nullptr);
}

TEST(node_identify, that_there_is_no_memory_for_fails_and_leaves_what_was_known_and_charged) {
  std::vector<application_stream> served;
  village town{d};
  auto server = town.add();
  auto client = town.add({}, false, nullptr, [](node_options& o) {
    o.stream_memory = 20 * 1024;  // most of a connection's share
    o.buffers.buffers_max = 10 * 1024;
  });
  const auto serve = [&](char of) {
    for (int i = 0; i < 30; ++i)
      server.node->handle("/a-protocol-of-a-name-with-more-letters/" + std::to_string(i) + of,
                          stream_handler([&served](application_stream stream) {
                            served.push_back(std::move(stream));
                          }));
  };
  serve('a');
  town.dial(client, server);
  town.run_until(at(100ms));
  told got;
  const auto identify = [&] {
    client.node->identify(village::id_of(server), [&](error_code error, const peer_facts& facts) {
      got = {got.times + 1, error, facts, {}, town.now()};
    });
    town.run_for(4s);
  };
  identify();
  ASSERT_EQ(got.error, error_code());
  const auto held = [&] { return client.node->snapshot().buffers.bytes; };
  EXPECT_GT(held(), 2560U) << "twice this is more than half of what is lent";

  const auto conn = client.heard->only(notice::connection_established).what.conn;
  const auto known = *client.node->facts(conn);
  bool opened = false;
  application_stream kept;
  client.node->open(conn, "/a-protocol-of-a-name-with-more-letters/0a",
                    [&](error_code error, application_stream stream) {
                      opened = !error;
                      kept = std::move(stream);
                    });
  town.run_for(4s);
  ASSERT_TRUE(opened);
  const auto charged = held();
  serve('b');
  identify();
  EXPECT_EQ(got.times, 2);
  EXPECT_EQ(got.error, net_error::out_of_memory);
  EXPECT_EQ(*client.node->facts(conn), known);
  EXPECT_GE(held(), charged);
  kept = {};
  town.run_for(4s);
  identify();
  EXPECT_EQ(got.error, error_code());
  EXPECT_NE(*client.node->facts(conn), known);
  client.node->disconnect(conn);
  town.run_for(5s);
  EXPECT_EQ(held(), 0U);
}

TEST(node_identify, is_done_by_itself_with_whom_was_dialled_when_the_node_is_told_so) {
  village town{d};
  auto server = town.add();
  auto client = town.add({}, false, nullptr, [](node_options& o) { o.identify_dialled = true; });
  town.dial(client, server);
  town.run_until(at(8 * d - 1ns));
  EXPECT_TRUE(client.heard->identified.empty());
  town.run_until(at(8 * d));
  ASSERT_EQ(client.heard->identified.size(), 1U) << "ready at 6 d";
  EXPECT_EQ(client.heard->identified[0].when, at(8 * d));
  town.run_until(at(1s));
  EXPECT_EQ(client.heard->identified.size(), 1U);
  EXPECT_TRUE(server.heard->identified.empty()) << "who is dialled asks nobody";
}

TEST(node_identify, and_ping_are_no_use_of_the_connection) {
  curious t;
  const auto idle_at = [&] {
    const auto conn = t.client.heard->only(notice::connection_established).what.conn;
    return t.client.node->manager().explain(conn, t.town.now()).idle_at;
  };
  const auto before = idle_at();
  told facts, trip;
  t.client.node->identify(village::id_of(t.server), t.facts_into(facts));
  t.client.node->ping(village::id_of(t.server), t.trip_into(trip));
  t.town.run_for(1s);
  EXPECT_EQ(facts.error, error_code());
  EXPECT_EQ(trip.error, error_code());
  EXPECT_EQ(idle_at(), before);
}

TEST(node_ping, is_one_round_trip_and_takes_two) {
  curious t;
  const auto got = t.ping();
  EXPECT_EQ(got.error, error_code());
  EXPECT_EQ(got.round_trip, 2 * d);
  EXPECT_EQ(got.when, at(100ms + 4 * d));
}

TEST(node_ping, and_identify_end_with_their_time) {
  curious t;
  EXPECT_EQ(t.identify(2 * d + 1ns).error, error_code());
  EXPECT_EQ(t.identify(2 * d - 1ns).error, asio::error::timed_out);
  EXPECT_EQ(t.ping(4 * d + 1ns).error, error_code());
  EXPECT_EQ(t.ping(4 * d - 1ns).error, asio::error::timed_out);
  EXPECT_EQ(t.ping(2 * d - 1ns).error, asio::error::timed_out)
      << "before the protocol is agreed on";
  t.town.isolate(t.server.host);
  const auto began = t.town.now();
  EXPECT_EQ(t.ping(3s).when, began + 3s);
}

TEST(node_ping, and_identify_without_a_connection_fail_at_once) {
  curious t;
  told facts, trip;
  t.client.node->identify(identity::of_node(1, 77).id(), t.facts_into(facts));
  t.client.node->ping(identity::of_node(1, 77).id(), t.trip_into(trip));
  t.town.run_for(0s);
  EXPECT_EQ(facts.error, asio::error::not_connected);
  EXPECT_EQ(trip.error, asio::error::not_connected);
}

TEST(node_ping, and_identify_end_with_the_connection) {
  curious t;
  told facts, trip;
  t.client.node->identify(village::id_of(t.server), t.facts_into(facts));
  t.client.node->ping(village::id_of(t.server), t.trip_into(trip));
  t.town.run_for(d / 2);
  t.server.node.reset();
  t.town.run_for(1s);
  EXPECT_EQ(facts.times, 1);
  EXPECT_TRUE(facts.error);
  EXPECT_EQ(trip.times, 1);
  EXPECT_TRUE(trip.error);
}

TEST(node_ping, and_identify_are_forgotten_with_the_node) {
  curious t;
  told facts, trip;
  t.client.node->identify(village::id_of(t.server), t.facts_into(facts));
  t.client.node->ping(village::id_of(t.server), t.trip_into(trip));
  t.town.run_for(3 * d);
  t.client.node.reset();
  t.town.run_for(20s);
  EXPECT_EQ(facts.times, 1);
  EXPECT_EQ(trip.times, 0);
}

struct answer {
  identity self = identity::of_node(1, 5);
  std::string agent = "somebody/1.0";
  std::vector<std::string> protocols{"/a"};
  std::vector<endpoint> listening;

  boost::system::result<peer_facts> read(const peer_id& as) const {
    byte_buffer out;
    const std::vector<std::string_view> names(protocols.begin(), protocols.end());
    put_identify(out, {self.public_key_message(), agent, listening, {}, names});
    return read_facts(out, as);
  }
};

TEST(peer_facts, of_somebody_elses_key_are_refused) {
  const answer a;
  EXPECT_EQ(a.read(a.self.id())->agent, "somebody/1.0");
  EXPECT_EQ(a.read(identity::of_node(1, 6).id()).error(), net_error::key_mismatch);
  EXPECT_EQ(read_facts({}, a.self.id()).error(), net_error::malformed);
}

TEST(peer_facts, are_bounded_whatever_the_peer_says) {
  answer a;
  a.agent = std::string(128, 'a');
  a.protocols.assign(64, "/p");
  a.listening.assign(16, endpoint::v4(192, 0, 2, 1, 4001));
  auto kept = a.read(a.self.id());
  EXPECT_EQ(kept->agent.size(), 128U);
  EXPECT_EQ(kept->protocols.size(), 64U);
  EXPECT_EQ(kept->listening.size(), 16U);
  a.agent += "b";
  a.protocols.emplace_back("/q");
  a.listening.push_back(endpoint::v4(192, 0, 2, 2, 4001));
  EXPECT_EQ(*a.read(a.self.id()), *kept);
  a.protocols.assign(2, std::string(1024, 'p'));
  EXPECT_EQ(a.read(a.self.id())->protocols.size(), 2U);
  a.protocols[1] += "p";
  EXPECT_EQ(a.read(a.self.id())->protocols.size(), 1U);
}

}  // namespace
