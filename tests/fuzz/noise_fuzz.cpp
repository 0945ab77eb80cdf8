// SPDX-License-Identifier: MIT
// Two honest ends shake hands, and somebody between them changes the messages: nobody takes the
// other for somebody else, and whoever was lied to says so. Or one end is a stranger who sends any
// bytes.
#include "fuzz.hpp"
#include "net/protocol/multistream.hpp"
#include "net/session/session_fixture.hpp"

namespace tandem {
namespace {

noise_key key_of_byte(std::uint8_t byte) {
  noise_key key;
  key.fill(byte);
  return key;
}

/// Changes, cuts or lengthens a message; whether it is another one now.
bool meddle(byte_buffer& message, fuzz_input& input) {
  const auto before = message;
  for (int changes = input.byte() % 4; changes > 0 && !message.empty(); --changes) {
    const auto at = (input.byte() | std::size_t{input.byte()} << 8) % message.size();
    message[at] = static_cast<std::uint8_t>(message[at] ^ input.byte());
  }
  const unsigned cut = input.byte();
  if (cut % 4 == 1) message.resize(message.size() - std::min<std::size_t>(cut, message.size()));
  if (cut % 4 == 2) {
    const auto more = input.take(cut);
    message.insert(message.end(), more.begin(), more.end());
  }
  return message != before;
}

void between(fuzz_input& input) {
  static const noise_credentials dialers(identity_of_byte(2), key_of_byte(0x12));
  static const noise_credentials listeners(identity_of_byte(1), key_of_byte(0x11));
  static known_proofs known;  // the same proof in every run
  noise_handshake dialer(direction::outbound, dialers, key_of_byte(0x22), known);
  noise_handshake listener(direction::inbound, listeners, key_of_byte(0x21), known);
  byte_buffer message;
  dialer.write(message);
  bool changed = meddle(message, input);
  if (listener.read(message)) return must(changed);
  message.clear();
  listener.write(message);
  changed |= meddle(message, input);
  if (dialer.read(message)) return must(changed);
  must(!changed && dialer.peer() == identity_of_byte(1).id());
  message.clear();
  dialer.write(message);
  changed = meddle(message, input);
  if (listener.read(message)) return must(changed);
  must(!changed && listener.peer() == identity_of_byte(2).id());
  must(dialer.outcome().sending == listener.outcome().receiving);
}

void stranger(fuzz_input& input) {
  memory_options moves;
  moves.read_max = 1 + input.byte();
  session_pair pair(moves, security::noise);
  const bool dialer = input.byte() % 2 == 1;
  auto& us = dialer ? pair.dialer : pair.listener;
  if (dialer)
    pair.start_dialer();
  else
    pair.start_listener();
  byte_buffer said;
  put_multistream(said, multistream_header);
  put_multistream(said, "/noise");
  pair.link.put(dialer ? pair.link.b : pair.link.a, said);
  while (!input.empty()) {
    pair.link.put(dialer ? pair.link.b : pair.link.a, input.take(1 + input.byte()));
    pair.run();
  }
  // The dialer's half of a recorded handshake with this listener is in the corpus.
  if (us.heard("authenticated")) must(!dialer && us.peer == identity_of_byte(2).id());
  must(us.closed.size() <= 1);
}

}  // namespace
}  // namespace tandem

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tandem;
  fuzz_input input(data, size);
  if (input.byte() % 2 == 0)
    between(input);
  else
    stranger(input);
  return 0;
}
