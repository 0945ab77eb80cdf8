// SPDX-License-Identifier: MIT
// Any bytes are a script of events, possible ones and nonsense, to a manager and to the reference of
// tests/core/model: they agree after each, and no assertion fails. The first two bytes choose the
// options, each eight that follow are a step.
#include "core/model/player.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <span>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tandem::reference;
  constexpr std::size_t step_bytes = 8;
  constexpr std::size_t steps_max = 400;
  if (size < 2) return 0;
  const std::uint64_t seed = data[0] | data[1] << 8;
  const auto bytes = std::span(data, size).subspan(2);
  std::vector<step> script(std::min(bytes.size() / step_bytes, steps_max));
  for (std::size_t i = 0; i < script.size(); ++i) {
    const auto b = bytes.subspan(i * step_bytes, step_bytes);
    const auto time = static_cast<std::uint32_t>(b[4] | b[5] << 8 | b[6] << 16);
    script[i] = {static_cast<step_kind>(b[0] % step_kinds), b[1], b[2], b[3], time};
  }
  const setting s = setting_of(seed);
  const auto failed = play(seed, s.options, script);
  if (!failed) return 0;
  const auto small = shrunk(seed, s.options, script);
  std::cerr << failed->what << "\noptions " << text_of(s.options) << "\n";
  play(seed, s.options, small, nullptr, &std::cerr);
  std::abort();
}
