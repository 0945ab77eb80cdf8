// SPDX-License-Identifier: GPL-2.0-only
// Whether the ns-3 that is loaded is the one that Tandem was built for, and behaves.
#include "lying_fabric.hpp"
#include "seam/application_pair.hpp"
#include "seam/socket_check.hpp"
#include "tandem/packet/fabric.hpp"
#include "tandem/packet/tandem-node-helper.h"
#include "tcp/library_check.hpp"

#include <gmock/gmock.h>
#include <ns3/config.h>
#include <ns3/internet-stack-helper.h>
#include <ns3/node-container.h>
#include <ns3/object.h>
#include <ns3/string.h>
#include <boost/asio/error.hpp>

#include <chrono>
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace tandem::packet {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;

/// As if the library had been built when this class had a field more.
class grown final : public ns3::Object {
 public:
  static ns3::TypeId GetTypeId() {
    static ns3::TypeId id = ns3::TypeId("ns3::TandemGrown")
                                .SetParent<ns3::Object>()
                                .AddConstructor<grown>()
                                .SetSize(sizeof(grown) + 8);
    return id;
  }
};

TEST(packet_library, of_another_version_is_refused_by_the_name_of_a_class) {
  try {
    ns3::CheckClass(grown::GetTypeId(), sizeof(grown));
    FAIL() << "it was taken";
  } catch (const std::runtime_error& e) {
    EXPECT_EQ(std::string(e.what()),
              "the ns-3 library that is loaded is not the one tandem::packet was built with: its "
              "ns3::TandemGrown has " +
                  std::to_string(sizeof(grown) + 8) + " bytes and not " +
                  std::to_string(sizeof(grown)) +
                  "; build Tandem with -DTANDEM_NS3_ROOT=PREFIX of that library");
  }
  EXPECT_NO_THROW(ns3::CheckClass(grown::GetTypeId(), sizeof(grown) + 8));
  EXPECT_NO_THROW(ns3::CheckLibrary());
}

using maker = std::unique_ptr<sim::fabric> (*)(sim::fabric_options);

template <family Over>
std::unique_ptr<sim::fabric> application_pair_over(sim::fabric_options options) {
  return make_application_pair(Over, std::move(options));
}

/// The rehearsal on the stack of the level, and on those of applications.
class rehearsal_on : public testing::TestWithParam<maker> {
 protected:
  // The first fabric of a process rehearses by itself.
  static void SetUpTestSuite() { make_packet_fabric({}); }

  /// With a default of ns-3's that is another for as long.
  std::vector<std::string> faults_with(const char* attribute, const char* value,
                                       const char* usual) const {
    ns3::Config::SetDefault(attribute, ns3::StringValue(value));
    auto found = socket_faults(GetParam());
    ns3::Config::SetDefault(attribute, ns3::StringValue(usual));
    return found;
  }
  /// With one error instead of another, wherever hosts hear of it.
  std::vector<std::string> faults_saying(error_code said, error_code instead_of) const {
    return socket_faults([&](sim::fabric_options options) {
      return std::make_unique<lying_fabric>(
          GetParam()(std::move(options)),
          [said, instead_of](error_code e) { return e == instead_of ? said : e; });
    });
  }
  /// With links that were changed.
  template <class Change>
  std::vector<std::string> faults_on(Change change) const {
    return socket_faults([&](sim::fabric_options options) {
      options.links = [change, truth = options.links, changed = std::make_shared<sim::link>()](
                          sim::host_index from, sim::host_index to) -> const sim::link& {
        *changed = truth(from, to);
        change(*changed);
        return *changed;
      };
      return GetParam()(std::move(options));
    });
  }
  /// With TCP that was changed.
  template <class Change>
  std::vector<std::string> faults_of(Change change) const {
    return socket_faults([&](sim::fabric_options options) {
      change(options.tcp);
      return GetParam()(std::move(options));
    });
  }
};
INSTANTIATE_TEST_SUITE_P(, rehearsal_on,
                         testing::Values(&make_packet_fabric, &application_pair_over<family::ipv4>,
                                         &application_pair_over<family::ipv6>),
                         [](const auto& info) {
                           return info.index == 0 ? "level" : info.index == 1 ? "ipv4" : "ipv6";
                         });

TEST_P(rehearsal_on, finds_all_that_sockets_count_on) {
  EXPECT_THAT(socket_faults(GetParam()), IsEmpty());
  EXPECT_THAT(faults_with("ns3::TcpSocket::RcvBufSize", "2000000", "131072"), IsEmpty());
  EXPECT_THAT(faults_with("ns3::TcpSocketBase::UseEcn", "On", "Off"), IsEmpty());
  const char* const queue = "ns3::DropTailQueue<Packet>";  // as a configuration store says it
  EXPECT_THAT(faults_with("ns3::SimpleNetDevice::TxQueue", queue, queue), IsEmpty());
}

TEST_P(rehearsal_on, says_by_name_what_is_otherwise) {
  EXPECT_THAT(faults_with("ns3::TandemTcpSocket::FinRetries", "100", "8"),
              ElementsAre("a FIN that nobody answers is not repeated for ever"));
  for (const char* other : {"5s", "1h"})
    EXPECT_THAT(
        faults_with("ns3::TandemTcpSocket::FinTimeout", other, "60s"),
        ElementsAre("who closed waits a minute for the other's end, and then knows nothing of it"));
  EXPECT_THAT(
      faults_with("ns3::TandemTcpSocketFactory::DataRetries", "100", "15"),
      ElementsAre("what nobody acknowledges times out, and the reason stays",
                  "a FIN that nobody acknowledges times out where the other end is heard",
                  "probes of a window that nobody answers time out", "who gave up is silent"));
  EXPECT_THAT(faults_of([](sim::tcp_profile& tcp) { tcp.rto_min = 1s; }),
              ElementsAre("a lost segment is sent again a round trip and 200 ms later"));
  EXPECT_THAT(faults_of([](sim::tcp_profile& tcp) { tcp.syn_ack_timeout = 30s; }),
              ElementsAre("a SYN+ACK that comes again is acknowledged again"));
}

constexpr const char *not_refused =
                         "a SYN to a port where nobody listens is refused after one round trip",
                     *not_given_up = "a dial that is given up says nothing more",
                     *not_connected = "a connection is there after one round trip",
                     *not_reset = "a segment of no connection is reset where somebody listens",
                     *window_stays =
                         "what waits for a window that was closed arrives as soon as "
                         "it is read";

TEST_P(rehearsal_on, says_which_errors_are_others) {
  namespace error = boost::asio::error;
  EXPECT_THAT(faults_saying(error::timed_out, error::connection_refused), ElementsAre(not_refused));
  EXPECT_THAT(faults_saying(error::timed_out, error::operation_aborted), ElementsAre(not_given_up));
  EXPECT_THAT(faults_saying(error::eof, error::connection_reset),
              ElementsAre("a reset is told from an end", not_reset));
  EXPECT_THAT(
      faults_saying(error::connection_reset, error::eof),
      ElementsAre("a FIN that comes with data ends the stream after the data, and is said once",
                  "FINs with data that cross end both streams, and are said once",
                  "a FIN that alone was lost is sent again, whatever else is acknowledged",
                  "who closes with bytes unread ends in order and takes what still comes"));
}

TEST_P(rehearsal_on, says_what_comes_late_and_what_is_not_sent) {
  EXPECT_THAT(faults_on([](sim::link& path) { path.latency += 1ms; }),
              ElementsAre(not_refused, not_connected, not_reset));
  EXPECT_THAT(faults_on([](sim::link& path) { path.latency = 330ms; }), Contains(window_stays));
  EXPECT_THAT(faults_on([](sim::link& path) { path.counters.clear(); }),
              ElementsAre(not_given_up, "a FIN that comes again is acknowledged again",
                          "a window that is too small for a segment is probed"));
}

/// What CheckSockets() says with a default of ns-3's that is another for as long.
std::string said_with(const char* attribute, const char* value, const char* usual) {
  ns3::Config::SetDefault(attribute, ns3::StringValue(value));
  std::string said;
  try {
    ns3::TandemNodeHelper::CheckSockets();
  } catch (const std::runtime_error& e) {
    said = e.what();
  }
  ns3::Config::SetDefault(attribute, ns3::StringValue(usual));
  return said;
}

TEST(packet_library, that_does_not_is_said_for_each_family_at_once) {
  const std::string fault = "a FIN that nobody answers is not repeated for ever";
  EXPECT_THAT(said_with("ns3::TandemTcpSocket::FinRetries", "100", "8"),
              testing::EndsWith("not hold: " + fault + " (IPv4); " + fault + " (IPv6)"));
  EXPECT_NO_THROW(ns3::TandemNodeHelper::CheckSockets());
}

// Hosts of the level have a device of their own.
TEST(packet_library, is_asked_in_either_family_on_the_stack_that_applications_have) {
  const auto said = said_with("ns3::SimpleNetDevice::DataRate", "1Mbps", "0bps");
  const std::string fault = "a connection is there after one round trip";
  EXPECT_THAT(said, testing::HasSubstr(fault + " (IPv4)"));
  EXPECT_THAT(said, testing::HasSubstr(fault + " (IPv6)"));
}

[[noreturn]] void install_two_and_exit() {
  ns3::NodeContainer hosts(2);
  ns3::InternetStackHelper().Install(hosts);
  ns3::TandemNodeHelper().Install(hosts);
  std::_Exit(0);
}

// In processes of their own: it is said once in each.
TEST(packet_library, that_nobody_asked_is_said_once_and_who_asked_is_told_nothing) {
  testing::GTEST_FLAG(death_test_style) = "threadsafe";
  EXPECT_EXIT(install_two_and_exit(), testing::ExitedWithCode(0),
              testing::StrEq("TandemNodeHelper: nobody asked whether TCP of this ns-3 does what "
                             "Tandem's sockets need; call TandemNodeHelper::CheckSockets() before "
                             "there is a node\n"));
  EXPECT_EXIT(
      {
        ns3::TandemNodeHelper::CheckSockets();
        install_two_and_exit();
      },
      testing::ExitedWithCode(0), testing::IsEmpty());
  testing::GTEST_FLAG(death_test_style) = "fast";
}

}  // namespace
}  // namespace tandem::packet
