// SPDX-License-Identifier: GPL-2.0-only
// Whether the ns-3 that is loaded is the one that Tandem was built for, and behaves.
#include "seam/socket_check.hpp"
#include "tandem/packet/fabric.hpp"
#include "tcp/library_check.hpp"

#include <gmock/gmock.h>
#include <ns3/config.h>
#include <ns3/object.h>
#include <ns3/uinteger.h>

#include <stdexcept>

namespace tandem::packet {
namespace {

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

TEST(packet_library, does_what_sockets_count_on) {
  EXPECT_THAT(socket_faults(&make_packet_fabric), IsEmpty());
}

TEST(packet_library, that_does_not_is_said_by_name) {
  const auto set = [](std::uint64_t retries) {
    ns3::Config::SetDefault("ns3::TandemTcpSocket::FinRetries", ns3::UintegerValue(retries));
  };
  make_packet_fabric({});  // the first of a process rehearses by itself
  set(100);
  const auto faults = socket_faults(&make_packet_fabric);
  set(8);
  EXPECT_THAT(faults, ElementsAre("a FIN that nobody answers is not repeated for ever"));
}

}  // namespace
}  // namespace tandem::packet
