// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/core/counters.hpp"
#include "tandem/core/time.hpp"
#include "tandem/scenarios/level.hpp"
#include "tandem/scenarios/run.hpp"

#include <pybind11/pybind11.h>

#include <chrono>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

// The native half of the Python package, a file for each part of it: what they share.
namespace tandem::bindings {

/// Each part puts its functions and classes into the module.
void add_run(pybind11::module_& m);
void add_replay(pybind11::module_& m);
void add_names(pybind11::module_& m);
void add_results(pybind11::module_& m);
void add_campaigns(pybind11::module_& m);
void add_searches(pybind11::module_& m);
void add_world(pybind11::module_& m);
void add_says(pybind11::module_& m);
void add_manager(pybind11::module_& m);
void add_node(pybind11::module_& m);

/// The levels of this build.
std::vector<scenarios::level> levels_here();

inline double seconds_of(duration d) { return std::chrono::duration<double>(d).count(); }

/// Memory that NumPy looks at by Python's buffer protocol, which every NumPy has: py::array of
/// Debian's pybind11 reads NumPy 2 wrongly.
struct column {
  std::shared_ptr<const void> owner;
  const void* data;
  std::size_t size;
  std::size_t width;  ///< of one, in bytes
  std::string format;
};
pybind11::object as_array(column of);

/// Of one number. pybind11 writes 64 bits as `long long`, which NumPy tells from its own int64, and
/// pandas then merges by neither.
template <class T>
std::string format_of() {
  if constexpr (std::is_integral_v<T> && sizeof(T) == sizeof(long))
    return std::is_signed_v<T> ? "l" : "L";
  else
    return pybind11::format_descriptor<T>::format();
}

/// A NumPy array of the vector's memory, which `owner` keeps: nothing is copied.
template <class T>
pybind11::object array_of(const std::vector<T>& values, std::shared_ptr<const void> owner) {
  return as_array({std::move(owner), values.data(), values.size(), sizeof(T), format_of<T>()});
}
template <class T>
pybind11::object array_of(std::vector<T>&& values) {
  auto owner = std::make_shared<std::vector<T>>(std::move(values));
  return array_of(*owner, owner);
}

/// What this JSON says.
pybind11::object object_of(const std::string& json);

/// What Result is made of.
pybind11::dict result_of(scenarios::run_result&& from);

/// Numbers by their metric, or their name where they have none; refusals by cause, those there
/// were.
pybind11::dict metrics_of(const manager_counters& of);
pybind11::dict refusals_of(const manager_counters& of);

/// Lets Ctrl-C in; throws what its handler raised. With the GIL.
void let_signals_in();

}  // namespace tandem::bindings
