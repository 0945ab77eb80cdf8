// SPDX-License-Identifier: MIT
// A peer that is who it says sends any bytes as frames, reads or does not, while this end opens,
// reads and writes streams: the session ends once at most, and keeps no memory.
#include "fuzz.hpp"
#include "net/protocol/multistream.hpp"
#include "net/security/exchange.hpp"
#include "net/session/session_fixture.hpp"

#include <deque>

namespace tandem {
namespace {

constexpr std::size_t streams_max = 24;

/// An application's stream that is read and written as the input says.
struct used_stream {
  byte_stream bytes;
  std::array<std::uint8_t, 700> read{};
  std::array<std::uint8_t, 900> written{};
  bool reading = false;
  bool writing = false;

  void use(unsigned how) {
    if (!bytes) return;
    if (how % 2 == 0 && !std::exchange(reading, true))
      bytes.async_read_some(asio::buffer(read),
                            [this](error_code, std::size_t) { reading = false; });
    if (how % 3 == 0 && !std::exchange(writing, true))
      bytes.async_write_some(asio::buffer(written),
                             [this](error_code, std::size_t) { writing = false; });
    if (how % 17 == 1) bytes.shutdown_send();
    if (how % 19 == 1) bytes.close();
    if (how % 23 == 1) bytes.abort();
  }
};

/// What a peer says before its first frame.
byte_buffer upgrade_of(const identity& peer) {
  byte_buffer said;
  put_multistream(said, multistream_header);
  put_multistream(said, "/plaintext/2.0.0");
  put_exchange(said, peer);
  put_multistream(said, multistream_header);
  put_multistream(said, "/yamux/1.0.0");
  return said;
}

/// Its members go before the streams that the sessions gave away.
struct run {
  std::deque<used_stream> streams;
  session_pair pair;

  explicit run(memory_options options) : pair(options) {}

  void step(fuzz_input& input, recording_owner& us, memory_link::end& peer) {
    const unsigned what = input.byte();
    const unsigned how = input.byte();
    switch (what % 8) {
      default:
        pair.link.put(peer, input.take(how));
        break;
      case 4:
        pair.link.take(peer);
        break;
      case 5:
        if (us.self && streams.size() < streams_max)
          if (auto opened =
                  us.self->open("/e", {how % 2 == 0, how % 3 == 0 ? 4000U : 0U}, [](error_code) {}))
            streams.emplace_back().bytes = std::move(*opened);
        break;
      case 6:
        if (!streams.empty()) streams[how % streams.size()].use(input.byte());
        break;
      case 7:
        if (!us.self) break;
        if (how % 8 == 0) us.self->close(cause::requested);
        if (how % 8 == 1) us.self->probe(how);
        if (how % 8 == 2) us.self->open_stream();
        if (how % 8 == 3) us.self->close_stream();
        if (how % 8 > 3) us.self->send(std::vector<std::byte>(how * 8));
        break;
    }
    pair.run();
    for (auto& [protocol, stream] : us.accepted)
      if (streams.size() < streams_max) streams.emplace_back().bytes = std::move(stream);
    us.accepted.clear();
  }
};

void follow(fuzz_input& input) {
  const unsigned first = input.byte();
  memory_options moves;
  moves.capacity = first % 4 == 0 ? 100 : 20'000;
  moves.read_max = first % 3 == 0 ? 1 : 4000;
  run all(moves);
  auto& pair = all.pair;
  for (auto* options : {&pair.dialer_options, &pair.listener_options}) {
    options->protocols->emplace("/e", stream_terms{});
    options->protocols->emplace("/w", stream_terms{true, 3000});
    options->streams_max = 20;
    options->memory->limit({8 * 1024, 64 * 1024, 128 * 1024});
  }
  const bool dialer = first >= 128;
  auto& us = dialer ? pair.dialer : pair.listener;
  auto& peer = dialer ? pair.link.b : pair.link.a;
  if (dialer)
    pair.start_dialer();
  else
    pair.start_listener();
  pair.link.put(peer, upgrade_of(identity_of_byte(dialer ? 1 : 2)));
  pair.run();
  const auto memory = (dialer ? pair.dialer_options : pair.listener_options).memory;
  for (int steps = 0; steps < 400 && !input.empty(); ++steps) all.step(input, us, peer);
  must(us.closed.size() <= 1 && memory->lent() <= 128 * 1024);
  for (auto& stream : all.streams) stream.bytes = {};
  us.self.reset();
  pair.run();
  must(memory->used() == 0 && memory->lent() == 0);
}

}  // namespace
}  // namespace tandem

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  tandem::fuzz_input input(data, size);
  tandem::follow(input);
  return 0;
}
