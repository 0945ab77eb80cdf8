// SPDX-License-Identifier: MIT
#include "run/behaviour/behaviour.hpp"

#include <string>
#include <vector>

namespace tandem::scenarios {

std::unique_ptr<behaviour> read_mute(const yaml_value& value);
std::unique_ptr<behaviour> read_deaf(const yaml_value& value);
std::unique_ptr<behaviour> read_drop(const yaml_value& value);
std::unique_ptr<behaviour> read_half_close(const yaml_value& value);
std::unique_ptr<behaviour> read_random_bytes(const yaml_value& value);
std::unique_ptr<behaviour> read_slow_drip(const yaml_value& value);
std::unique_ptr<behaviour> read_no_pong(const yaml_value& value);
std::unique_ptr<behaviour> read_refuse(const yaml_value& value);
std::unique_ptr<behaviour> read_accept_after(const yaml_value& value);
std::unique_ptr<behaviour> read_backlog_full(const yaml_value& value);
std::unique_ptr<behaviour> read_silent(const yaml_value& value);
std::unique_ptr<behaviour> read_wrong_identity(const yaml_value& value);

std::span<const behaviour_kind> behaviour_kinds() {
  static constexpr behaviour_kind all[] = {
      {"mute", read_mute},
      {"deaf", read_deaf},
      {"drop", read_drop},
      {"half_close", read_half_close},
      {"random_bytes", read_random_bytes},
      {"slow_drip", read_slow_drip},
      {"no_pong", read_no_pong},
      {"refuse", read_refuse},
      {"accept_after", read_accept_after},
      {"backlog_full", read_backlog_full},
      {"silent", read_silent},
      {"wrong_identity", read_wrong_identity},
  };
  return all;
}

std::shared_ptr<const behaviour> read_behaviour(const yaml_value& value) {
  std::vector<std::string> words;
  for (const auto& kind : behaviour_kinds()) words.emplace_back(kind.word);
  const yaml_mapping given(value, "a behaviour", words);
  const auto& [word, entry] = given.only();
  for (const auto& kind : behaviour_kinds())
    if (kind.word == word) return kind.read(entry);
  return nullptr;
}

std::uint64_t read_stage(const yaml_value& value) {
  // Of the protocols that simulated nodes speak: multistream-select's header 20 bytes,
  // /plaintext/2.0.0 18, an Exchange with an Ed25519 key 79, the muxer's header and proposal 34.
  static constexpr std::uint64_t written[] = {0, 20, 117, 151};
  return written[value.as_one_of(
      {"after_accept", "after_header", "after_authentication", "when_ready"}, "stage")];
}

}  // namespace tandem::scenarios
