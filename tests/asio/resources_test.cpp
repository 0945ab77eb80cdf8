// SPDX-License-Identifier: MIT
// Each limit of a node beside its use.
#include "asio/nodes.hpp"
#include "tandem/asio/node_meter.hpp"
#include "tandem/core/option_table.hpp"
#include "tandem/net/application_stream.hpp"

#include <algorithm>
#include <map>
#include <string>

namespace {

using namespace tandem;
using namespace tandem::test;

std::map<std::string, resource_use> by_name(const node_meter& meter) {
  std::map<std::string, resource_use> out;
  for (const auto& each : meter.resources()) out.emplace(each.name, each);
  return out;
}

/// A node, its meter, and a loop for both.
struct metered {
  explicit metered(const std::function<void(node_options&)>& change = {}) {
    auto options = options_of(1);
    if (change) change(options);
    server = std::make_unique<node>(*io.net, options, &meter);
    meter.watch(*server, io.net->clock());
    server->start();
  }
  loop io;
  node_meter meter;
  std::unique_ptr<node> server;
};

// Whoever adds a limit adds its row, or says here why it has none.
TEST(resources, have_a_row_for_each_option_that_is_a_limit) {
  const std::map<std::string_view, std::string_view> without = {
      {"breaker_open_max", "how long, not how much"}};
  const metered t;
  const auto rows = t.meter.resources();
  const auto told = [&](std::string_view option) {
    return std::ranges::count(rows, option, &resource_use::option);
  };
  std::size_t limits = 0;
  for (const auto& row : option_table()) {
    if (!row.name.starts_with("max_") && !row.name.ends_with("_max")) continue;
    ++limits;
    EXPECT_EQ(told(row.name), without.contains(row.name) ? 0 : 1) << row.name;
  }
  EXPECT_GE(limits, 18U);
  for (const auto* name : {"connection_buffers_max", "buffers_max", "streams_max", "receive_window",
                           "command_queue_max"})
    EXPECT_EQ(told(name), 1) << name;
}

TEST(resources, say_each_limit_as_it_is_in_force) {
  metered t([](node_options& options) {
    options.streams.streams_max = 7;
    options.streams.receive_window = 300'000;
    options.command_queue_max = 9;
    options.manager.max_connections_per_narrow_subnet = 0;
  });
  auto changed = t.server->manager().options();
  changed.max_access_rules = 11;
  t.server->configure(changed);
  t.io.run_for(std::chrono::milliseconds(20));
  const auto rows = by_name(t.meter);
  EXPECT_EQ(rows.at("streams_of_a_connection").limit, 7);
  EXPECT_EQ(rows.at("unread_bytes_of_a_stream").limit, 300'000);
  EXPECT_FALSE(rows.at("unread_bytes_of_a_stream").used) << "not counted";
  EXPECT_EQ(rows.at("commands").limit, 9);
  EXPECT_EQ(rows.at("connections_of_a_narrow_subnet").limit, std::nullopt);
  EXPECT_EQ(rows.at("access_rules").limit, 11);
}

TEST(resources, are_used_as_much_as_whoever_uses_most_of_them) {
  metered t([](node_options& options) {
    options.manager.subnet_exempt = subnet_exemption::none;
    options.manager.subnet_accept_rate = 0;
  });
  t.meter.add([] { return resource_use{"lines", "", 1, 2}; });
  auto& server = *t.server;
  std::vector<application_stream> kept;
  server.handle("/kept", [&](application_stream stream) { kept.push_back(std::move(stream)); });
  std::vector<std::unique_ptr<node>> clients;
  for (std::uint64_t i = 2; i <= 4; ++i) {
    clients.push_back(std::make_unique<node>(*t.io.net, options_of(i, false)));
    clients.back()->start();
    auto once_more = to(server);
    once_more.mode = dial_mode::additional;
    clients.back()->dial(server.self().id(), to(server));
    if (i == 2) clients.back()->dial(server.self().id(), once_more);
  }
  arrival silent;
  t.io.net->async_connect(server.listening()[0], silent.handler());
  const auto& c = server.manager().counters();
  ASSERT_TRUE(t.io.run_until([&] { return c.active_connections == 4 && c.pending_inbound == 1; }));
  std::vector<application_stream> ours;
  for (int i = 0; i < 3; ++i)
    clients[1]->open(server.self().id(), "/kept", [&](error_code, application_stream stream) {
      ours.push_back(std::move(stream));
    });
  server.mark(events::peer_marked{clients[0]->self().id(), mark::tag, true, never, 5});
  for (std::uint64_t i = 70; i < 72; ++i)
    server.mark(events::peer_marked{identity::of_node(7, i).id(), mark::deny});
  ASSERT_TRUE(t.io.run_until([&] { return kept.size() == 3 && ours.size() == 3; }));

  const auto before = by_name(t.meter);
  for (const auto& [name, used] :
       std::map<std::string, double>{{"connections", 4},
                                     {"inbound_connections", 4},
                                     {"outbound_connections", 0},
                                     {"connections_of_a_peer", 2},
                                     {"connections_of_a_narrow_subnet", 4},
                                     {"connections_of_a_wide_subnet", 4},
                                     {"pending_inbound", 1},
                                     {"pending_of_a_wide_subnet", 1},
                                     {"attempts_of_a_peer", 0},
                                     {"access_rules", 2},
                                     {"marked_peers", 1},
                                     {"streams_of_a_connection", 3},
                                     {"commands", 0},
                                     {"lines", 1}})
    EXPECT_EQ(before.at(name).used, used) << name;

  const std::string much(100'000, 'x');
  std::size_t taken = 0;
  ours[0].bytes.async_write_some(asio::buffer(much),
                                 [&](error_code, std::size_t size) { taken = size; });
  t.io.run_for(std::chrono::milliseconds(50));
  ASSERT_GT(taken, 10'000U);
  const auto after = by_name(t.meter).at("buffer_bytes_of_a_connection");
  EXPECT_GE(*after.used, *before.at("buffer_bytes_of_a_connection").used + 10'000);
  EXPECT_EQ(after.limit, 32 << 20);

  ours.clear();
  clients.clear();
  ASSERT_TRUE(t.io.run_until([&] { return c.active_connections == 0; }));
  for (const auto* name :
       {"connections_of_a_peer", "connections_of_a_wide_subnet", "streams_of_a_connection"})
    EXPECT_EQ(by_name(t.meter).at(name).used, 0) << name;
  EXPECT_LE(by_name(t.meter).at("buffer_bytes_of_a_connection").used, 256) << "the silent one's";
}

}  // namespace
