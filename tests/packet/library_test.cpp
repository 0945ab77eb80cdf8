// SPDX-License-Identifier: GPL-2.0-only
// Whether the ns-3 that is loaded is the one that Tandem was built for, and behaves.
#include "seam/ipv6_pair.hpp"
#include "seam/socket_check.hpp"
#include "tandem/packet/fabric.hpp"
#include "tandem/packet/tandem-node-helper.h"
#include "tcp/library_check.hpp"

#include <gmock/gmock.h>
#include <ns3/config.h>
#include <ns3/object.h>
#include <ns3/string.h>

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace tandem::packet {
namespace {

using namespace std::chrono_literals;
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

/// The rehearsal over IPv4 and over IPv6.
class rehearsal_over : public testing::TestWithParam<maker> {
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
  /// With TCP that was changed.
  template <class Change>
  std::vector<std::string> faults_of(Change change) const {
    return socket_faults([&](sim::fabric_options options) {
      change(options.tcp);
      return GetParam()(std::move(options));
    });
  }
};
INSTANTIATE_TEST_SUITE_P(, rehearsal_over, testing::Values(&make_packet_fabric, &make_ipv6_pair));

TEST_P(rehearsal_over, finds_all_that_sockets_count_on) {
  EXPECT_THAT(socket_faults(GetParam()), IsEmpty());
  EXPECT_THAT(faults_with("ns3::TcpSocket::RcvBufSize", "2000000", "131072"), IsEmpty());
  EXPECT_THAT(faults_with("ns3::TcpSocketBase::UseEcn", "On", "Off"), IsEmpty());
}

TEST_P(rehearsal_over, says_by_name_what_is_otherwise) {
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

TEST(packet_library, that_does_not_is_said_for_each_family_at_once) {
  ns3::Config::SetDefault("ns3::TandemTcpSocket::FinRetries", ns3::StringValue("100"));
  std::string said;
  try {
    ns3::TandemNodeHelper::CheckSockets();
  } catch (const std::runtime_error& e) {
    said = e.what();
  }
  ns3::Config::SetDefault("ns3::TandemTcpSocket::FinRetries", ns3::StringValue("8"));
  const std::string fault = "a FIN that nobody answers is not repeated for ever";
  EXPECT_THAT(said, testing::EndsWith("not hold: " + fault + " (IPv4); " + fault + " (IPv6)"));
  EXPECT_NO_THROW(ns3::TandemNodeHelper::CheckSockets());
}

}  // namespace
}  // namespace tandem::packet
