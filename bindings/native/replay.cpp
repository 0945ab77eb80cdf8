// SPDX-License-Identifier: MIT
#include "native.hpp"
#include "tandem/command/bad_input.hpp"
#include "tandem/command/recording.hpp"

#include <pybind11/stl.h>

#include <string>

namespace py = pybind11;

namespace tandem::bindings {

namespace {

std::string replay_files(const std::vector<std::string>& paths,
                         const std::vector<std::string>& sets, const py::object& callback,
                         std::size_t divergences_max) {
  const py::gil_scoped_release unlocked;
  change_of(sets);
  const auto runs = recordings_in(paths);
  if (runs.size() != 1)
    throw bad_input("replay", "the files are of " + std::to_string(runs.size()) +
                                  " runs; replay one at a time");
  replay_options options;
  options.divergences_max = divergences_max;
  const auto result =
      replay_recording(runs.front(), sets, options, [&](double read, const replay_progress& at) {
        const py::gil_scoped_acquire locked;
        let_signals_in();
        callback(read, at.inputs);
      });
  if (result.broken()) throw bad_input(result.record.error);
  return to_json({result});
}

}  // namespace

void add_replay(py::module_& m) {
  m.def("replay", [](const std::vector<std::string>& paths, const std::vector<std::string>& sets,
                     const py::object& callback, std::size_t divergences_max) {
    return object_of(replay_files(paths, sets, callback, divergences_max));
  });
}

}  // namespace tandem::bindings
