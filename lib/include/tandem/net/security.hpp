// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

namespace tandem {

/// How two ends prove who they are and keep what they say to themselves.
enum class security : std::uint8_t {
  tls,        ///< /tls/1.0.0: TLS 1.3 with certificates of libp2p's kind
  noise,      ///< /noise: Noise_XX_25519_ChaChaPoly_SHA256
  plaintext,  ///< /plaintext/2.0.0: nothing is proved or hidden. Simulations and tests only
};
inline constexpr std::array<security, 3> every_security{security::tls, security::noise,
                                                        security::plaintext};

std::string_view name_of(security kind) noexcept;
/// From names with commas between them (`tls,noise`), in order of preference: the first that
/// both ends have is taken. Throws std::invalid_argument that says which names there are.
std::vector<security> parse_securities(std::string_view text);

/// Fills the bytes with ones that nobody can guess; simulations give their own.
using entropy_source = std::function<void(std::span<std::uint8_t>)>;
/// The operating system's. Throws std::runtime_error when it has none.
void system_entropy(std::span<std::uint8_t> into);

}  // namespace tandem
