// SPDX-License-Identifier: MIT
// Any bytes are a message of libp2p: of identify, of an Exchange, a public key and a signature, or
// the payload of a Noise handshake that is otherwise without fault.
#include "fuzz.hpp"
#include "net/protocol/identify.hpp"
#include "net/security/exchange.hpp"
#include "net/security/noise_handshake.hpp"

namespace tandem {
namespace {

bool lies_in(byte_view part, byte_view whole) {
  return part.empty() ||
         (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

void take_identify(byte_view in) {
  const auto said = parse_identify(in);
  if (!said) return;
  must(lies_in(said->public_key_message, in));
  if (said->agent.size() > 200) return;
  byte_buffer again;
  put_identify(
      again,
      {said->public_key_message.first(std::min<std::size_t>(said->public_key_message.size(), 100)),
       said->agent, said->listening, said->observed, said->protocols});
  must(again.size() <= 4096 + 2);
  const auto second = parse_identify(again);
  must(second.has_value() && second->agent == said->agent && second->observed == said->observed);
}

void take_exchange(byte_view in) {
  const auto said = parse_exchange(in);
  if (said && *said) must(!(*said)->peer.empty() && (*said)->size <= in.size());
}

void take_key(byte_view in) {
  const auto split = in.empty() ? 0 : std::min<std::size_t>(in[0], in.size() - 1);
  const auto key = in.subspan(in.empty() ? 0 : 1, split);
  const auto signature = in.subspan(in.empty() ? 0 : 1 + split);
  static constexpr std::uint8_t text[] = "text";
  must(!is_signed_by(key, text, signature));  // nobody signed this
  const auto id = peer_id_of_public_key(key);
  if (!is_public_key_message(key)) return;
  const auto read = parse_peer_id(to_string(id));
  must(read.has_value() && *read == id);
}

noise_key key_of_byte(std::uint8_t byte) {
  noise_key key;
  key.fill(byte);
  return key;
}

identity some_identity(std::uint8_t byte) {
  std::array<std::uint8_t, identity::seed_size> seed;
  seed.fill(byte);
  return identity::from_seed(seed);
}

void take_payload(byte_view in) {
  static const noise_credentials own(some_identity(1), key_of_byte(0x11));
  const noise_credentials dialer(key_of_byte(0x12), {in.begin(), in.end()});
  known_proofs known;
  noise_handshake theirs(direction::outbound, dialer, key_of_byte(0x22), known);
  noise_handshake ours(direction::inbound, own, key_of_byte(0x21), known);
  byte_buffer first, second, third;
  theirs.write(first);
  must(!ours.read(first));
  ours.write(second);
  must(!theirs.read(second));
  theirs.write(third);
  static const auto honest = some_identity(2).id();
  if (!ours.read(third)) must(ours.peer() == honest);  // whose payload is in the corpus
}

}  // namespace
}  // namespace tandem

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tandem;
  fuzz_input input(data, size);
  const auto kind = input.byte() % 4;
  const auto in = input.rest();
  if (kind == 0) take_identify(in);
  if (kind == 1) take_exchange(in);
  if (kind == 2) take_key(in);
  if (kind == 3) take_payload(in);
  return 0;
}
