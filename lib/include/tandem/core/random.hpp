// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <cstdint>
#include <string_view>

namespace tandem {

/// SplitMix64 (Steele, Lea, Flood, OOPSLA 2014): one 64-bit word of state; the same numbers on
/// every platform. Streams are derived per (seed, component, node), so that adding one component
/// does not shift another's numbers.
class random_stream {
 public:
  constexpr explicit random_stream(std::uint64_t seed) noexcept : state_(seed) {}

  /// The stream of `component` on `node` under `seed`.
  static constexpr random_stream of(std::uint64_t seed, std::string_view component,
                                    std::uint64_t node) noexcept {
    std::uint64_t h = 0xcbf29ce484222325ULL;
    for (const char c : component) h = (h ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
    random_stream mixed(seed ^ h);
    return random_stream(mixed.next() ^ (node + 1) * 0x9e3779b97f4a7c15ULL);
  }

  constexpr std::uint64_t next() noexcept {
    std::uint64_t z = state_ += 0x9e3779b97f4a7c15ULL;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
    return z ^ z >> 31;
  }

  /// Uniform in [0, most], by Lemire's multiplication (bias below 2^-32 for the ranges used here).
  constexpr std::uint64_t up_to(std::uint64_t most) noexcept {
    if (most == ~std::uint64_t{0}) return next();
    __extension__ using wide = unsigned __int128;
    return static_cast<std::uint64_t>((static_cast<wide>(next()) * (most + 1)) >> 64);
  }

  /// Uniform in [0, 1), 53 bits.
  constexpr double unit() noexcept { return static_cast<double>(next() >> 11) * 0x1.0p-53; }

  /// Exponential with this mean. Uses std::log: equal on one platform, not across C libraries.
  double exponential(double mean) noexcept { return -mean * std::log1p(-unit()); }

  /// How many numbers it gave since it was like `fresh`. Its state only counts them, by the odd
  /// constant of next(), which has an inverse modulo 2^64.
  constexpr std::uint64_t drawn_since(const random_stream& fresh) const noexcept {
    return (state_ - fresh.state_) * 0xf1de83e19937733dULL;
  }

  /// Every field, for checkpoints.
  constexpr void fields(auto& a) {
    auto& [state] = *this;
    a(state);
  }

 private:
  std::uint64_t state_;
};

}  // namespace tandem
