// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/core/time.hpp"
#include "tandem/scenarios/level.hpp"
#include "tandem/scenarios/run.hpp"

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>

#include <chrono>
#include <memory>
#include <utility>
#include <vector>

// The native half of the Python package, a file for each part of it: what they share.
namespace tandem::bindings {

/// Each part puts its functions and classes into the module.
void add_run(pybind11::module_& m);
void add_replay(pybind11::module_& m);
void add_names(pybind11::module_& m);

/// The levels of this build.
std::vector<scenarios::level> levels_here();

inline double seconds_of(duration d) { return std::chrono::duration<double>(d).count(); }

/// A NumPy array that owns the vector's memory: nothing is copied.
template <class T>
pybind11::array_t<T> array_of(std::vector<T>&& column) {
  auto owner = std::make_unique<std::vector<T>>(std::move(column));
  const auto* data = owner->data();
  const auto size = owner->size();
  pybind11::capsule keep(owner.release(), [](void* p) { delete static_cast<std::vector<T>*>(p); });
  return pybind11::array_t<T>(size, data, keep);
}

/// What Result is made of.
pybind11::dict result_of(scenarios::run_result&& from);

/// Lets Ctrl-C in; throws what its handler raised. With the GIL.
void let_signals_in();

}  // namespace tandem::bindings
