// SPDX-License-Identifier: MIT
// Our ends against what js-libp2p said: its side of a recorded session is replayed, read by read.
#include "net/session/session_fixture.hpp"
#include "net/vectors.hpp"

#include <gmock/gmock.h>

namespace tandem {
namespace {

using testing::ElementsAre;

constexpr const char* muxer_chosen =
    "132f6d756c746973747265616d2f312e302e300a0d2f79616d75782f312e302e300a";
constexpr const char* ping_syn = "000200010000000000000000";

TEST(recorded, listener_answers_a_js_dialer_as_a_js_listener_does) {
  session_pair pair;
  pair.start_listener();
  const auto js = reads_of("js_clean.txt", "C>S");
  const auto js_answers = reads_of("js_clean.txt", "S>C");
  const auto answer_to = [&](std::span<const std::uint8_t> bytes) {
    pair.link.put(pair.link.a, bytes);
    pair.run();
    return to_hex(pair.link.take(pair.link.a));
  };

  EXPECT_EQ(answer_to(js[0]), to_hex(js_answers[0]));
  EXPECT_EQ(answer_to(js[1]), std::string(muxer_chosen) + ping_syn);
  EXPECT_EQ(to_string(pair.listener.peer), "12D3KooWJWoaqZhDaoEFshF7Rh1bpY9ohihFhzcW6d69Lr2NASuq");
  // /ipfs/ping/1.0.0 on stream 1: the same bytes as js, in one frame instead of two.
  EXPECT_EQ(answer_to(js[2]),
            "000100020000000100000000"
            "000000000000000100000026"
            "132f6d756c746973747265616d2f312e302e300a112f697066732f70696e672f312e302e300a");
  // The ping's 32 bytes echoed, and FIN for FIN.
  EXPECT_EQ(answer_to(js[3]),
            "000000000000000100000020"
            "eaef43dc7b161f989e6e8d7a89a1342284be3e5f8f7d7dc935ad78f99d1517f0"
            "000100040000000100000000");
  EXPECT_EQ(answer_to(js[4]), "");
  // /ipfs/id/1.0.0 with header and echo in one frame, as the ping before; then FIN.
  const auto identified = answer_to(js[5]);
  const auto front = std::string("000100020000000300000000") + "00000000000000030000";
  EXPECT_EQ(identified.substr(0, front.size()), front);
  EXPECT_NE(
      identified.find("132f6d756c746973747265616d2f312e302e300a0f2f697066732f69642f312e302e300a"),
      std::string::npos);
  EXPECT_NE(identified.find(to_hex(pair.listener_options.own->self().public_key_message())),
            std::string::npos);
  EXPECT_EQ(answer_to(js[6]), "");
  EXPECT_EQ(answer_to(js[7]), "");
  pair.link.end_sending(pair.link.a);
  pair.run();
  EXPECT_THAT(pair.listener.log, ElementsAre("authenticated", "ready", "closed"));
  EXPECT_THAT(pair.listener.closed, ElementsAre(cause::remote_closed));
}

TEST(recorded, dialer_says_to_a_js_listener_what_a_js_dialer_does) {
  session_pair pair;
  pair.start_dialer();
  const auto js = reads_of("js_default.txt", "S>C");
  const auto js_dialer = reads_of("js_default.txt", "C>S");
  const auto answer_to = [&](std::span<const std::uint8_t> bytes) {
    pair.link.put(pair.link.b, bytes);
    pair.run();
    return to_hex(pair.link.take(pair.link.b));
  };

  EXPECT_EQ(answer_to({}), to_hex(js_dialer[0]));
  EXPECT_EQ(answer_to(js[0]), to_hex(js_dialer[1]));
  EXPECT_THAT(pair.dialer.log, ElementsAre("authenticated"));
  // Muxer, js's ping and its identify stream in one read: our ping, its answer, and who we are.
  const auto answer = answer_to(js[1]);
  const auto front = std::string(ping_syn) +
                     "000200020000000000000000"
                     "000100020000000200000000"
                     "0000000000000002";
  EXPECT_EQ(answer.substr(0, front.size()), front);
  EXPECT_NE(answer.find(to_hex(pair.dialer_options.own->self().public_key_message())),
            std::string::npos);
  EXPECT_TRUE(answer.ends_with("000100040000000200000000"));
  EXPECT_THAT(pair.dialer.log, ElementsAre("authenticated", "ready"));
  EXPECT_TRUE(pair.dialer.rtts.empty());
  // Frames of streams that only the recorded dialer had are ignored.
  EXPECT_EQ(answer_to(js[2]), "");
  EXPECT_EQ(pair.dialer.rtts.size(), 1u);
  EXPECT_TRUE(pair.dialer.closed.empty());
  // js's connection monitor: a ping stream, echoed.
  EXPECT_EQ(answer_to(js[3]).substr(0, 24), "000100020000000400000000");
  EXPECT_EQ(
      answer_to(js[4]),
      "0000000000000004000000205c6f080aebb686f12c721d1549f02ef63ba0515ac5f0dcb34044899ec3184e52");
  EXPECT_EQ(answer_to(js[5]), "000100040000000400000000");
}

/// Everything one side of a recording said, delivered in one read or byte by byte.
void replay(const std::string& file, direction way, std::size_t read_max) {
  SCOPED_TRACE(file + " " + std::to_string(read_max));
  session_pair pair({.read_max = read_max});
  const bool listening = way == direction::inbound;
  auto& js = listening ? pair.link.a : pair.link.b;
  auto& ours = listening ? pair.listener : pair.dialer;
  for (const auto& read : reads_of(file, listening ? "C>S" : "S>C")) pair.link.put(js, read);
  if (listening)
    pair.start_listener();
  else
    pair.start_dialer();
  pair.run();
  EXPECT_TRUE(ours.closed.empty());
  pair.link.end_sending(js);
  pair.run();
  EXPECT_THAT(ours.log, ElementsAre("authenticated", "ready", "closed"));
  EXPECT_THAT(ours.closed, ElementsAre(cause::remote_closed));
  EXPECT_EQ(ours.traffic.app_bytes, 0u) << "pings and negotiation are no use";
}

TEST(recorded, sides_are_understood_however_their_bytes_arrive) {
  for (const std::size_t read_max : {1, 2, 3, 7, 12, 13, 100, 1'000'000}) {
    replay("js_clean.txt", direction::inbound, read_max);
    replay("js_default.txt", direction::inbound, read_max);
    replay("js_default.txt", direction::outbound, read_max);
  }
}

/// Our own session, one line a write: what goes out, in how many writes, is what other versions and
/// the round trips of simulations rely on.
TEST(recorded, own_session_is_byte_for_byte_the_same) {
  session_pair pair;
  pair.connect();
  pair.dialer.self->send(bytes_of("hello"));
  pair.run();
  pair.listener.self->send(bytes_of("world"));
  pair.run();
  pair.listener.self->probe(7);
  pair.run();
  pair.dialer.self->close(cause::idle_timeout);
  pair.run();
  EXPECT_THAT(pair.dialer.closed, ElementsAre(cause::idle_timeout));
  EXPECT_THAT(pair.listener.closed, ElementsAre(cause::idle_timeout));
  std::string said, recorded;
  for (const auto& [way, bytes] : pair.link.record) said += way + " " + to_hex(bytes) + "\n";
  for (const auto& row : rows_of("tandem.txt")) recorded += row[0] + " " + row[1] + "\n";
  EXPECT_EQ(said, recorded);
}

}  // namespace
}  // namespace tandem
