// SPDX-License-Identifier: MIT
// The native half of the Python package: reads and runs scenarios, hands plain arrays over. The
// package's documentation is in tandem/__init__.py.
#include "native.hpp"
#include "tandem/command/bad_input.hpp"

#include <exception>
#include <regex>
#include <string>

namespace py = pybind11;

namespace tandem::bindings {

std::vector<scenarios::level> levels_here() {
#ifdef TANDEM_NS3
  return scenarios::standard_levels(scenarios::packet_level());
#else
  return scenarios::standard_levels();
#endif
}

py::object object_of(const std::string& json) {
  return py::module_::import("json").attr("loads")(json);
}

void let_signals_in() {
  if (PyErr_CheckSignals() != 0) throw py::error_already_set();
}

}  // namespace tandem::bindings

PYBIND11_MODULE(_tandem, m) {
  using namespace tandem::bindings;
  m.doc() = "Native half of the package tandem; use that.";
  static const py::object bad_input =
      py::register_exception<tandem::bad_input>(m, "BadInput", PyExc_ValueError);
  // What is told to a World stands in no file that anybody has seen.
  py::register_exception_translator([](std::exception_ptr raised) {
    static const std::regex place("(^|\n)World:[0-9]+:[0-9]+: ");
    try {
      std::rethrow_exception(raised);
    } catch (const tandem::bad_input& e) {
      PyErr_SetString(bad_input.ptr(),
                      std::regex_replace(std::string(e.what()), place, "$1").c_str());
    }
  });
  add_results(m);
  add_names(m);
  add_run(m);
  add_replay(m);
  add_campaigns(m);
  add_searches(m);
  add_world(m);
  add_says(m);
  add_manager(m);
  add_node(m);
}
