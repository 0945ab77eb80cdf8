// SPDX-License-Identifier: MIT
#include "native.hpp"
#include "tandem/scenarios/read.hpp"

#include <pybind11/stl.h>

#include <optional>
#include <string>

namespace py = pybind11;

namespace tandem::bindings {

using namespace scenarios;

namespace {

/// What a run tells its caller. KeyboardInterrupt, from a signal or from the callback, asks the run
/// to stop and is dropped: what ran is handed over. Every other exception ends the run and goes on.
class listener {
 public:
  explicit listener(py::object callback) : callback_(std::move(callback)) {}

  /// On the running thread, without the GIL.
  void report(const progress& at) {
    const py::gil_scoped_acquire locked;
    try {
      let_signals_in();
      callback_(seconds_of(at.now), seconds_of(at.length), at.events);
    } catch (const py::error_already_set& e) {
      if (!e.matches(PyExc_KeyboardInterrupt)) throw;
      interrupted_ = true;
    }
  }
  bool interrupted() const { return interrupted_; }

 private:
  py::object callback_;
  bool interrupted_ = false;
};

py::dict run_scenario(const std::string& text, const std::string& name, bool is_path,
                      const std::string& level_name, std::optional<std::uint64_t> seed,
                      const std::vector<std::string>& sets, const py::object& callback,
                      std::size_t events_max) {
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
    options.on_progress = [&](const progress& at) { caller.report(at); };
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
