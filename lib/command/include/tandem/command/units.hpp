// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/core/time.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tandem {

/// `30s`, `600ms`, `1.5h`, `1m30s`, `0`; units ns us ms s m h. Nothing for anything else, or beyond
/// 292 years. A leading minus is understood, so that a message can say that negative is wrong.
std::optional<duration> parse_duration(std::string_view text);
/// Events per second from `5/s`, `300/m`, `10/ms`, `2/h`.
std::optional<double> parse_rate(std::string_view text);
/// Bits per second from `100Mbit/s`; prefixes k M G T are powers of 1000.
std::optional<std::uint64_t> parse_bandwidth(std::string_view text);
/// Bytes from `1500`, `64kB` (1000), `64KiB` (1024), `1MiB`.
std::optional<std::uint64_t> parse_bytes(std::string_view text);
/// A ratio from `0.01` or `1%`.
std::optional<double> parse_ratio(std::string_view text);
std::optional<double> parse_number(std::string_view text);
std::optional<std::uint64_t> parse_count(std::string_view text);

/// `30s`, `600ms`: the shortest exact text.
std::string format_duration(duration value);

/// Exact as well, and readable where nanoseconds are not: `25.14365771s`.
std::string format_moment(duration value);

/// `64MiB`, `1500`: the shortest exact text in powers of 1024.
std::string format_bytes(std::uint64_t value);

/// What a number measures, for writing it.
enum class unit : std::uint8_t { plain, seconds };
/// A number for a person: `256`, `30.04 s`, `600 ms`.
std::string format_value(double value, unit in);

/// The text between backticks, as messages show what was given.
std::string quoted(std::string_view text);

/// The known word closest to `word` by edit distance, when close enough to be a slip; else empty.
std::string closest(std::string_view word, const std::vector<std::string>& known);
/// `; did you mean `x`?`, or `; known: …` when nothing is close and the list is short.
std::string suggestion(std::string_view word, const std::vector<std::string>& known);

}  // namespace tandem
