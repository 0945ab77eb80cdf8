// SPDX-License-Identifier: MIT
#include "tandem/scenarios/gate/gate.hpp"

#include "judging.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

namespace tandem::scenarios {
namespace {

using wall_clock = std::chrono::steady_clock;

/// The end of a text, from the beginning of a line.
std::string tail_of(const std::string& text) {
  constexpr std::size_t most = 2000;
  if (text.size() <= most) return text;
  const auto from = text.find('\n', text.size() - most);
  return from == std::string::npos ? text.substr(text.size() - most) : text.substr(from + 1);
}

gate_result result_of(const task_end& task, const gate_case& what) {
  if (task.end.good()) return heard(task.told, what);
  gate_result made;
  made.what = what;
  made.status = gate_status::broken;
  made.complaints.push_back({why_broken(task), what.file, 0});
  made.changes = tail_of(task.end.complaints);
  made.reproduce =
      fmt::format("tandem run {} --level {} --seed {}", what.file, what.level, what.seed);
  return made;
}

/// What takes longest at first, so that no core waits for it at the end; with a budget the other
/// way round: as much as fits.
std::vector<std::size_t> order_of(const std::vector<gate_case>& cases, const gate_options& how) {
  std::vector<std::size_t> order(cases.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto speed = [&](std::size_t i) {
    return std::ranges::find(how.levels, cases[i].level, &level::name) - how.levels.begin();
  };
  std::ranges::stable_sort(order, [&](std::size_t a, std::size_t b) {
    return how.budget ? speed(a) < speed(b) : speed(a) > speed(b);
  });
  return order;
}

}  // namespace

std::string why_broken(const task_end& task) {
  if (task.end.code == child_process::exit_of_a_throw) return "it cannot be run: " + task.told;
  return "the process that ran it " + task.end.text();
}

std::string_view name_of(gate_status what) noexcept {
  static constexpr std::string_view names[] = {"broken",  "flaky",    "failed",  "changed",
                                               "missing", "untested", "not run", "ok"};
  return names[static_cast<std::size_t>(what)];
}

std::vector<gate_result> run_gate(const std::vector<gate_case>& cases,
                                  const gate_options& options) {
  std::vector<gate_result> results(cases.size());
  for (std::size_t i = 0; i < cases.size(); ++i) results[i].what = cases[i];
  const auto order = order_of(cases, options);
  const auto began = wall_clock::now();
  const auto run = [&](std::size_t i) {
    return child_process([&, i] { return told(check_case(cases[order[i]], options)); });
  };
  const auto hear = [&](const task_end& task) {
    auto& result = results[order[task.index]];
    result = result_of(task, cases[order[task.index]]);
    if (options.on_result) options.on_result(result);
  };
  const auto stop = [&] {
    return (options.stop && options.stop()) ||
           (options.budget && wall_clock::now() - began >= *options.budget);
  };
  process_pool{cases.size(), options.jobs, run, {}, hear, stop}.run();
  return results;
}

int exit_code_of(const std::vector<gate_result>& results) {
  const auto any = [&](auto is) {
    return std::ranges::any_of(results, [&](const auto& r) { return is(r.status); });
  };
  if (any([](auto s) { return s < gate_status::untested; })) return 1;
  if (any([](auto s) { return s == gate_status::not_run; })) return 4;
  return any([](auto s) { return s == gate_status::untested; }) ? 3 : 0;
}

}  // namespace tandem::scenarios
