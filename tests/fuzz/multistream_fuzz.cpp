// SPDX-License-Identifier: MIT
// Any bytes are the beginning of a negotiation: messages are found, or refused, at the same place
// in whatever pieces they come, and what is found is what would have been sent.
#include "fuzz.hpp"
#include "net/protocol/connection_memory.hpp"
#include "net/session/stream_protocols.hpp"

namespace tandem {
namespace {

using parser = decoded<multistream_message> (*)(byte_view);

void check_one(byte_view in, parser parse) {
  const auto whole = parse(in);
  const bool found = whole && *whole;
  if (found) {
    byte_buffer again;
    put_multistream(again, (*whole)->text);
    must(std::ranges::equal(again, in.first((*whole)->size)));
  }
  bool refused = false;
  for (std::size_t size = 0; size < in.size(); ++size) {
    const auto part = parse(in.first(size));
    must(!refused || !part);  // what is wrong does not become right
    refused = !part;
    if (refused) must(!whole && part.error() == whole.error());
    if (part && *part) must(found && size >= (*whole)->size && (*part)->size == (*whole)->size);
    if (part && !*part && found) must(size < (*whole)->size);
  }
}

struct heard {
  std::vector<std::string> texts;
  bool failed = false;
};

heard hear(byte_view in, std::size_t piece) {
  connection_memory memory;
  charged_bytes held(memory.budget);
  heard out;
  while (!in.empty() && !out.failed) {
    auto part = in.first(std::min(piece, in.size()));
    in = in.subspan(part.size());
    while (!part.empty() && !out.failed)
      out.failed = !take_next(held, part, [&](byte_view begun) -> decoded<std::size_t> {
        const auto message = parse_multistream(begun);
        if (!message) return message.error();
        if (!*message) return std::nullopt;
        out.texts.emplace_back((*message)->text);
        return (*message)->size;
      });
  }
  return out;
}

}  // namespace
}  // namespace tandem

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tandem;
  fuzz_input input(data, size);
  const std::size_t piece = 1 + input.byte() % 64;
  const auto in = input.rest();
  check_one(in, parse_multistream_header);
  check_one(in, parse_multistream);
  const auto at_once = hear(in, in.size());
  const auto in_pieces = hear(in, piece);
  must(at_once.texts == in_pieces.texts && at_once.failed == in_pieces.failed);
  return 0;
}
