// SPDX-License-Identifier: MIT
// What the callbacks of a World hear.
#include "heard.hpp"

#include <pybind11/stl.h>

#include <string>

namespace py = pybind11;

namespace tandem::bindings {

py::object seconds_or_none(time_point at) {
  if (at == never) return py::none();
  return py::float_(seconds_of(at.time_since_epoch()));
}

py::object text_or_none(const endpoint& where) {
  if (where == endpoint{}) return py::none();
  return py::str(to_string(where));
}

namespace {

template <class T>
py::object none_or(bool known, T value) {
  return known ? py::cast(value) : py::none();
}

}  // namespace

void add_heard(py::module_& m) {
  py::class_<heard>(m, "Heard")
      .def_property_readonly("time", [](const heard& h) { return seconds_of(duration(h.time_ns)); })
      .def_readonly("node", &heard::node)
      .def_readonly("peer", &heard::peer)
      .def_property_readonly(
          "name",
          [](const heard& h) { return std::string(h.bytes ? "message" : name_of(h.what.kind)); })
      .def_readonly("size", &heard::bytes)
      .def_property_readonly("cause",
                             [](const heard& h) { return std::string(name_of(h.what.why)); })
      .def_property_readonly(
          "direction",
          [](const heard& h) { return h.what.way == direction::inbound ? "inbound" : "outbound"; })
      .def_property_readonly("connection",
                             [](const heard& h) {
                               return none_or(h.what.conn != connection_id::none,
                                              static_cast<std::uint64_t>(h.what.conn));
                             })
      .def_property_readonly("request",
                             [](const heard& h) {
                               return none_or(h.what.request != request_id::none,
                                              static_cast<std::uint64_t>(h.what.request));
                             })
      .def_property_readonly("current", [](const heard& h) { return h.what.current; })
      .def_property_readonly("limit", [](const heard& h) { return h.what.limit; })
      .def_property_readonly("failures", [](const heard& h) { return h.what.failures; })
      .def_property_readonly("ceiling", [](const heard& h) { return seconds_of(h.what.ceiling); })
      .def_property_readonly("until", [](const heard& h) { return seconds_or_none(h.what.until); })
      .def_property_readonly("address", [](const heard& h) { return text_or_none(h.what.where); })
      .def("__str__", [](const heard& h) {
        return h.bytes ? "message of " + std::to_string(*h.bytes) + " bytes" : describe(h.what);
      });
}

}  // namespace tandem::bindings
