// SPDX-License-Identifier: MIT
#include "native.hpp"
#include "tandem/scenarios/results.hpp"

#include <string>

namespace py = pybind11;

namespace tandem::bindings {

using namespace scenarios;

namespace {

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

}  // namespace

py::object as_array(column of) {
  return py::module_::import("numpy").attr("asarray")(py::cast(std::move(of)));
}

void add_columns(py::module_& m) {
  py::class_<column>(m, "Column", py::buffer_protocol()).def_buffer([](const column& of) {
    const auto width = static_cast<py::ssize_t>(of.width);
    return py::buffer_info(const_cast<void*>(of.data), width, of.format, 1,
                           {static_cast<py::ssize_t>(of.size)}, {width});
  });
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

}  // namespace tandem::bindings
