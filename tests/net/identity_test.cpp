// SPDX-License-Identifier: MIT
#include "tandem/net/identity.hpp"
#include "tandem/net/error.hpp"

#include "net/vectors.hpp"

#include <gtest/gtest.h>

#include <array>
#include <new>

namespace tandem {
namespace {

TEST(identity, of_a_seed_is_the_one_js_libp2p_derives) {
  for (const auto& row : rows_of("seeds.txt")) {
    const auto seed = from_hex(row[0]);
    const auto self = identity::from_seed(std::span<const std::uint8_t, 32>(seed));
    EXPECT_EQ(to_hex(self.public_key_message()), row[1]);
    EXPECT_EQ(to_string(self.id()), row[2]);
    EXPECT_EQ(to_hex(self.seed()), row[0]);
  }
}

TEST(identity, of_a_node_depends_on_both_numbers_alone) {
  EXPECT_EQ(identity::of_node(1, 2).id(), identity::of_node(1, 2).id());
  EXPECT_NE(identity::of_node(1, 2).id(), identity::of_node(2, 1).id());
  EXPECT_NE(identity::of_node(1, 2).id(), identity::of_node(1, 3).id());
  EXPECT_NE(identity::generate().id(), identity::generate().id());
}

TEST(identity, leaves_no_secret_behind) {
  std::array<std::uint8_t, identity::seed_size> seed;
  seed.fill(0x5a);
  alignas(identity) std::array<unsigned char, sizeof(identity)> place{};
  auto* const made = new (place.data()) identity(identity::from_seed(seed));
  const auto secrets = [&] {
    const volatile unsigned char* const bytes = place.data();
    int count = 0;
    for (std::size_t i = 0; i < place.size(); ++i) count += bytes[i] == 0x5a;
    return count;
  };
  EXPECT_GE(secrets(), 32);
  made->~identity();
  EXPECT_LT(secrets(), 8);
}

TEST(peer_id, of_a_key_and_its_texts_are_those_of_the_specification) {
  for (const auto& row : rows_of("peer_ids.txt")) {
    const auto id = peer_id::from_bytes(from_hex(row[1]));
    ASSERT_FALSE(id.empty());
    if (row[0] != "-") {
      EXPECT_EQ(peer_id_of_public_key(from_hex(row[0])), id);
    }
    EXPECT_EQ(to_string(id), row[2]);
    for (std::size_t text = 2; text < row.size(); ++text) {
      const auto parsed = parse_peer_id(row[text]);
      ASSERT_TRUE(parsed) << row[text];
      EXPECT_EQ(*parsed, id) << row[text];
    }
  }
}

TEST(peer_id, refuses_other_texts) {
  for (const char* text :
       {"", "1", "Qm", "b", "12D3KooWK99VoVxNE7XzyBwXEzW7xhK7Gpv85r9F3V3fyKSUKPH",
        "12D3KooWK99VoVxNE7XzyBwXEzW7xhK7Gpv85r9F3V3fyKSUKPH0",
        "bafzaajaiaejcahwr5d5ofrfbis4l5d6uwr57hu5tjodrypfm6yaq6dsc2r2pzyt",
        "bafybeie5745rpv2m6tjyuugywy4d5ewrqgqqhfnf445he3omzpjbx5xqxe", "hello"}) {
    const auto parsed = parse_peer_id(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error(), net_error::bad_peer_id);
  }
  EXPECT_FALSE(parse_peer_id(std::string(100'000, '1')));
}

TEST(address, prints_and_parses_both_families) {
  const auto v4 = endpoint::v4(127, 0, 0, 1, 40101);
  endpoint v6;
  v6.v6 = true;
  v6.address[15] = 1;
  v6.port = 4001;
  EXPECT_EQ(to_string(v4), "127.0.0.1:40101");
  EXPECT_EQ(to_string(v6), "[::1]:4001");
  EXPECT_EQ(to_multiaddr(v4), "/ip4/127.0.0.1/tcp/40101");
  EXPECT_EQ(to_multiaddr(v6), "/ip6/::1/tcp/4001");
  for (const auto& at : {v4, v6}) {
    EXPECT_EQ(parse_address(to_string(at))->at, at);
    EXPECT_EQ(parse_address(to_multiaddr(at))->at, at);
    EXPECT_TRUE(parse_address(to_multiaddr(at))->peer.empty());
  }
  const auto long_v6 = parse_address("/ip6/2001:db8::ff00:42:8329/tcp/443");
  ASSERT_TRUE(long_v6);
  EXPECT_EQ(to_multiaddr(long_v6->at), "/ip6/2001:db8::ff00:42:8329/tcp/443");
}

TEST(address, carries_the_peer_of_a_multiaddr) {
  const std::string id = "12D3KooWK99VoVxNE7XzyBwXEzW7xhK7Gpv85r9F3V3fyKSUKPH5";
  const auto parsed = parse_address("/ip4/127.0.0.1/tcp/4001/p2p/" + id);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(to_string(parsed->peer), id);
  EXPECT_EQ(parsed->at, endpoint::v4(127, 0, 0, 1, 4001));
}

TEST(address, refuses_what_cannot_be_dialled) {
  for (const char* text :
       {"", "localhost:1", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1",
        "127.0.0.1:1x", "::1:4001", "[127.0.0.1]:1", "/ip4/127.0.0.1", "/ip4/127.0.0.1/udp/9000",
        "/ip4/::1/tcp/1", "/ip6/127.0.0.1/tcp/1", "/dns4/example.com/tcp/4001",
        "/ip4/127.0.0.1/tcp", "/ip4/127.0.0.1/tcp/1/", "/ip4/127.0.0.1/tcp/1/p2p",
        "/ip4/1.2.3.4/tcp/1/ws", "/"}) {
    EXPECT_FALSE(parse_address(text)) << text;
  }
  EXPECT_EQ(parse_address("/ip4/127.0.0.1/tcp/1/p2p/nobody").error(), net_error::bad_peer_id);
  EXPECT_EQ(parse_address("nowhere").error(), net_error::bad_address);
}

TEST(dial_address, has_a_name_and_is_written_as_it_was_read) {
  const std::string id = "12D3KooWK99VoVxNE7XzyBwXEzW7xhK7Gpv85r9F3V3fyKSUKPH5";
  const std::string longest = std::string(63, 'a') + "." + std::string(63, 'b') + "." +
                              std::string(63, 'c') + "." + std::string(61, 'd');
  const struct {
    std::string text;
    host_name name;
  } cases[] = {{"/dns/example.org/tcp/4001", {name_kind::dns, "example.org", 4001}},
               {"/dns4/example.org./tcp/1", {name_kind::dns4, "example.org.", 1}},
               {"/dns6/" + longest + "/tcp/65535", {name_kind::dns6, longest, 65535}},
               {"/dnsaddr/xn--e1afmkfd.test", {name_kind::dnsaddr, "xn--e1afmkfd.test", 0}}};
  for (const auto& [text, name] : cases) {
    const auto alone = parse_dial_address(text), whose = parse_dial_address(text + "/p2p/" + id);
    ASSERT_TRUE(alone && whose) << text;
    EXPECT_EQ(alone->name, name);
    EXPECT_TRUE(alone->named() && alone->peer.empty());
    EXPECT_EQ(whose->name, name);
    EXPECT_EQ(to_string(whose->peer), id);
    EXPECT_EQ(to_multiaddr(*whose), text);
    EXPECT_FALSE(parse_address(text)) << "numeric ones only";
  }
  const auto numeric = parse_dial_address("127.0.0.1:4001");
  ASSERT_TRUE(numeric);
  EXPECT_FALSE(numeric->named());
  EXPECT_EQ(to_multiaddr(*numeric), "/ip4/127.0.0.1/tcp/4001");
}

TEST(dial_address, is_read_and_written_as_js_does) {
  for (const auto& row : rows_of("multiaddrs.txt")) {
    SCOPED_TRACE(row[0]);
    const auto read = parse_dial_address(row[0]);
    ASSERT_EQ(read.has_value(), row[2] != "other");
    if (!read) continue;
    EXPECT_EQ(read->named(), row[2] == "name");
    const auto written = to_multiaddr(*read);
    EXPECT_EQ(read->peer.empty() ? written : written + "/p2p/" + to_string(read->peer), row[0]);
  }
}

TEST(dial_address, refuses_what_is_no_name) {
  const std::string label(64, 'a');
  const std::string long_name = std::string(63, 'a') + "." + std::string(63, 'b') + "." +
                                std::string(63, 'c') + "." + std::string(62, 'd');
  for (const std::string text :
       {"/dns4//tcp/1", "/dns4/./tcp/1", "/dns4/a..b/tcp/1", "/dns4/.a/tcp/1", "/dns4/a b/tcp/1",
        "/dns4/a\n/tcp/1", "/dns4/\xc3\xa4/tcp/1", "/dns4/a", "/dns4/a/tcp", "/dns4/a/tcp/65536",
        "/dns4/a/udp/1", "/dns5/a/tcp/1", "/dnsaddr", "/dnsaddr/", "/dnsaddr/a/tcp/1",
        "/dns4/a/tcp/1/ws", "/dns4/a/tcp/1/p2p/nobody"})
    EXPECT_FALSE(parse_dial_address(text)) << text;
  EXPECT_FALSE(parse_dial_address("/dns4/" + label + "/tcp/1"));
  EXPECT_FALSE(parse_dial_address("/dns4/" + long_name + "/tcp/1"));
}

TEST(address_range, reads_cidr_of_both_families) {
  const auto v4 = parse_address_range("203.0.113.0/24");
  ASSERT_TRUE(v4);
  EXPECT_EQ(v4->first, endpoint::v4(203, 0, 113, 0, 0));
  EXPECT_EQ(v4->prefix, 24);
  const auto v6 = parse_address_range("2001:db8::/32");
  ASSERT_TRUE(v6);
  EXPECT_TRUE(v6->first.v6);
  EXPECT_EQ(v6->first.address[3], 0xb8);
  EXPECT_EQ(v6->prefix, 32);
  EXPECT_EQ(parse_address_range("127.0.0.1")->prefix, 32);
  EXPECT_EQ(parse_address_range("::1")->prefix, 128);
  EXPECT_EQ(parse_address_range("0.0.0.0/0")->prefix, 0);
}

TEST(address_range, refuses_what_is_no_range) {
  for (const char* text :
       {"", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.1/8", "10.0.0.0/8x", "10.0.0.0/-1",
        "2001:db8::/129", "2001:db8::1/32", "10.0.0.0/8/8", "localhost/8", "127.0.0.1:4001"})
    EXPECT_FALSE(parse_address_range(text)) << text;
}

TEST(net_error, has_one_sentence_for_every_value) {
  for (int value = 1; value <= static_cast<int>(net_error::cut_off); ++value) {
    const boost::system::error_code error = static_cast<net_error>(value);
    EXPECT_FALSE(error.message().starts_with("unknown error")) << value;
    EXPECT_STREQ(error.category().name(), "tandem.net");
  }
}

}  // namespace
}  // namespace tandem
