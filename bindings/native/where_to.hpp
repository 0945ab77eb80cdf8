// SPDX-License-Identifier: MIT
#pragma once

#include "listener.hpp"
#include "tandem/scenarios/campaign/sweep.hpp"

#include <pybind11/functional.h>
#include <pybind11/stl.h>

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace tandem::bindings {

/// Where the cells of a campaign run, and what becomes of them.
struct where_to {
  std::string out;
  bool overwrite = false;
  std::vector<std::string> worker;  ///< the command of a process of this machine
  std::size_t jobs = 1;
  /// Who runs them instead: runner(lines, done, stop) submits cells as lines, calls
  /// done(index, result, seconds), or done(index, why it broke, None), and returns false when
  /// stop() said so. None: processes.
  pybind11::object runner = pybind11::none();
};

inline bool run_with(const pybind11::object& runner, std::span<const scenarios::cell> cells,
                     const std::function<void(scenarios::cell_done)>& done,
                     const std::function<bool()>& stop) {
  namespace py = pybind11;
  const py::gil_scoped_acquire locked;
  std::vector<std::string> lines;
  for (const auto& each : cells) lines.push_back(scenarios::to_line(each));
  const py::cpp_function tell(
      [&](std::size_t index, const std::string& text, std::optional<double> wall_s) {
        if (wall_s)
          done({index, scenarios::cell_result_of_line(text), *wall_s});
        else
          done({index, {.broke = text, .verdict = scenarios::verdict::failed}, 0});
      });
  return runner(lines, tell, py::cpp_function([&] { return stop(); })).cast<bool>();
}

/// `where` must outlive it.
inline scenarios::campaign_options options_for(const where_to& where, listener& caller) {
  scenarios::campaign_options options;
  options.out = where.out;
  options.overwrite = where.overwrite;
  options.workers = {where.worker, where.jobs};
  if (!where.runner.is_none())
    options.workers.instead = [&runner = where.runner](auto... with) {
      return run_with(runner, with...);
    };
  options.on_progress = [&caller](const scenarios::campaign_progress& at) {
    caller.report(at.done, at.total, at.failed);
  };
  options.stop = [&caller] { return caller.interrupted(); };
  return options;
}

}  // namespace tandem::bindings
