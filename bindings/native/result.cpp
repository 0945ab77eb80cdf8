// SPDX-License-Identifier: MIT
// What a run found, as arrays; and result files.
#include "native.hpp"
#include "tandem/scenarios/results.hpp"

#include <pybind11/stl.h>

#include <stdexcept>
#include <string>

namespace py = pybind11;

namespace tandem::bindings {

using namespace scenarios;

namespace {

using kept = std::shared_ptr<run_result>;

py::dict events_of(const kept& of) {
  const auto& rows = of->event_rows;
  py::dict columns;
  columns["time_ns"] = array_of(rows.time_ns, of);
  columns["node"] = array_of(rows.node, of);
  columns["event"] = array_of(rows.kind, of);
  columns["cause"] = array_of(rows.why, of);
  columns["direction"] = array_of(rows.way, of);
  columns["connection"] = array_of(rows.connection, of);
  columns["request"] = array_of(rows.request, of);
  columns["peer"] = array_of(rows.peer, of);
  columns["current"] = array_of(rows.current, of);
  columns["limit"] = array_of(rows.limit, of);
  columns["failures"] = array_of(rows.failures, of);
  columns["ceiling_ns"] = array_of(rows.ceiling_ns, of);
  columns["until_ns"] = array_of(rows.until_ns, of);
  return columns;
}

py::dict stages_of(const kept& of) {
  const auto& rows = of->stages;
  std::vector<std::uint8_t> stages;
  stages.reserve(rows.size());
  for (const auto stage : rows.stage) stages.push_back(static_cast<std::uint8_t>(stage));
  py::dict columns;
  columns["time_ns"] = array_of(rows.time_ns, of);
  columns["node"] = array_of(rows.node, of);
  columns["connection"] = array_of(rows.connection, of);
  columns["stage"] = array_of(std::move(stages));
  return columns;
}

py::dict samples_of(const kept& of) {
  const auto& rows = of->samples;
  py::dict columns;
  columns["time_ns"] = array_of(rows.time_ns, of);
  columns["group"] = array_of(rows.group, of);
  columns["node"] = array_of(rows.node, of);
  for (std::size_t i = 0; i < rows.names.size(); ++i)
    columns[py::str(rows.names[i])] = array_of(rows.values[i], of);
  return columns;
}

// The codes of `metric` count the names that occur.
void add_series(const kept& of, py::dict& to) {
  const auto& rows = of->series;
  std::vector<std::string> names;
  std::vector<std::int32_t> codes, code_of;
  codes.reserve(rows.size());
  for (const auto measure : rows.measure) {
    if (code_of.size() <= measure) code_of.resize(measure + 1, -1);
    if (code_of[measure] < 0) {
      code_of[measure] = static_cast<std::int32_t>(names.size());
      names.emplace_back(measure_name(measure));
    }
    codes.push_back(code_of[measure]);
  }
  py::dict columns;
  columns["time_ns"] = array_of(rows.time_ns, of);
  columns["group"] = array_of(rows.group, of);
  columns["node"] = array_of(rows.node, of);
  columns["metric"] = array_of(std::move(codes));
  columns["value"] = array_of(rows.value, of);
  to["series"] = columns;
  to["series_names"] = names;
}

py::dict loaded(const std::string& path) {
  run_result result;
  {
    const py::gil_scoped_release unlocked;
    const result_file file(path);
    result = file.summary();
    const auto dropped = result.event_rows.dropped;
    result.event_rows = file.events();
    result.event_rows.dropped = dropped;
    result.stages = file.stages();
    result.samples = file.samples();
    result.series = file.series();
  }
  return result_of(std::move(result));
}

}  // namespace

py::object as_array(column of) {
  return py::module_::import("numpy").attr("asarray")(py::cast(std::move(of)));
}

py::dict result_of(run_result&& from) {
  const auto of = std::make_shared<run_result>(std::move(from));
  py::dict to;
  to["run"] = of;
  to["json"] = object_of(to_json({of.get(), 1}));
  to["scenario_hash"] = of->scenario_hash;
  to["reproduce"] = of->reproduce;
  to["reached_s"] = seconds_of(of->reached);
  to["events_dropped"] = of->event_rows.dropped;
  py::list groups;
  for (const auto& group : of->groups)
    groups.append(py::make_tuple(group.name, group.first_node, group.count));
  to["groups"] = groups;
  to["events"] = events_of(of);
  to["stages"] = stages_of(of);
  to["samples"] = samples_of(of);
  add_series(of, to);
  return to;
}

void add_results(py::module_& m) {
  py::class_<column>(m, "Column", py::buffer_protocol()).def_buffer([](const column& of) {
    const auto width = static_cast<py::ssize_t>(of.width);
    return py::buffer_info(const_cast<void*>(of.data), width, of.format, 1,
                           {static_cast<py::ssize_t>(of.size)}, {width});
  });
  py::class_<run_result, kept>(m, "Run");
  m.def("save", [](const run_result& run, const std::string& folder, bool overwrite) {
    try {
      return write_sqlite(run, folder, overwrite ? older_result::replace : older_result::keep);
    } catch (const std::runtime_error& e) {
      PyErr_SetString(PyExc_OSError, e.what());
      throw py::error_already_set();
    }
  });
  m.def("load", &loaded);
  m.def("table", [](const std::vector<kept>& runs) {
    std::vector<run_result> shown;
    for (const auto& run : runs) {
      auto& copy = shown.emplace_back();
      copy = *run;
    }
    return to_table(shown);
  });
  std::vector<std::string> stages;
  for (std::size_t i = 0; i < life_stages_count; ++i)
    stages.emplace_back(name_of(static_cast<life_stage>(i)));
  m.attr("stages") = stages;
}

}  // namespace tandem::bindings
