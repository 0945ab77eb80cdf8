// SPDX-License-Identifier: MIT
// The native half of the Python package: reads and runs scenarios, hands plain arrays over. The
// package's documentation is in tandem/__init__.py.
#include "native.hpp"
#include "tandem/command/bad_input.hpp"

namespace py = pybind11;

namespace tandem::bindings {

std::vector<scenarios::level> levels_here() {
#ifdef TANDEM_NS3
  return scenarios::standard_levels(scenarios::packet_level());
#else
  return scenarios::standard_levels();
#endif
}

void let_signals_in() {
  if (PyErr_CheckSignals() != 0) throw py::error_already_set();
}

}  // namespace tandem::bindings

PYBIND11_MODULE(_tandem, m) {
  using namespace tandem::bindings;
  m.doc() = "Native half of the package tandem; use that.";
  py::register_exception<tandem::bad_input>(m, "BadInput", PyExc_ValueError);
  add_results(m);
  add_names(m);
  add_run(m);
  add_replay(m);
  add_campaigns(m);
  add_searches(m);
  add_world(m);
  add_manager(m);
  add_node(m);
}
