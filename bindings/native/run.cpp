// SPDX-License-Identifier: MIT
#include "listener.hpp"
#include "tandem/scenarios/read.hpp"

#include <pybind11/stl.h>

#include <optional>
#include <string>

namespace py = pybind11;

namespace tandem::bindings {

using namespace scenarios;

namespace {

py::dict run_scenario(const std::string& text, const std::string& name, bool is_path,
                      const std::string& level_name, std::optional<std::uint64_t> seed,
                      const std::vector<std::string>& sets, const py::object& callback,
                      std::size_t events_max, unsigned threads) {
  run_result result;
  duration length{};
  listener caller(callback);
  {
    const py::gil_scoped_release unlocked;
    const auto what = is_path ? read_scenario(text, sets) : parse_scenario(text, name, sets);
    const auto levels = levels_here();
    run_options options;
    options.seed = seed;
    options.record_events = events_max > 0;
    options.events_max = events_max;
    options.threads = threads;
    options.on_progress = [&](const progress& at) {
      caller.report(seconds_of(at.now), seconds_of(at.length), at.events);
    };
    options.stop = [&] { return caller.interrupted(); };
    length = what.length;
    result = run(what, level_named(levels, level_name), options);
  }
  auto out = result_of(std::move(result));
  out["length_s"] = seconds_of(length);
  return out;
}

}  // namespace

void add_run(py::module_& m) {
  m.def("run", &run_scenario);
  m.def("check", [](const std::string& text, const std::string& name, bool is_path,
                    const std::vector<std::string>& sets) {
    const auto what = is_path ? read_scenario(text, sets) : parse_scenario(text, name, sets);
    return py::make_tuple(what.name, checked_levels(what, levels_here()));
  });
}

}  // namespace tandem::bindings
