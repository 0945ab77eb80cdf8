// SPDX-License-Identifier: MIT
// Questions to the domain name system: what becomes of them. What is answered:
// tests/cli/test_names.py.
#include "tandem/asio/dns.hpp"
#include "tandem/net/error.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/udp.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using namespace tandem;

/// A loop, and a name server that says nothing.
class dns_source : public testing::Test {
 protected:
  name_source silent() {
    return make_dns(loop.get_executor(),
                    {"127.0.0.1:" + std::to_string(deaf.local_endpoint().port())});
  }
  name_handler hears() {
    const auto guard = alive;
    return [this, guard](const error_code& error, name_answer answer) {
      heard.push_back(error);
      last = std::move(answer);
    };
  }

  asio::io_context loop{1};
  asio::ip::udp::socket deaf{loop, {asio::ip::address_v4::loopback(), 0}};
  std::shared_ptr<int> alive = std::make_shared<int>();  ///< held by handlers
  std::vector<error_code> heard;
  name_answer last;
};

TEST_F(dns_source, knows_this_host_and_answers_never_inside_the_call) {
  const auto source = silent();
  for (const std::string name : {"localhost", "LOCALHOST.", "any.localhost"}) {
    heard.clear();
    source({name, record_kind::aaaa}, hears());
    EXPECT_TRUE(heard.empty());
    loop.restart();
    loop.run();
    ASSERT_EQ(heard, std::vector<error_code>{{}}) << name;
    ASSERT_EQ(last.addresses.size(), 1U);
    EXPECT_TRUE(last.addresses[0].v6);
    EXPECT_EQ(last.addresses[0].address[15], 1);
  }
  source({"localhost", record_kind::a}, hears());
  loop.restart();
  loop.run();
  EXPECT_EQ(last.addresses, (std::vector{endpoint::v4(127, 0, 0, 1, 0)}));
  EXPECT_EQ(deaf.available(), 0U);  // nobody was asked
}

TEST_F(dns_source, ends_a_question_that_is_taken_back) {
  const auto source = silent();
  asio::cancellation_signal signal;
  source({"host.test", record_kind::a}, asio::bind_cancellation_slot(signal.slot(), hears()));
  source({"host.test", record_kind::txt}, hears());
  loop.poll();
  EXPECT_TRUE(heard.empty());
  signal.emit(asio::cancellation_type::terminal);
  EXPECT_TRUE(heard.empty());
  loop.poll();
  EXPECT_EQ(heard, (std::vector<error_code>{asio::error::operation_aborted}));
  signal.emit(asio::cancellation_type::terminal);
  loop.poll();
  EXPECT_EQ(heard.size(), 1U);
}

TEST_F(dns_source, calls_nobody_when_it_is_destroyed_and_keeps_nothing) {
  {
    const auto source = silent();
    source({"host.test", record_kind::a}, hears());
    source({"host.test", record_kind::txt}, hears());
    loop.poll();
    EXPECT_EQ(alive.use_count(), 3);
  }
  EXPECT_EQ(alive.use_count(), 1);
  loop.restart();
  loop.run();  // nothing is left to wait for
  EXPECT_TRUE(heard.empty());
}

TEST_F(dns_source, leaves_the_loop_no_work_when_all_is_answered) {
  const auto source = make_dns(loop.get_executor(), {"127.0.0.1:1"});
  source({"host.test", record_kind::a}, hears());
  loop.run();  // nobody listens there
  ASSERT_EQ(heard.size(), 1U);
  EXPECT_TRUE(heard[0]);
  EXPECT_NE(heard[0], net_error::name_unknown);
}

TEST_F(dns_source, refuses_servers_that_are_none) {
  for (const char* servers : {"nowhere", "127.0.0.1:x", "127.0.0.1,nowhere"})
    EXPECT_THROW(make_dns(loop.get_executor(), {servers}), std::invalid_argument) << servers;
  EXPECT_NO_THROW(make_dns(loop.get_executor(), {"192.0.2.1,[2001:db8::1]:5353"}));
}

}  // namespace
