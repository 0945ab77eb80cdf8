// SPDX-License-Identifier: MIT
#include "net/protocol/multistream.hpp"
#include "net/protocol/yamux_header.hpp"
#include "net/security/exchange.hpp"
#include "net/vectors.hpp"
#include "tandem/net/error.hpp"

#include <gtest/gtest.h>

namespace tandem {
namespace {

byte_buffer prefixed_by_length(byte_buffer body) {
  byte_buffer out;
  put_uvarint(out, body.size());
  out.insert(out.end(), body.begin(), body.end());
  return out;
}

TEST(uvarint, round_trips_at_every_size) {
  for (int bits = 0; bits <= 62; ++bits)
    for (const std::uint64_t value : {(std::uint64_t{1} << bits) - 1, std::uint64_t{1} << bits}) {
      byte_buffer out;
      put_uvarint(out, value);
      EXPECT_EQ(out.size(), uvarint_size(value));
      const auto parsed = parse_uvarint(out);
      ASSERT_TRUE(parsed && *parsed) << value;
      EXPECT_EQ((*parsed)->value, value);
      EXPECT_EQ((*parsed)->size, out.size());
      out.pop_back();
      EXPECT_FALSE(parse_uvarint(out).value()) << "cut short, it may go on";
    }
}

TEST(uvarint, refuses_what_is_not_minimal_or_too_long) {
  EXPECT_EQ(parse_uvarint(from_hex("8000")).error(), net_error::malformed);
  EXPECT_EQ(parse_uvarint(from_hex("ffffffffffffffffff")).error(), net_error::malformed);
  EXPECT_FALSE(parse_uvarint(from_hex("ffffffffffffffff")).value());
}

TEST(multistream, writes_and_reads_the_bytes_js_libp2p_does) {
  for (const auto& row : rows_of("multistream.txt")) {
    byte_buffer out;
    put_multistream(out, row[0]);
    EXPECT_EQ(to_hex(out), row[1]);
    const auto parsed = parse_multistream(out);
    ASSERT_TRUE(parsed && *parsed) << row[0];
    EXPECT_EQ((*parsed)->text, row[0]);
    EXPECT_EQ((*parsed)->size, out.size());
    for (std::size_t size = 0; size < out.size(); ++size)
      EXPECT_FALSE(parse_multistream(byte_view(out).first(size)).value());
  }
}

TEST(multistream, bounds_a_message_at_1024_bytes) {
  for (const std::size_t size : {1023, 1024, 1025}) {
    byte_buffer out;
    put_multistream(out, std::string(size - 1, 'x'));
    const auto parsed = parse_multistream(out);
    EXPECT_EQ(parsed.has_value(), size <= 1024) << size;
    if (!parsed) {
      EXPECT_EQ(parsed.error(), net_error::message_too_long);
    }
  }
}

TEST(multistream, refuses_another_header_at_its_first_wrong_byte) {
  byte_buffer header;
  put_multistream(header, multistream_header);
  EXPECT_EQ(parse_multistream_header(header).value()->size, header.size());
  EXPECT_FALSE(parse_multistream_header({}).value());
  for (std::size_t i = 0; i < header.size(); ++i) {
    EXPECT_FALSE(parse_multistream_header(byte_view(header).first(i)).value());
    header[i] ^= 1;
    EXPECT_EQ(parse_multistream_header(byte_view(header).first(i + 1)).error(),
              net_error::not_multistream);
    header[i] ^= 1;
  }
}

TEST(multistream, refuses_a_message_without_its_newline) {
  EXPECT_EQ(parse_multistream(from_hex("036e6161")).error(), net_error::malformed);
  EXPECT_EQ(parse_multistream(from_hex("00")).error(), net_error::malformed);
}

TEST(exchange, is_the_one_js_libp2p_sends) {
  std::array<std::uint8_t, 32> seed;
  seed.fill(2);
  const auto self = identity::from_seed(seed);
  byte_buffer out;
  put_exchange(out, self);
  const auto recorded = reads_of("js_clean.txt", "C>S")[1];
  EXPECT_EQ(to_hex(out), to_hex(byte_view(recorded).first(out.size())));
  const auto parsed = parse_exchange(recorded);
  ASSERT_TRUE(parsed && *parsed);
  EXPECT_EQ((*parsed)->peer, self.id());
  EXPECT_EQ((*parsed)->size, out.size());
}

TEST(exchange, skips_fields_it_does_not_know) {
  const auto self = identity::of_node(1, 1);
  byte_buffer sent;
  put_exchange(sent, self);
  byte_buffer body(sent.begin() + 1, sent.end());
  for (const auto byte : from_hex("1801"
                                  "220161"
                                  "290000000000000000"
                                  "3500000000"))
    body.push_back(byte);
  const auto parsed = parse_exchange(prefixed_by_length(body));
  ASSERT_TRUE(parsed && *parsed);
  EXPECT_EQ((*parsed)->peer, self.id());
}

TEST(exchange, refuses_an_id_that_is_not_the_keys) {
  byte_buffer sent;
  put_exchange(sent, identity::of_node(1, 1));
  sent[1 + 2 + 10] ^= 1;  // in the id, behind prefix, tag and length
  EXPECT_EQ(parse_exchange(sent).error(), net_error::key_mismatch);
}

TEST(exchange, refuses_what_is_malformed) {
  for (const char* body : {"", "0a", "0a05", "0a0100", "1201ff", "0a0000", "0b", "120408041200",
                           "120508011220aa", "ffffffffffffffffff"})
    EXPECT_EQ(parse_exchange(prefixed_by_length(from_hex(body))).error(), net_error::malformed)
        << body;
}

/// An exchange of a key of this type and size, whose id is the key's.
byte_buffer exchange_of_key(std::uint8_t type, std::size_t size) {
  byte_buffer key{0x08, type, 0x12};
  put_uvarint(key, size);
  key.resize(key.size() + size, 7);
  const auto id = peer_id_of_public_key(key);
  byte_buffer body;
  body.push_back(0x0a);
  put_uvarint(body, id.bytes().size());
  body.insert(body.end(), id.bytes().begin(), id.bytes().end());
  body.push_back(0x12);
  put_uvarint(body, key.size());
  body.insert(body.end(), key.begin(), key.end());
  return prefixed_by_length(body);
}

TEST(exchange, takes_ed25519_keys_of_32_bytes_only) {
  for (const std::size_t size : {0U, 1U, 31U, 33U, 38U, 64U, 256U})
    EXPECT_EQ(parse_exchange(exchange_of_key(1, size)).error(), net_error::malformed) << size;
  EXPECT_TRUE(parse_exchange(exchange_of_key(1, 32)));
  for (const std::uint8_t other : {0, 2, 3})
    EXPECT_TRUE(parse_exchange(exchange_of_key(other, 33)));
}

TEST(exchange, is_bounded) {
  byte_buffer at, above;
  put_uvarint(at, exchange_size_max);
  put_uvarint(above, exchange_size_max + 1);
  EXPECT_TRUE(parse_exchange(at));
  EXPECT_EQ(parse_exchange(above).error(), net_error::message_too_long);
}

TEST(yamux_header, is_twelve_big_endian_bytes) {
  const yamux_header header{yamux_type::window_update, yamux_flag::ack, 2, 0x24};
  byte_buffer out;
  put_yamux_header(out, header);
  EXPECT_EQ(to_hex(out), "000100020000000200000024");  // as recorded
  EXPECT_EQ(parse_yamux_header(std::span<const std::uint8_t, 12>(out)).value(), header);
}

TEST(yamux_header, refuses_another_version_or_type) {
  for (const char* text : {"010000000000000100000000", "000400000000000100000000"}) {
    const auto bytes = from_hex(text);
    EXPECT_EQ(parse_yamux_header(std::span<const std::uint8_t, 12>(bytes)).error(),
              net_error::unknown_frame);
  }
}

}  // namespace
}  // namespace tandem
