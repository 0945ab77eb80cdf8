// SPDX-License-Identifier: MIT
// The native half of the Python package: reads and runs scenarios, hands plain arrays over. The
// package's documentation is in tandem/__init__.py.
#include "tandem/command/bad_input.hpp"
#include "tandem/command/recording.hpp"
#include "tandem/command/units.hpp"
#include "tandem/command/version.hpp"
#include "tandem/core/actions.hpp"
#include "tandem/core/cause.hpp"
#include "tandem/core/option_table.hpp"
#include "tandem/scenarios/find.hpp"
#include "tandem/scenarios/level.hpp"
#include "tandem/scenarios/read.hpp"
#include "tandem/scenarios/results.hpp"
#include "tandem/scenarios/run.hpp"

#include <pybind11/functional.h>
#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace py = pybind11;
using namespace tandem;
using namespace tandem::scenarios;

namespace {

std::vector<level> levels_here() {
#ifdef TANDEM_NS3
  return standard_levels(packet_level());
#else
  return standard_levels();
#endif
}

double seconds_of(duration d) { return std::chrono::duration<double>(d).count(); }

/// A NumPy array that owns the vector's memory: nothing is copied.
template <class T>
py::array_t<T> array_of(std::vector<T>&& column) {
  auto owner = std::make_unique<std::vector<T>>(std::move(column));
  const auto* data = owner->data();
  const auto size = owner->size();
  py::capsule keep(owner.release(), [](void* p) { delete static_cast<std::vector<T>*>(p); });
  return py::array_t<T>(size, data, keep);
}

py::dict events_of(event_table&& rows) {
  py::dict columns;
  columns["time_ns"] = array_of(std::move(rows.time_ns));
  columns["node"] = array_of(std::move(rows.node));
  columns["kind"] = array_of(std::move(rows.kind));
  columns["why"] = array_of(std::move(rows.why));
  columns["way"] = array_of(std::move(rows.way));
  columns["connection"] = array_of(std::move(rows.connection));
  columns["request"] = array_of(std::move(rows.request));
  columns["peer"] = array_of(std::move(rows.peer));
  columns["current"] = array_of(std::move(rows.current));
  columns["limit"] = array_of(std::move(rows.limit));
  columns["failures"] = array_of(std::move(rows.failures));
  columns["ceiling_ns"] = array_of(std::move(rows.ceiling_ns));
  columns["until_ns"] = array_of(std::move(rows.until_ns));
  return columns;
}

py::dict samples_of(sample_table&& rows) {
  py::dict columns;
  columns["time_ns"] = array_of(std::move(rows.time_ns));
  columns["group"] = array_of(std::move(rows.group));
  columns["node"] = array_of(std::move(rows.node));
  for (std::size_t i = 0; i < rows.names.size(); ++i)
    columns[py::str(rows.names[i])] = array_of(std::move(rows.values[i]));
  return columns;
}

py::dict result_of(run_result&& from) {
  py::dict to;
  to["json"] = to_json({&from, 1});
  to["scenario_hash"] = from.scenario_hash;
  to["reproduce"] = from.reproduce;
  to["reached_s"] = seconds_of(from.reached);
  to["events_dropped"] = from.event_rows.dropped;
  py::list groups;
  for (const auto& group : from.groups)
    groups.append(py::make_tuple(group.name, group.first_node, group.count));
  to["groups"] = groups;
  to["events"] = events_of(std::move(from.event_rows));
  to["samples"] = samples_of(std::move(from.samples));
  return to;
}

void let_signals_in() {
  if (PyErr_CheckSignals() != 0) throw py::error_already_set();
}

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

template <class Row>
std::vector<std::string> names_until(std::size_t count) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < count; ++i) names.emplace_back(name_of(static_cast<Row>(i)));
  return names;
}

py::list options_rows() {
  const manager_options defaults;
  py::list rows;
  for (const auto& row : option_table()) {
    const py::object value = std::visit(
        [&](auto field) -> py::object {
          if constexpr (std::is_same_v<decltype(field), option_choice>) {
            return py::str(std::string(field.names[field.get(defaults)]));
          } else {
            const auto raw = defaults.*field;
            if constexpr (std::is_same_v<decltype(raw), const duration>)
              return py::float_(seconds_of(raw));
            else
              return py::cast(raw);
          }
        },
        row.field);
    rows.append(
        py::make_tuple(std::string(row.name), value, row.least, row.most, std::string(row.doc)));
  }
  return rows;
}

}  // namespace

PYBIND11_MODULE(_tandem, m) {
  m.doc() = "Native half of the package tandem; use that.";
  py::register_exception<bad_input>(m, "BadInput", PyExc_ValueError);
  m.def("run", &run_scenario);
  m.def("replay", &replay_files);
  m.def("check", [](const std::string& text, const std::string& name, bool is_path,
                    const std::vector<std::string>& sets) {
    const auto what = is_path ? read_scenario(text, sets) : parse_scenario(text, name, sets);
    return py::make_tuple(what.name, checked_levels(what, levels_here()));
  });
  m.def("levels", [] {
    std::vector<std::string> names;
    for (const auto& level : levels_here()) names.push_back(level.name);
    return names;
  });
  m.def("find_scenario", &find_scenario);
  m.def("refuse_name", [](const std::string& kind, const std::string& name,
                          const std::vector<std::string>& known) {
    throw bad_input("no " + kind + " is called " + tandem::quoted(name) + suggestion(name, known));
  });
  m.def("commit", [] { return build_commit(); });
  m.def("options", &options_rows);
  m.attr("causes") = names_until<cause>(causes_count);
  m.attr("notices") = names_until<notice>(notices_count);
}
