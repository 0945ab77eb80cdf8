// SPDX-License-Identifier: MIT
#include "net/protocol/identify.hpp"

#include "net/session/session_fixture.hpp"
#include "net/vectors.hpp"
#include "tandem/net/error.hpp"

namespace tandem {
namespace {

TEST(identify, multiaddrs_have_the_bytes_that_js_gives_them) {
  for (const auto& row : rows_of("multiaddrs.txt")) {
    SCOPED_TRACE(row[0]);
    const auto read = parse_multiaddr(from_hex(row[1]));
    ASSERT_EQ(read.has_value(), row[2] == "endpoint");
    if (!read) continue;
    EXPECT_EQ(*read, parse_address(row[0]).value().at);
    byte_buffer written;
    put_multiaddr(written, *read);
    EXPECT_EQ(to_hex(written), row[1].substr(0, 2 * written.size()));  // the peer follows
  }
}

TEST(identify, multiaddrs_are_those_of_the_multiformats_table) {
  const auto bytes_of_text = [](const char* text) {
    byte_buffer out;
    put_multiaddr(out, parse_address(text).value().at);
    return to_hex(out);
  };
  EXPECT_EQ(bytes_of_text("/ip4/127.0.0.1/tcp/40101"), "047f000001069ca5");
  EXPECT_EQ(bytes_of_text("/ip6/::1/tcp/4001"), "2900000000000000000000000000000001060fa1");
}

TEST(identify, says_who_where_and_what_field_by_field) {
  const auto self = identity_of_byte(1);
  const std::vector<endpoint> listening{parse_address("127.0.0.1:4001").value().at,
                                        parse_address("0.0.0.0:4002").value().at};
  constexpr std::array<std::string_view, 2> protocols{"/a", "/b"};
  byte_buffer out;
  put_identify(out, {self.public_key_message(), "tandem/1", listening,
                     parse_address("10.0.0.9:5").value().at, protocols});
  const std::string body = "0a24" + to_hex(self.public_key_message()) +
                           "1208047f000001060fa1"  // listenAddrs: the one that can be dialled
                           "1a022f61"
                           "1a022f62"                  // protocols
                           "2208040a000009060005"      // observedAddr
                           "2a0a697066732f302e312e30"  // protocolVersion ipfs/0.1.0
                           "320874616e64656d2f31";     // agentVersion
  byte_buffer size;
  put_uvarint(size, body.size() / 2);
  EXPECT_EQ(to_hex(out), to_hex(size) + body);
}

TEST(identify, stays_below_4096_bytes_with_any_number_of_addresses) {
  const auto self = identity_of_byte(1);
  std::vector<endpoint> listening;
  for (std::uint16_t port = 1; port <= 1000; ++port)
    listening.push_back(parse_address("[2001:db8::1]:" + std::to_string(port)).value().at);
  byte_buffer out;
  put_identify(out, {self.public_key_message(), "tandem", listening, {}, {}});
  EXPECT_LT(out.size(), 4096u);
  EXPECT_GT(out.size(), 2000u);
}

TEST(identify, stays_below_4096_bytes_with_any_number_of_protocols) {
  const auto self = identity_of_byte(1);
  const std::vector<endpoint> listening(200, parse_address("[2001:db8::1]:1").value().at);
  const std::string name(200, 'p');
  const std::vector<std::string_view> protocols(100, name);
  byte_buffer out;
  put_identify(
      out, {self.public_key_message(), std::string(200, 'a'), listening, listening[0], protocols});
  EXPECT_LT(out.size(), 4096u);
  const auto said = parse_identify(out);
  ASSERT_TRUE(said);
  EXPECT_GE(said->protocols.size(), 5u);
  EXPECT_EQ(said->observed, listening[0]);
}

TEST(identify, is_read_as_it_was_said) {
  const auto self = identity_of_byte(1);
  const std::vector<endpoint> listening{parse_address("127.0.0.1:4001").value().at,
                                        parse_address("[::1]:4002").value().at};
  constexpr std::array<std::string_view, 2> protocols{"/a", "/b"};
  byte_buffer out;
  put_identify(out, {self.public_key_message(), "tandem/1", listening,
                     parse_address("10.0.0.9:5").value().at, protocols});
  const auto said = parse_identify(out);
  ASSERT_TRUE(said) << said.error().message();
  EXPECT_TRUE(std::ranges::equal(said->public_key_message, self.public_key_message()));
  EXPECT_EQ(said->protocol_version, "ipfs/0.1.0");
  EXPECT_EQ(said->agent, "tandem/1");
  EXPECT_TRUE(std::ranges::equal(said->protocols, protocols));
  EXPECT_EQ(said->listening, listening);
  EXPECT_EQ(to_string(said->observed), "10.0.0.9:5");
  for (std::size_t size = 0; size < out.size(); ++size)
    EXPECT_FALSE(parse_identify(byte_view(out).first(size))) << size;
}

TEST(identify, addresses_that_are_not_over_tcp_are_left_out) {
  EXPECT_FALSE(parse_multiaddr({}));
  for (const char* const other : {"04", "047f000001", "047f00000106", "047f0000010604",
                                  "047f00000191020fa1", "290000000000000000000000000000000106"})
    EXPECT_FALSE(parse_multiaddr(from_hex(other))) << other;
  // js-libp2p and go-libp2p append /p2p/ID.
  EXPECT_EQ(to_string(parse_multiaddr(from_hex("047f000001060fa1a503220000")).value()),
            "127.0.0.1:4001");
  byte_buffer out;
  put_identify(out, {});
  EXPECT_EQ(parse_identify(out).value().observed.port, 0);
  EXPECT_EQ(parse_identify(from_hex("ffff7f")).error(), net_error::message_too_long);
  EXPECT_EQ(parse_identify(from_hex("020aff")).error(), net_error::malformed);
}

TEST(identify, addresses_of_nobody_are_left_out) {
  // Fields 2 (listening) and 4 (observed) with port 0, and with 0.0.0.0.
  for (const char* const nobody : {"0a2208047f000001060000", "0a22080400000000060fa1",
                                   "0a1208047f000001060000", "0a12080400000000060fa1"}) {
    const auto said = parse_identify(from_hex(nobody));
    ASSERT_TRUE(said.has_value()) << nobody;
    EXPECT_EQ(said->observed.port, 0) << nobody;
    EXPECT_TRUE(said->listening.empty()) << nobody;
  }
}

}  // namespace
}  // namespace tandem
