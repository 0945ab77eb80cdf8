// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tandem::scenarios {

/// A text that a person gave, and where: `file:line:column`, or the flag.
struct given_text {
  std::string text;
  std::string where;
};

/// One place of a scenario, and the values that it takes.
struct axis {
  std::string path;                ///< as `--set` takes it: `parameters.limit`
  std::vector<given_text> values;  ///< as `--set` takes them
  std::string where;
};

/// How many runs of each setting, with seeds one after the other.
struct seed_count {
  std::uint64_t least = 1;
  std::uint64_t most = 1;  ///< above `least`: until `width` of `number` is reached
  double width = 0;        ///< half of the interval; of a `relative` one a part of the mean
  bool relative = false;
  std::string number{};  ///< as expectations write it

  bool until() const noexcept { return most > least; }
};

/// What a sweep varies. In a file `sweep:`, on the command line flags; see
/// scenarios/reference/commands/sweep.md.
struct sweep_spec {
  std::vector<axis> axes;
  std::vector<std::vector<given_text>> zips;  ///< paths of axes that take their values together
  std::vector<given_text> conditions;         ///< of settings: `limit <= 2 * peers`
  std::optional<seed_count> seeds;
  std::vector<std::string> levels;
};

/// The values of `64,128,256`, `10ms..600ms/log/5`, `1..9/5`: of a range so many, both ends among
/// them, the same step or the same factor apart. Commas within brackets and quotes belong to a
/// value. Throws std::invalid_argument.
std::vector<std::string> read_axis_values(std::string_view text);

/// `20`, `until 5% of server.refused`, `until 10ms of dialers.dial_time.p99`. Throws
/// std::invalid_argument.
seed_count read_seed_count(std::string_view text);

/// What the flags of a command line gave over what a file says: axes of the same path and whatever
/// is given once are replaced, the rest is kept.
sweep_spec put_over(const sweep_spec& file, const sweep_spec& flags);

}  // namespace tandem::scenarios
