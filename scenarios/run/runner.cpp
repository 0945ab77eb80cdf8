// SPDX-License-Identifier: MIT
#include "stepped_run.hpp"
#include "tandem/core/trace.hpp"
#include "tandem/scenarios/run.hpp"

namespace tandem::scenarios {

std::string_view name_of(verdict what) noexcept {
  static constexpr std::string_view names[] = {"ok", "failed", "untested"};
  return names[static_cast<std::size_t>(what)];
}

std::string_view name_of(life_stage what) noexcept {
  static constexpr std::string_view names[] = {"dialled", "arrived", "connected", "authenticated",
                                               "ended"};
  return names[static_cast<std::size_t>(what)];
}

std::string hash_of(const scenario& what) {
  trace_hash hash;
  hash.add(std::as_bytes(std::span(what.text)));
  hash.add(std::as_bytes(std::span(what.bases)));
  // Each with its final zero: `a=1`, `b=2` is not `a=1b=2`.
  for (const auto& set : what.sets) hash.add(std::as_bytes(std::span(set.c_str(), set.size() + 1)));
  return hash.text();
}

run_result run(const scenario& what, const level& on, const run_options& options) {
  stepped_run steps(what, on, options, false);
  steps.run_until(what.length);
  return steps.finish();
}

}  // namespace tandem::scenarios
